"""The worked cases of practice: what a records manager would say of each document, and what the judge says."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from classifier import detect
from classifier.item import Completeness, Content, Flag, Part, PartKind, Primary, Tier
from classifier.label import by_name

OFFICIAL, PERSONAL, SENSITIVE = Primary.OFFICIAL, Primary.PERSONAL, Primary.SENSITIVE


@dataclass(frozen=True)
class Case:
    """A document, its expected label, the flags it must have and those it must not."""

    name: str
    text: str
    primary: Primary
    tier: Tier
    flags: frozenset[Flag] = frozenset()
    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()
    form: str = "docx"


def case(name, primary, tier, text, *flags, parts=(), notes=(), form="docx"):
    """One case, its flags last."""
    return Case(name, text, primary, tier, frozenset(flags), parts, notes, form)


VOLUNTEERS = "Volunteers: name, mobile\n" + "\n".join(
    f"Volunteer {n}, 07700 900{n % 1000:03d}, helper{n}@hotmail.com" for n in range(2000)
)
STAFF_ROWS = "\n".join(
    f"Employee {n}, sickness absence {n % 9} days, depression, date of birth 0{1 + n % 9}/05/1971" for n in range(40)
)

CASES = (
    case(
        "01 published list of councillors",
        OFFICIAL,
        Tier.T0,
        "Public document\nYour councillors\nPublished by Democratic Services on the council website. Members are listed by ward.\n"
        "Councillor Doreen Bramley, Riverside ward, telephone 01632 960001, cllr.bramley@example.gov.uk\n"
        "Councillor Imran Patel, Abbey ward, telephone 01632 960002, cllr.patel@example.gov.uk",
        form="html",
    ),
    case(
        "02 register of interests, working copy",
        PERSONAL,
        Tier.T2,
        "Register of members' interests\nCouncillor Susan Thornton. Employment: teacher. Spouse's employment: self-employed plumber. "
        "Land: beneficial interest in the home at 12 Mill Lane, Northmoor. Disclosable pecuniary interests: none other.",
        Flag.PERSONAL,
    ),
    case(
        "02b register of interests, as published",
        PERSONAL,
        Tier.T0,
        "PUBLIC\nRegister of members' interests\nPublished by the council on its website. Members are required to register.\n"
        "Councillor Susan Thornton. Employment: teacher. Spouse's employment: self-employed plumber. "
        "Land: beneficial interest in the home at 12 Mill Lane, Northmoor. Disclosable pecuniary interests: none other.",
        Flag.PERSONAL,
        Flag.PUBLISHED,
    ),
    case(
        "03 sensitive interest withheld",
        SENSITIVE,
        Tier.T4,
        "Monitoring officer's file note. Councillor Hughes has asked that her home address be withheld as a sensitive interest under "
        "section 32 because of threats of violence and intimidation from a former tenant.",
        Flag.SENSITIVE,
        Flag.PERSONAL,
    ),
    case(
        "05 published planning form, redacted",
        OFFICIAL,
        Tier.T0,
        "PUBLIC\nPlanning application form. Published by the local planning authority on the public register.\n"
        "Applicant: Mr K Holloway. Agent: Ashworth Architects. Proposal: single-storey rear extension. Signature: [redacted]. "
        "Telephone: [redacted]. Materials: brick to match. Planning applications are open to public participation.",
    ),
    case(
        "06 objector letter as received",
        PERSONAL,
        Tier.T2,
        "Dear Sir or Madam,\nI am writing to object to the extension at number 14. I live next door at 12 Mill Lane, Northmoor PR25 1DH "
        "and my garden will lose its light. My wife and I have lived in our home for thirty years.\n"
        "You can reach me on 07700 900123 or at derek.bramley@hotmail.com.\nYours faithfully,\nDerek Bramley",
        Flag.PERSONAL,
    ),
    case(
        "07 objection that mentions a neighbour's disabled child",
        PERSONAL,
        Tier.T3,
        "Dear Planning,\nI wish to object. I live at 12 Mill Lane and my garden backs on to the site. My neighbour's daughter, who is "
        "seven, has cerebral palsy and uses a wheelchair, and the noise will distress the child. My phone is 07700 900124.\n"
        "Yours faithfully, Emily Holloway",
        Flag.PERSONAL,
        Flag.CHILD,
        Flag.SPECIAL,
    ),
    case(
        "08 e-mail signature block only",
        OFFICIAL,
        Tier.T1,
        "Kind regards,\nKevin Sutcliffe\nSenior Planning Officer, Development Management\nCivic Centre\nTel 01632 960010\n"
        "kevin.sutcliffe@example.gov.uk",
    ),
    case(
        "09 internal staff directory",
        PERSONAL,
        Tier.T2,
        "Staff directory (internal)\nName, job title, line manager, extension number\n"
        "Susan Hughes, housing officer, reports to Brian Thornton, 01632 960021\n"
        "Priya Sharma, accountant, reports to Brian Thornton, 01632 960022\nPiotr Nowak, planner, reports to Ayesha Begum, 01632 960023",
        Flag.PERSONAL,
    ),
    case(
        "10 sickness spreadsheet",
        PERSONAL,
        Tier.T3,
        "Sickness absence record\nEmployee, days lost, absence reason\nSusan Hughes, 14, depression and anxiety\n"
        "Brian Thornton, 3, back pain\nPriya Sharma, 30, surgery\nPiotr Nowak, 5, stress, fit note to 3 May",
        Flag.PERSONAL,
        Flag.SPECIAL,
        form="xlsx",
    ),
    case(
        "11 hidden pivot cache behind an anonymised sheet",
        PERSONAL,
        Tier.T3,
        "",
        Flag.PERSONAL,
        Flag.SPECIAL,
        Flag.HIDDEN,
        parts=(
            Part(
                "sheet Summary",
                "Freedom of information response\nDirectorate, number of staff\nPlace, 120\nPeople, 240",
            ),
            Part("pivot cache", STAFF_ROWS, PartKind.FIELD, hidden=True),
        ),
        notes=("pivot-cache:40",),
        form="xlsx",
    ),
    case(
        "12 small numbers by ward and ethnicity",
        PERSONAL,
        Tier.T2,
        "Temporary accommodation by ward and ethnic group\nward, ethnicity, households\nAbbey, Bangladeshi, 2\nAbbey, Chinese, 1\n"
        "Castle, Roma, 3\nCastle, Chinese, 4\nRiverside, Bangladeshi, 1\nRiverside, Black Caribbean, 2",
        Flag.UNCERTAIN,
        form="xlsx",
    ),
    case(
        "13 pseudonymised extract",
        PERSONAL,
        Tier.T3,
        "Case id, month of birth, postcode sector, primary need, outcome\nPseudonymised; the key is held by the team.\n"
        "C0001, 03/1985, NM1 2, psychosis, second admission\nC0002, 11/1991, NM1 4, learning disability, supported living",
        Flag.PERSONAL,
        form="csv",
    ),
    case(
        "14 interim report on taxi licensing and exploitation",
        SENSITIVE,
        Tier.T4,
        "",
        Flag.SENSITIVE,
        Flag.PERSONAL,
        Flag.OFFENCE,
        Flag.CHILD,
        parts=(
            Part(
                "page 1",
                "DRAFT - CONFIDENTIAL\nInvestigation into taxi licensing and child sexual exploitation\n"
                "It is alleged that the driver Leroy Campbell collected girls aged 14 from the children's home in a taxi and that they "
                "were groomed and sexually abused. The victim told a social worker. The allegations were known to licensing officers, "
                "who did not suspend the badge. Witnesses have given statements and the police investigation is open.",
            ),
            Part("footer", "Interim report", PartKind.FOOTER),
        ),
    ),
    case(
        "15 the final report as published",
        OFFICIAL,
        Tier.T0,
        "PUBLIC\nReport to Cabinet: review of taxi licensing arrangements. Published by the council.\n"
        "The review made six recommendations on policy, training and record keeping. Members are asked to note the action plan. "
        "All recommendations have been accepted and progress will be reported each quarter. Next meeting: May.",
    ),
    case(
        "16 public minute that resolves to exclude",
        OFFICIAL,
        Tier.T0,
        "Minutes of the Cabinet\nApologies for absence were received. Declarations of interest: none.\n"
        "RESOLVED that the public be excluded from the meeting for the following item of business on the grounds that it involves "
        "the likely disclosure of exempt information as defined in paragraph 3 of Part 1 of Schedule 12A to the Local Government "
        "Act 1972.\nDate of next meeting: 4 May.",
    ),
    case(
        "17 pink paper on a land deal",
        SENSITIVE,
        Tier.T3,
        "NOT FOR PUBLICATION by virtue of paragraph 3 of Part 1 of Schedule 12A\nDisposal of land at Orchard Way\n"
        "The district valuer puts the site at £2,400,000. The developer has offered £2,100,000 and our reserve price is £2,250,000. "
        "Heads of terms are being negotiated and exclusivity has been requested.",
        Flag.SENSITIVE,
    ),
    case(
        "18 tender bids before award",
        SENSITIVE,
        Tier.T3,
        "Tender evaluation, grounds maintenance. The contract is not yet awarded.\nBidder A: tender price £412,000, quality score 61\n"
        "Bidder B: tender price £389,500, quality score 54\nBidder C: tender price £455,000, quality score 70\n"
        "The evaluation panel will moderate the scores on Tuesday. Bid prices are commercially sensitive.",
        Flag.SENSITIVE,
    ),
    case(
        "19 signed contract after award",
        OFFICIAL,
        Tier.T1,
        "This agreement is made between the council and the contractor for grounds maintenance. The contract was awarded in March. "
        "The term is five years. The contractor shall keep public liability insurance. Signed by the parties.",
    ),
    case(
        "20 counsel's opinion",
        SENSITIVE,
        Tier.T3,
        "COUNSEL'S OPINION\nI am asked to advise the council on the merits of the claim for judicial review. In my opinion the "
        "claimant has good prospects of success on the first ground, and costs would follow. I advise that settlement be explored. "
        "My instructing solicitors should treat this advice as privileged.",
        Flag.SENSITIVE,
    ),
    case(
        "21 blank without-prejudice letter",
        OFFICIAL,
        Tier.T1,
        "WITHOUT PREJUDICE\nDear [Name],\nWe refer to your letter dated [date] concerning [matter]. Our client would accept [amount] in "
        "full and final settlement.\nYours sincerely,\n[Name]",
    ),
    case(
        "22 blank benefit claim form",
        OFFICIAL,
        Tier.T1,
        "Housing benefit claim form. Please complete in block capitals.\nName: ____________\nNational Insurance number: ____________\n"
        "Date of birth: ____________\nPartner's name: ____________\nDo you or your partner have a disability? [ ]\nFor office use only",
    ),
    case(
        "24 council tax bill",
        PERSONAL,
        Tier.T2,
        "Council tax bill 2025/26\nMrs Margaret Pickering, 9 Beech Close, Eastlea\nAccount number 41 22 907. Property band C. "
        "Amount due £1,846.20 in ten instalments of £184.62. Please pay by direct debit.",
        Flag.PERSONAL,
    ),
    case(
        "25 stills of an incident",
        SENSITIVE,
        Tier.T3,
        "CCTV stills for the officer in the case. Camera 14, High Street. The suspect in a grey hoodie punched the victim outside the "
        "shop; he was later arrested on suspicion of assault. Police investigation ongoing, do not release the stills.",
        Flag.SENSITIVE,
        Flag.OFFENCE,
    ),
    case(
        "27 whistle-blower's e-mail",
        SENSITIVE,
        Tier.T4,
        "Subject: in confidence\nI am writing to internal audit because I do not feel safe telling my manager. False invoices are being "
        "signed at the depot and money is changing hands. If my name comes out I will lose my job. I want to make a protected "
        "disclosure and stay anonymous.",
        Flag.SENSITIVE,
        Flag.PERSONAL,
    ),
    case(
        "28 care file of a deceased client",
        SENSITIVE,
        Tier.T3,
        "Adult social care. Deceased client, date of death 3 May 2024.\nThe late Mrs Ashworth had dementia and received home care four "
        "times a day. Care plan closed; medication returned. Her daughter, as executor, has asked for the file. She died at home.",
        Flag.SENSITIVE,
        Flag.DECEASED,
    ),
    case(
        "29 sole trader's hygiene report",
        PERSONAL,
        Tier.T2,
        "Food hygiene inspection report\nProprietor: Mr Bogdan Popescu, sole trader, trading as Bogdan's Burgers from his home at 5 "
        "Chapel Street, Wexbury. Evidence of mice in the store; cleaning behind the fryer required. Food hygiene rating 2.",
        Flag.PERSONAL,
    ),
    case(
        "30 risk assessment with one manager's name",
        OFFICIAL,
        Tier.T1,
        "Risk assessment: office moves. Assessor: Kevin Sutcliffe, facilities manager. Hazard: slips and trips. Likelihood 2, severity 3. "
        "Control measures: clear walkways, gloves, two people to lift desks. Review in twelve months.",
    ),
    case("31 two thousand volunteers with mobiles", PERSONAL, Tier.T3, VOLUNTEERS, Flag.PERSONAL, form="xlsx"),
    case(
        "32 text file with passwords",
        SENSITIVE,
        Tier.T4,
        "Servers\nadmin login: root\npassword: t7#Kqz9!wMp2\nalarm code kept in the safe",
        Flag.SENSITIVE,
        Flag.CREDENTIALS,
        form="txt",
    ),
    case(
        "35 test file with reserved numbers",
        OFFICIAL,
        Tier.T1,
        "Test data for the import screen\nTelephone: 07700 900123\nNHS number: 999 000 0018\nNational Insurance number: QQ 12 34 56 A",
        Flag.FIXTURE,
        form="txt",
    ),
)


def content_of(found: Case) -> Content:
    """The case as the reader would hand it over."""
    parts = found.parts or (Part("body", found.text),)
    return Content(found.form, parts, "made", Completeness.FULL, notes=found.notes)


@pytest.mark.parametrize("found", CASES, ids=[c.name for c in CASES])
def test_a_worked_case_is_judged_as_practice_says(judge, found):
    """Primary label, tier and flags of each worked case are what the law and practice ask for."""
    content = content_of(found)
    counts = found.name.startswith(("06", "07", "31"))  # the numbers of these documents stand for real ones
    findings = detect.detect(content, detect.detector(fixtures_count=counts))
    label = judge.judge(content, findings)

    assert (found.primary, found.tier) == (label.primary, label.tier), label.because
    assert found.flags <= label.flags
    assert label.because


@pytest.mark.parametrize("ending", ["kdbx", "pfx", "ppk"])
def test_a_key_store_is_a_credential_by_its_name(ending):
    """Case 32: a key store is T4 and flagged as credentials, though nobody can read it."""
    label = by_name(f"it/servers.{ending}".encode(), "unknown", None)

    assert label is not None
    assert (label.primary, label.tier) == (SENSITIVE, Tier.T4)
    assert Flag.CREDENTIALS in label.flags


def test_holiday_photos_of_staff_are_personal():
    """Case 33: pictures that by their name show staff are personal data T2."""
    label = by_name(b"shared/Staff holiday photos 2019/img_0012.jpg", "jpeg", None)

    assert label is not None
    assert (label.primary, label.tier) == (PERSONAL, Tier.T2)


def test_an_encrypted_capability_file_is_sensitive_by_its_name():
    """Case 34: the name alone makes an unreadable file sensitive T3, and it stays marked as unreadable."""
    label = by_name("hr/Smith J – capability hearing.docx".encode(), "docx", None)

    assert label is not None
    assert (label.primary, label.tier) == (SENSITIVE, Tier.T3)
    assert Flag.UNREADABLE in label.flags


def test_a_scan_without_text_gets_no_label_from_its_name():
    """Case 23: an unreadable claim form has no label, and so is queued, never official."""
    assert by_name(b"benefits/scan0042.pdf", "pdf", None) is None
