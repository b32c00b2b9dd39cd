"""Word documents: docx through python-docx, with headers, comments, tracked changes and properties."""

from __future__ import annotations

import datetime as dt
import io
from functools import cache

import docx
from docx.document import Document
from docx.enum.section import WD_SECTION
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph

from tests.made.packing import pack, repack, unpack
from tests.made.paper import Block, Paper, Shape

_NOTES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:footnotes xmlns:w='
    '"http://schemas.openxmlformats.org/wordprocessingml/2006/main">{}</w:footnotes>'
)
_NOTES_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
_NOTES_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"


@cache
def _blank() -> bytes:
    """Make an empty document without the parts that make python-docx's own one 800 KB unpacked."""
    document = docx.Document()
    for owner in (document.part, document.part.package):
        for key, relation in list(owner.rels.items()):
            if relation.reltype.endswith(("/stylesWithEffects", "/thumbnail")):
                del owner.rels[key]
    styles = document.styles.element
    for style in list(styles):
        table = style.get(qn("w:type")) == "table" and style.get(qn("w:styleId")) not in {"TableGrid", "TableNormal"}
        if table or style.tag == qn("w:latentStyles"):
            styles.remove(style)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def write(paper: Paper) -> bytes:
    """Make a docx of the paper."""
    document = docx.Document(io.BytesIO(_blank()))
    if paper.title:
        document.add_heading(paper.title, level=0)
    for block in paper.blocks:
        _add(document, block)
    for section in document.sections:
        section.start_type = WD_SECTION.NEW_PAGE
        if paper.header:
            section.header.paragraphs[0].text = paper.header
        if paper.footer:
            section.footer.paragraphs[0].text = paper.footer
    _track(document, paper)
    _comment(document, paper)
    _describe(document, paper)
    buffer = io.BytesIO()
    document.save(buffer)
    package = repack(buffer.getvalue(), paper.written)
    return _with_footnotes(package, paper.footnotes) if paper.footnotes else package


def _add(document: Document, block: Block) -> None:
    if block.shape is Shape.PAGE:
        document.add_page_break()
    elif block.shape is Shape.HEADING:
        document.add_heading(block.text, level=1)
    elif block.shape is Shape.BULLET:
        document.add_paragraph(block.text, style="List Bullet")
    elif block.shape is Shape.TABLE:
        width = max(len(row) for row in block.rows)
        table = document.add_table(rows=len(block.rows), cols=width, style="Table Grid")
        for cells, row in zip(table.rows, block.rows, strict=True):
            for cell, text in zip(cells.cells, row, strict=False):
                cell.text = text
    else:
        document.add_paragraph(block.text)


def _track(document: Document, paper: Paper) -> None:
    author = paper.prop("author") or "Reviewer"
    changes = [("w:del", "w:delText", text) for text in paper.deleted]
    changes += [("w:ins", "w:t", text) for text in paper.inserted]
    for number, (tag, text_tag, text) in enumerate(changes, start=900):
        _change(document.add_paragraph(), tag, text_tag, text, (number, author, paper.written))


def _change(paragraph: Paragraph, tag: str, text_tag: str, text: str, mark: tuple[int, str, dt.datetime]) -> None:
    number, author, when = mark
    change = OxmlElement(tag)
    change.set(qn("w:id"), str(number))
    change.set(qn("w:author"), author)
    change.set(qn("w:date"), when.strftime("%Y-%m-%dT%H:%M:%SZ"))
    run, words = OxmlElement("w:r"), OxmlElement(text_tag)
    words.text = text
    words.set(qn("xml:space"), "preserve")
    run.append(words)
    change.append(run)
    paragraph._p.append(change)


def _comment(document: Document, paper: Paper) -> None:
    for author, text in paper.comments:
        paragraph = next((p for p in document.paragraphs if p.runs), None) or document.add_paragraph(" ")
        initials = "".join(word[0] for word in author.split())
        comment = document.add_comment(paragraph.runs, text=text, author=author, initials=initials)
        comment._comment_elm.set(qn("w:date"), paper.written.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _describe(document: Document, paper: Paper) -> None:
    core = document.core_properties
    core.title = paper.prop("title") or paper.title
    core.author = core.last_modified_by = paper.prop("author")
    core.subject = paper.prop("subject")
    core.keywords = paper.prop("keywords")
    core.comments = paper.prop("comments")
    core.category = paper.prop("category")
    core.created = core.modified = paper.written.replace(tzinfo=None)


def _with_footnotes(package: bytes, footnotes: tuple[str, ...]) -> bytes:
    """Add a part of footnotes, referred to from the last paragraph."""
    body = "".join(
        f'<w:footnote w:id="{number}"><w:p><w:r><w:t xml:space="preserve">{_escape(text)}</w:t></w:r></w:p></w:footnote>'
        for number, text in enumerate(footnotes, start=2)
    )
    marks = "".join(f'<w:r><w:footnoteReference w:id="{n}"/></w:r>' for n in range(2, len(footnotes) + 2))
    members = dict(unpack(package))
    members["word/footnotes.xml"] = _NOTES.format(body).encode()
    _insert(members, "word/document.xml", "<w:sectPr", f"<w:p>{marks}</w:p><w:sectPr")
    _insert(
        members,
        "[Content_Types].xml",
        "</Types>",
        f'<Override PartName="/word/footnotes.xml" ContentType="{_NOTES_TYPE}"/></Types>',
    )
    _insert(
        members,
        "word/_rels/document.xml.rels",
        "</Relationships>",
        f'<Relationship Id="rIdFootnotes" Type="{_NOTES_RELATION}" Target="footnotes.xml"/></Relationships>',
    )
    return pack(members.items())


def _insert(members: dict[str, bytes], name: str, before: str, text: str) -> None:
    members[name] = members[name].replace(before.encode(), text.encode(), 1)


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
