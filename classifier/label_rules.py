"""Firm rules: what makes a document sensitive or personal whatever the model thinks, with tier, flags and reason.

The cases follow the law and practice that docs/labels.md cites: the Local Government Act 1972 Schedule 12A, the Freedom
of Information Act 2000 Part II, UK GDPR Articles 4, 9 and 10. A rule only raises; false twins (public papers, policies,
blank forms) are held back by :attr:`Evidence.general`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from classifier.item import Flag, Tier
from classifier.label_evidence import Evidence

S, P = Flag.SENSITIVE, Flag.PERSONAL
_DOUBT = -1.5
"""Logit of "personal" below which details are taken to be general talk."""
_FLOOR = -2.0
"""Logit of the starter model below which a rule that rests on vocabulary alone is not believed."""
_SHORT = 1500
"""Tokens up to which a paper can be a letter or a form about one person."""
_ANSWERS = {"special_category": "special", "offence": "offence", "child": "child"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One firm rule: its name, when it holds, the tier and flags it gives, and the sentence that says why."""

    name: str
    holds: Callable[[Evidence], bool]
    tier: Tier
    flags: frozenset[Flag]
    because: str


def _rule(name: str, tier: Tier, flags: tuple[Flag, ...], because: str) -> Callable[[Callable[[Evidence], bool]], Rule]:
    return lambda holds: Rule(name, holds, tier, frozenset(flags), because)


def _about(e: Evidence, kind: str, least: int = 1) -> bool:
    """Whether a detail of this kind is told of a person: enough findings, or fewer where the text reads that way too."""
    count = e.weak.get(kind, 0)
    dense = count * 400 / (e.words + 400)
    reads = e.logit["personal"] > 0 or e.logit[_ANSWERS.get(kind, "personal")] > 1
    return count >= least and e.logit["personal"] > _DOUBT and (dense >= 2 or reads)


def _private(e: Evidence) -> bool:
    return bool(e.strong or e.contacts >= 1 or e.found.get("date_of_birth"))


_SENSITIVE_MARKS = {"official-sensitive", "confidential", "restricted", "protect", "privileged", "embargoed", "exempt"}
_INQUIRY = ("exploitation", "investigation", "standards", "whistle", "discipline")

