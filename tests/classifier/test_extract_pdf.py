"""PDF: pages, what stands beside them, and honest words about what could not be read."""

import io

import pytest
from reportlab.lib.colors import black, white
from reportlab.pdfgen.canvas import Canvas

from classifier.item import Completeness, PartKind
from classifier.limits import Limits
from tests.classifier.reading_of import content_of, problem_of, said
from tests.made import pdf_bytes, png_bytes, scan_pdf_bytes, zip_bytes


def drawn(*steps) -> bytes:
    """A PDF of one page, drawn by ``steps`` that each take the canvas."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(400, 400), pageCompression=0)
    for step in steps:
        step(canvas)
    canvas.save()
    return out.getvalue()


def words(text: str, y: int = 300):
    """A step that writes ``text`` at that height."""
    return lambda canvas: canvas.drawString(50, y, text)


def box(y: int):
    """A step that paints a black box over that height."""

    def draw(canvas: Canvas) -> None:
        canvas.setFillColor(black)
        canvas.rect(45, y - 5, 250, 20, fill=1, stroke=0)

    return draw


def test_pages_are_parts():
    """Each page is a part by its number, read by PDFium."""
    content = content_of(pdf_bytes(["First page here.", "Second page here."], header="Head"))
    assert (content.reader, content.pages, content.completeness) == ("pdfium", 2, Completeness.FULL)
    assert [part.name for part in content.parts if part.kind is PartKind.BODY] == ["page 1", "page 2"]


def test_words_that_a_black_box_covers_are_found_and_marked_hidden():
    """Painted over, or black on black: hidden from nobody who can copy. White on black is a heading."""

    def heading(canvas: Canvas) -> None:
        canvas.setFillColor(white)
        canvas.drawString(50, 100, "white on black")

    content = content_of(
        drawn(words("under the box"), box(300), box(200), words("black on black", 200), box(100), heading)
    )
    assert said(content, PartKind.BODY, hidden=True) == "under the box black on black"
    assert "covered-text" in content.notes


@pytest.mark.usefixtures("no_engine")
def test_a_scan_is_no_text():
    """A picture of a page is not an empty page."""
    assert problem_of(scan_pdf_bytes(["Words in a picture."])) == "no-text"


@pytest.mark.usefixtures("no_engine")
def test_a_scanned_page_among_others_makes_the_reading_partial(tmp_path):
    """One page of four that only an engine could read is said in numbers."""
    picture = tmp_path / "page.png"
    picture.write_bytes(png_bytes("words"))

    def scanned(canvas: Canvas) -> None:
        canvas.showPage()
        canvas.drawImage(str(picture), 0, 0, 400, 400)

    content = content_of(drawn(words("A page of proper words."), scanned))
    assert content.limits == ("no-text:1/2",)


def test_pages_beyond_the_limit_are_counted():
    """The first pages are read and the rest is said."""
    content = content_of(pdf_bytes(["One page."] * 5), limits=Limits(pages=2))
    assert (content.limits, content.pages) == (("pages:2/5",), 5)


def test_form_fields_and_their_values_are_read():
    """What was filled in is part of the document."""

    def form(canvas: Canvas) -> None:
        canvas.acroForm.textfield(name="surname", value="Example", x=50, y=100, width=100, height=20)

    content = content_of(drawn(words("A form with some words."), form))
    assert "Example" in content.text


def test_scripts_are_noted():
    """A script is a finding of its own and does not stop the reading."""
    action = b"/OpenAction << /S /JavaScript /JS (x) >> /Type /Catalog"
    content = content_of(drawn(words("Words with a script.")).replace(b"/Type /Catalog", action))
    assert "javascript" in content.notes


def test_an_archive_behind_the_end_is_noted_and_read():
    """A file that is a PDF and a zip at once is read as both."""
    content = content_of(pdf_bytes(["A page of words."]) + zip_bytes({"behind.txt": b"words behind the end"}))
    assert "polyglot" in content.notes
    assert "words behind the end" in said(content, PartKind.ATTACHMENT)


def test_a_file_that_pdfium_refuses_is_read_by_the_second_reader():
    """Without its page tree's type PDFium finds no pages; pdfminer.six does."""
    data = pdf_bytes(["Words for the second reader."])
    broken = data.replace(b"%PDF-1", b"%PDF-x")
    content = content_of(broken, "a.pdf")
    assert "Words for the second reader." in content.text


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (pdf_bytes(["A page."], password="secret"), "encrypted"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 20, "malformed"),
        (drawn(Canvas.showPage), "empty"),
    ],
)
def test_what_cannot_be_read_says_why(data, kind):
    """Locked, damaged and blank are three different problems."""
    assert kind == problem_of(data)
