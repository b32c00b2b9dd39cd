"""The ladder of imports and the fences: which room may speak to which library."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("classifier", "retention", "dags")
FENCES = {
    "airflow": ("dags/", "retention/review/tab.py"),
    "sqlalchemy": ("retention/catalogue/",),
    "alembic": ("retention/catalogue/",),
    "sklearn": ("classifier/label", "classifier/train"),
    "boto3": ("retention/vault/",),
    "botocore": ("retention/vault/",),
    "great_expectations": ("retention/quality.py",),
    "magic": ("classifier/identify.py",),
    "pylibmagic": ("classifier/identify.py",),
    "pdfminer": ("classifier/extract/",),
    "pypdfium2": ("classifier/extract/",),
    "lxml": ("classifier/extract/",),
    "olefile": ("classifier/extract/", "classifier/compound.py", "classifier/identify.py"),
    "python_calamine": ("classifier/extract/",),
    "selectolax": ("classifier/extract/",),
    "py7zr": ("classifier/extract/",),
    "fastapi": ("retention/review/",),
}
ENDS = {"unlink", "rmtree", "rmdir", "removedirs", "delete_object", "delete_objects"}
REMOVAL = "retention/vault/removal.py"


@lru_cache(maxsize=1)
def modules() -> tuple[tuple[str, ast.Module], ...]:
    """Every module of the product with its path below the root."""
    return tuple(
        (path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8")))
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    )


def imported(tree: ast.Module) -> Iterator[str]:
    """Every module that a tree imports, anywhere in it, in full."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def test_imports_run_one_way():
    """Dags may import retention, retention may import classifier, never the other way."""
    above = {"classifier": {"retention", "dags", "tests"}, "retention": {"dags", "tests"}, "dags": {"tests"}}

    wrong = [
        (path, name)
        for path, tree in modules()
        for name in imported(tree)
        if name.split(".")[0] in above[path.split("/")[0]]
    ]

    assert wrong == []


@pytest.mark.parametrize("library", FENCES)
def test_each_library_is_met_in_its_room_only(library):
    """A foreign library is imported only where its errors are translated."""
    wrong = [
        path
        for path, tree in modules()
        if any(name.split(".")[0] == library for name in imported(tree)) and not path.startswith(FENCES[library])
    ]

    assert wrong == []


def test_only_one_module_removes_anything():
    """Every call that ends a file, a folder or an object stands in the removal module."""
    wrong = [
        (path, node.lineno)
        for path, tree in modules()
        if path != REMOVAL
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in ENDS)
        or (isinstance(node, ast.Attribute) and node.attr == "remove" and getattr(node.value, "id", "") == "os")
    ]

    assert wrong == []


def test_no_module_is_a_drawer():
    """No module is called utils, helpers, common or manager: each has a noun of its own."""
    drawers = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}

    assert [path for path, _tree in modules() if Path(path).stem in drawers] == []


def swallows(handler: ast.ExceptHandler) -> bool:
    """Whether a handler catches everything and does not let it go on."""
    broad = handler.type is None or getattr(handler.type, "id", "") in ("Exception", "BaseException")
    return broad and not any(isinstance(node, ast.Raise) for node in ast.walk(handler))


def test_nothing_is_swallowed_but_at_the_edges():
    """Only the reading child and the edge of the command line catch everything and go on."""
    edges = {"classifier/worker.py", "classifier/child.py", "classifier/pool.py", "retention/__main__.py"}

    found = {
        path
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and swallows(node)
    }

    assert set() == found - edges


@pytest.mark.parametrize("module", ["retention.stages", "retention.__main__", "retention.config"])
def test_the_shell_loads_nothing_heavy(module):
    """Help and the start of a task must be quick: heavy libraries wait until a stage needs them."""
    code = (
        f"import sys, {module}; "
        "print(sorted({'sklearn', 'great_expectations', 'pandas', 'pdfminer', 'boto3', 'airflow'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
