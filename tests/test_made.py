"""The sample share and the factories: the same everywhere, true to their labels, and of the formats they claim."""

import datetime as dt
import hashlib
import io
import os
import random
import re
import struct
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import docx
import olefile
import openpyxl
import pypdfium2
import pytest

from tests import made
from tests.made.council import Cast, nhs_number, pupil_number
from tests.made.paper import parse
from tests.made.share import plan, stories


def digests(root: Path) -> dict[bytes, tuple[str, int]]:
    """Every file below a folder by path: digest and modified time; folders by their time."""
    return {
        os.fsencode(path.relative_to(root)): (
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
            path.stat().st_mtime_ns,
        )
        for path in root.rglob("*")
    }


@pytest.fixture(scope="module")
def share(tmp_path_factory):
    """The sample share."""
    return made.make(tmp_path_factory.mktemp("made") / "share")


def place(share, document) -> Path:
    """Where a document was written."""
    return share.root / os.fsdecode(document.path)


def document_bytes(share, document) -> bytes:
    """What was written for a document."""
    return place(share, document).read_bytes()


@pytest.mark.timeout(300)
def test_the_share_is_the_same_when_made_elsewhere(share, tmp_path):
    """Another process with another hash seed, time zone, language and umask makes the same paths, bytes and times."""
    elsewhere = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Kolkata", "LC_ALL": "C", "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "tests.made", tmp_path / "again", "--seed", "2026"]
    checkout = Path(made.__file__).parents[2]
    subprocess.run(command, env=elsewhere, cwd=checkout, umask=0o077, check=True, capture_output=True)
    assert digests(share.root) == digests(tmp_path / "again")


def test_another_seed_makes_another_council(share, tmp_path):
    """Little is shared between two seeds but the files that hold no story."""
    other = made.make(tmp_path / "other", seed=1)
    first, second = ({digest for digest, _ in digests(root).values()} for root in (share.root, other.root))
    assert len(first & second) < 60


def test_the_share_has_the_size_of_a_sample(share):
    """Between 450 and 600 documents, each path once, each of them on the disk."""
    files = {path for path, (digest, _) in digests(share.root).items() if digest}
    assert files == {document.path for document in share.documents}
    assert 450 <= len(share.documents) <= 600


