"""Moves: each method is one transaction, durable when it returns, and a run that has lost its lease can write nothing.

The lease is a token and a time; the fence counts the claims. A write names both token and fence, so that a run which was silent for
too long and was overtaken finds no row to change. Where the item lies now is changed in the same transaction as the step that
makes it so, and the steps that matter to an auditor enter the log there too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, func, insert, select, update

from retention.catalogue import events
from retention.catalogue.grouping import Group
from retention.catalogue.store import Catalogue
from retention.catalogue.tables import State, item, move
from retention.moving.bench import LeaseLost
from retention.moving.outward import plan_trail
from retention.vault import CUSTODY, FINAL, NEVER, Move, Order, Step

_T = TypeVar("_T")
_OVER = (Step.REFUSED.value, Step.RETURNED.value)
_UNPOINTED = (*_OVER, Step.UNPOINTED.value)
_LOGGED = FINAL | {Step.TAKEN, Step.RETURNING, Step.YIELDING}
_IDENTITY = ("inode", "size", "modified_ns", "changed_ns")


@dataclass(frozen=True, slots=True)
class Moves:
    """The journal of moves in the catalogue. ``clock`` gives the time in UTC."""

    catalogue: Catalogue
    clock: Callable[[], dt.datetime]

    def begin(self, order: Order, operation: str, vault: str, token: str, until: dt.datetime) -> Move:
        """The move that this order already has, or a new one at ``planned``, leased to the token with fence 1."""
        return self._do(lambda connection: self._begun(connection, order, (operation, vault, token, until)))

    def claim(self, known: Move, /, token: str, until: dt.datetime) -> Move | None:
        """Lease the move and raise its fence, if nobody did since it was read; otherwise ``None``."""
        return self._do(lambda connection: _claimed(connection, known, token, until))

    def record(self, known: Move, /, **changes: Any) -> Move:
        """Write changes, if the lease is still ours; raises ``LeaseLost`` when another run has claimed the move."""
        written = replace(known, **changes, updated_at=self.clock())
        if written.step in FINAL:
            written = replace(written, token="")
        self._do(lambda connection: self._recorded(connection, known, written))
        return written

    def _do(self, act: Callable[[Connection], _T]) -> _T:
        with self.catalogue.begin() as connection:
            return act(connection)

    def _begun(self, connection: Connection, order: Order, lease: tuple[str, str, str, dt.datetime]) -> Move:
        operation, vault, token, until = lease
        # One item is begun by one run at a time: SQLite has one writer, PostgreSQL waits for the item's row.
        connection.execute(_LOCK_ITEM, {"item_id": order.item_id})
        for row in connection.execute(_OF_ITEM, {"item_id": order.item_id}):
            if _same_order(row, order):
                return _move(row)
        now = self.clock()
        made = Move(
            id=0,
            item_id=order.item_id,
            run_id=order.run_id,
            operation=operation,
            share=order.share,
            path=order.path,
            step=Step.PLANNED,
            sha256=order.sha256,
            size=order.size,
            vault=vault,
            trail=plan_trail(quiet=order.quiet) | {"order": _identity(order)},
            token=token,
            until=until,
            fence=1,
            by=order.by,
            created_at=now,
            updated_at=now,
        )
        return replace(made, id=connection.execute(_BEGIN, _new(made)).scalar_one())

    def _recorded(self, connection: Connection, known: Move, written: Move) -> None:
        if written.step is not known.step and written.step in _LOGGED:
            events.lock(connection)
        if connection.execute(_RECORD, _values(known, written)).rowcount != 1:
            raise LeaseLost
        if written.step is not known.step:
            _lay(connection, written)
            self._log(connection, known, written)

    def get(self, move_id: int) -> Move:
        """One move; ``KeyError`` when there is none."""
        found = self._first(move.c.id == move_id)
        if found is None:
            raise KeyError(move_id)
        return found

    def find(self, operation: str) -> Move | None:
        """The move with this operation's id."""
        return self._first(move.c.operation == operation)

    def latest(self, item_id: int) -> Move | None:
        """The newest move of an item."""
        return self._first(move.c.item_id == item_id)

    def of_run(self, run_id: int) -> list[Move]:
        """The moves that a run began, newest first."""
        with self.catalogue.read() as connection:
            return [_move(row) for row in connection.execute(_newest_first(move.c.run_id == run_id))]

    def unfinished(self, share: str | None = None) -> list[Move]:
        """Moves that are at no final step, oldest first."""
        going = move.c.step.not_in([step.value for step in FINAL])
        wanted = going if share is None else and_(going, move.c.share == share)
        with self.catalogue.read() as connection:
            return [_move(row) for row in connection.execute(select(move).where(wanted).order_by(move.c.id))]

    def in_custody(self, after: int = 0, limit: int = 1000) -> list[Move]:
        """Moves whose record the vault holds, in the order of ids, from the first above ``after``."""
        steps = [step.value for step in CUSTODY]
        wanted = select(move).where(move.c.step.in_(steps), move.c.id > after).order_by(move.c.id).limit(limit)
        with self.catalogue.read() as connection:
            return [_move(row) for row in connection.execute(wanted)]

    def pointing(self, share: str, pointer: bytes) -> int:
        """How many moves out of this share need this note: those that are not returned, refused or past taking it away."""
        wanted = and_(move.c.share == share, move.c.pointer == pointer, move.c.step.not_in(_UNPOINTED))
        with self.catalogue.read() as connection:
            return int(connection.execute(select(func.count()).select_from(move).where(wanted)).scalar_one())

    def pointers(self, share: str) -> dict[bytes, str]:
        """The notes that lie on a share, by path, each with the operation that wrote it: what the crawl may pass by."""
        wanted = and_(move.c.share == share, move.c.pointer.is_not(None), move.c.step.not_in(_OVER))
        with self.catalogue.read() as connection:
            rows = connection.execute(select(move.c.pointer, move.c.operation).where(wanted))
            return {bytes(row.pointer): str(row.operation) for row in rows}

    def _first(self, wanted: ColumnElement[bool]) -> Move | None:
        with self.catalogue.read() as connection:
            row = connection.execute(_newest_first(wanted).limit(1)).first()
        return _move(row) if row else None

    def _log(self, connection: Connection, known: Move, written: Move) -> None:
        if written.step in _LOGGED:
            events.append(
                connection,
                actor=written.by,
                action="move.thawed" if known.step is Step.FROZEN else f"move.{written.step.value}",
                subject=written.reference,
                detail={"operation": written.operation, "item": written.item_id, "error": written.error},
                at=self.clock(),
            )


