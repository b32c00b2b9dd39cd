"""Damaged documents: whatever bytes arrive, only the named exceptions leave a reader."""

import contextlib
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifier.compound import Compound, CompoundError
from classifier.extract import VERSION, extract, warm
from classifier.extract.registry import READERS
from classifier.identify import Identity, identify
from classifier.item import Content, Unreadable
from classifier.limits import Limits
from tests.made import (
    doc_bytes,
    docx_bytes,
    eml_bytes,
    html_bytes,
    mbox_bytes,
    msg_bytes,
    odt_bytes,
    pdf_bytes,
    png_bytes,
    pptx_bytes,
    rtf_bytes,
    tar_bytes,
    tiff_bytes,
    xls_bytes,
    xlsx_bytes,
    zip_bytes,
)

LIMITS = Limits(text=100_000, expanded=8 << 20, entries=500)
SAMPLES = {
    "docx": docx_bytes(["Words."], header="Head", comments=[("A", "b")], deleted=["gone"]),
    "doc": doc_bytes(["Words.", "More of them."], header="Head"),
    "xlsx": xlsx_bytes({"S": [["a", 1]]}, hidden_rows={"S": [1]}),
    "xls": xls_bytes({"S": [["a", 1], ["b", 2.5]]}),
    "pptx": pptx_bytes([("Title", ["point"], "note")]),
    "odt": odt_bytes(["Words."]),
    "rtf": rtf_bytes(["Words."], header="Head"),
    "html": html_bytes(["Words."]),
    "eml": eml_bytes("Subject", "Body", attachments={"a.txt": b"words"}),
    "msg": msg_bytes("Subject", "Body", attachments={"a.txt": b"words"}),
    "mbox": mbox_bytes([eml_bytes("Subject", "Body")]),
    "pdf": pdf_bytes(["Words."]),
    "zip": zip_bytes({"a.txt": b"words", "b.txt": b"more"}),
    "tar": tar_bytes({"a.txt": b"words"}),
    "png": png_bytes("x"),
    "tiff": tiff_bytes(["x"]),
}
# our own parsers: fed anything at all under their own name
OWN = (
    "doc",
    "ppt",
    "xls",
    "msg",
    "rtf",
    "html",
    "eml",
    "mbox",
    "vcf",
    "json",
    "xml",
    "csv",
    "tar",
    "ole",
    "jpeg",
    "tiff",
    "gz",
)
CALM = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def read(data: bytes, identity: Identity) -> Content | str:
    """What reading ends in: Content or the kind of problem; any other exception fails the test that called."""
    try:
        return extract(io.BytesIO(data), identity, LIMITS)
    except Unreadable as problem:
        return problem.kind


@st.composite
def damaged(draw: st.DrawFn, sample: bytes) -> bytes:
    """``sample`` with some bytes changed, a stretch cut out or repeated, or its end lost."""
    data = bytearray(sample)
    for _ in range(draw(st.integers(0, 12))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    start = draw(st.integers(0, len(data)))
    length = draw(st.integers(0, min(2_000, len(data))))
    how = draw(st.sampled_from(("keep", "cut", "repeat", "end")))
    if how == "cut":
        del data[start : start + length]
    elif how == "repeat":
        data[start:start] = data[start : start + length]
    elif how == "end":
        del data[start:]
    return bytes(data)


@pytest.mark.parametrize("fmt", SAMPLES)
def test_damaged_documents_end_in_content_or_a_named_problem(fmt):
    """Flipped, lost and repeated bytes never lead to an unnamed exception."""

    @CALM
    @given(damaged(SAMPLES[fmt]))
    def check(data: bytes) -> None:
        ends = read(data, Identity(fmt, ""))
        assert isinstance(ends, Content | str)

    check()


@pytest.mark.parametrize("fmt", OWN)
def test_any_bytes_under_any_format_end_in_content_or_a_named_problem(fmt):
    """The format may be wrong altogether."""

    @CALM
    @given(st.binary(max_size=4_000))
    def check(data: bytes) -> None:
        assert isinstance(read(data, Identity(fmt, "")), Content | str)

    check()


@CALM
@given(st.lists(st.sampled_from([
    "{", "}", "\\", "\\'e9", "\\u8364?", "\\uc3", "\\*", "\\bin5 ", "\\f1", "\\fonttbl", "\\fcharset204", "\\pict", "\\objdata 01050000",
    "\\header", "\\v", "\\v0", "\\deleted", "\\par", "\\cell", "text", "\n", "\\ansicpg99999", "\\u-99999", "\\htmlrtf",
]), max_size=60))  # fmt: skip
def test_any_order_of_control_words_is_readable_rich_text(words):
    """RTF has no grammar that programs keep to, so every order must be taken."""
    assert isinstance(read(("{\\rtf1" + "".join(words)).encode(), Identity("rtf", "")), Content | str)


@CALM
@given(st.binary(max_size=6_000), st.binary(max_size=20))
def test_identify_never_fails(data, name):
    """Any bytes under any name have some format."""
    assert identify(io.BytesIO(data), name).format


@CALM
@given(damaged(SAMPLES["msg"]))
def test_damaged_containers_end_in_their_own_error(data):
    """Every stream of a damaged compound file is read or refused."""
    with contextlib.suppress(CompoundError):
        compound = Compound(io.BytesIO(data))
        for entry in compound.entries.values():
            with contextlib.suppress(CompoundError):
                assert isinstance(compound.bytes_of(entry), bytes)


def test_every_reader_can_be_loaded_ahead():
    """Warming up imports all that reading needs, so that a locked worker opens nothing."""
    warm()
    assert VERSION
    assert all(place for place in READERS.values())
