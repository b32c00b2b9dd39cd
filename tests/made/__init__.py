r"""Documents made for tests, and the sample share of a district council that does not exist.

Factories, each giving the bytes of one file, the same on every machine::

    one("docx", "%header OFFICIAL-SENSITIVE\n# Heading\nText.\n| a | b")   # any kind, in the notation of paper.parse
    docx_bytes(["A paragraph."], header="", footer="", comments=[("Author", "text")], deleted=[], inserted=[])
    doc_bytes(["A paragraph."], header="", footer="")                       # Word 97-2003
    pdf_bytes(["Page one.", "Page two."], header="", footer="", password="")
    scan_pdf_bytes(["Page one."])                                            # a picture only, no text layer
    xlsx_bytes({"Sheet1": [["a", 1]]}, hidden={"Data"}, very_hidden=(), hidden_rows={"Sheet1": [2]},
               hidden_columns={"Sheet1": ["B"]}, comments={("Sheet1", "A1"): "text"}, properties={"title": ""})
    xls_bytes({"Sheet1": [["a", 1]]}, hidden=())
    pptx_bytes([("Title", ["bullet"], "speaker's notes")])
    odt_bytes([...]), ods_bytes({...}), odp_bytes([...]), rtf_bytes([...]), html_bytes([...], title=""),
    csv_bytes([["a", 1]]), txt_bytes("text", encoding="cp1252")
    eml_bytes("Subject", "Body", attachments={"a.docx": b""}, html=""), msg_bytes(same), mbox_bytes([eml, eml])
    zip_bytes({"a.txt": b""}, password=""), tar_bytes({...}, gzipped=False), gzip_bytes(b""), ole_bytes({"A/B": b""})
    jpeg_bytes("text"), png_bytes("text"), tiff_bytes(["page"]), photo_bytes()
    encrypted_docx_bytes(), lock_file_bytes("A User"), thumbs_db_bytes(), truncated_bytes(b"")

The whole share: ``make(Path("out"), seed=2026)``, or ``python -m tests.made OUT --seed 2026``. Its zones for
``strongroom.toml``: ``zones_toml()``. What is true of each document: ``make(...).documents``.
"""

from tests.made.expected import Document, Summary, Truth
from tests.made.factories import (
    KINDS,
    csv_bytes,
    doc_bytes,
    docx_bytes,
    eml_bytes,
    encrypted_docx_bytes,
    gzip_bytes,
    html_bytes,
    jpeg_bytes,
    lock_file_bytes,
    mbox_bytes,
    msg_bytes,
    odp_bytes,
    ods_bytes,
    odt_bytes,
    ole_bytes,
    one,
    pdf_bytes,
    photo_bytes,
    png_bytes,
    pptx_bytes,
    rtf_bytes,
    scan_pdf_bytes,
    tar_bytes,
    thumbs_db_bytes,
    tiff_bytes,
    truncated_bytes,
    txt_bytes,
    xls_bytes,
    xlsx_bytes,
    zip_bytes,
)
from tests.made.places import ZONES, Zone, zone_of, zones_toml
from tests.made.share import make

__all__ = [
    "KINDS",
    "ZONES",
    "Document",
    "Summary",
    "Truth",
    "Zone",
    "csv_bytes",
    "doc_bytes",
    "docx_bytes",
    "eml_bytes",
    "encrypted_docx_bytes",
    "gzip_bytes",
    "html_bytes",
    "jpeg_bytes",
    "lock_file_bytes",
    "make",
    "mbox_bytes",
    "msg_bytes",
    "odp_bytes",
    "ods_bytes",
    "odt_bytes",
    "ole_bytes",
    "one",
    "pdf_bytes",
    "photo_bytes",
    "png_bytes",
    "pptx_bytes",
    "rtf_bytes",
    "scan_pdf_bytes",
    "tar_bytes",
    "thumbs_db_bytes",
    "tiff_bytes",
    "truncated_bytes",
    "txt_bytes",
    "xls_bytes",
    "xlsx_bytes",
    "zip_bytes",
    "zone_of",
    "zones_toml",
]
