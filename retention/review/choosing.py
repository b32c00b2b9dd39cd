"""A person's decision: what it means for each item (pure), and the one transaction that makes it so.

A decision is bound to what the person saw: the family's version. A form that is sent twice is one decision, by its token. All that stood
before is kept beside it, so that undo brings it back. Labels are appended, never changed; a move is approved for these very
bytes; what is settled is settled for these bytes, this tier and this rule, and comes back when one of them changes or on the day that
was asked for. Nothing is moved or destroyed here: the night does what was approved.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from classifier.item import Flag, Primary, Tier
from retention import judging
from retention.catalogue import Catalogue, choices, events
from retention.clock import Source
from retention.decision import Mode, Settled
from retention.review.people import Act, Person, may
from retention.review.queue import State
from retention.rule import Rule
from retention.schedule import Schedule
from retention.zones import ZoneMap

_LONGEST = 500
_LATEST = dt.timedelta(days=5 * 366)
# Owners are reminded after fourteen and twenty-eight days; silence means keep.
REMIND, OWNER_TIME, YEAR = dt.timedelta(days=14), dt.timedelta(days=28), dt.timedelta(days=365)
TIERS: Mapping[Primary, tuple[Tier, ...]] = {
    Primary.OFFICIAL: (Tier.T1, Tier.T0),
    Primary.PERSONAL: (Tier.T2, Tier.T3),
    Primary.SENSITIVE: (Tier.T3, Tier.T4, Tier.T5),
}
REFER = ("owner", "dpo", "legal", "safeguarding", "archivist", "siro", "access")
_PRESENT = 0


class Verb(StrEnum):
    """What a person may decide."""

    CONFIRM = "confirm"
    LABEL = "label"
    CLASS = "class"
    TRIGGER = "trigger"
    OWNER = "owner"
    MOVE = "move"
    LEAVE = "leave"
    REFER = "refer"
    WRONG = "wrong"
    UNDO = "undo"


class ChoiceError(Exception):
    """A decision cannot be taken as asked; the message is the key of a sentence."""


class UnknownError(ChoiceError):
    """There is no such family, or not for this person."""


class StaleError(ChoiceError):
    """What the person saw is no longer so; ``version`` is the family's now."""

    def __init__(self, version: int) -> None:
        super().__init__("choice.stale")
        self.version = version


@dataclass(frozen=True, slots=True)
class Order:
    """A decision as a form gives it. ``spared`` are ids of items that it does not cover."""

    family: int
    version: int
    token: str
    verb: Verb
    detail: Mapping[str, str] = field(default_factory=dict)
    spared: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Rules:
    """What decisions are held against: the schedule, the zones of each share, the owners and the day."""

    schedule: Schedule
    maps: Mapping[str, ZoneMap]
    owners: tuple[str, ...]
    today: dt.date


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an order. ``apart`` counts the items that were set apart; ``again`` says that it had been carried out before."""

    choice: int
    family: int
    verb: str
    items: int
    state: str
    apart: int = 0
    again: bool = False


# --- what a decision means: pure --------------------------------------------------------------------------------------------------


def checked(order: Order, rules: Rules) -> dict[str, str]:
    """The order's detail, complete and in order; raises ``ChoiceError`` with the key of a sentence on what is wrong."""
    told = {name: value.strip() for name, value in order.detail.items()}
    check = _CHECKS.get(order.verb)
    return check(told, rules) if check else {}


def _label_detail(told: Mapping[str, str], _rules: Rules) -> dict[str, str]:
    try:
        primary, tier = Primary(told.get("primary", "")), Tier(int(told.get("tier", "")))
    except ValueError:
        raise ChoiceError("choice.label") from None
    if tier not in TIERS[primary]:
        raise ChoiceError("choice.tier")
    return {"primary": primary.value, "tier": str(int(tier))}


def _class_detail(told: Mapping[str, str], rules: Rules) -> dict[str, str]:
    ref = told.get("class", "")
    if rules.schedule.rule(ref) is None:
        raise ChoiceError("choice.class")
    return {"class": ref}


def _trigger_detail(told: Mapping[str, str], rules: Rules) -> dict[str, str]:
    made = _class_detail(told, rules)
    rule = rules.schedule.rule(made["class"])
    if rule is None or told.get("trigger", "") not in triggers(rule):
        raise ChoiceError("choice.trigger")
    date = _date(told.get("date", ""))
    if not dt.date(1900, 1, 1) <= date <= rules.today:
        raise ChoiceError("choice.date")
    return {**made, "trigger": told["trigger"], "date": date.isoformat()}


