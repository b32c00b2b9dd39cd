"""Reading: one file from its bytes to a label or a reason, whatever they are."""

import hashlib
import io
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from classifier import answers, detect, jobs, reading
from classifier.item import Completeness, Label, Primary, Tier
from classifier.limits import Limits
from tests.made import docx_bytes, encrypted_docx_bytes, pdf_bytes, scan_pdf_bytes, zip_bytes


@dataclass(frozen=True)
class Plain:
    """A judge that calls everything official and says how many findings it was shown."""

    version: str = "plain"

    def judge(self, content, findings):
        """Label one document."""
        assert content.text
        return Label(Primary.OFFICIAL, Tier.T1, 0.1, 0.2, by="rule:plain", because=(f"{len(findings)} findings",))


@pytest.fixture
def reader():
    """A reader with a plain judge and the real detectors; test values count as real."""
    return reading.Reader(Plain(), detect.detector(fixtures_count=True), reading.versions("plain"))


def read(data: bytes, reader: reading.Reader, name: bytes = b"", limits: Limits | None = None):
    """Read bytes that lie nowhere."""
    return reading.read(io.BytesIO(data), name, limits or Limits(), reader)


def test_a_document_has_a_label_and_its_particulars(reader):
    """A reading holds the hash of the very bytes, the format, the counts, the versions and a signature."""
    data = docx_bytes(["Please write to a.person@example.org or b.person@example.org, not a.person@example.org."])
    found = read(data, reader, b"letter.docx")

    assert found.label is not None
    assert found.problem is None
    assert (found.sha256, found.size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert (found.format, found.completeness) == ("docx", Completeness.FULL)
    assert found.counts["email_private"] == (3, 2)
    assert found.versions == reader.versions
    assert len(found.signature) == 256


@pytest.mark.usefixtures("no_engine")
@pytest.mark.parametrize(
    ("data", "kind", "form"),
    [
        (b"", "empty", "empty"),
        (encrypted_docx_bytes(), "encrypted", None),
        (scan_pdf_bytes(["A scanned page."]), "no-text", "pdf"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 8, "malformed", "pdf"),
        (zip_bytes({"a.txt": b"words"})[:-30], "malformed", None),
        (b"   \n\t  \n", "empty", None),
    ],
)
def test_what_cannot_be_read_has_a_reason_and_never_a_label(reader, data: bytes, kind: str, form: str | None):
    """Empty, encrypted, scanned and broken files are problems, each of its kind, with the hash of their bytes."""
    found = read(data, reader)

    assert found.label is None
    assert found.problem is not None
    assert found.problem.kind in {kind, "no-text" if kind == "empty" else kind}
    assert found.completeness is Completeness.NONE
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert form in {None, found.format}
    assert found.signature == b""


def test_a_file_that_changes_meanwhile_is_not_judged(reader, tmp_path: Path):
    """A file that is written to while it is read has the problem "changed", not a label of half its bytes."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"Minutes of the parks committee. " * 10)

    class Growing(io.FileIO):
        """A file to which somebody appends as soon as it has been read once."""

        def read(self, size: int = -1, /) -> bytes:
            with path.open("ab") as other:
                other.write(b"x")
            return super().read(size) or b""

    with Growing(os.fspath(path)) as file:
        found = reading.read(file, b"a.txt", Limits(), reader)

    assert found.problem is not None
    assert found.problem.kind == "changed"
    assert found.label is None


def test_a_large_file_is_read_where_it_lies(reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A file too large to keep in memory is hashed in pieces and read from the disk, with the same result."""
    data = docx_bytes([f"Paragraph {n} about the hedges." for n in range(200)])
    path = tmp_path / "a.docx"
    path.write_bytes(data)
    small = read(data, reader, b"a.docx")
    monkeypatch.setattr(reading, "_WHOLE", 100)
    with path.open("rb") as file:
        large = reading.read(file, b"a.docx", Limits(), reader)

    assert large == small


def test_findings_tell_places_and_no_values(reader):
    """The close reading adds what was found where; no field of it holds the words themselves."""
    text = "Please write to a.person@example.org."
    _, findings = reading.read_closely(io.BytesIO(text.encode()), b"a.txt", Limits(), reader)
    mail = next(one for one in findings if one.kind == "email_private")

    assert text[mail.start : mail.end] == "a.person@example.org"
    assert "a.person" not in repr(answers.findings_to_json(findings))


def test_a_text_that_is_no_file_needs_no_parser(reader):
    """A row of text is judged in this process, and its findings count its own characters."""
    text = "Ring the office.\n\nPlease write to a.person@example.org."
    label, findings = reading.read_text(text, reader)

    assert label.primary is Primary.OFFICIAL
    assert [text[one.start : one.end] for one in findings if one.kind == "email_private"] == ["a.person@example.org"]


def test_an_edition_changes_with_any_version():
    """Readings by another model or detector are told apart; the order of naming does not count."""
    one = reading.versions("a")

    assert reading.edition(one) == reading.edition(dict(reversed(one.items())))
    assert reading.edition(one) != reading.edition(reading.versions("b"))
    assert len({reading.edition(one | {part: "new"}) for part in one}) == len(one)


def test_the_job_for_text_says_what_was_read():
    """The text job gives every part with its name and whether it is hidden, or a problem and no parts."""
    job = jobs.text_job({}, Limits())
    good = job(io.BytesIO(pdf_bytes(["Page one.", "Page two."])), {"name": "a.pdf"})
    bad = job(io.BytesIO(b""), {})

    assert set(good) == set(bad)
    assert good["problem"] is None
    assert "Page two." in "".join(part["text"] for part in good["parts"])
    assert {"name", "kind", "hidden", "text"} == set(good["parts"][0])
    assert (bad["problem"]["kind"], bad["parts"], bad["completeness"]) == ("empty", [], "none")


def test_bytes_that_are_known_are_not_read_again(reader):
    """Told the hashes of what was read before, the reading job answers with the hash alone."""
    job = jobs.reading_with(reader, Limits())
    data = b"Minutes of the parks committee, and nothing else."
    sha256 = hashlib.sha256(data).hexdigest()

    assert job(io.BytesIO(data), {"known": ["0" * 64, sha256]}) == {"known": sha256}
    assert job(io.BytesIO(data), {"known": ["0" * 64]})["sha256"] == sha256
