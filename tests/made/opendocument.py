"""OpenDocument texts, sheets and presentations, written part by part."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from xml.sax.saxutils import escape, quoteattr

from tests.made.packing import pack
from tests.made.paper import Block, Paper, Shape
from tests.made.sheets import Rows, rows_of

_SPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (
        ("office", "office"),
        ("text", "text"),
        ("table", "table"),
        ("style", "style"),
        ("draw", "drawing"),
        ("meta", "meta"),
        ("presentation", "presentation"),
        ("fo", "xsl-fo-compatible"),
    )
)
_DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def odt(paper: Paper) -> bytes:
    """Make a text document with header, footer, comments and tracked deletions."""
    parts = [f"<text:h text:outline-level='1'>{escape(paper.title)}</text:h>"] if paper.title else []
    parts += [_block(block) for block in paper.blocks]
    parts += [_annotation(author, text, paper) for author, text in paper.comments]
    return _package("text", _changes(paper) + "".join(parts), paper)


def ods(sheets: Mapping[str, Rows], *, hidden: Collection[str] = (), paper: Paper | None = None) -> bytes:
    """Make a workbook: rows by sheet name."""
    body = "".join(_table(name, rows, hidden=name in hidden) for name, rows in sheets.items())
    return _package("spreadsheet", body, paper or Paper())


def write_ods(paper: Paper) -> bytes:
    """Make a workbook of the paper, with a hidden sheet for what the paper hides."""
    sheets: dict[str, Rows] = {"Sheet1": rows_of(paper)}
    if paper.hidden:
        sheets["Data"] = paper.hidden
    return ods(sheets, hidden={"Data"}, paper=paper)


def odp(paper: Paper) -> bytes:
    """Make a presentation: a slide for each page, the notes in order."""
    notes = list(paper.notes)
    body = ""
    for number, blocks in enumerate(paper.pages, start=1):
        text = "".join(_block(block) for block in blocks)
        said = notes.pop(0) if notes else ""
        body += (
            f"<draw:page draw:name='page{number}'><draw:frame><draw:text-box>{text}</draw:text-box></draw:frame>"
            f"<presentation:notes><draw:frame><draw:text-box><text:p>{escape(said)}</text:p></draw:text-box>"
            "</draw:frame></presentation:notes></draw:page>"
        )
    return _package("presentation", body, paper)


def _block(block: Block) -> str:
    if block.shape is Shape.HEADING:
        return f"<text:h text:outline-level='2'>{escape(block.text)}</text:h>"
    if block.shape is Shape.TABLE:
        return _table("Table1", block.rows)
    if block.shape is Shape.BULLET:
        return f"<text:list><text:list-item><text:p>{escape(block.text)}</text:p></text:list-item></text:list>"
    return "<text:p/>" if block.shape is Shape.PAGE else f"<text:p>{escape(block.text)}</text:p>"


def _table(name: str, rows: Rows, *, hidden: bool = False) -> str:
    style = " table:style-name='hidden'" if hidden else ""
    lines = "".join(f"<table:table-row>{_cells(row)}</table:table-row>" for row in rows)
    return f"<table:table table:name={quoteattr(name)}{style}>{lines}</table:table>"


def _cells(row: Iterable[object]) -> str:
    return "".join(
        f"<table:table-cell office:value-type='float' office:value='{value}'><text:p>{value}</text:p></table:table-cell>"
        if isinstance(value, int | float)
        else f"<table:table-cell office:value-type='string'><text:p>{escape(str(value))}</text:p></table:table-cell>"
        for value in row
    )


def _annotation(author: str, text: str, paper: Paper) -> str:
    return (
        f"<text:p><office:annotation><dc:creator>{escape(author)}</dc:creator>"
        f"<dc:date>{paper.written:%Y-%m-%dT%H:%M:%S}</dc:date><text:p>{escape(text)}</text:p></office:annotation></text:p>"
    )


def _changes(paper: Paper) -> str:
    if not paper.deleted:
        return ""
    regions = "".join(
        f"<text:changed-region text:id='ct{number}'><text:deletion><office:change-info><dc:creator>"
        f"{escape(paper.prop('author'))}</dc:creator><dc:date>{paper.written:%Y-%m-%dT%H:%M:%S}</dc:date>"
        f"</office:change-info><text:p>{escape(text)}</text:p></text:deletion></text:changed-region>"
        for number, text in enumerate(paper.deleted)
    )
    marks = "".join(f"<text:change text:change-id='ct{number}'/>" for number in range(len(paper.deleted)))
    return f"<text:tracked-changes>{regions}</text:tracked-changes><text:p>{marks}</text:p>"


def _package(kind: str, body: str, paper: Paper) -> bytes:
    mimetype = f"application/vnd.oasis.opendocument.{kind}"
    content = (
        f"{_HEAD}<office:document-content {_SPACES} {_DC} office:version='1.2'><office:automatic-styles>"
        "<style:style style:name='hidden' style:family='table'><style:table-properties table:display='false'/>"
        f"</style:style></office:automatic-styles><office:body><office:{kind}>{body}</office:{kind}></office:body>"
        "</office:document-content>"
    )
    styles = (
        f"{_HEAD}<office:document-styles {_SPACES} office:version='1.2'><office:automatic-styles>"
        "<style:page-layout style:name='pm1'/></office:automatic-styles><office:master-styles>"
        "<style:master-page style:name='Standard' style:page-layout-name='pm1'>"
        f"<style:header><text:p>{escape(paper.header)}</text:p></style:header>"
        f"<style:footer><text:p>{escape(paper.footer)}</text:p></style:footer>"
        "</style:master-page></office:master-styles></office:document-styles>"
    )
    meta = (
        f"{_HEAD}<office:document-meta {_SPACES} {_DC} office:version='1.2'><office:meta>"
        f"<dc:title>{escape(paper.prop('title') or paper.title)}</dc:title>"
        f"<dc:creator>{escape(paper.prop('author'))}</dc:creator><dc:date>{paper.written:%Y-%m-%dT%H:%M:%S}</dc:date>"
        f"<meta:keyword>{escape(paper.prop('keywords'))}</meta:keyword></office:meta></office:document-meta>"
    )
    files = ("content.xml", "styles.xml", "meta.xml")
    entries = "".join(
        f"<manifest:file-entry manifest:full-path='{name}' manifest:media-type='text/xml'/>" for name in files
    )
    manifest = (
        f"{_HEAD}<manifest:manifest xmlns:manifest='urn:oasis:names:tc:opendocument:xmlns:manifest:1.0' "
        f"manifest:version='1.2'><manifest:file-entry manifest:full-path='/' manifest:media-type='{mimetype}'/>"
        f"{entries}</manifest:manifest>"
    )
    texts = zip(files, (content, styles, meta), strict=True)
    return pack(
        [
            ("mimetype", mimetype.encode()),
            *((name, text.encode()) for name, text in texts),
            ("META-INF/manifest.xml", manifest.encode()),
        ]
    )