def _leave_detail(told: Mapping[str, str], rules: Rules) -> dict[str, str]:
    reason, until = told.get("reason", ""), _date(told.get("until", ""))
    if not reason or len(reason) > _LONGEST:
        raise ChoiceError("choice.reason")
    if not rules.today < until <= rules.today + _LATEST:
        raise ChoiceError("choice.until")
    return {"reason": reason, "until": until.isoformat()}


def _refer_detail(told: Mapping[str, str], _rules: Rules) -> dict[str, str]:
    if told.get("to", "") not in REFER:
        raise ChoiceError("choice.to")
    return {"to": told["to"], "reason": told.get("reason", "")[:_LONGEST]}


def _owner_detail(told: Mapping[str, str], rules: Rules) -> dict[str, str]:
    if told.get("owner", "") not in rules.owners:
        raise ChoiceError("choice.owner")
    return {"owner": told["owner"]}


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ChoiceError("choice.date") from None


_CHECKS = {
    Verb.LABEL: _label_detail,
    Verb.WRONG: _label_detail,
    Verb.CLASS: _class_detail,
    Verb.TRIGGER: _trigger_detail,
    Verb.LEAVE: _leave_detail,
    Verb.REFER: _refer_detail,
    Verb.OWNER: _owner_detail,
}


def triggers(rule: Rule) -> tuple[str, ...]:
    """The triggers whose date a rule waits for; of a year's end, the trigger whose year it is."""
    found = (limb.trigger or "last_action" for limb in rule.terms.limbs if limb.fixed is None)
    return tuple(dict.fromkeys("last_action" if one.startswith("end_of_") else one for one in found if one != "none"))


@dataclass(frozen=True, slots=True)
class Effect:
    """What a decision does to one item: a label to append, facts to enter, and the kinds of facts that they replace."""

    label: Mapping[str, Any] | None
    facts: tuple[tuple[str, str], ...]
    replaced: frozenset[str]


def effect(verb: Verb, told: Mapping[str, str], row: Mapping[str, Any], rules: Rules, by: str) -> Effect:
    """What a decision does to one item, from its row of ``choices.covered``."""
    label = _label(verb, told, row, by)
    tier = label["tier"] if label else row["tier"]
    facts: list[tuple[str, str]] = []
    replaced = {judging.SETTLED}
    ref = _confirmed_class(verb, told, row)
    if ref:
        facts.append((judging.CLASS, ref))
        replaced.add(judging.CLASS)
    if verb is Verb.TRIGGER:
        facts.append((told["trigger"], told["date"]))
        replaced.add(told["trigger"])
    if verb is Verb.OWNER:
        return Effect(None, ((judging.OWNER, told["owner"]),), frozenset({judging.OWNER}))
    if verb is Verb.MOVE:
        return Effect(None, ((judging.APPROVED, row["sha256"]),), frozenset({judging.APPROVED, judging.SETTLED}))
    matters, until = _matters(verb, told, row, tier, rules)
    settled = Settled(
        matters, verb.value, rules.today, until, None if tier is None else Tier(tier), ref or row["rule"] or ""
    )
    ground = judging.ground(row["sha256"], row["size"], row["modified_ns"])
    facts.append((judging.SETTLED, judging.settle(settled, ground)))
    return Effect(label, tuple(facts), frozenset({*replaced, judging.APPROVED}))


def _confirmed_class(verb: Verb, told: Mapping[str, str], row: Mapping[str, Any]) -> str:
    if verb in (Verb.CLASS, Verb.TRIGGER):
        return told["class"]
    suggested = verb is Verb.CONFIRM and row["lane"] in ("E", "F") and row["class_by"] == "suggested"
    return str(row["rule"]) if suggested else ""


def _matters(
    verb: Verb, told: Mapping[str, str], row: Mapping[str, Any], tier: int | None, rules: Rules
) -> tuple[str, dt.date | None]:
    """Which matters a decision settles, and until when."""
    today = rules.today
    if verb is Verb.LEAVE:
        return "plt", dt.date.fromisoformat(told["until"])
    if verb is Verb.REFER:
        return "plt", today + REMIND
    if verb in (Verb.CLASS, Verb.TRIGGER) or (verb is Verb.CONFIRM and row["lane"] in ("E", "F")):
        return "lt", today + YEAR
    # Confirming does not put a record into its place: where only its owner can, it comes back if it is still there.
    zone = rules.maps[row["share"]].named(row["zone"])
    misplaced = tier is not None and (tier > zone.clearance or (tier >= Tier.T3 and zone.exposure))
    if misplaced and zone.mode == Mode.REPORT and tier != Tier.T5:
        return "pl", today + OWNER_TIME
    return "l", today + YEAR if tier is None else None


