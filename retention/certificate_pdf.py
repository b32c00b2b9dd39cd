"""The certificate of a disposal as a PDF to file and to print: the same facts as its page, no personal data, the digest on it.

The JSON is the certificate; this is a picture of it. The same certificate gives the same bytes under one version of reportlab.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from html import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table

# The leaves are one line for each item; whoever checks them has the JSON.
_LEFT_OUT = frozenset({"leaves", "page"})


def render(certificate: bytes) -> bytes:
    """Draw a certificate, given as the JSON that was issued; raises ``ValueError`` when it is none."""
    body = json.loads(certificate)
    styles = getSampleStyleSheet()
    small = styles["BodyText"].clone("small", fontSize=8.5, leading=11, splitLongWords=True)
    rows = [
        [Paragraph(escape(name.replace("_", " ")), small), Paragraph("<br/>".join(_lines(body[name])), small)]
        for name in sorted(body)
        if name not in _LEFT_OUT
    ]
    table = Table(rows, colWidths=[38 * mm, 132 * mm], splitInRow=1)
    table.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.3, colors.lightgrey)])
    told = "This sheet shows the certificate whose digest stands on it. The JSON file of the same name is the certificate itself."
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out, pagesize=A4, title="Certificate of disposal", author=str(body.get("council", "")), invariant=1
    )
    document.build(
        [Paragraph("Certificate of disposal", styles["Title"]), Paragraph(told, small), Spacer(1, 4 * mm), table]
    )
    return out.getvalue()


def _lines(value: object, before: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for key in sorted(value):
            yield from _lines(value[key], f"{before}{escape(str(key).replace('_', ' '))}: ")
    elif isinstance(value, list):
        for one in value:
            yield from _lines(one, before)
    else:
        yield before + escape("none" if value is None else str(value))
