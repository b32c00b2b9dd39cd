"""Figures of the front page as inline SVG without a style attribute: what waits by lane, and how sure we are of a zone."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

_WIDTH, _LEFT, _STEP, _BAR = 620, 208, 30, 20


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bar figure: its name, number and tone, and where it leads."""

    name: str
    number: int
    tone: str
    to: str


def bars(lines: Sequence[Line], told: str) -> Markup:
    """Horizontal bars, each a link; ``told`` says what they are. The names are links for the eye, the keyboard and a screen reader."""
    most = max((line.number for line in lines), default=0)
    scale = (_WIDTH - _LEFT - 80) / most if most else 0.0
    parts = [
        Markup('<svg viewBox="0 0 {} {}" role="group" aria-label="{}">').format(_WIDTH, len(lines) * _STEP + 4, told)
    ]
    for number, line in enumerate(lines):
        top, width = number * _STEP + 4, line.number * scale
        parts.append(
            Markup(
                '<a href="{}" aria-label="{}: {:,}"><text class="left" x="{}" y="{}">{}</text></a>'
                '<rect class="{}" x="{}" y="{}" width="{:.1f}" height="{}" rx="2"/>'
                '<text class="value" x="{:.1f}" y="{}" aria-hidden="true">{:,}</text>'
            ).format(
                *(line.to, line.name, line.number, _LEFT - 10, top + 15, line.name, line.tone),
                *(_LEFT, top, max(1.5, width) if line.number else 0, _BAR, _LEFT + width + 8, top + 15, line.number),
            )
        )
    return Markup("").join([*parts, Markup("</svg>")])


def interval(low: float, high: float, told: str) -> Markup:
    """Bounds on a share (0 to 1) as a stretch of a line that is one at its right end; ``told`` says them in words."""
    return Markup(
        '<svg class="interval" viewBox="0 0 164 16" width="164" height="16" role="img" aria-label="{}">'
        '<line class="axis" x1="2" y1="8" x2="162" y2="8"/><line class="axis" x1="2" y1="4" x2="2" y2="12"/>'
        '<line class="axis" x1="162" y1="4" x2="162" y2="12"/>'
        '<line class="span" x1="{:.1f}" y1="8" x2="{:.1f}" y2="8"/></svg>'
    ).format(told, 2 + 160 * low, max(2 + 160 * low + 1.5, 2 + 160 * high))