def _label(verb: Verb, told: Mapping[str, str], row: Mapping[str, Any], by: str) -> Mapping[str, Any] | None:
    if verb in (Verb.LABEL, Verb.WRONG):
        primary, tier = Primary(told["primary"]), int(told["tier"])
    elif verb is Verb.CONFIRM and row["primary"] is not None and row["lane"] not in ("E", "F"):
        primary, tier = Primary(row["primary"]), int(row["tier"])
    else:
        return None
    kept = {Flag(one) for one in row["flags"] or ()} - {Flag.UNCERTAIN, Flag.UNREADABLE}
    if verb is not Verb.CONFIRM:
        kept -= {Flag.SENSITIVE, Flag.PERSONAL}
        kept |= {Flag(primary.value)} if primary is not Primary.OFFICIAL else set()
    sensitive = primary is Primary.SENSITIVE
    personal = Flag.PERSONAL in kept
    return {
        "primary": primary.value,
        "tier": tier,
        "sensitive": float(sensitive),
        "personal": float(personal),
        "flags": sorted(kept),
        "by": by,
        "because": ["A person confirmed it." if verb is Verb.CONFIRM else "A person corrected it."],
    }


def movable(row: Mapping[str, Any], maps: Mapping[str, ZoneMap]) -> bool:
    """Whether approving a move would have an effect: flagged, read, at its place, in a zone whose mode lets people approve."""
    zone = maps[row["share"]].named(row["zone"])
    return bool(row["action"] == "restrict" and row["sha256"] and row["state"] == _PRESENT and zone.mode != Mode.REPORT)


# --- the transaction --------------------------------------------------------------------------------------------------------------


def apply(catalogue: Catalogue, person: Person, order: Order, rules: Rules, now: dt.datetime) -> Outcome:
    """Carry out a decision. Raises ``StaleError``, ``UnknownError`` or ``ChoiceError``; then nothing has changed."""
    told = checked(order, rules)
    with catalogue.begin() as connection:
        known = choices.by_token(connection, order.token)
        if known is not None:
            return _repeated(connection, known, person)
        family = _seen(connection, person, order)
        if not may(person, Act.MOVE if order.verb is Verb.MOVE else Act.DECIDE, family["zone"]):
            raise ChoiceError("choice.right")
        rows = choices.covered(connection, order.family)
        spared = [row for row in rows if row["id"] in order.spared]
        rows = [row for row in rows if row["id"] not in order.spared and row["state"] == _PRESENT]
        if order.verb is Verb.MOVE:
            rows = [row for row in rows if movable(row, rules.maps)]
        if not rows:
            raise ChoiceError("choice.move" if order.verb is Verb.MOVE else "choice.none")
        if order.verb is Verb.WRONG:
            told["rule"] = str(next((row["by"] for row in rows if row["by"]), ""))
        before = _change(connection, person, order.verb, told, rows, rules, now)
        apart = {str(row["id"]): choices.set_apart(connection, family, row) for row in spared}
        state, review = _state(order.verb, told, rules.today, waits=_waits(rows, order.verb, told, rules))
        _settle_family(connection, family, rows, state, review, told)
        made = choices.write(
            connection,
            {
                "token": order.token,
                "family_id": order.family,
                "at": now,
                "by": person.by,
                "verb": order.verb.value,
                "detail": {**told, "apart": apart, "stood": _stood(family)},
                "items": len(rows),
                "drawn": family["drawn"],
            },
            before,
        )
        _log(connection, person, made, now)
    return Outcome(made["id"], order.family, order.verb.value, len(rows), state, len(apart))


def _seen(connection: Any, person: Person, order: Order) -> Mapping[str, Any]:
    family = choices.take(connection, order.family)
    if family is None or not may(person, Act.SEE, family["zone"]):
        raise UnknownError("choice.unknown")
    if family["version"] != order.version:
        raise StaleError(family["version"])
    return family


