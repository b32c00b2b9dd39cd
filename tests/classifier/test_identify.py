"""Formats are told by content; names are hints."""

import io

import pytest

from classifier.compound import Compound, CompoundError
from classifier.identify import Identity, identify
from tests.made import (
    csv_bytes,
    doc_bytes,
    docx_bytes,
    eml_bytes,
    encrypted_docx_bytes,
    gzip_bytes,
    html_bytes,
    mbox_bytes,
    msg_bytes,
    odp_bytes,
    ods_bytes,
    odt_bytes,
    ole_bytes,
    pdf_bytes,
    png_bytes,
    pptx_bytes,
    rtf_bytes,
    tar_bytes,
    tiff_bytes,
    truncated_bytes,
    xls_bytes,
    xlsx_bytes,
    zip_bytes,
)
from tests.shared import SHARED, needs_shared

SAMPLES = {
    "docx": docx_bytes(["A paragraph."]),
    "doc": doc_bytes(["A paragraph."]),
    "pdf": pdf_bytes(["A page."]),
    "xlsx": xlsx_bytes({"Sheet1": [["a", 1]]}),
    "xls": xls_bytes({"Sheet1": [["a", 1]]}),
    "pptx": pptx_bytes([("Title", ["point"], "")]),
    "odt": odt_bytes(["A paragraph."]),
    "ods": ods_bytes({"Sheet1": [["a", 1]]}),
    "odp": odp_bytes(["A slide."]),
    "rtf": rtf_bytes(["A paragraph."]),
    "html": html_bytes(["A paragraph."]),
    "eml": eml_bytes("Subject", "Body"),
    "msg": msg_bytes("Subject", "Body"),
    "mbox": mbox_bytes([eml_bytes("Subject", "Body")]),
    "zip": zip_bytes({"a.txt": b"a"}),
    "tar": tar_bytes({"a.txt": b"a"}),
    "gz": gzip_bytes(b"a"),
    "png": png_bytes("text"),
    "tiff": tiff_bytes(["page"]),
    "encrypted-office": encrypted_docx_bytes(),
    "empty": b"",
    "json": b'{"name": "Chair", "papers": [1, 2]}',
    "xml": b'<?xml version="1.0"?><register><entry>one</entry></register>',
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><text>one</text></svg>',
    "vcf": b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A Councillor\r\nEND:VCARD\r\n",
    "ics": b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n",
    "sqlite": b"SQLite format 3\0" + bytes(84),
    "executable": b"MZ" + bytes(100),
    "pst": b"!BDN" + bytes(100),
    "wordperfect": b"\xffWPC" + bytes(100),
    "access": b"\0\x01\0\0Standard Jet DB\0" + bytes(100),
    "7z": b"7z\xbc\xaf\x27\x1c" + bytes(30),
    "txt": b"Only some words.\nAnd some more of them.\n",
}


def told(data: bytes, name: bytes = b"") -> Identity:
    """The identity of ``data`` under that name."""
    return identify(io.BytesIO(data), name)


@pytest.mark.parametrize("fmt", SAMPLES)
def test_content_alone_tells_the_format(fmt):
    """No name is needed to know what a file is."""
    assert fmt == told(SAMPLES[fmt]).format


@pytest.mark.parametrize("fmt", ["docx", "doc", "pdf", "xlsx", "xls", "pptx", "odt", "rtf", "eml", "msg", "zip", "png"])
def test_a_false_name_changes_nothing_but_is_noted(fmt):
    """A document under the name of another kind is still known, and the disagreement is recorded."""
    identity = told(SAMPLES[fmt], b"holiday.gif")
    assert (fmt, True) == (identity.format, identity.mismatch)


def test_an_honest_name_is_no_mismatch():
    """The right extension in any case agrees."""
    assert not told(SAMPLES["docx"], b"Minutes.DOCX").mismatch


def test_a_table_of_text_is_csv_by_its_name_or_its_shape():
    """Commas in equal numbers on every line make a table; one column needs the extension."""
    table = csv_bytes([["name", "role", "ward"], ["a", "b", "c"], ["d", "e", "f"]])
    assert [told(table).format, told(b"one\ntwo\n", b"list.csv").format] == ["csv", "csv"]


@pytest.mark.parametrize(
    ("mark", "fmt"),
    [
        (b"application/vnd.ms-word.document.macroEnabled.main+xml", "docm"),
        (b"application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml", "dotx"),
        (b"application/vnd.ms-excel.sheet.macroEnabled.main+xml", "xlsm"),
        (b"application/vnd.ms-excel.sheet.binary.macroEnabled.main", "xlsb"),
        (b"application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml", "ppsx"),
    ],
)
def test_kinds_of_package_are_told_by_their_declared_main_part(mark, fmt):
    """Templates and macro documents differ from plain ones only in a content type."""
    assert fmt == told(zip_bytes({"[Content_Types].xml": b"<Types>" + mark + b"</Types>", "x.xml": b"<x/>"})).format


@pytest.mark.parametrize(
    ("streams", "fmt"),
    [
        ({"Quill/QuillSub/CONTENTS": b"x"}, "publisher"),
        ({"VisioDocument": b"x"}, "visio"),
        ({"PowerPoint Document": b"x"}, "ppt"),
        ({"Something": b"x"}, "ole"),
    ],
)
def test_old_containers_are_told_by_their_streams(streams, fmt):
    """What a compound file holds says which program wrote it."""
    assert fmt == told(ole_bytes(streams)).format


def test_a_docx_without_its_directory_is_still_a_docx():
    """The end of the file is lost; the names at its beginning are enough to know what it was."""
    assert "docx" == told(truncated_bytes(docx_bytes(["A paragraph."] * 50))).format


def test_streams_come_back_whole_from_a_compound_file():
    """Small and large streams are kept in different ways; both are read."""
    compound = Compound(io.BytesIO(ole_bytes({"Small": b"abc", "Folder/Large": bytes(range(256)) * 40})))
    assert (b"abc", bytes(range(256)) * 40) == (compound.read("small"), compound.read("folder/large"))


def test_a_compound_file_that_loops_is_refused():
    """A sector table that points back at itself ends in the error named for it, not in an endless walk."""
    data = bytearray(ole_bytes({"Large": bytes(20_000)}))
    first = int.from_bytes(data[76:80], "little")
    table = (first + 1) * 512
    for place in range(table, table + 512, 4):
        data[place : place + 4] = (5).to_bytes(4, "little")
    with pytest.raises(CompoundError):
        Compound(io.BytesIO(bytes(data))).read("large")


@needs_shared
def test_the_development_files_are_what_their_names_say():
    """Where an extension can be trusted, content agrees with it on at least .985 of the files."""
    assert SHARED is not None
    files = [path for path in sorted((SHARED / "data" / "files").rglob("*")) if path.is_file()]
    with_doubt = 0
    for path in files:
        with path.open("rb") as file:
            with_doubt += identify(file, path.name.encode()).mismatch
    assert with_doubt <= 0.015 * len(files)
