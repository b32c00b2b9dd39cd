"""The bytes of one file of any format, for whoever tests a reader."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from email.utils import parseaddr
from typing import Any

from tests.made import archives, images, mail, msg, odd, old_word, opendocument, pdf, rtf, sheets, slides, web, word
from tests.made.ole import compound
from tests.made.paper import WRITTEN, Block, Paper, Shape, parse

csv_bytes = sheets.comma_separated
eml_bytes = mail.eml
encrypted_docx_bytes = odd.encrypted_office
gzip_bytes = archives.gzip_stored
lock_file_bytes = odd.lock_file
msg_bytes = msg.write
ods_bytes = opendocument.ods
ole_bytes = compound
photo_bytes = images.photograph
tar_bytes = archives.tarred
thumbs_db_bytes = odd.thumbs_db
truncated_bytes = odd.truncated
xls_bytes = sheets.xls
xlsx_bytes = sheets.xlsx
zip_bytes = archives.zipped


def _paper(paragraphs: Sequence[str], **fields: Any) -> Paper:
    fields["properties"] = tuple(dict(fields.pop("properties", None) or {}).items())
    for name in ("comments", "deleted", "inserted", "covered", "footnotes", "notes"):
        fields[name] = tuple(fields.get(name, ()))
    tables = fields.pop("tables", ())
    blocks = [Block(Shape.PARAGRAPH, text) for text in paragraphs]
    blocks += [Block(Shape.TABLE, rows=tuple(tuple(str(cell) for cell in row) for row in rows)) for rows in tables]
    return Paper(blocks=tuple(blocks), **fields)


def docx_bytes(paragraphs: Sequence[str], **fields: Any) -> bytes:
    """Make a Word document.

    Fields: title, header, footer, comments (author, text), deleted, inserted, footnotes, tables (rows each),
    properties (by name), written (a date and time with zone).
    """
    return word.write(_paper(paragraphs, **fields))


def doc_bytes(paragraphs: Sequence[str], **fields: Any) -> bytes:
    """Make a Word 97–2003 document; fields title, header, footer, tables."""
    return old_word.write(_paper(paragraphs, **fields))


def odt_bytes(paragraphs: Sequence[str], **fields: Any) -> bytes:
    """Make an OpenDocument text; fields as for ``docx_bytes``."""
    return opendocument.odt(_paper(paragraphs, **fields))


def rtf_bytes(paragraphs: Sequence[str], **fields: Any) -> bytes:
    """Make a rich text; fields title, header, footer, tables, properties."""
    return rtf.write(_paper(paragraphs, **fields))


def html_bytes(paragraphs: Sequence[str], **fields: Any) -> bytes:
    """Make a web page; fields as for ``rtf_bytes``."""
    return web.write(_paper(paragraphs, **fields))


def pdf_bytes(pages: Sequence[str], *, password: str = "", **fields: Any) -> bytes:
    """Make a PDF, a page for each text (paragraphs by line); also fields covered (text under a black box), tables."""
    return pdf.write(_paged(pages, **fields), password=password)


def scan_pdf_bytes(pages: Sequence[str]) -> bytes:
    """Make a PDF of pictures of the pages."""
    return images.scan(_paged(pages))


def odp_bytes(pages: Sequence[str], **fields: Any) -> bytes:
    """Make an OpenDocument presentation, a slide for each text."""
    return opendocument.odp(_paged(pages, **fields))


def _paged(pages: Sequence[str], **fields: Any) -> Paper:
    paper = _paper([], **fields)
    blocks: list[Block] = []
    for number, text in enumerate(pages):
        blocks += [Block(Shape.PAGE)] if number else []
        blocks += [Block(Shape.PARAGRAPH, line) for line in text.splitlines() if line]
    return Paper(
        **{name: getattr(paper, name) for name in Paper.__slots__ if name != "blocks"}, blocks=(*blocks, *paper.blocks)
    )


def pptx_bytes(slide_list: Sequence[slides.Slide], *, written: dt.datetime = WRITTEN) -> bytes:
    """Make a presentation of (title, bullets, speaker's notes)."""
    return slides.pptx(slide_list, Paper(written=written))


def mbox_bytes(messages: Sequence[bytes]) -> bytes:
    """Make a mailbox of messages made by ``eml_bytes``."""
    return mail.mbox([("officer@example.com", WRITTEN, message) for message in messages])


def txt_bytes(text: str, *, encoding: str = "utf-8", newline: str = "\r\n") -> bytes:
    """Make a plain text."""
    return text.replace("\n", newline).encode(encoding)


def jpeg_bytes(text: str = "") -> bytes:
    """Make a scanned page as a JPEG."""
    return images.jpeg(images.page(text))


def png_bytes(text: str = "") -> bytes:
    """Make a scanned page as a PNG."""
    return images.png(images.page(text))


def tiff_bytes(pages: Sequence[str]) -> bytes:
    """Make scanned pages as one TIFF."""
    return images.tiff([images.page(text) for text in pages])


def _text(paper: Paper) -> bytes:
    lines = [paper.header, paper.text.replace("\f", ""), paper.footer]
    return txt_bytes("\n\n".join(line for line in lines if line) + "\n", encoding="cp1252")


def _mail(paper: Paper) -> bytes:
    people = {key: paper.prop(name) for key, name in (("sender", "from"), ("to", "to")) if paper.prop(name)}
    return mail.eml(paper.title, _body(paper), date=paper.written, **people)


def _outlook(paper: Paper) -> bytes:
    sender = parseaddr(paper.prop("from") or "Officer <officer@example.com>")
    to = [parseaddr(paper.prop("to") or "Colleague <colleague@example.com>")]
    return msg.write(paper.title, _body(paper), sender=sender, to=to, date=paper.written)


def _body(paper: Paper) -> str:
    return Paper(blocks=paper.blocks).text.replace("\f", "") + (f"\n\n{paper.footer}" if paper.footer else "") + "\n"


def _old_workbook(paper: Paper) -> bytes:
    hidden = {"Data": paper.hidden} if paper.hidden else {}
    return sheets.xls({"Sheet1": sheets.rows_of(paper)} | hidden, hidden=hidden)


KINDS: Mapping[str, Callable[[Paper], bytes]] = {
    "docx": word.write,
    "doc": old_word.write,
    "pdf": pdf.write,
    "scan": images.scan,
    "xlsx": sheets.write,
    "xls": _old_workbook,
    "csv": lambda paper: sheets.comma_separated(sheets.rows_of(paper)),
    "pptx": slides.write,
    "odt": opendocument.odt,
    "ods": opendocument.write_ods,
    "odp": opendocument.odp,
    "rtf": rtf.write,
    "html": web.write,
    "txt": _text,
    "eml": _mail,
    "msg": _outlook,
    "mbox": lambda paper: mail.mbox([("officer@example.com", paper.written, _mail(paper))]),
    "jpg": lambda paper: images.jpeg(images.page(images.texts(paper)[0])),
    "tif": lambda paper: images.tiff([images.page(text) for text in images.texts(paper)]),
    "zip": lambda paper: archives.zipped({"document.docx": word.write(paper)}),
}


def one(kind: str, text: str | Paper, *, written: dt.datetime = WRITTEN) -> bytes:
    """Make a file of the kind (a key of ``KINDS``) saying the text, in the notation of ``paper.parse``."""
    return KINDS[kind](text if isinstance(text, Paper) else parse(text, written=written))