def _repeated(connection: Any, known: Mapping[str, Any], person: Person) -> Outcome:
    if known["by"] != person.by:
        raise UnknownError("choice.unknown")
    family = choices.take(connection, known["family_id"])
    state = family["state"] if family else ""
    return Outcome(known["id"], known["family_id"], known["verb"], known["items"], state, again=True)


def _waits(rows: Sequence[Mapping[str, Any]], verb: Verb, told: Mapping[str, str], rules: Rules) -> dt.date | None:
    """The first day on which anything of what is settled comes back."""
    if verb in (Verb.OWNER, Verb.MOVE):
        return None
    tier = int(told["tier"]) if "tier" in told else None
    days = (_matters(verb, told, row, row["tier"] if tier is None else tier, rules)[1] for row in rows)
    return min((day for day in days if day is not None), default=None)


def _state(verb: Verb, told: Mapping[str, str], today: dt.date, *, waits: dt.date | None) -> tuple[str, dt.date | None]:
    if verb is Verb.LEAVE:
        return State.LEFT, dt.date.fromisoformat(told["until"])
    if verb is Verb.REFER:
        return State.LEFT, today + REMIND
    return (State.OPEN, None) if verb is Verb.OWNER else (State.DONE, waits)


def _settle_family(
    connection: Any,
    family: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    state: str,
    review: dt.date | None,
    told: Mapping[str, str],
) -> None:
    leader = family["leader_item_id"]
    ids = [row["id"] for row in rows]
    changed: dict[str, Any] = {"state": state, "review_on": review}
    if leader not in ids:
        changed["leader_item_id"] = ids[0]
    if "owner" in told:
        changed["owner"] = told["owner"]
    choices.put_family(connection, family["id"], **changed)


def _change(
    connection: Any,
    person: Person,
    verb: Verb,
    told: Mapping[str, str],
    rows: Sequence[Mapping[str, Any]],
    rules: Rules,
    now: dt.datetime,
) -> list[tuple[int, dict[str, Any]]]:
    """Write labels and facts, and return what stood before by item."""
    effects = {row["id"]: effect(verb, told, row, rules, person.by) for row in rows}
    kinds = {kind for one in effects.values() for kind in one.replaced}
    stood = choices.facts_of(connection, list(effects), kinds)
    gone = {key: [fact for fact in stood.get(key, ()) if fact["kind"] in one.replaced] for key, one in effects.items()}
    choices.drop_facts(connection, [fact["id"] for facts in gone.values() for fact in facts])
    choices.add_facts(
        connection,
        [
            {
                "item_id": key,
                "kind": kind,
                "value": value,
                "source": Source.OWNER.value,
                "confidence": 1.0,
                "by": person.by[:80],
                "made_at": now,
            }
            for key, one in effects.items()
            for kind, value in one.facts
        ],
    )
    labelled = {row["id"]: row for row in rows if effects[row["id"]].label}
    choices.add_labels(
        connection,
        [
            {
                **(effects[key].label or {}),
                "item_id": key,
                "reading_id": row["reading_id"],
                "run_id": None,
                "made_at": now,
            }
            for key, row in labelled.items()
        ],
    )
    for primary in {str((effects[key].label or {})["primary"]) for key in labelled}:
        mine = [key for key in labelled if (effects[key].label or {})["primary"] == primary]
        choices.answer_samples(connection, mine, primary, person.by, now)
    return [
        (
            row["id"],
            {
                "label": row["label_id"],
                "labelled": row["id"] in labelled,
                "facts": [_plain(fact) for fact in gone[row["id"]]],
                "kinds": sorted({kind for kind, _value in effects[row["id"]].facts}),
            },
        )
        for row in rows
    ]


def _plain(fact: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: fact[name] for name in ("kind", "value", "source", "confidence", "by")}
    return {**kept, "made_at": fact["made_at"].isoformat()}


def _stood(family: Mapping[str, Any]) -> dict[str, Any]:
    """What of a family's own row a decision may change."""
    kept = {name: family[name] for name in ("state", "owner", "leader_item_id")}
    return {**kept, "review_on": _iso(family["review_on"])}


def _iso(date: dt.date | None) -> str | None:
    return date.isoformat() if date else None


def _log(connection: Any, person: Person, made: Mapping[str, Any], now: dt.datetime) -> None:
    events.append(
        connection,
        actor=person.by,
        action=f"choice.{made['verb']}",
        subject=f"family:{made['family_id']}",
        detail={"choice": made["id"], "items": made["items"], "undoes": made["undoes"]},
        at=now,
    )


