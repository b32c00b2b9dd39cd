"""Figures as inline SVG: horizontal bars and a grid, readable by eye, on paper and by a screen reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

PRIMARY = {"official": "official", "personal": "personal data", "sensitive": "sensitive"}
_WIDTH, _LEFT, _RIGHT, _STEP, _BAR = 920, 270, 70, 34, 22


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of a bar; ``tone`` names its colour in the style sheet: calm, mid, warn, alarm or faint."""

    name: str
    value: int
    tone: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a bar figure."""

    name: str
    segments: tuple[Segment, ...]

    @property
    def total(self) -> int:
        """The length of the whole bar."""
        return sum(segment.value for segment in self.segments)


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawn figure with its heading, one sentence, and its legend as (name, tone)."""

    title: str
    text: str
    svg: Markup
    legend: tuple[tuple[str, str], ...] = ()


def bars(title: str, text: str, rows: Sequence[Bar]) -> Figure:
    """Draw horizontal stacked bars; an empty figure when there is nothing to show."""
    most = max((row.total for row in rows), default=0)
    if not most:
        return Figure(title, text, Markup())
    height = len(rows) * _STEP + 8
    scale = (_WIDTH - _LEFT - _RIGHT) / most
    parts = [_open(height, f"{title}. " + "; ".join(_spoken(row) for row in rows))]
    for number, row in enumerate(rows):
        top = number * _STEP + 6
        parts.append(
            Markup('<text class="name" x="{}" y="{}">{}</text>').format(_LEFT - 12, top + 16, _short(row.name))
        )
        left = float(_LEFT)
        for segment in row.segments:
            if segment.value:
                width = max(1.5, segment.value * scale)
                parts.append(
                    Markup(
                        '<rect class="{}" x="{:.1f}" y="{}" width="{:.1f}" height="{}" rx="2"><title>{}: {:,}</title></rect>'
                    ).format(segment.tone, left, top, width, _BAR, segment.name, segment.value)
                )
                left += width
        parts.append(Markup('<text class="value" x="{:.1f}" y="{}">{:,}</text>').format(left + 8, top + 16, row.total))
    legend = tuple((segment.name, segment.tone) for segment in rows[0].segments) if len(rows[0].segments) > 1 else ()
    return Figure(title, text, Markup("").join([*parts, Markup("</svg>")]), legend)


def grid(title: str, text: str, cells: Mapping[tuple[int, int], int]) -> Figure:
    """Draw counts by clearance (down) and tier (across); what lies above its clearance is coloured."""
    if not cells:
        return Figure(title, text, Markup())
    rows = sorted({clearance for clearance, _tier in cells})
    most = max(cells.values())
    size, top, left = 104, 30, _LEFT
    parts = [
        _open(top + len(rows) * 46 + 10, f"{title}. " + "; ".join(_told(key, n) for key, n in sorted(cells.items())))
    ]
    parts += [
        Markup('<text class="head" x="{}" y="18">T{}</text>').format(left + tier * size + size / 2, tier)
        for tier in range(6)
    ]
    for number, clearance in enumerate(rows):
        y = top + number * 46
        parts.append(
            Markup('<text class="name" x="{}" y="{}">cleared for T{}</text>').format(left - 12, y + 25, clearance)
        )
        for tier in range(6):
            count = cells.get((clearance, tier), 0)
            tone = "alarm" if tier > clearance else "calm"
            depth = 0.12 + 0.88 * (count / most) ** 0.5 if count else 0.03
            x = left + tier * size
            parts.append(
                Markup('<rect class="{}" x="{}" y="{}" width="{}" height="40" rx="4" fill-opacity="{:.2f}"/>').format(
                    tone, x, y, size - 6, depth
                )
            )
            if count:
                strong = "cell strong" if depth > 0.55 else "cell"
                parts.append(
                    Markup('<text class="{}" x="{}" y="{}">{:,}</text>').format(strong, x + size / 2 - 3, y + 25, count)
                )
        edge = left + (clearance + 1) * size - 3
        parts.append(Markup('<line class="edge" x1="{0}" y1="{1}" x2="{0}" y2="{2}"/>').format(edge, y - 3, y + 43))
    legend = (("within the place's clearance", "calm"), ("flagged", "alarm"))
    return Figure(title, text, Markup("").join([*parts, Markup("</svg>")]), legend)


def _open(height: float, spoken: str) -> Markup:
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">').format(_WIDTH, height, spoken)


def _short(name: str) -> str:
    return name if len(name) <= 38 else name[:37] + "…"


def _spoken(row: Bar) -> str:
    inner = ", ".join(f"{segment.name} {segment.value}" for segment in row.segments if segment.value)
    return f"{row.name}: {inner}"


def _told(key: tuple[int, int], count: int) -> str:
    return str(escape(f"{count} of tier {key[1]} where tier {key[0]} is allowed"))