@dataclass(frozen=True, slots=True)
class SharedMoves(Moves):
    """The same journal for several threads at once: what they write at one moment goes into one transaction of the group."""

    group: Group

    def _do(self, act: Callable[[Connection], _T]) -> _T:
        return self.group.do(act)


def _newest_first(wanted: ColumnElement[bool]) -> Any:
    return select(move).where(wanted).order_by(move.c.id.desc())


def _identity(order: Order) -> list[int]:
    return [int(getattr(order, name)) for name in _IDENTITY]


def _same_order(row: Row[Any], order: Order) -> bool:
    """Whether a move stands for this order: not over, and for the same bytes of the same file."""
    if row.step in _OVER or row.sha256 != order.sha256:
        return False
    recorded: Any = row.origin.get("trail", {}).get("order")
    return recorded is None or recorded == _identity(order)


def _values(known: Move, written: Move) -> dict[str, Any]:
    return {
        "known_id": known.id,
        "known_token": known.token,
        "known_fence": known.fence,
        "step": written.step.value,
        "object_key": written.key,
        "origin": {**written.origin, "trail": dict(written.trail)},
        "pointer": written.pointer,
        "lease_token": written.token,
        "lease_until_at": written.until,
        "error": written.error,
        "by": written.by,
        "updated_at": written.updated_at,
    }


