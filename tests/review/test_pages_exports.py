"""Exports: no cell is a formula in any spreadsheet, everybody takes away only what is theirs, and each is in the log."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import select

from retention.catalogue import trail
from retention.catalogue.tables import event
from retention.review.inert import csv_lines, dangerous, inert, xlsx
from tests.review.pages_world import HOSTILE, World

FORMULAS = (
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\u00a0=1",
    "\u200b=1",
    "\ufeff=1",
    "\u202e=1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20x",
    "\ufe661",
    "a;=1+1",
    "a,\t-1",
    'x"\n=HYPERLINK("http://a")',
)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Names that begin as formulas do, in one's own zone and in another's."""
    made = World(tmp_path_factory.mktemp("exports"))
    made.moved("Licensing/=cmd calc.txt", b"a")
    made.moved("Temp/+theirs.txt", b"b")
    for number, name in enumerate(
        (f"Licensing/{HOSTILE}", "Licensing/=1+1.txt", "Licensing/-2.txt", "Temp/@theirs.txt")
    ):
        made.file(name, b"%d" % number)
    made.rows.refresh()
    made.list("D-20261122-AAAAAA", "Licensing", "Licensing/=1+1.txt", "\uff1dx.txt")
    made.hold()
    yield made
    made.close()


def taken(world, who, what, kind="csv", **fields):
    """The rows of an export."""
    answer = world.post(who, f"/export/{what}", kind=kind, **fields)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="{what}-')
    assert answer.headers["cache-control"] == "no-store"
    if kind == "csv":
        return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    return [[cell.value for cell in row] for row in load_workbook(io.BytesIO(answer.content)).active.iter_rows()]


def parted(text):
    """The cells that programs which split lines by one of several separators would see."""
    for separator in (",", ";", "\t", "|"):
        for line in text.splitlines():
            yield from line.split(separator)


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_text_in_csv(text):
    """Whatever begins a formula, in whatever width, behind blanks or after a separator, begins none in a cell of ours."""
    cell = inert(text)

    assert not dangerous(cell)
    assert [one for one in parted(cell) if dangerous(one)] == []
    assert inert("an ordinary-looking name (1).docx") == "an ordinary-looking name (1).docx"


@given(st.text(max_size=40))
def test_no_text_becomes_a_formula(text):
    """Any text at all is one line, one cell, and no formula."""
    line = b"".join(csv_lines([[text, text]])).decode("utf-8-sig")
    (row,) = csv.reader(io.StringIO(line, newline=""))

    assert len(row) == 2
    assert not dangerous(row[0])
    assert "\n" not in row[0]
    assert "\r" not in row[0]


def test_numbers_stay_numbers():
    """A number is what it is, also below zero; nothing is an empty cell."""
    assert [inert(cell) for cell in (-5, 0, 2.5, None)] == ["-5", "0", "2.5", ""]


def test_a_workbook_has_no_formula_and_no_link():
    """In XLSX every text is typed as text: the file has no formula, no link and no other part."""
    made = xlsx([["head", "number"], *([text, -1] for text in FORMULAS)], "queue")

    parts = zipfile.ZipFile(io.BytesIO(made))
    sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    assert [name for name in parts.namelist() if "external" in name.lower()] == []
    rows = list(load_workbook(io.BytesIO(made)).active.iter_rows(min_row=2))
    assert {row[0].data_type for row in rows} <= {"s", "inlineStr"}
    assert rows[0][0].value == FORMULAS[0]
    assert rows[0][0].quotePrefix
    assert {row[1].value for row in rows} == {-1}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("what", ["queue", "moves", "holds", "disposal"])
def test_an_owner_takes_away_what_is_theirs(world, what, kind):
    """Own rows are there, another zone's are not, and no cell is a formula."""
    rows = taken(world, "owner", what, kind, ref="D-20261122-AAAAAA")
    text = repr(rows)

    assert len(rows) > 1
    assert {len(row) for row in rows} == {len(rows[0])}
    assert "theirs" not in text
    if kind == "csv":
        assert [cell for row in rows for cell in row if dangerous(cell)] == []
    if what in ("queue", "moves"):
        assert "theirs" in repr(taken(world, "manager", what, kind))


def test_a_hold_that_is_not_to_be_told_is_not_exported(world):
    """In an export, as on the page, the kind and ground of a hold are for those alone who may see them."""
    assert "Inquiries Act" not in repr(taken(world, "owner", "holds"))
    assert "Inquiries Act" in repr(taken(world, "manager", "holds"))


def test_the_log_is_taken_away_by_those_who_may_read_it(world):
    """The log has its hashes with it, so that an auditor can check the chain."""
    rows = taken(world, "auditor", "log", every="1")

    with world.catalogue.read() as connection:
        assert rows[1][0] == str(trail.newest(connection))
    assert {len(row[-1]) for row in rows[1:]} == {64}


def test_each_export_is_in_the_log(world):
    """What was taken away by whom, and how, is an event of its own; a refused one is none."""

    def exports():
        with world.catalogue.read() as connection:
            return connection.execute(
                select(event.c.actor, event.c.subject, event.c.detail).where(event.c.action == "export")
            ).all()

    before = len(exports())
    taken(world, "manager", "queue", lane="E")
    world.post("viewer", "/export/queue", kind="csv")
    world.post("manager", "/export/queue", kind="exe")
    world.post("manager", "/export/disposal", kind="csv", ref="nothing")

    new = exports()[before:]
    assert [tuple(row) for row in new] == [("person:manager", "queue", {"kind": "csv", "lane": "E"})]
