"""Mail, archives, pages and plain text: every part of them, under limits."""

import bz2
import gzip
import io
import lzma
import zipfile

import py7zr
import pytest

from classifier.item import Completeness, PartKind
from classifier.limits import Limits
from tests.classifier.reading_of import content_of, problem_of, said
from tests.made import (
    docx_bytes,
    eml_bytes,
    gzip_bytes,
    mbox_bytes,
    msg_bytes,
    png_bytes,
    tar_bytes,
    txt_bytes,
    zip_bytes,
)


@pytest.mark.parametrize("made", [eml_bytes, msg_bytes])
def test_a_message_is_read_with_its_attachments(made):
    """Subject, people, body and the words of an attached document, from both kinds of mail file."""
    content = content_of(made("About the lease", "The body.", attachments={"a.docx": docx_bytes(["Attached words."])}))
    assert "About the lease" in said(content, PartKind.SUBJECT)
    assert "officer@example.com" in said(content, PartKind.HEADER)
    assert "The body." in said(content, PartKind.BODY)
    assert "Attached words." in said(content, PartKind.ATTACHMENT)
    assert content.completeness is Completeness.FULL


@pytest.mark.usefixtures("no_engine")
def test_pictures_in_a_message_leave_it_full_and_noted():
    """A logo in a signature is no reason to call a message half read."""
    content = content_of(eml_bytes("S", "Body", attachments={"logo.png": png_bytes("x")}))
    assert (Completeness.FULL, "unread-attachment:no-text" in content.notes) == (content.completeness, True)


def test_a_locked_attachment_makes_the_reading_partial():
    """What could not be opened may be anything."""
    content = content_of(eml_bytes("S", "Body", attachments={"a.zip": zip_bytes({"a.txt": b"a"}, password="x")}))
    assert content.limits == ("attachment:encrypted",)


def test_every_message_of_a_mailbox_is_read():
    """Messages are split at their From lines."""
    content = content_of(mbox_bytes([eml_bytes("One", "First body."), eml_bytes("Two", "Second body.")]))
    assert all(words in content.text for words in ("First body.", "Second body."))


def test_messages_inside_messages_stop_at_the_limit():
    """Deep forwarding is read down to the limit and then said to be partial."""
    message = "Subject: innermost\n\nbody"
    for number in range(20):
        message = f"From: a@example.com\nSubject: level {number}\nContent-Type: message/rfc822\n\n{message}"
    content = content_of(message.encode(), "a.eml", Limits(mail_depth=5))
    assert (content.limits, "innermost" in content.text) == (("mail-depth:5",), False)


def test_encoded_headers_are_decoded():
    """Words in a subject may be written in base 64 or quoted printable."""
    data = b"From: a@example.com\nTo: b@example.com\nSubject: =?utf-8?q?Caf=C3=A9?= =?utf-8?b?IGxlYXNl?=\n\nbody"
    assert "Café lease" in said(content_of(data), PartKind.SUBJECT)


def packed(data: bytes, kind: str) -> bytes:
    """``data`` in an archive of that kind."""
    if kind == "7z":
        out = io.BytesIO()
        with py7zr.SevenZipFile(out, "w") as archive:
            archive.writestr(data, "a.docx")
        return out.getvalue()
    make = {
        "zip": lambda: zip_bytes({"a.docx": data}), "tar": lambda: tar_bytes({"a.docx": data}),
        "tgz": lambda: tar_bytes({"a.docx": data}, gzipped=True), "gz": lambda: gzip_bytes(data),
        "bz2": lambda: bz2.compress(data), "xz": lambda: lzma.compress(data),
    }  # fmt: skip
    return make[kind]()


@pytest.mark.parametrize("kind", ["zip", "tar", "tgz", "gz", "bz2", "xz", "7z"])
def test_documents_in_archives_are_read(kind):
    """Whatever packs a document, its words are attachments of the archive."""
    content = content_of(packed(docx_bytes(["Packed words."]), kind))
    assert "Packed words." in said(content, PartKind.ATTACHMENT)


