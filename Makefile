# Two commands do everything on a machine with Python 3.11+ and make: `make nightly` and `make test`.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
SHARE  ?=
MOVE   ?=

export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: help nightly test check ui doctor format bench soak test-power test-s3-lock lock clean

help: ## List every target
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

$(READY): requirements.lock bootstrap.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Strongroom needs Python 3.11 or later: make PYTHON=python3.12 …")'
	@echo "Making the environment in $(VENV) (once; a few minutes on a slow line)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r bootstrap.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --offline --editable .
	@touch $@

# The sample share is made when nobody has configured a share.
sample/strongroom.toml: | $(READY)
	@echo "Making the share of a council that does not exist in sample/share"
	@$(BIN)/python -m tests.made sample/share --keep --zones sample/zones.toml
	@printf '# Every identifier of the sample is from a reserved range, so here they count as real ones.\n[detect]\nfixtures_count = true\nwork_domains = ["eldermere.test"]\n\n' | cat - sample/zones.toml > sample/sections.toml
	@$(BIN)/strongroom init sample/share --to $@ --council "Eldermere Metropolitan District Council" --state state/sample --mode move --sections sample/sections.toml

nightly: $(READY) ## Run one night through Airflow: on your strongroom.toml, on SHARE=/a/folder (report only; MOVE=yes to allow moves), or on the sample share
ifneq ($(SHARE),)
	@STRONGROOM_CONFIG=$$($(BIN)/python -m retention.commands.own "$(SHARE)" "$(MOVE)") $(BIN)/strongroom nightly --airflow
else
	@if test -e strongroom.toml; then $(BIN)/strongroom nightly --airflow; \
	else $(MAKE) --no-print-directory sample/strongroom.toml && $(BIN)/strongroom --config sample/strongroom.toml nightly --airflow; fi
endif

ui: $(READY) ## Start Airflow with its pages on 127.0.0.1, until Ctrl-C
	@if test -e strongroom.toml; then $(BIN)/strongroom up; \
	else $(MAKE) --no-print-directory sample/strongroom.toml && $(BIN)/python -m tests.made.people sample/strongroom.toml \
		&& $(BIN)/strongroom --config sample/strongroom.toml up; fi

# The pages are tested in Chromium. Where there is none it is fetched if that may be done; else those tests say that they were skipped.
BROWSER := $(VENV)/.browser
$(BROWSER): | $(READY)
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
	&& { echo "Installing Chromium for the tests of the pages"; apt-get install -y -qq chromium >/dev/null 2>&1 \
	|| { apt-get update -qq && apt-get install -y -qq chromium; } >/dev/null 2>&1; }; } \
	|| echo "There is no Chromium here, so the tests of the pages in a browser are skipped."
	@touch $@

test: $(READY) $(BROWSER) ## Run the tests
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile

check: $(READY) ## Lint, format check and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

format: $(READY) ## Put the code into its usual form
	@$(BIN)/ruff check --fix-only -q . ; $(BIN)/ruff format .

doctor: $(READY) ## Check the machine, the configuration, the catalogue, the vault and the model
	@$(BIN)/strongroom doctor

bench: $(READY) ## Measure the crawl against find, and the other speeds
	@$(BIN)/python bench/crawl.py

soak: $(READY) ## Long random tests: kills in mid-move, state machines, 5 GB and 1,000 odd files there and back
	@TMPDIR=$$(test -w /dev/shm && echo /dev/shm || echo /tmp) STRONGROOM_KILLS=10000 $(BIN)/python -m pytest -q -s -m soak --timeout=14400 --ignore=tests/retention/test_huge.py
	@STRONGROOM_ODD=1000 $(BIN)/python -m pytest -q -m "soak or not soak" --timeout=14400 tests/retention/test_huge.py tests/retention/test_rounds.py

test-power: $(READY) ## Power cuts on loop-mounted images (needs root)
	@$(BIN)/python -m tests.power.cut

test-s3-lock: $(READY) ## Object lock, legal hold and KMS against Ceph's radosgw, from Debian's packages (fetched once, 65 MB)
	@$(BIN)/python -m pytest -q -m lock tests/retention/test_vault_lock.py

lock: $(READY) ## Resolve the dependencies again and write the lock files
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --group dev pyproject.toml -o requirements.lock
	@echo "uv" | $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header - -o bootstrap.lock

clean: ## Remove the environment and the sample; the state folder stays
	@rm -rf $(VENV) sample .pytest_cache .mypy_cache .ruff_cache
