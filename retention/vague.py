"""What makes a published wording unclear: words that leave the length, the moment or the judgement to somebody else."""

from __future__ import annotations

import re

_UNITS = "(?:year|yr|month|mth|week|day)"
# Each sentence with the words that call for it, in a wording in lower case and with figures for number words.
_SIGNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "the wording gives a range: the longest is taken",
        (rf"\d\s*(?:-|to|/|or)\s*\d+\s*\+?\s*{_UNITS}", r"between \d+ and \d+"),
    ),
    (
        "it ends when somebody finds that the record is no longer needed: a person must say when",
        (
            r"\bas (?:and when )?(?:required|needed|necessary|appropriate)",
            r"no longer (?:\w+ )?(?:need|requir|relevant|useful|of (?:use|value))",
            r"(?:while|when|where|if|until) (?:\w+ )?(?:needed|required|relevant|useful)",
            r"for as long as|admin\w* (?:use|need|purpose|value)",
            r"(?:operational|business|reference) (?:need|use|purpose|value|requirement)",
        ),
    ),
    (
        "the wording sets the least to keep: that length is taken, and a person decides whether it is enough",
        (r"\bminim(?:um|a)\b|\bat least\b|\b(?:not|no) less than\b",),
    ),
    (
        "the length is said to stand in another text: look it up",
        (
            r"\bstatut\w+ (?:period|minimum|limit\w*|requirement)",
            r"\bas (?:per|set out in|defined by|prescribed)\b",
            r"\blegal requirement",
        ),
    ),
    (
        "the wording leaves it to somebody's judgement",
        (r"\bconsider|\b(?:may|could) be\b|\bdiscretion", r"\bif (?:appropriate|necessary|possible|applicable)"),
    ),
    (
        "the wording is only approximate",
        (
            r"\bapprox\w*|\b(?:about|around) \d|\bcirca\b|\broughly|\breasonable",
            r"\bnormally|\busually|\bgenerally|\btypically",
            r"\b(?:short|long)[ -]?term\b",
        ),
    ),
    (
        "the wording makes it depend on something that it does not say",
        (
            r"\bvar(?:y|ies|ious|iable)\b|\bdepend(?:s|ent|ing)\b|\bsubject to\b|\bunless\b",
            r"\btb[cd]\b|\bto be (?:confirmed|decided|determined|agreed)|\bunknown\b|\?",
            r"\bsee (?:note|guidance|above|below|separate)",
        ),
    ),
    ("the wording names no time for the review", (r"\bperiodic|\bregular(?:ly)?\b|\bfrom time to time",)),
    (
        "some may be chosen to be kept for good: a person must choose before the rest goes",
        (r"(?:for|of|consider\w*|select\w*|review\w*)\W+(?:\w+\W+){0,3}permanent",),
    ),
)
_COMPILED = tuple((told, re.compile("|".join(words))) for told, words in _SIGNS)


def sentences(said: str) -> list[str]:
    """Say what a wording, as ``wording.plain`` writes it, leaves open; nothing for a plain one."""
    return [told for told, words in _COMPILED if words.search(said)]
