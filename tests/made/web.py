"""Web pages."""

from __future__ import annotations

from html import escape

from tests.made.paper import Block, Paper, Shape


def write(paper: Paper) -> bytes:
    """Make an HTML page of the paper."""
    body = "\n".join(_block(block) for block in paper.blocks)
    head = f'<meta charset="utf-8"><title>{escape(paper.title)}</title>'
    if paper.prop("keywords"):
        head += f'<meta name="keywords" content="{escape(paper.prop("keywords"))}">'
    comments = "".join(f"<!-- {author}: {text} -->\n" for author, text in paper.comments)
    page = (
        f'<!DOCTYPE html>\n<html lang="en-GB"><head>{head}<style>body{{font-family:sans-serif}}</style></head>\n<body>'
        f"<header>{escape(paper.header)}</header>\n{comments}<h1>{escape(paper.title)}</h1>\n{body}\n"
        f"<footer>{escape(paper.footer)}</footer></body></html>\n"
    )
    return page.encode()


def _block(block: Block) -> str:
    text = escape(block.text)
    if block.shape is Shape.HEADING:
        return f"<h2>{text}</h2>"
    if block.shape is Shape.BULLET:
        return f"<ul><li>{text}</li></ul>"
    if block.shape is Shape.PAGE:
        return "<hr>"
    if block.shape is Shape.TABLE:
        rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in block.rows)
        return f"<table>{rows}</table>"
    return f"<p>{text}</p>"
