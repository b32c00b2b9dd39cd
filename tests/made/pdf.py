"""PDF with text (reportlab) and PDF that is only a picture of text (written by hand around a JPEG)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from xml.sax.saxutils import escape

from reportlab import rl_config
from reportlab.lib import colors, pdfencrypt
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from tests.made.paper import Block, Paper, Shape

_STYLES = getSampleStyleSheet()
_GRID = TableStyle([("GRID", (0, 0), (-1, -1), 0.25, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP")])
_SMALL = 8


def write(paper: Paper, *, password: str = "") -> bytes:
    """Make a PDF of the paper; with a password, one that does not open without it (RC4, 128 bits).

    Streams are left uncompressed, so that the bytes do not depend on the machine's deflate.
    """
    rl_config.invariant = 1
    buffer = io.BytesIO()
    lock = pdfencrypt.StandardEncryption(password, ownerPassword=f"{password}-owner", strength=128)
    document = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        invariant=1,
        pageCompression=0,
        title=paper.prop("title") or paper.title,
        author=paper.prop("author"),
        subject=paper.prop("subject"),
        keywords=paper.prop("keywords"),
        encrypt=lock if password else None,
    )

    def margins(canvas: Canvas, page: SimpleDocTemplate) -> None:
        canvas.saveState()
        canvas.setFont("Helvetica-Bold", 9)
        canvas.drawCentredString(A4[0] / 2, A4[1] - 30, paper.header)
        canvas.setFont("Helvetica", _SMALL)
        canvas.drawCentredString(A4[0] / 2, 30, paper.footer)
        canvas.drawRightString(A4[0] - 50, 30, str(page.page))
        canvas.restoreState()

    document.build(_story(paper), onFirstPage=margins, onLaterPages=margins)
    return buffer.getvalue()


def _story(paper: Paper) -> list[Flowable]:
    story: list[Flowable] = [Paragraph(escape(paper.title), _STYLES["Title"])] if paper.title else []
    for block in paper.blocks:
        story.extend(_flow(block))
    story.extend(
        Paragraph(f'<font backColor="black" color="black">{escape(text)}</font>', _STYLES["BodyText"])
        for text in paper.covered
    )
    return story or [Spacer(1, 1)]


def _flow(block: Block) -> list[Flowable]:
    text = escape(block.text)
    if block.shape is Shape.PAGE:
        return [PageBreak()]
    if block.shape is Shape.HEADING:
        return [Paragraph(text, _STYLES["Heading2"])]
    if block.shape is Shape.BULLET:
        return [Paragraph(text, _STYLES["BodyText"], bulletText="\u2022")]
    if block.shape is Shape.TABLE:
        width = max(len(row) for row in block.rows)
        cells = [[Paragraph(escape(cell), _STYLES["BodyText"]) for cell in row] for row in block.rows]
        return [Table([row + [""] * (width - len(row)) for row in cells], style=_GRID), Spacer(1, 8)]
    return [Paragraph(text, _STYLES["BodyText"])]


def scan(pictures: Sequence[tuple[bytes, int, int]]) -> bytes:
    """Make a PDF of pictures only, one JPEG (bytes, width, height in pixels) a page, without any text layer."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    kids = []
    for jpeg, width, height in pictures:
        first = len(objects) + 1
        kids.append(f"{first} 0 R")
        draw = b"q 595 0 0 842 0 0 cm /Im0 Do Q"
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /XObject << /Im0 %d 0 R >> >> >>" % (first + 1, first + 2),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(draw), draw),
            b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray "
            b"/BitsPerComponent 8 /Filter /DCTDecode /Length %d >>\nstream\n%s\nendstream"
            % (width, height, len(jpeg), jpeg),
        ]
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode()
    return _assemble(objects)


def _assemble(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)