def test_a_folder_that_holds_anything_is_left_alone(tmp_path):
    """The share is never mixed with somebody's files."""
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError):
        made.make(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_every_outcome_is_in_the_share(share):
    """Each label, each tier up to T4, each kind of problem and exclusion, and each zone is met at least once."""
    readable = [document for document in share.documents if document.readable]
    assert {document.truth.primary for document in readable} == {"official", "personal", "sensitive"}
    assert {document.truth.tier for document in readable} == {0, 1, 2, 3, 4}
    problems = {document.problem for document in share.documents} - {""}
    assert problems == {"encrypted", "malformed", "empty", "no-text", "media", "unsupported"}
    assert {document.excluded for document in share.documents} == {"", "sealed", "system-file"}
    assert {document.zone for document in share.documents} == set(made.ZONES)


def test_a_night_would_have_something_to_move(share):
    """Sensitive copies lie where the zone says move, and copies know what they are copies of."""
    moved = [d for d in share.documents if d.flagged and d.zone.mode == "move" and d.truth.tier >= 3]
    assert len(moved) >= 10
    by_path = {document.path: document for document in share.documents}
    for document in share.documents:
        if document.copy_of:
            assert document_bytes(share, document) == document_bytes(share, by_path[document.copy_of])


def test_every_story_is_told_and_the_plan_has_no_other(share):
    """No text lies about unused."""
    told = {document.story.removeprefix("mail:") for document in share.documents}
    assert set(stories()) <= told
    assert all(entries for _, _, _, entries in plan())


def test_nothing_is_left_unfilled(share):
    """No field or choice of the notation reaches a file or its name."""
    marks = re.compile(rb"\{[a-z]+\d*\}|\[\[|\|\|")
    plain = {"txt", "eml", "csv", "rtf"}
    for document in share.documents:
        assert not marks.search(document.path)
        if document.kind in plain and not document.problem:
            assert not marks.search(document_bytes(share, document)), document.path


def test_times_are_of_their_years_or_known_to_be_lost(share):
    """Trusted times lie between 2004 and 2026; a lost one is the DOS epoch or the night of a migration."""
    lost = {dt.datetime(1980, 1, 1, tzinfo=dt.UTC).timestamp(), dt.datetime(2016, 8, 13, 2, tzinfo=dt.UTC).timestamp()}
    for document in share.documents:
        modified = place(share, document).stat().st_mtime
        if document.trusted_time:
            assert 2004 <= dt.datetime.fromtimestamp(modified, dt.UTC).year <= 2026
        else:
            assert modified in lost
    assert any(not document.trusted_time for document in share.documents)


def test_identifiers_are_from_reserved_ranges(share):
    """Phones, NI numbers, NHS numbers and mail addresses are ones that belong to nobody."""
    checks = (
        (rb"\b07\d{3} ?\d{6}\b", rb"07700 900"),
        (rb"\b01\d{3} ?\d{6}\b", rb"01632 960"),
        (rb"\b[A-Z]{2} \d\d \d\d \d\d [A-D]\b", rb"QQ"),
        (rb"\b\d{3} \d{3} \d{4}\b", rb"999"),
        (rb"(?<=@)[a-z.]+\b", rb"(example\.com|(\w+\.)?eldermere\.test)$"),
    )
    plain = [
        document_bytes(share, d) for d in share.documents if d.kind in {"txt", "csv", "eml", "html"} and d.readable
    ]
    for pattern, reserved in checks:
        found = {value for text in plain for value in re.findall(pattern, text)}
        assert found
        assert [value for value in found if not re.match(reserved, value)] == []


def test_check_digits_are_right():
    """NHS numbers and pupil numbers would pass a validator."""
    from stdnum.gb import nhs

    cast = Cast(random.Random(1), dt.date(2020, 1, 1))
    assert all(nhs.is_valid(nhs_number(cast.rng)) for _ in range(50))
    letters = "ABCDEFGHJKLMNPQRTUVWXYZ"
    for number in (pupil_number(cast.rng) for _ in range(50)):
        total = sum(int(digit) * weight for weight, digit in enumerate(number[1:], start=2))
        assert number[0] == letters[total % 23]


def test_zones_are_well_formed_toml():
    """The zones read back from TOML as they were declared, clearances and modes of the known words."""
    tables = tomllib.loads(made.zones_toml())["zone"]
    assert [table["path"] for table in tables] == [zone.path for zone in made.ZONES]
    assert {table["mode"] for table in tables} == {"report", "approve", "move"}
    assert all(table["clearance"] in {"T1", "T2", "T3", "T4"} for table in tables)
    sealed = {table["path"] for table in tables if table["sealed"]}
    assert sealed == {"Whistle-blowing", "Union Branch", "Ward Casework", "Elections/Sealed Papers"}


def test_the_longest_path_is_the_zone():
    """A folder inside a zone may be a zone of its own, but a longer name is not inside."""
    assert made.zone_of("Licensing/Safeguarding Review/x.docx").clearance == "T4"
    assert made.zone_of("Licensing/Drivers/x.docx").path == "Licensing"
    with pytest.raises(ValueError, match="empty"):
        made.zone_of("Licensing2/x.docx")


TEXT = """%title A title
%header OFFICIAL-SENSITIVE
%footer A footer
%comment Ann Other: a comment
%deleted struck out
%inserted put in
%footnote small print
%note spoken
%covered blacked out
%hidden | unseen | 12
%property author=Zoë
# A heading: one/two
A paragraph with é – “quotes” & <angles>.
- a bullet
| a | b
====
# Second page
The end."""


@pytest.mark.parametrize("kind", sorted(made.KINDS))
def test_each_kind_is_made_the_same_twice(kind):
    """No clock, no randomness, no order of a set reaches the bytes."""
    first = made.one(kind, TEXT)
    assert first == made.one(kind, TEXT)
    assert len(first) > 50


def test_a_docx_carries_what_the_paper_has():
    """Header, footer, comment, both tracked changes, footnote and author stand in their parts."""
    package = made.one("docx", TEXT)
    document = docx.Document(io.BytesIO(package))
    assert document.sections[0].header.paragraphs[0].text == "OFFICIAL-SENSITIVE"
    assert [comment.text for comment in document.comments] == ["a comment"]
    assert document.core_properties.author == "Zoë"
    members = zipfile.ZipFile(io.BytesIO(package))
    body = members.read("word/document.xml").decode()
    assert '<w:delText xml:space="preserve">struck out' in body
    assert "put in" in body
    assert b"small print" in members.read("word/footnotes.xml")


def test_an_old_document_has_its_text_where_its_table_says():
    """The piece table leads to the text, in one byte a character or in two."""
    for words, encoding, step in (("plain café", "cp1252", 1), ("Łódź", "utf-16-le", 2)):
        file = olefile.OleFileIO(made.doc_bytes([words], header="MARKED"))
        document, table = (file.openstream(name).read() for name in ("WordDocument", "1Table"))
        (start,) = struct.unpack_from("<I", document, 0x1A2)
        _, end, _, where = struct.unpack_from("<IIHI", table, start + 5)
        place = where // 2 & 0x1FFF_FFFF if where & 0x4000_0000 else where
        text = document[place : place + end * step].decode(encoding)
        assert text.startswith(f"{words}\r")
        assert "MARKED" in text


def test_a_pdf_has_its_text_and_a_scan_has_none():
    """The text layer is there, covered text included, and absent from a scan."""
    pages = pypdfium2.PdfDocument(made.one("pdf", TEXT))
    text = "".join(page.get_textpage().get_text_range() for page in pages)
    assert all(words in text for words in ("OFFICIAL-SENSITIVE", "A footer", "blacked out", "The end."))
    scan = pypdfium2.PdfDocument(made.one("scan", TEXT))
    assert [page.get_textpage().get_text_range() for page in scan] == ["", ""]


def test_a_pdf_with_a_password_asks_for_it():
    """It opens with the password only."""
    data = made.pdf_bytes(["inside"], password="open")
    with pytest.raises(pypdfium2.PdfiumError):
        pypdfium2.PdfDocument(data)
    assert "inside" in pypdfium2.PdfDocument(data, password="open")[0].get_textpage().get_text_range()


def test_a_workbook_hides_what_it_is_told_to_hide():
    """Sheets, rows and columns keep their state."""
    data = made.xlsx_bytes(
        {"A": [["x", 1], ["y", 2]], "B": [["z"]], "C": [["w"]]},
        hidden={"B"},
        very_hidden={"C"},
        hidden_rows={"A": [2]},
        hidden_columns={"A": "B"},
        comments={("A", "A1"): "said"},
    )
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert [sheet.sheet_state for sheet in book] == ["visible", "hidden", "veryHidden"]
    assert book["A"].row_dimensions[2].hidden
    assert book["A"].column_dimensions["B"].hidden
    assert book["A"]["A1"].comment.text == "said"


def test_a_message_is_a_sound_compound_file():
    """An Outlook message has its subject, its body and an attachment that comes out whole, small or large."""
    files = {"small.txt": b"small", "large.bin": bytes(range(256)) * 40}
    message = olefile.OleFileIO(made.msg_bytes("A subject", "A body", attachments=files))
    assert message.parsing_issues == []
    assert message.openstream("__substg1.0_0037001F").read().decode("utf-16-le") == "A subject"
    assert message.openstream("__substg1.0_1000001F").read().decode("utf-16-le") == "A body"
    for number, data in enumerate(files.values()):
        assert message.openstream(f"__attach_version1.0_#{number:08X}/__substg1.0_37010102").read() == data


def test_a_locked_zip_opens_with_its_password():
    """The traditional encryption is the real one."""
    archive = zipfile.ZipFile(io.BytesIO(made.zip_bytes({"a.txt": b"inside"}, password="open")))
    assert archive.read("a.txt", pwd=b"open") == b"inside"
    with pytest.raises(RuntimeError, match=r"[Bb]ad password"):
        archive.read("a.txt", pwd=b"shut")


def test_an_encrypted_office_file_looks_like_one():
    """A compound file of the two streams by which readers know it."""
    file = olefile.OleFileIO(made.encrypted_docx_bytes())
    assert file.exists("EncryptionInfo")
    assert file.exists("EncryptedPackage")


def test_a_story_uses_one_cast():
    """The same field gives the same person, a part gives a part, and a day is counted from the story's."""
    cast = Cast(random.Random(7), dt.date(2020, 3, 1))
    first, again, last = cast.fill("{name}|{name}|{name.last}").split("|")
    assert first == again
    assert first.endswith(last)
    assert cast.fill("{date} {date-1} {iso}") == "1 March 2020 29 February 2020 2020-03-01"
    assert len(set(cast.fill("*5 {name}{nino}").splitlines())) == 5


def test_the_notation_is_read_line_by_line():
    """Rows beside each other are one table; a page break begins a page."""
    paper = parse(TEXT)
    assert [len(page) for page in paper.pages] == [4, 2]
    assert paper.pages[0][3].rows == (("a", "b"),)
    assert paper.comments == (("Ann Other", "a comment"),)
    assert paper.hidden == (("unseen", "12"),)