@pytest.mark.parametrize("kind", ["zip", "gz", "bz2", "xz", "7z"])
def test_archives_that_swell_are_stopped(kind):
    """Zeros pack a thousandfold; the limits on ratio and bytes stop them in every format."""
    limits = Limits(ratio_floor=1 << 16, ratio=50, expanded=1 << 20)
    assert problem_of(packed(bytes(4 << 20), kind), limits=limits) in {"limit:ratio", "limit:expanded"}


def test_archives_inside_archives_stop_at_the_limit():
    """A document below the allowed depth is a limit, not an empty archive."""
    data = txt_bytes("words")
    for _ in range(6):
        data = zip_bytes({"inner.zip": data})
    assert problem_of(data) == "limit:depth"


def test_too_many_members_are_a_limit():
    """The directory is counted before anything is unpacked."""
    assert problem_of(zip_bytes({f"{n}.txt": b"a" for n in range(11)}), limits=Limits(entries=10)) == "limit:entries"


def test_members_that_share_bytes_are_a_limit():
    """Two directory entries for the same bytes are how the worst bombs are made."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", b"words")
        archive.filelist.append(archive.filelist[0])
    assert problem_of(out.getvalue()) == "limit:overlap"


def test_names_that_climb_out_of_an_archive_are_only_names(tmp_path, monkeypatch):
    """Members are never written anywhere, so a climbing name has nowhere to go."""
    monkeypatch.chdir(tmp_path)
    content = content_of(zip_bytes({"../../climb.txt": b"words"}))
    assert ("words" in content.text, list(tmp_path.iterdir())) == (True, [])


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (zip_bytes({"a.txt": b"a"}, password="x"), "encrypted"),
        (gzip.compress(b"words")[:-10], "malformed"),
        (tar_bytes({"a.txt": b"a"}).replace(b"00000000001\0", b"-0000000001\0", 1), "malformed"),
        (zip_bytes({}), "empty"),
    ],
)
def test_archives_that_cannot_be_read_say_why(data, kind):
    """Encrypted, damaged and empty archives are three different problems."""
    assert kind == problem_of(data)


def test_a_page_is_read_with_what_it_hides():
    """Hidden elements and comments are read as hidden; scripts are no text."""
    page = b"<html><body><p>seen<b>ly</b> here</p><p style='display: none'>unseen</p><!-- aside --><script>var x</script></body></html>"
    content = content_of(page)
    assert said(content, PartKind.BODY) == "seenly here"
    assert said(content, PartKind.BODY, hidden=True) == "unseen"
    assert "aside" in said(content, PartKind.COMMENT, hidden=True)
    assert "var x" not in content.text


def test_deep_pages_are_read_without_a_tree():
    """A hundred thousand nested elements cost linear time."""
    content = content_of(b"<html>" + b"<div>" * 100_000 + b"words" + b"</div>" * 10)
    assert (content.text, content.notes) == ("words", ("deep-markup",))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-16-le"])
def test_text_is_read_in_the_encodings_of_council_shares(encoding):
    """A pound sign and an accent survive."""
    text = "The café owes £50 for the lease of the hut."
    assert text == content_of(txt_bytes(text, encoding=encoding), "note.txt").text


def test_numbers_and_depth_in_json_cost_nothing():
    """JSON is read as text, so neither huge numbers nor nesting can hurt; escapes are resolved."""
    assert "é" in content_of(b'{"a": "\\u00e9", "b": [' + b"[" * 50_000 + b"1" * 50_000).text


def test_nul_and_surrogates_never_leave_the_reader():
    """Neither can be kept by a database, so neither is passed on."""
    assert content_of(b"a\0b and some more words here", "a.txt").text == "ab and some more words here"


def test_a_contact_and_an_appointment_are_read():
    """Folded lines are joined and escapes resolved."""
    card = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A Coun\r\n cillor\r\nNOTE:one\\, two\r\nEND:VCARD\r\n"
    text = content_of(card).text
    assert ("FN:A Councillor" in text, "one, two" in text) == (True, True)
