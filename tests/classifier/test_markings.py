"""Markings count where they mark a document, and not where it only speaks of them."""

import pytest

from classifier.detect import detect, detect_text, detector
from classifier.item import Content, Part, PartKind

SETTINGS = detector()
BANNER = 0.7
FILLER = "The committee considered the report of the head of service on the winter maintenance of roads.\n" * 12


def marks(text: str) -> set[str]:
    """Name the markings of a text that count as banners."""
    return {
        found.kind.removeprefix("marking:")
        for found in detect_text(text, SETTINGS)
        if found.kind.startswith("marking:") and found.score >= BANNER
    }


@pytest.mark.parametrize(
    ("banner", "name"),
    [
        ("OFFICIAL-SENSITIVE", "official-sensitive"),
        ("OFFICIAL: SENSITIVE: PERSONAL", "official-sensitive"),
        ("Official \N{EN DASH} Sensitive [Commercial]", "official-sensitive"),
        ("OFFICIAL [SENSITIVE]", "official-sensitive"),
        ("STRICTLY PRIVATE AND CONFIDENTIAL", "confidential"),
        ("Private & Confidential", "confidential"),
        ("CONFIDENTIAL", "confidential"),
        ("CONFIDENTIAL \N{EN DASH} not to be copied without the permission of the chair of the panel", "confidential"),
        ("RESTRICTED", "restricted"),
        ("PROTECT - PERSONAL DATA", "protect"),
        ("PROTECT", "protect"),
        ("IMPACT LEVEL 3", "confidential"),
        ("TOP SECRET", "secret"),
        ("NOT FOR PUBLICATION by virtue of paragraph 3 of Part 1 of Schedule 12A", "exempt"),
        ("EXEMPT REPORT", "exempt"),
        ("Exempt Appendix", "exempt"),
        ("PART II", "exempt"),
        ("LEGALLY PRIVILEGED", "privileged"),
        ("Without prejudice save as to costs", "privileged"),
        ("DRAFT - FOR COMMENT ONLY", "draft"),
        ("INTERIM REPORT", "interim"),
        ("EMBARGOED UNTIL 5 March", "embargoed"),
        ("Commercial in confidence", "confidential"),
        ("ADDRESSEE ONLY", "confidential"),
        ("NOT PROTECTIVELY MARKED", "public"),
        ("PUBLIC DOCUMENT PACK", "public"),
        ("PART I, NON-EXEMPT ITEMS", "public"),
    ],
)
@pytest.mark.parametrize("place", ["{banner}\n\n{filler}", "{filler}\n{banner}\n", "{filler}\f{banner}\n{filler}"])
def test_a_banner_marks_a_page(banner: str, name: str, place: str) -> None:
    """A marking in the first or last lines of a page is found, in old schemes and new."""
    assert name in marks(place.format(banner=banner, filler=FILLER))


@pytest.mark.parametrize("kind", [PartKind.HEADER, PartKind.FOOTER, PartKind.PROPERTY, PartKind.SUBJECT])
@pytest.mark.parametrize(
    "header", ["OFFICIAL-SENSITIVE: PERSONAL", "CONFIDENTIAL - not to be copied without the permission of the chair"]
)
def test_a_header_or_footer_marks_a_document(kind: PartKind, header: str) -> None:
    """A header, a footer, a property or a subject is a banner wherever it stands among the parts."""
    content = Content("docx", (Part("body", FILLER), Part("header 1", header, kind), Part("body", FILLER)), "test")
    found = [finding for finding in detect(content, SETTINGS) if finding.kind.startswith("marking:")]
    assert [header.startswith(content.text[one.start : one.end]) for one in found] == [True]
    assert found[0].score >= BANNER