def _new(made: Move) -> dict[str, Any]:
    return {
        "item_id": made.item_id,
        "run_id": made.run_id,
        "operation": made.operation,
        "share": made.share,
        "path": made.path,
        "step": made.step.value,
        "vault": made.vault,
        "sha256": made.sha256,
        "size": made.size,
        "origin": {"trail": dict(made.trail)},
        "lease_token": made.token,
        "lease_until_at": made.until,
        "fence": made.fence,
        "by": made.by,
        "created_at": made.created_at,
        "updated_at": made.updated_at,
    }


def _claimed(connection: Connection, known: Move, token: str, until: dt.datetime) -> Move | None:
    row = connection.execute(
        update(move)
        .where(move.c.id == known.id, move.c.fence == known.fence, move.c.step == known.step.value)
        .where(move.c.lease_token == known.token)
        .values(lease_token=token, lease_until_at=until, fence=known.fence + 1)
        .returning(move)
    ).one_or_none()
    return _move(row) if row else None


# Built once: a move is written some eight times, and building the statement would take longer than running it.
_RECORD = (
    update(move)
    .where(move.c.id == bindparam("known_id"), move.c.lease_token == bindparam("known_token"))
    .where(move.c.fence == bindparam("known_fence"))
    .values(
        {
            name: bindparam(name)
            for name in (
                "step",
                "object_key",
                "origin",
                "pointer",
                "lease_token",
                "lease_until_at",
                "error",
                "by",
                "updated_at",
            )
        }
    )
)


_LOCK_ITEM = select(item.c.id).where(item.c.id == bindparam("item_id")).with_for_update()
_OF_ITEM = select(move).where(move.c.item_id == bindparam("item_id")).order_by(move.c.id.desc())
_BEGIN = insert(move).returning(move.c.id)
_RESTRICT = (
    update(item)
    .where(item.c.id == bindparam("item_id"), item.c.state == State.PRESENT)
    .values(state=State.RESTRICTED, occupant=item.c.id)
)


def _lay(connection: Connection, written: Move) -> None:
    """Say in the item's row where the item lies now."""
    if written.step is Step.TAKEN:
        connection.execute(_RESTRICT, {"item_id": written.item_id})
    elif written.step in (Step.RETURNED, Step.REFUSED):
        mine = item.c.id == written.item_id
        row = connection.execute(select(item.c.folder_id, item.c.name, item.c.state).where(mine)).first()
        if row is None or row.state != State.RESTRICTED:
            return
        here = and_(item.c.folder_id == row.folder_id, item.c.name == row.name, item.c.occupant == 0)
        taken = connection.execute(select(item.c.id).where(here)).first()
        # When another file has the name by now, the returned one got a name beside it and the crawl will meet it there.
        lies = (
            {"state": State.GONE} if taken else {"state": State.PRESENT, "occupant": 0, "absent": False, "missing": 0}
        )
        connection.execute(update(item).where(mine).values(**lies))


def _utc(value: dt.datetime | None) -> dt.datetime | None:
    """SQLite gives times back without their zone; they are UTC."""
    return value.replace(tzinfo=dt.UTC) if value is not None and value.tzinfo is None else value


def _move(row: Row[Any]) -> Move:
    origin = dict(row.origin)
    trail = origin.pop("trail", {})
    return Move(
        id=row.id,
        item_id=row.item_id,
        run_id=row.run_id,
        operation=row.operation,
        share=row.share,
        path=bytes(row.path),
        step=Step(row.step),
        sha256=row.sha256,
        size=row.size,
        vault=row.vault,
        key=row.object_key,
        origin=origin,
        trail=trail,
        pointer=None if row.pointer is None else bytes(row.pointer),
        token=row.lease_token,
        until=_utc(row.lease_until_at),
        fence=row.fence,
        error=row.error,
        by=row.by,
        created_at=_utc(row.created_at) or NEVER,
        updated_at=_utc(row.updated_at) or NEVER,
    )
