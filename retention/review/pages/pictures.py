"""Small pictures of the card as inline SVG, without a style attribute: what the style sheet colours, a screen reader is told in words."""

from __future__ import annotations

import datetime as dt

from markupsafe import Markup

_STEP, _LEFT = 46, 4


def ladder(tier: int | None, clearance: int, told: str) -> Markup:
    """The six tiers as steps: those that the place is cleared for, and the one that the item has. ``told`` says it in words."""
    parts = [
        Markup(
            '<svg class="picture ladder" viewBox="0 0 {} 40" width="{}" height="40" role="img" aria-label="{}">'
        ).format(6 * _STEP + 8, 6 * _STEP + 8, told)
    ]
    for step in range(6):
        inside = "inside" if step <= clearance else "outside"
        here = ""
        if step == tier:
            here = " here above" if step > clearance else " here"
        x = _LEFT + step * _STEP
        parts.append(
            Markup('<rect class="{}{}" x="{}" y="6" width="{}" height="28" rx="4"/>').format(inside, here, x, _STEP - 4)
        )
        parts.append(
            Markup('<text class="{}{}" x="{}" y="25">T{}</text>').format(inside, here, x + _STEP / 2 - 2, step)
        )
    edge = _LEFT + (clearance + 1) * _STEP - 2
    parts.append(Markup('<line class="edge" x1="{0}" y1="1" x2="{0}" y2="39"/></svg>').format(edge))
    return Markup("").join(parts)


def chance(value: float, told: str) -> Markup:
    """A probability as a bar from 0 to 1."""
    return Markup(
        '<svg class="picture chance" viewBox="0 0 120 10" width="120" height="10" role="img" aria-label="{}">'
        '<rect class="rail" x="0" y="2" width="120" height="6" rx="3"/>'
        '<rect class="fill" x="0" y="2" width="{:.1f}" height="6" rx="3"/>'
        '<line class="half" x1="60" y1="0" x2="60" y2="10"/></svg>'
    ).format(told, max(2.0, 120 * min(1.0, max(0.0, value))))


def line(start: dt.date, due: dt.date, today: dt.date, told: str) -> Markup:
    """The time of a record: from the day that counts to the last day of retention, and where today is."""
    first, last = min(start, today), max(due, today)
    whole = max(1, (last - first).days)

    def at(day: dt.date) -> float:
        return 6 + 288 * (day - first).days / whole

    return Markup(
        '<svg class="picture time" viewBox="0 0 300 22" width="300" height="22" role="img" aria-label="{}">'
        '<line class="rail" x1="6" y1="11" x2="294" y2="11"/>'
        '<line class="kept" x1="{:.1f}" y1="11" x2="{:.1f}" y2="11"/>'
        '<circle class="end" cx="{:.1f}" cy="11" r="4"/><circle class="end" cx="{:.1f}" cy="11" r="4"/>'
        '<line class="today" x1="{:.1f}" y1="2" x2="{:.1f}" y2="20"/></svg>'
    ).format(told, at(start), at(due), at(start), at(due), at(today), at(today))
