"""List numbers of Word documents (ECMA-376 part 1, section 17.9): what stands before a paragraph, counted as Word does."""

from __future__ import annotations

from dataclasses import dataclass, field

from classifier.extract import xmlsafe

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LEVELS = 9
_MOST = 30_000  # no list counts further; a hostile start value may
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Level:
    start: int = 1
    style: str = "decimal"
    text: str = ""
    legal: bool = False
    restart: int = -1


@dataclass(slots=True)
class Numbering:
    """The lists of one document and how far each has been counted."""

    lists: dict[str, tuple[str, dict[int, _Level]]] = field(default_factory=dict)  # numId → (abstract id, levels)
    styles: dict[str, tuple[str, int]] = field(default_factory=dict)  # paragraph style → (numId, level)
    counts: dict[str, list[int | None]] = field(default_factory=dict)  # abstract id → counts by level
    started: set[tuple[str, int]] = field(default_factory=set)
    overrides: dict[tuple[str, int], int] = field(default_factory=dict)

    def label(self, paragraph: xmlsafe.Element) -> str:
        """The number before ``paragraph``, with a blank after it; empty for paragraphs that have none."""
        properties = paragraph.find(_W + "pPr")
        if properties is None:
            return ""
        number, level = self._place(properties)
        known = self.lists.get(number)
        if known is None or level not in known[1]:
            return ""
        abstract, levels = known
        counts = self.counts.setdefault(abstract, [None] * _LEVELS)
        override = self.overrides.get((number, level))
        if override is not None and (number, level) not in self.started:
            counts[level] = override
        else:
            before = counts[level]
            counts[level] = levels[level].start if before is None else min(before + 1, _MOST)
        self.started.add((number, level))
        for deeper in range(level + 1, _LEVELS):
            if deeper in levels and levels[deeper].restart != 0:
                counts[deeper] = None
        return _shown(levels, counts, level)

    def _place(self, properties: xmlsafe.Element) -> tuple[str, int]:
        style = properties.find(_W + "pStyle")
        number, level = self.styles.get(style.get(_W + "val") or "", ("", 0)) if style is not None else ("", 0)
        own = properties.find(_W + "numPr")
        if own is not None:
            own_number, own_level = _num(own)
            number = own_number or number
            level = own_level if own_level >= 0 else level
        return number, level


def _num(properties: xmlsafe.Element) -> tuple[str, int]:
    number = properties.find(_W + "numId")
    level = properties.find(_W + "ilvl")
    return (
        (number.get(_W + "val") or "") if number is not None else "",
        _int(level.get(_W + "val"), -1) if level is not None else -1,
    )


def _int(text: str | None, otherwise: int) -> int:
    try:
        return max(0, min(int(text or otherwise), _MOST))
    except ValueError:
        return otherwise


def load(numbers: xmlsafe.Element | None, styles: xmlsafe.Element | None) -> Numbering:
    """Read the two parts that say how lists count."""
    found = Numbering()
    if numbers is None:
        return found
    kinds = {kind.get(_W + "abstractNumId") or "": _levels(kind) for kind in numbers.iter(_W + "abstractNum")}
    for entry in numbers.iter(_W + "num"):
        identity = entry.get(_W + "numId") or ""
        reference = entry.find(_W + "abstractNumId")
        abstract = (reference.get(_W + "val") or "") if reference is not None else ""
        levels = dict(kinds.get(abstract, {}))
        for change in entry.iter(_W + "lvlOverride"):
            number = _int(change.get(_W + "ilvl"), 0)
            levels.update(_levels(change))
            start = change.find(_W + "startOverride")
            if start is not None:
                found.overrides[identity, number] = _int(start.get(_W + "val"), 1)
        found.lists[identity] = (abstract, levels)
    if styles is not None:
        found.styles = _styled(styles)
    return found


def _levels(holder: xmlsafe.Element) -> dict[int, _Level]:
    levels = {}
    for level in holder.iter(_W + "lvl"):
        values = {xmlsafe.local(child): child.get(_W + "val") for child in level}
        levels[_int(level.get(_W + "ilvl"), 0) % _LEVELS] = _Level(
            _int(values.get("start"), 1) if "start" in values else 0,
            values.get("numFmt") or "decimal",
            (values.get("lvlText") or "")[:100],
            "isLgl" in values,
            _int(values.get("lvlRestart"), -1) if "lvlRestart" in values else -1,
        )
    return levels


def _styled(styles: xmlsafe.Element) -> dict[str, tuple[str, int]]:
    own: dict[str, tuple[str, int]] = {}
    parents: dict[str, str] = {}
    for style in styles.iter(_W + "style"):
        name = style.get(_W + "styleId") or ""
        base = style.find(_W + "basedOn")
        if base is not None:
            parents[name] = base.get(_W + "val") or ""
        properties = style.find(f"{_W}pPr/{_W}numPr")
        if properties is not None:
            number, level = _num(properties)
            own[name] = (number, max(0, level))
    found = {}
    for name in {*own, *parents}:
        ancestor, steps = name, 0
        while ancestor and ancestor not in own and steps < 50:
            ancestor, steps = parents.get(ancestor, ""), steps + 1
        if ancestor in own:
            found[name] = own[ancestor]
    return found


def _shown(levels: dict[int, _Level], counts: list[int | None], level: int) -> str:
    pattern = levels[level].text
    if levels[level].style == "bullet" or not pattern:
        return ""
    for number in range(_LEVELS):
        mark = f"%{number + 1}"
        if mark in pattern:
            at = levels.get(number, _Level())
            count = counts[number]
            style = "decimal" if levels[level].legal else at.style
            pattern = pattern.replace(mark, _number(at.start if count is None else count, style))
    return f"{pattern} "


def _number(count: int, style: str) -> str:
    if style in {"lowerRoman", "upperRoman"}:
        return _roman(count) if style == "lowerRoman" else _roman(count).upper()
    if style in {"lowerLetter", "upperLetter"} and count > 0:
        letter = chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)
        return letter if style == "lowerLetter" else letter.upper()
    if style == "decimalZero":
        return f"{count:02}"
    if style == "ordinal":
        ending = "th" if 10 <= count % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
        return f"{count}{ending}"
    return "" if style == "none" else str(count)


def _roman(count: int) -> str:
    pieces = []
    for value, letters in _ROMAN:
        times, count = divmod(count, value)
        pieces.append(letters * times)
    return "".join(pieces)
