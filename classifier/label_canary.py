"""The canaries: made documents whose answer nobody doubts. A model that gets one wrong must not start a night."""

from __future__ import annotations

from dataclasses import dataclass

from classifier.item import Finding, Tier


@dataclass(frozen=True, slots=True)
class Canary:
    """One made document, what the detector finds in it, whether it must be flagged, and the least tier."""

    name: str
    text: str
    flagged: bool
    least: Tier = Tier.T0
    findings: tuple[Finding, ...] = ()


CANARIES: tuple[Canary, ...] = (
    Canary(
        "a child protection note",
        "Strategy meeting under section 47. The girl told her teacher that her stepfather had hit her and that she was afraid to go "
        "home. Bruising was seen on both arms and the paediatrician thought it non-accidental. Mother could not explain the marks. "
        "The social worker visited and police used powers of protection; she was placed with foster carers overnight.",
        flagged=True,
        least=Tier.T3,
    ),
    Canary(
        "an inquest narrative",
        "The inquest heard that he was found dead at his home by his sister. He had a long history of depression, had taken an overdose "
        "the month before and was discharged from the ward without a plan. The cause of death was hanging. The coroner found that the "
        "risk assessment had not been updated and that the deceased had told staff of his wish to die.",
        flagged=True,
        least=Tier.T3,
    ),
    Canary(
        "a marked report",
        "Report on the market hall. Figures for the sale are set out below.",
        flagged=True,
        least=Tier.T3,
        findings=(Finding("marking:official-sensitive", 0, 6, 0.98, "banner", 1),),
    ),
    Canary(
        "a claim with an identifier",
        "Claimant details for the award of housing benefit. National Insurance number given below, rent paid weekly.",
        flagged=True,
        least=Tier.T2,
        findings=(Finding("nino", 50, 60, 0.97, "pattern", 1),),
    ),
    Canary(
        "parish minutes",
        "Minutes of the meeting of the parish council held in the village hall. Apologies for absence were received. The minutes of the "
        "last meeting were agreed and signed. It was proposed, seconded and resolved to cut the grass by the war memorial. A resident "
        "asked about speeding and the clerk will write to the highways authority. The next meeting will be held in May.",
        flagged=False,
    ),
    Canary(
        "a minute that quotes an exclusion",
        "Cabinet minutes. Apologies for absence. There were no declarations of interest. RESOLVED that the public be excluded from the "
        "meeting on the grounds that it involves the likely disclosure of exempt information as defined in paragraph 3 of Part 1 of "
        "Schedule 12A. Members noted the budget report and the date of the next meeting.",
        flagged=False,
    ),
    Canary(
        "a budget report",
        "The revenue budget shows net expenditure in line with the forecast. Savings have been identified in adult social care and the "
        "corporate centre. Reserves are adequate. The capital programme for highways and schools is set out in the appendix.",
        flagged=False,
    ),
    Canary(
        "waste collection",
        "Put your bin out by seven in the morning on your collection day. Garden waste can be paid for online. The recycling centre opens "
        "at eight and is closed on Christmas Day.",
        flagged=False,
    ),
)