RULES: tuple[Rule, ...] = (
    _rule("secret", Tier.T5, (S, Flag.MARKED), "It is marked SECRET: treat as an incident, do not move or copy.")(
        lambda e: "secret" in e.marks
    ),
    _rule("marking", Tier.T3, (S, Flag.MARKED), "It carries a protective marking.")(
        lambda e: bool(e.marks & _SENSITIVE_MARKS) and not (e.template or ("public" in e.marks and e.public))
    ),
    _rule(
        "draft-inquiry",
        Tier.T4,
        (S, Flag.DRAFT),
        "It is a draft or interim paper of an investigation or of safeguarding.",
    )(
        lambda e: (
            bool({"draft", "interim"} & (e.marks | e.mentions))
            and not (e.guide or e.template or "public" in e.marks)
            and sum(e.cue(name) >= 2 for name in _INQUIRY) >= 1
            and (e.cue("investigation") >= 3 or e.cue("exploitation") >= 3)
            and (not e.public or (bool(e.marks & {"confidential", "interim"}) and e.cue("exploitation") >= 2))
        )
    ),
    _rule("credentials", Tier.T4, (S, Flag.CREDENTIALS), "It holds a password or key: tell IT security.")(
        lambda e: bool(e.found.get("credential")) and not (e.guide or e.template)
    ),
    _rule("card", Tier.T4, (S, P), "It holds a full payment card number: tell finance (PCI DSS).")(
        lambda e: bool(e.found.get("card"))
    ),
    _rule("safeguarding", Tier.T4, (S, P), "It tells of safeguarding in a person's case.")(
        lambda e: (
            not e.general
            and e.weak.get("safeguarding", 0) >= 2
            and (e.logit["grave"] > 0 or e.logit["sensitive"] > 1)
            and e.cue("exploitation") >= 2
        )
    ),
    _rule(
        "alleged-exploitation",
        Tier.T4,
        (S, P, Flag.OFFENCE, Flag.CHILD, Flag.SPECIAL),
        "It tells of alleged exploitation or abuse.",
    )(
        lambda e: (
            not e.general
            and e.cue("exploitation") >= 3
            and e.cue("investigation") >= 2
            and (e.logit["sensitive"] > 0 or e.person)
            and bool({"draft", "interim", "confidential"} & (e.marks | e.mentions) or e.logit["grave"] > 0)
        )
    ),
    _rule(
        "death-inquiry", Tier.T3, (S, P, Flag.DECEASED, Flag.SPECIAL), "It tells how a particular person came to die."
    )(
        lambda e: (
            not (e.template or (e.guide and e.cue("inquest") < 2))
            and (
                (e.opening.get("inquest", 0) >= 1 and e.cue("inquest") >= 2 and e.cue("death") >= 1 and not e.public)
                or (e.cue("inquest") >= 1 and e.cue("death") >= 1 and e.logit["sensitive"] > (0 if e.public else -1))
                or (
                    e.cue("case review") >= 1
                    and e.cue("death") + e.cue("exploitation") >= 3
                    and e.logit["sensitive"] > 1
                )
            )
        )
    ),
    _rule(
        "deceased-client",
        Tier.T3,
        (S, Flag.DECEASED),
        "It is the care file of someone who has died: confidence outlives them.",
    )(
        lambda e: (
            not e.general
            and e.cue("deceased client") >= 1
            and (e.cue("care") >= 2 or (e.cue("health") >= 2 and e.cue("care") >= 1))
            and (e.cue("death") >= 1 or e.cue("deceased client") >= 2)
        )
    ),
    _rule(
        "care-case",
        Tier.T3,
        (S, P, Flag.SPECIAL),
        "It tells of a person's care at home: a confidence of health and care.",
    )(
        lambda e: (
            not e.general
            and e.cue("care") >= 3
            and (bool(e.contacts or e.strong or e.found.get("date_of_birth")) or (e.person and e.logit["personal"] > 0))
            and e.logit["personal"] > _DOUBT
        )
    ),
    _rule("hidden-whereabouts", Tier.T4, (S, P), "It tells of somebody whose whereabouts are kept from others.")(
        lambda e: not e.general and e.cue("hidden whereabouts") >= 1 and e.person and e.logit["personal"] > _DOUBT
    ),
    _rule("complaint-case", Tier.T3, (S, P, Flag.OFFENCE), "It tells of an allegation that is being looked into.")(
        lambda e: (
            not e.general
            and e.cue("investigation") >= 1
            and e.logit["offence"] > 1
            and e.logit["sensitive"] > -1
            and _private(e)
        )
    ),
    _rule("whistleblowing", Tier.T4, (S, P), "It reads like a disclosure by a whistle-blower: protect the discloser.")(
        lambda e: not e.general and e.cue("whistle") >= 3 and (e.logit["sensitive"] > -1 or e.cue("whistle") >= 4)
    ),
    _rule("standards-inquiry", Tier.T4, (S, P), "It belongs to a standards or leak investigation.")(
        lambda e: (
            not e.general and e.cue("standards") >= 2 and e.cue("investigation") >= 2 and e.logit["sensitive"] > -1
        )
    ),
    _rule("fraud-inquiry", Tier.T4, (S, P, Flag.OFFENCE), "It belongs to an investigation of fraud.")(
        lambda e: (
            not e.general
            and e.cue("fraud") >= 2
            and e.cue("investigation") >= 2
            and e.person
            and e.logit["sensitive"] > 0
        )
    ),
    _rule(
        "sensitive-interest",
        Tier.T4,
        (S, P),
        "It concerns an interest withheld under section 32 of the Localism Act 2011.",
    )(lambda e: e.cue("sensitive interest") >= 1 and e.cue("standards") >= 3 and not (e.guide or e.template)),
    _rule("legal-advice", Tier.T3, (S,), "It is legal advice, for which privilege can be claimed.")(
        lambda e: (
            not e.general
            and e.cue("advice") >= 2
            and (e.cue("legal proceedings") >= 2 or "privileged" in e.mentions | e.marks)
            and (e.logit["sensitive"] > -1 or e.cue("advice") >= 4)
        )
    ),
    _rule("bids", Tier.T3, (S,), "It compares bids or prices that are not yet settled.")(
        lambda e: (
            not e.general
            and e.cue("bids") >= 2
            and (e.cue("before award") >= 1 or e.logit["sensitive"] > 0)
            and e.cue("awarded") <= 1
            and e.money >= 1
        )
    ),
    _rule("land-deal", Tier.T3, (S,), "It tells the council's position in a deal.")(
        lambda e: (
            not (e.guide or e.template)
            and e.cue("land deal") >= 2
            and e.money >= 1
            and (
                e.cue("exempt") >= 2
                or bool({"exempt", "confidential"} & (e.marks | e.mentions))
                or e.logit["sensitive"] > 1
            )
            and not (e.public and e.logit["sensitive"] < 0)
        )
    ),
    _rule("discipline", Tier.T3, (S, P), "It concerns the conduct or capability of a member of staff.")(
        lambda e: not e.general and e.cue("discipline") >= 3 and (e.logit["sensitive"] > 0 or e.logit["personal"] > 1)
    ),
    _rule("live-incident", Tier.T3, (S, P, Flag.OFFENCE), "It tells of an incident under investigation.")(
        lambda e: not e.general and e.cue("incident") >= 3 and (e.logit["offence"] > -1 or e.logit["sensitive"] > 0)
    ),
    _rule("identifier", Tier.T2, (P,), "It holds identifiers of a person.")(lambda e: e.strong > 0),
    _rule("immigration", Tier.T3, (P,), "It holds an immigration reference.")(
        lambda e: bool(e.found.get("immigration_ref"))
    ),
    _rule("birth", Tier.T2, (P,), "It holds a date of birth.")(
        lambda e: bool(e.found.get("date_of_birth")) and not (e.public and e.found["date_of_birth"] < 3)
    ),
    _rule("contacts", Tier.T2, (P,), "It holds private contact details.")(
        lambda e: (
            not e.public
            and (
                (e.contacts >= 2 and (e.logit["personal"] > _DOUBT or e.cue("objection") >= 2 or e.words < 200))
                or (bool(e.found.get("phone_private") or e.found.get("address")) and e.logit["personal"] > _DOUBT)
                or (bool(e.found.get("email_private")) and e.logit["personal"] > 0.5)
            )
        )
    ),
    _rule("contact-list", Tier.T2, (P,), "It lists people with private contact details.")(
        lambda e: (
            max(e.found.get(kind, 0) for kind in ("email_private", "phone_private", "address"))
            >= (40 if e.public else 5)
        )
    ),
    _rule("objection", Tier.T2, (P,), "It is a letter from a resident.")(
        lambda e: not e.general and e.cue("objection") >= 3 and (_private(e) or e.logit["personal"] > 0.5)
    ),
    _rule("special", Tier.T3, (P, Flag.SPECIAL), "It tells of a person's health or another special category.")(
        lambda e: (
            not e.general
            and (
                _about(e, "special_category")
                or (e.logit["special"] > 2 and e.cue("health") >= 1 and e.logit["personal"] > 0)
            )
        )
    ),
    _rule("sickness", Tier.T3, (P, Flag.SPECIAL), "It records sickness absence of named staff.")(
        lambda e: (
            not e.general and e.cue("sickness") >= 2 and e.cue("health") >= 2 and (e.person or e.logit["personal"] > 0)
        )
    ),
    _rule("child-detail", Tier.T3, (P, Flag.CHILD), "It tells of a child.")(
        lambda e: (
            not e.general
            and e.cue("child") >= 1
            and (e.person or e.logit["personal"] > 0)
            and (
                _about(e, "child")
                or (
                    e.logit["child"] > 1
                    and e.logit["personal"] > 0
                    and bool(e.weak.get("child") or e.weak.get("safeguarding"))
                )
                or (e.cue("objection") >= 3 and e.cue("health") >= 1 and e.cue("child") >= 1)
            )
            and e.logit["personal"] > -1
        )
    ),
    _rule("child-health", Tier.T3, (P, Flag.CHILD, Flag.SPECIAL), "It tells of a child's health or disability.")(
        lambda e: (
            not e.general
            and e.cue("child") >= 1
            and (e.cue("health") >= 1 or e.weak.get("special_category", 0) >= 1)
            and (e.cue("objection") >= 2 or (e.logit["child"] > 0 and e.logit["personal"] > 0))
        )
    ),
    _rule("offence", Tier.T3, (P, Flag.OFFENCE), "It tells of an offence or an allegation against a person.")(
        lambda e: not e.general and _about(e, "offence") and (e.person or e.logit["offence"] > 0)
    ),
    _rule("directory", Tier.T2, (P,), "It is a directory of staff.")(
        lambda e: (
            not (e.public or e.guide or e.template)
            and e.opening.get("directory", 0) >= 1
            and (
                e.cue("directory") >= 2
                or e.weak.get("phone_work", 0) + e.weak.get("email_work", 0) + e.fixtures + e.weak.get("person_name", 0)
                >= 3
            )
        )
    ),
    _rule("interests", Tier.T2, (P,), "It is a register of interests: home, work and family of members.")(
        lambda e: e.cue("interests") >= 3 and not (e.guide or e.template) and (e.opening.get("interests", 0) >= 2)
    ),
    _rule("small-numbers", Tier.T2, (P, Flag.UNCERTAIN), "Its small numbers by ward and group could point to people.")(
        lambda e: (
            not (e.public or e.guide)
            and e.words < 4000
            and e.cue("small numbers") >= 2
            and e.cue("pseudonymous") == 0
            and e.worst.get("small", 0) > 0
        )
    ),
    _rule("pseudonymised", Tier.T3, (P,), "It has a row for each person; the key to their names exists.")(
        lambda e: (
            not (e.guide or e.template)
            and (e.cue("pseudonymous") >= 2 or e.opening.get("pseudonymous", 0) >= 1)
            and not e.public
        )
    ),
    _rule("bill", Tier.T2, (P,), "It is a bill to one person.")(
        lambda e: (
            not e.general
            and e.money >= 1
            and (
                (e.cue("bill") >= 2 and e.person and e.words < _SHORT)
                or (e.cue("bill") >= 3 and e.logit["personal"] > _FLOOR)
            )
        )
    ),
    _rule("staff-record", Tier.T2, (P,), "It is about the work and conduct of a member of staff.")(
        lambda e: (
            not (e.public or e.template or e.opening.get("guide", 0) >= 2)
            and e.opening.get("staff record", 0) >= 1
            and e.cue("staff record") >= (2 if e.logit["personal"] > _FLOOR else 3)
            and e.person
            and e.words < _SHORT
        )
    ),
    _rule("trader", Tier.T2, (P,), "It concerns the business of one person.")(
        lambda e: not (e.guide or e.template) and e.cue("trader") >= 3 and not e.public
    ),
)


_FIRM = frozenset(
    {
        "secret",
        "marking",
        "death-inquiry",
        "credentials",
        "card",
        "identifier",
        "immigration",
        "contact-list",
        "sensitive-interest",
        "interests",
        "small-numbers",
        "bill",
        "staff-record",
    }
)
"""Rules that rest on a marking, an identifier or an unmistakable title and need no second opinion."""


def fired(evidence: Evidence) -> tuple[Rule, ...]:
    """The rules that hold, gravest first; rules of vocabulary only where the model does not rule it out."""
    likely = max(evidence.logit["sensitive"], evidence.logit["personal"]) > _FLOOR
    held = (rule for rule in RULES if (likely or rule.name in _FIRM) and rule.holds(evidence))
    return tuple(sorted(held, key=lambda rule: -rule.tier))