TWINS = {
    "disclaimer": "Hello\n\nthe meeting is at ten.\n\nThis e-mail and any attachments are confidential and may be legally privileged.\n"
    "If you are not the intended recipient please delete it.\n",
    "disclaimer in capitals": "See you at ten.\n\nCONFIDENTIAL\nThis email is intended only for the addressee. If you "
                              "have received this in error delete it.\n",
    "minutes": "Minutes of the Cabinet\nPresent: the leader\n" + FILLER + "RESOLVED that the press and public be excluded from the meeting "
    "on the grounds that it involves the likely disclosure of exempt information as defined in paragraph 3 of Part 1 of Schedule 12A.\n",
    "agenda": "Agenda\n" + FILLER + "12. EXCLUSION OF THE PRESS AND PUBLIC\nPART II\nThe following items are exempt "
                                    "information under Schedule 12A.\n",
    "appendix elsewhere": "Report to Cabinet\n" + FILLER + "Appendix A contains exempt information and is circulated "
                                                           "to members.\n" + FILLER,
    "appendix elsewhere, at the foot": "Report to Cabinet\n" + FILLER + "The valuation in Appendix B contains exempt information.\n",
    "training slides": "Information security training\nWhat to mark\n\fOFFICIAL-SENSITIVE needs a reason\nAsk "
                       "yourself who may be harmed\n" + FILLER,
    "policy that quotes": "Information classification policy\n" + FILLER + "Documents are marked OFFICIAL-SENSITIVE "
                                                                           "where harm is likely.\n" + FILLER,
    "policy that lists": "Protective marking policy\n" + FILLER + "OFFICIAL\nOFFICIAL-SENSITIVE\nSECRET\nTOP SECRET\n" + FILLER,
    "privacy notice": "Privacy notice\n" + FILLER + "We keep your information confidential.\n" + FILLER,
    "confidential waste": "Confidential waste\nPut it in the blue sacks.\n",
    "confidential waste in capitals": "CONFIDENTIAL WASTE\nPut it in the blue sacks.\n",
    "restricted byway": "Restricted byway 14\nThe path is open to horses.\n",
    "counselling": "A private and confidential counselling service is open to all staff.\n",
    "counselling, as a heading": "Private and confidential counselling service\nOpen to all staff.\n",
    "clause": FILLER + "The contract holds a confidentiality clause, and the draft clause is confidential.\n" + FILLER,
    "secret santa": "SECRET SANTA\nBring a gift worth five pounds.\n",
    "sensitive areas": "Ecologically sensitive areas\nOfficial opening of the park\n",
    "official": "The official opening is a public event, restricted to ticket holders.\n" + FILLER,
    "part of a sentence": FILLER + "See part 2 of the form, and part B of the schedule.\n" + FILLER,
    "need to know": "What you need to know about your bins\nThey are emptied on Mondays.\n",
}  # fmt: skip


@pytest.mark.parametrize("twin", TWINS)
def test_a_false_twin_marks_nothing(twin: str) -> None:
    """Words that only look like a marking give no banner."""
    assert marks(TWINS[twin]) - {"public", "official", "draft"} == set()


def test_a_public_paper_may_speak_of_an_exempt_one() -> None:
    """In a paper headed as public the words about an exempt appendix count for little."""
    found = detect_text(
        "PUBLIC DOCUMENT PACK\n\n" + FILLER + "A confidential appendix goes with it.\n" + FILLER, SETTINGS
    )
    assert {one.kind: one.score < 0.3 for one in found if one.kind == "marking:exempt"} == {"marking:exempt": True}


@pytest.mark.parametrize(
    ("wording", "scheme"),
    [
        ("by virtue of paragraph 3 of Part 1 of Schedule 12A", "paragraphs 3 (England since 2006, unless older)"),
        ("by virtue of paragraphs 12 and 13 of Part 4 of Schedule 12A", "paragraphs 12, 13 (Wales)"),
        ("by virtue of paragraph 14 of Schedule 12A", "paragraphs 14 (England before 2006, or Wales)"),
        ("by virtue of paragraphs 1 and 6 of Part I of Schedule 7A", "paragraphs 1, 6 (Scotland)"),
    ],
)
def test_the_scheme_of_a_paragraph_is_named(wording: str, scheme: str) -> None:
    """The number of a paragraph means another thing in Wales, in Scotland and before 2006, and the reason says so."""
    found = detect_text(f"NOT FOR PUBLICATION {wording}\n\n{FILLER}", SETTINGS)
    assert [one.because.partition("marking; ")[2] for one in found if one.kind == "marking:exempt"] == [scheme]