# --- undo -------------------------------------------------------------------------------------------------------------------------


def undo(catalogue: Catalogue, person: Person, choice_id: int, token: str, now: dt.datetime) -> Outcome:
    """Take a decision back: labels, facts, exceptions and the family stand as before.

    Raises ``ChoiceError`` when it was taken back already, when something newer was decided on one of its items, or when what it approved
    has been moved since: then the way back is the page of moves.
    """
    with catalogue.begin() as connection:
        repeated = choices.by_token(connection, token)
        if repeated is not None:
            return _repeated(connection, repeated, person)
        known = choices.by_id(connection, choice_id)
        family = choices.take(connection, known["family_id"]) if known else None
        if known is None or family is None or not may(person, Act.SEE, family["zone"]):
            raise UnknownError("choice.unknown")
        if not may(person, Act.MOVE if known["verb"] == Verb.MOVE else Act.DECIDE, family["zone"]):
            raise ChoiceError("choice.right")
        if known["undone_by"] is not None or known["undoes"] is not None:
            raise ChoiceError("undo.done")
        if choices.later(connection, choice_id):
            raise ChoiceError("undo.later")
        before = choices.before(connection, choice_id)
        if known["verb"] == Verb.MOVE and choices.moved(connection, sorted(before)):
            raise ChoiceError("undo.moved")
        _restore(connection, person, before, now)
        for item_id, apart in known["detail"].get("apart", {}).items():
            choices.bring_back(connection, int(item_id), int(apart), family["id"])
        stood = dict(known["detail"]["stood"])
        stood["review_on"] = dt.date.fromisoformat(stood["review_on"]) if stood["review_on"] else None
        choices.put_family(connection, family["id"], **stood)
        values = {"token": token, "family_id": family["id"], "at": now, "by": person.by, "verb": Verb.UNDO.value}
        made = choices.write(
            connection,
            {**values, "detail": {}, "items": len(before), "drawn": known["drawn"], "undoes": choice_id},
            (),
        )
        choices.mark_undone(connection, choice_id, made["id"])
        _log(connection, person, made, now)
    return Outcome(made["id"], family["id"], Verb.UNDO.value, len(before), State.OPEN)


def _restore(connection: Any, person: Person, before: Mapping[int, Mapping[str, Any]], now: dt.datetime) -> None:
    kinds = {kind for told in before.values() for kind in told["kinds"]}
    entered = choices.facts_of(connection, list(before), kinds)
    choices.drop_facts(
        connection,
        [fact["id"] for key, facts in entered.items() for fact in facts if fact["kind"] in before[key]["kinds"]],
    )
    choices.add_facts(
        connection,
        [
            {**fact, "item_id": key, "made_at": dt.datetime.fromisoformat(fact["made_at"])}
            for key, told in before.items()
            for fact in told["facts"]
        ],
    )
    labelled = {key: told["label"] for key, told in before.items() if told["labelled"]}
    _relabel(connection, person, labelled, now)
    choices.answer_samples(connection, sorted(labelled), None, "", None)


def _relabel(connection: Any, person: Person, labelled: Mapping[int, int | None], now: dt.datetime) -> None:
    """Put the former labels in force.

    The list of labels only grows: what a person had said before is said again; where a machine had the word, a row says that the
    person's was withdrawn, so that no later reading takes it up.
    """
    stood = choices.labels(connection, [number for number in labelled.values() if number is not None])
    fresh = choices.labels_in_force(connection, sorted(labelled))
    rows, machine = [], {}
    for key, number in labelled.items():
        former = stood.get(number) if number is not None else None
        if former is not None and str(former["by"]).startswith("person:"):
            rows.append({**former, "made_at": now})
        else:
            machine[key] = number
            rows.append({**fresh[key], "by": f"withdrawn:{person.name}"[:80], "made_at": now})
    choices.add_labels(connection, rows)
    choices.put_labels(connection, machine.items())


def confirm_key(row: Mapping[str, Any]) -> str:
    """The key of the sentence that says what confirming will do for an item."""
    if row["lane"] in ("E", "F"):
        return "confirm.class" if row["class_by"] == "suggested" and row["lane"] == "E" else "confirm.time"
    if row["primary"] is None:
        return "confirm.unread"
    if row["flagged"] and row["action"] == "review":
        return "confirm.place"
    return "confirm.flagged" if row["flagged"] else "confirm.label"
