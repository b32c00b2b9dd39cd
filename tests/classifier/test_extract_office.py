"""Office documents of every age: what stands anywhere in them is read, and said where it stood."""

import io
import os
import zipfile

import pytest

from classifier.item import Completeness, PartKind
from classifier.limits import Limits
from tests.classifier.reading_of import content_of, problem_of, said
from tests.made import (
    doc_bytes,
    docx_bytes,
    encrypted_docx_bytes,
    odp_bytes,
    ods_bytes,
    odt_bytes,
    ole_bytes,
    pptx_bytes,
    rtf_bytes,
    truncated_bytes,
    xls_bytes,
    xlsx_bytes,
    zip_bytes,
)

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
WORD_TYPES = b'<Types xmlns="x"><Override ContentType="a/wordprocessingml.document.main+xml"/></Types>'


def word(body: str, **parts: str) -> bytes:
    """A docx of hand-written parts: ``body`` inside the document, other parts by name with ``__`` for ``/``."""
    document = f"<w:document {W}><w:body>{body}</w:body></w:document>"
    members = {"[Content_Types].xml": WORD_TYPES, "word/document.xml": document.encode()}
    members.update({name.replace("__", "/").replace("_xml", ".xml"): text.encode() for name, text in parts.items()})
    return zip_bytes(members)


def paragraph(text: str, properties: str = "") -> str:
    """One paragraph of one run."""
    return f"<w:p><w:r>{properties}<w:t>{text}</w:t></w:r></w:p>"


def test_a_word_document_is_read_in_all_its_stories():
    """Body, header, footer, comment, inserted and deleted text each arrive under their own kind."""
    content = content_of(
        docx_bytes(
            ["Body."], header="Head", footer="Foot", comments=[("A", "Remark")], deleted=["Gone"], inserted=["New"]
        )
    )
    assert "Body." in said(content, PartKind.BODY)
    assert "New" in said(content, PartKind.BODY)
    assert "Head" in said(content, PartKind.HEADER)
    assert "Foot" in said(content, PartKind.FOOTER)
    assert "Remark" in said(content, PartKind.COMMENT)
    assert "Gone" in said(content, PartKind.DELETED, hidden=True)
    assert "tracked-changes" in content.notes


def test_hidden_text_in_word_is_marked_hidden():
    """A run with the vanish property is read, but not as something a reader would see."""
    content = content_of(word(paragraph("seen") + paragraph("unseen", "<w:rPr><w:vanish/></w:rPr>")))
    assert (said(content, PartKind.BODY), said(content, PartKind.BODY, hidden=True)) == ("seen", "unseen")


