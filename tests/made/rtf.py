"""Rich text, as old word processors wrote it."""

from __future__ import annotations

from tests.made.paper import Block, Paper, Shape

_HEAD = r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\froman Times New Roman;}}"


def write(paper: Paper) -> bytes:
    """Make an RTF of the paper, characters outside ASCII as Unicode escapes."""
    lines = [_HEAD, rf"{{\info{{\title {_escape(paper.title)}}}{{\author {_escape(paper.prop('author'))}}}}}"]
    if paper.header:
        lines.append(rf"{{\header\pard\qc\b {_escape(paper.header)}\b0\par}}")
    if paper.footer:
        lines.append(rf"{{\footer\pard\qc {_escape(paper.footer)}\par}}")
    if paper.title:
        lines.append(rf"\pard\b\fs32 {_escape(paper.title)}\b0\fs22\par")
    lines += [_block(block) for block in paper.blocks]
    return ("\n".join(lines) + "\n}").encode("ascii")


def _block(block: Block) -> str:
    if block.shape is Shape.PAGE:
        return r"\page"
    if block.shape is Shape.HEADING:
        return rf"\pard\b {_escape(block.text)}\b0\par"
    if block.shape is Shape.BULLET:
        return rf"\pard\bullet\tab {_escape(block.text)}\par"
    if block.shape is Shape.TABLE:
        return "\n".join(_row(row) for row in block.rows)
    return rf"\pard {_escape(block.text)}\par"


def _row(row: tuple[str, ...]) -> str:
    edges = "".join(rf"\cellx{2000 * number}" for number in range(1, len(row) + 1))
    cells = "".join(rf"\intbl {_escape(cell)}\cell" for cell in row)
    return rf"\trowd{edges}{cells}\row"


def _escape(text: str) -> str:
    return "".join(_character(c) for c in text)


def _character(c: str) -> str:
    if c in "\\{}":
        return f"\\{c}"
    if ord(c) < 128:
        return c
    code = ord(c) if ord(c) < 0x8000 else ord(c) - 0x10000
    return rf"\u{code}?"
