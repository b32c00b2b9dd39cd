"""Pictures of text: what the engine is handed, and what happens to what it says."""

import ctypes
import functools
import json
import os

import pytest

from classifier import opening
from classifier.extract import images, ocr, pdf
from classifier.item import PartKind
from classifier.pool import Pool, Task
from tests.classifier.reading_of import content_of, problem_of, said
from tests.made import png_bytes, scan_pdf_bytes, tiff_bytes

WORDS = "words of a picture"


class Library:
    """Stands in for Tesseract, which tests cannot expect to be installed: keeps what it is shown, says ``WORDS``."""

    def __init__(self) -> None:
        self.shown: list[tuple[int, int, int, bytes]] = []
        self._answer = ctypes.create_string_buffer(WORDS.encode())

    def TessBaseAPISetImage(self, _handle, pixels, width, height, _depth, stride) -> None:  # noqa: N802 - its name and arguments
        """Keep the picture."""
        self.shown.append((width, height, stride, pixels))

    def TessBaseAPIGetUTF8Text(self, _handle) -> int:  # noqa: N802 - its name
        """Say where the words are."""
        return ctypes.addressof(self._answer)

    def TessDeleteText(self, _text) -> None:  # noqa: N802 - its name
        """Keep the words."""

    def TessBaseAPIClear(self, _handle) -> None:  # noqa: N802 - its name
        """Forget nothing."""


@pytest.fixture
def library(monkeypatch) -> Library:
    """An engine over the stand-in, wherever readers look for one."""
    made = Library()
    reader = ocr.Engine(made, 1)
    monkeypatch.setattr(images, "engine", lambda: reader)
    monkeypatch.setattr(pdf, "engine", lambda: reader)
    return made


@pytest.mark.parametrize("data", [png_bytes("x"), tiff_bytes(["x"])])
def test_a_picture_is_shown_in_grey_and_its_words_are_kept(library, data):
    """One byte a pixel, dark words on a light ground, and the reading says that an engine spoke."""
    content = content_of(data)
    width, height, stride, pixels = library.shown[0]
    assert (content.text, content.notes, content.reader) == (WORDS, ("ocr",), "ocr")
    assert (width, width * height) == (stride, len(pixels))
    assert min(pixels) < 100
    assert max(pixels) > 200


def test_a_scanned_page_is_rendered_and_its_words_are_a_page(library):
    """A page without text goes to the engine as a picture of 200 dots an inch."""
    content = content_of(scan_pdf_bytes(["A scanned letter."]))
    width, height, stride, pixels = library.shown[0]
    assert (WORDS, "ocr" in content.notes) == (said(content, PartKind.BODY), True)
    assert len(pixels) == stride * height >= width * height > 1_000_000
    assert min(pixels) < max(pixels)


def test_a_picture_that_cannot_be_decoded_is_malformed(library):
    """Half a picture is a damaged file, and the engine is not asked."""
    assert (problem_of(png_bytes("x")[:200]), library.shown) == ("malformed", [])


@pytest.mark.skipif(not ocr.state(), reason="libtesseract with its English data is not installed")
def test_the_real_engine_reads_through_a_locked_worker(tmp_path):
    """A scanned page and a picture give their words in a worker that may open no file and start no program."""
    (tmp_path / "scan.pdf").write_bytes(scan_pdf_bytes(["The tenant wrote to the council."]))
    (tmp_path / "letter.png").write_bytes(png_bytes("Minutes of the parks committee"))
    share = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    tasks = [
        Task(name, functools.partial(opening.below, share, name.encode()), {"name": name})
        for name in ("scan.pdf", "letter.png")
    ]
    with Pool("classifier.jobs:text_job", workers=1) as pool:
        found = {task.key: json.loads(outcome.value or b"{}") for task, outcome in pool.run(tasks)}
        locks = pool.locks
    os.close(share)

    assert "one thread" in locks["template"]
    assert found["scan.pdf"]["notes"] == found["letter.png"]["notes"] == ["ocr"]
    assert "tenant wrote to the council" in found["scan.pdf"]["parts"][0]["text"]
    assert "parks committee" in found["letter.png"]["parts"][0]["text"]