def test_both_of_two_parts_of_one_name_are_read():
    """Readers disagree which of two document parts counts, so neither is left out, and the fact is noted."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", WORD_TYPES)
        archive.writestr("word/document.xml", f"<w:document {W}>{paragraph('harmless')}</w:document>")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("word/document.xml", f"<w:document {W}>{paragraph('harmful')}</w:document>")
    content = content_of(out.getvalue())
    assert [part.text for part in content.parts] == ["harmless", "harmful"]
    assert "duplicate-part" in content.notes


def test_text_told_twice_for_old_programs_is_read_once():
    """A text box carries a fallback for old programs; its words count once."""
    box = f"<AlternateContent><Choice>{paragraph('boxed')}</Choice><Fallback>{paragraph('boxed')}</Fallback></AlternateContent>"
    assert content_of(word(box)).text.count("boxed") == 1


def test_numbered_paragraphs_carry_the_number_that_word_shows():
    """Minutes are cited by paragraph number, so the number belongs to the text."""
    level = '<w:lvl w:ilvl="0"><w:start w:val="3"/><w:numFmt w:val="lowerRoman"/><w:lvlText w:val="(%1)"/></w:lvl>'
    kinds = f'<w:abstractNum w:abstractNumId="0">{level}</w:abstractNum>'
    number = '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    numbering = f"<w:numbering {W}>{kinds}{number}</w:numbering>"
    listed = (
        '<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>item</w:t></w:r></w:p>'
    )
    assert content_of(word(listed * 2, word__numbering_xml=numbering)).text == "(iii) item\n(iv) item"


def test_fields_that_start_programs_are_noted():
    """A DDE field is read as text and noted; nothing follows it."""
    content = content_of(word('<w:p><w:fldSimple w:instr="DDEAUTO cmd x"/></w:p>' + paragraph("text")))
    assert "dde" in content.notes


def test_references_out_of_a_document_are_counted_not_followed():
    """An attached template elsewhere is an external reference; a hyperlink is only a link."""
    relation = '<Relationships><Relationship Type="a/{}" TargetMode="External" Target="http://example.invalid/{}"/></Relationships>'
    content = content_of(
        zip_bytes(
            {
                "[Content_Types].xml": WORD_TYPES,
                "word/document.xml": f"<w:document {W}>{paragraph('text')}</w:document>".encode(),
                "word/_rels/a.xml.rels": relation.format("attachedTemplate", "t").encode(),
                "word/_rels/b.xml.rels": relation.format("hyperlink", "h").encode(),
            }
        )
    )
    assert content.notes == ("external-refs:1",)
    assert "http://example.invalid/h" in said(content, PartKind.FIELD)


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        '<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>',
        '<?xml version="1.0" encoding="UTF-7"?><a>text</a>',
        "<a><b></a>",
    ],
)
def test_a_document_type_odd_encoding_or_broken_part_is_refused(document):
    """Office parts need no document types; one in any of them means that somebody tries something."""
    assert (
        problem_of(zip_bytes({"[Content_Types].xml": WORD_TYPES, "word/document.xml": document.encode()}))
        == "malformed"
    )


def test_bottomless_nesting_meets_its_limit():
    """Deep elements end in the limit named for them, a little or far beyond it."""
    for depth, ends in ((256, "empty"), (257, "limit:xml-depth"), (50_000, "limit:xml-depth")):
        deep = "<a>" * depth + "</a>" * depth
        data = zip_bytes({"[Content_Types].xml": WORD_TYPES, "word/document.xml": deep.encode()})
        assert (depth, ends) == (depth, problem_of(data))


def test_a_broken_side_part_leaves_the_rest_readable_and_partial():
    """Half a comments part does not cost the body, but the reading is no longer full."""
    content = content_of(word(paragraph("body"), word__comments_xml="<w:comments><broken"))
    assert (content.text, content.completeness) == ("body", Completeness.PARTIAL)


def test_text_beyond_the_limit_keeps_its_head_and_tail():
    """What is cut is the middle, and the reading says how much there was."""
    content = content_of(word(paragraph("begin " + "x" * 5_000 + " end")), limits=Limits(text=1_000))
    assert (content.text[:5], content.text[-3:]) == ("begin", "end")
    assert content.limits == ("text:1000/5010",)
    assert len(content.text) <= 1_002


def test_macros_are_noted_and_not_run():
    """A VBA project in the package is a note."""
    document = f"<w:document {W}>{paragraph('text')}</w:document>".encode()
    parts = {"[Content_Types].xml": WORD_TYPES, "word/document.xml": document, "word/vbaProject.bin": b"x"}
    assert content_of(zip_bytes(parts)).notes == ("macro",)


def test_a_document_inside_a_document_is_read():
    """Embedded packages arrive as attachments."""
    inner = docx_bytes(["Inner words."])
    outer = zip_bytes(
        {
            "[Content_Types].xml": WORD_TYPES,
            "word/document.xml": f"<w:document {W}>{paragraph('outer')}</w:document>".encode(),
            "word/embeddings/object1.docx": inner,
        }
    )
    assert "Inner words." in said(content_of(outer), PartKind.ATTACHMENT)


def test_a_workbook_says_what_is_hidden_in_it():
    """Hidden sheets, rows and columns are read, set apart and counted."""
    content = content_of(
        xlsx_bytes(
            {"Open": [["shown", "covered"], ["folded", "both"]], "Data": [["secret", 3]]},
            hidden={"Data"}, hidden_rows={"Open": [2]}, hidden_columns={"Open": ["B"]},
            comments={("Open", "A1"): "a remark"},
        )
    )  # fmt: skip
    assert {"hidden-sheet:1", "hidden-rows:1", "hidden-columns:1"} <= set(content.notes)
    hidden = said(content, PartKind.BODY, hidden=True)
    assert all(word in hidden for word in ("secret", "covered", "folded"))
    assert "covered" not in said(content, PartKind.BODY)
    assert "a remark" in said(content, PartKind.COMMENT)


def test_whole_numbers_and_dates_read_as_people_write_them():
    """No trailing ``.0``, which would break every identifier kept as a number."""
    assert "9434765919" in content_of(xlsx_bytes({"S": [["n", 9434765919]]})).text


def test_two_cells_at_far_corners_are_two_cells():
    """The rectangle between them is never laid out."""
    ns = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    near = '<row r="1"><c r="A1" t="inlineStr"><is><t>first</t></is></c></row>'
    far = '<row r="1048576"><c r="XFD1048576"><v>7</v></c></row>'
    sheet = f'<worksheet xmlns="{ns}"><sheetData>{near}{far}</sheetData></worksheet>'
    types = b"<Types>spreadsheetml.sheet.main</Types>"
    data = zip_bytes({"[Content_Types].xml": types, "xl/worksheets/sheet1.xml": sheet.encode()})
    assert "first\n7" in content_of(data).text


def test_an_old_workbook_is_read_with_its_hidden_sheet():
    """Excel 97 workbooks by the same rules."""
    content = content_of(xls_bytes({"Open": [["a", 1]], "Shut": [["b", 2]]}, hidden=("Shut",)))
    assert ("b" in said(content, PartKind.BODY, hidden=True), "hidden-sheet:1" in content.notes) == (True, True)


def test_slides_and_their_notes_are_read():
    """What the speaker says is often more than what the slide shows."""
    content = content_of(pptx_bytes([("Title", ["point"], "spoken aside")]))
    assert "point" in said(content, PartKind.BODY)
    assert "spoken aside" in said(content, PartKind.NOTE)


def test_an_old_word_document_is_read_with_header_and_footer():
    """Word 97 keeps its stories one after another; they come apart again."""
    content = content_of(doc_bytes(["First paragraph.", "Second."], header="Head", footer="Foot"))
    assert "First paragraph.\nSecond." in said(content, PartKind.BODY)
    assert "Head" in said(content, PartKind.HEADER)


@pytest.mark.parametrize(
    "data", [odt_bytes(["Ein Wort."]), odp_bytes(["Ein Wort."]), ods_bytes({"S": [["Ein Wort."]]})]
)
def test_open_documents_are_read(data):
    """Text, slides and sheets of the open formats."""
    assert "Ein Wort." in content_of(data).text


def test_repeat_counts_in_open_documents_are_clamped():
    """Two thousand million blanks are written in twenty bytes, and stay a hundred."""
    ns = 'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    body = f'<content {ns}><text:p>a<text:s text:c="2000000000"/>b</text:p></content>'
    data = zip_bytes({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": body.encode()})
    assert content_of(data).text == "a" + " " * 100 + "b"


def test_rich_text_is_read():
    """Paragraphs and tables of RTF."""
    assert "A paragraph." in content_of(rtf_bytes(["A paragraph."])).text


@pytest.mark.parametrize(
    ("rtf", "text"),
    [
        (rb"{\rtf1\ansi\ansicpg1252 caf\'e9}", "café"),
        (rb"{\rtf1\ansi{\fonttbl{\f0\fcharset204 A;}}\f0 \'cf\'f0}", "Пр"),
        (rb"{\rtf1\uc1 \u8364?5}", "€5"),
        (rb"{\rtf1 \u-10187?\u-9156?}", "\U0001d43c"),
        (rb"{\rtf1 a{\*\unknown b}c}", "ac"),
        (rb"{\rtf1 a\bin3 }}}b}", "ab"),
        (rb"{\rtf1 one\par two\tab three}", "one\ntwo\tthree"),
        (rb"{\rtf1 a{\pict ffd8ff}b", "ab"),
    ],
)
def test_rich_text_code_pages_escapes_and_skips(rtf, text):
    """Each way of writing a letter gives that letter; what is no text gives none."""
    assert text == content_of(rtf).text


def test_hidden_and_deleted_rich_text_is_set_apart():
    """The two properties that take text off the page do not take it out of the reading."""
    content = content_of(rb"{\rtf1 seen{\v unseen}{\deleted gone}}")
    assert (
        said(content, PartKind.BODY), said(content, PartKind.BODY, hidden=True), said(content, PartKind.DELETED, hidden=True),
    ) == ("seen", "unseen", "gone")  # fmt: skip


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (encrypted_docx_bytes(), "encrypted"),
        (truncated_bytes(docx_bytes(["words"] * 50)), "malformed"),
        (docx_bytes([]), "empty"),
        (xlsx_bytes({"Empty": []}), "empty"),
        (ole_bytes({"Something": b"x"}), "unsupported"),
        (ole_bytes({"WordDocument": b"x" * 5_000}), "malformed"),
        (b"\xffWPC" + bytes(100), "unsupported"),
        (b"", "empty"),
    ],
)
def test_what_cannot_be_read_is_a_problem_of_the_right_kind(data, kind):
    """Nothing read is never an empty official document."""
    assert kind == problem_of(data)


def test_a_document_type_kept_elsewhere_is_never_opened(tmp_path):
    """A bare document type is harmless in plain XML, as long as nobody fetches what it names."""
    pipe = tmp_path / "types.dtd"
    os.mkfifo(pipe)
    handle = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    try:
        os.write(handle, b"<!-- untouched -->")
        content = content_of(f'<!DOCTYPE a SYSTEM "{pipe}"><a>words</a>'.encode(), "a.xml")
        assert (content.text, os.read(handle, 100)) == ("words", b"<!-- untouched -->")
    finally:
        os.close(handle)
