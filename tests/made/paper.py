"""A paper: what a document says and how it is laid out, before it becomes a file of some format."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from enum import StrEnum

WRITTEN = dt.datetime(2024, 3, 14, 9, 30, tzinfo=dt.UTC)


class Shape(StrEnum):
    """How a stretch of a paper is laid out."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    BULLET = "bullet"
    TABLE = "table"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph, a bullet, a table or a page break; only a table has ``rows``."""

    shape: Shape
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """One document of any format.

    ``comments`` are (author, text). ``deleted`` and ``inserted`` are tracked changes. ``covered`` is text under a
    black box (a redaction that only looks like one). ``properties`` are the file's own: title, author, subject,
    keywords. ``password`` is asked for by the formats that can ask.
    """

    title: str = ""
    blocks: tuple[Block, ...] = ()
    header: str = ""
    footer: str = ""
    comments: tuple[tuple[str, str], ...] = ()
    deleted: tuple[str, ...] = ()
    inserted: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    covered: tuple[str, ...] = ()
    footnotes: tuple[str, ...] = ()
    hidden: tuple[tuple[str, ...], ...] = ()
    properties: tuple[tuple[str, str], ...] = ()
    written: dt.datetime = field(default=WRITTEN)

    @property
    def text(self) -> str:
        """All visible text of the body, tables by tabs."""
        lines = [self.title] if self.title else []
        for block in self.blocks:
            if block.shape is Shape.PAGE:
                lines.append("\f")
            elif block.shape is Shape.TABLE:
                lines.extend("\t".join(row) for row in block.rows)
            elif block.shape is Shape.BULLET:
                lines.append(f"- {block.text}")
            else:
                lines.append(block.text)
        return "\n\n".join(lines)

    @property
    def pages(self) -> tuple[tuple[Block, ...], ...]:
        """Give the blocks of each page, as the page breaks divide them."""
        pages: list[list[Block]] = [[]]
        for block in self.blocks:
            if block.shape is Shape.PAGE:
                pages.append([])
            else:
                pages[-1].append(block)
        return tuple(tuple(page) for page in pages)

    def prop(self, name: str) -> str:
        """Give the file's own property of that name, or nothing."""
        return dict(self.properties).get(name, "")


_LISTS = {"deleted": "deleted", "inserted": "inserted", "note": "notes", "covered": "covered", "footnote": "footnotes"}


def parse(text: str, *, written: dt.datetime = WRITTEN) -> Paper:
    """Read the small notation in which papers are written.

    One paragraph a line. ``# `` a heading, ``- `` a bullet, ``| a | b`` a row of a table, ``====`` a page break.
    ``%title``, ``%header``, ``%footer``, ``%comment Author: text``, ``%deleted``, ``%inserted``, ``%note``,
    ``%covered``, ``%footnote``, ``%hidden | a | b`` and ``%property name=value`` fill the field of that name.
    """
    blocks: list[Block] = []
    paper = Paper(written=written)
    for line in (raw.strip() for raw in text.splitlines()):
        if line.startswith("%"):
            paper = _directive(paper, line)
        elif line:
            _append(blocks, line)
    return replace(paper, blocks=tuple(blocks))


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.strip().removeprefix("|").split("|"))


def _append(blocks: list[Block], line: str) -> None:
    if line == "====":
        blocks.append(Block(Shape.PAGE))
    elif line.startswith("# "):
        blocks.append(Block(Shape.HEADING, line[2:]))
    elif line.startswith("- "):
        blocks.append(Block(Shape.BULLET, line[2:]))
    elif line.startswith("| "):
        row = _cells(line)
        if blocks and blocks[-1].shape is Shape.TABLE:
            blocks[-1] = replace(blocks[-1], rows=(*blocks[-1].rows, row))
        else:
            blocks.append(Block(Shape.TABLE, rows=(row,)))
    else:
        blocks.append(Block(Shape.PARAGRAPH, line))


def _directive(paper: Paper, line: str) -> Paper:
    word, _, rest = line[1:].partition(" ")
    if word in {"title", "header", "footer"}:
        return replace(paper, **{word: rest})
    if word == "comment":
        author, _, said = rest.partition(": ")
        return replace(paper, comments=(*paper.comments, (author, said)))
    if word == "hidden":
        return replace(paper, hidden=(*paper.hidden, _cells(rest)))
    if word == "property":
        name, _, value = rest.partition("=")
        return replace(paper, properties=(*paper.properties, (name, value)))
    name = _LISTS[word]
    return replace(paper, **{name: (*getattr(paper, name), rest)})
