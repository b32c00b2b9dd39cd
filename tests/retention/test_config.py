"""The configuration: one file, the environment over it, and every fault at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.item import Tier
from retention.config import ConfigError, describe, load, parse

HERE = Path("/nowhere/strongroom.toml")


def faults(table, environ=None):
    """The faults that a table leads to."""
    with pytest.raises(ConfigError) as caught:
        parse(table, environ or {}, HERE)
    return caught.value.faults


def test_an_empty_file_means_defaults():
    """Without a word of configuration everything lies in the state folder beside it."""
    config = parse({}, {}, HERE)

    assert Path("/nowhere/state") == config.state
    assert config.catalogue_url == "sqlite:////nowhere/state/catalogue.db"


def test_every_fault_is_reported_at_once():
    """Unknown keys, missing keys, wrong kinds and wrong values come in one message."""
    found = faults(
        {
            "strongroom": {"stat": "x"},
            "share": [{"name": "a"}],
            "gates": {"drop": 3, "floor": "many"},
            "zone": [{"name": "z", "clearance": "T9"}],
            "vault": {"kind": "tape"},
        }
    )

    assert len(found) == 6


def test_an_unknown_key_names_the_nearest_known_one():
    """A slip of the pen is answered with what was probably meant."""
    (fault,) = faults({"caps": {"moves_per_rum": 3}})

    assert "Did you mean moves_per_run?" in fault


def test_the_environment_overrides_the_file():
    """A setting in the environment wins over the same one in the file."""
    config = parse({"caps": {"moves_per_run": 7}}, {"STRONGROOM_CAPS_MOVES_PER_RUN": "9"}, HERE)

    assert config.caps.moves_per_run == 9


def test_a_secret_may_come_from_a_file_that_the_environment_names(tmp_path):
    """Names that end in _FILE point to a file with the value."""
    (tmp_path / "url").write_text("postgresql+psycopg://u:secret@db/strongroom\n")

    config = parse({}, {"STRONGROOM_CATALOGUE_URL_FILE": str(tmp_path / "url")}, HERE)

    assert config.catalogue_url == "postgresql+psycopg://u:secret@db/strongroom"


def test_a_password_in_the_file_is_refused():
    """The file may be read by more people than the database, so it holds no password."""
    (fault,) = faults({"catalogue": {"url": "postgresql+psycopg://u:secret@db/x"}})

    assert "STRONGROOM_CATALOGUE_URL" in fault
    assert "secret" not in fault


def test_a_secret_is_never_printed():
    """The list of settings says that a secret is set, not what it is."""
    config = parse({}, {"STRONGROOM_CATALOGUE_URL": "postgresql+psycopg://u:secret@db/x"}, HERE)

    assert "secret" not in str(describe(config))


def test_share_and_vault_may_not_overlap(tmp_path):
    """A vault inside a share would be crawled and moved into itself."""
    table = {"share": [{"name": "a", "root": str(tmp_path)}], "vault": {"path": str(tmp_path / "vault")}}

    assert any("overlap" in fault for fault in faults(table))


def test_a_zone_of_an_unknown_share_is_a_fault():
    """A zone that names a share which is not configured would silently protect nothing."""
    table = {"share": [{"name": "main", "root": "/srv/x"}], "zone": [{"name": "z", "share": "mian"}]}

    assert any("Did you mean 'main'?" in fault for fault in faults(table))


def test_tiers_are_written_by_their_names():
    """Clearance T3 in the file is the tier T3."""
    config = parse({"zone": [{"name": "z", "clearance": "t3"}]}, {}, HERE)

    assert config.zone[0].clearance == Tier.T3


def test_a_named_file_that_is_missing_is_a_fault(tmp_path):
    """Asking for a file that is not there must not mean defaults."""
    with pytest.raises(ConfigError, match="strongroom init"):
        load(tmp_path / "absent.toml", {})


def test_broken_toml_is_one_fault(tmp_path):
    """A file that is not TOML is told with the place where it breaks."""
    (tmp_path / "strongroom.toml").write_text("[share\n")

    with pytest.raises(ConfigError, match="not valid TOML"):
        load(tmp_path / "strongroom.toml", {})
