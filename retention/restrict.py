"""Move one item into restricted storage, resumable at every step, and back again.

Threat model: the process may be killed between any two instructions, a disk may be full or fail, the storage server may lie, users
go on working on the share, and other runs may work on the same item. The promise: at every instant one complete, verified copy of the
record exists; running again changes nothing more; no edit of a user is lost and no name is overwritten; and every move can be taken
back. Every effect lies between two transactions of the journal, the first of which says what is about to be done.
Accepted risk: two effects of one move by two runs can meet only after a run was silent for longer than its lease; each effect is
made so that even then it happens once.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from retention.moving import homeward, outward
from retention.moving.bench import Bench, Giving, Halt, Journal, LeaseLost, MoveSettings, Vanished, at_step
from retention.moving.holding import HOLDING
from retention.place import Disk
from retention.vault import FINAL, Move, Order, Receipt, Step, Vault, VaultError
from retention.vault.seal import SealError

__all__ = ["HOLDING", "Journal", "MoveSettings", "Mover", "Order", "Receipt"]

_STEPS: Mapping[Step, Callable[[Bench, Move], Move]] = {
    Step.PLANNED: outward.copy,
    Step.COPIED: outward.verify,
    Step.VERIFIED: outward.take,
    Step.TAKEN: outward.point,
    Step.POINTED: outward.remove,
    Step.YIELDING: outward.give_way,
    Step.RETURNING: homeward.place,
    Step.PLACED: homeward.unpoint,
    Step.UNPOINTED: homeward.drop_copy,
}
_NOT_YET_TAKEN = frozenset({Step.PLANNED, Step.COPIED, Step.VERIFIED})
_FORWARD = _NOT_YET_TAKEN | {Step.TAKEN, Step.POINTED}
_IN_VAULT = frozenset({Step.TAKEN, Step.POINTED, Step.REMOVED, Step.KEPT})


class Mover:
    """Moves items of some shares into one vault. One for each thread; any number may work at once.

    ``shares`` maps a share's name to where it is mounted; ``clock`` gives the time in UTC; movers that share ``notices`` leave one
    notice in a folder between them.
    """

    def __init__(
        self,
        vault: Vault,
        shares: Mapping[str, Path],
        journal: Journal,
        clock: Callable[[], dt.datetime],
        settings: MoveSettings,
        disk: Disk | None = None,
        notices: threading.Lock | None = None,
    ) -> None:
        self._bench = Bench(
            vault, shares, journal, clock, settings, disk or Disk(), notices=notices or threading.Lock()
        )
        self._token = f"{_process()}:{secrets.token_hex(6)}"

    def restrict(self, order: Order) -> Receipt:
        """Move one item; asked again for the same file it goes on where it stopped, or tells what became of it.

        Never raises for what is wrong with the item, its share or the vault: the receipt says so, and whether a later run tries again.
        """
        bench = self._bench
        move = bench.journal.begin(order, uuid.uuid4().hex, bench.vault.name, self._token, bench.until())
        if move.token == self._token and move.step is Step.PLANNED and move.fence == 1:
            return self._advance(move)
        return self.resume(move)

    def resume(self, move: Move) -> Receipt:
        """Go on with a move that an earlier run left, in the direction in which it was going."""
        if move.step in FINAL:
            return _receipt(move)
        claimed = self._claim(move)
        return self._advance(claimed) if claimed else _receipt(move, "busy", again=True)

    def restore(self, move: Move, by: str) -> Receipt:
        """Take a move back: the file lies at its place again, to the same bytes, times, mode, owner and attributes.

        A move that has not yet taken the original is given up. ``by`` is the person who asked.
        """
        if move.step in (Step.RETURNED, Step.REFUSED):
            return _receipt(move)
        if move.step is Step.FROZEN:
            return _receipt(move, "frozen")
        claimed = self._claim(move)
        if claimed is None:
            return _receipt(move, "busy", again=True)
        if claimed.step in _NOT_YET_TAKEN:
            claimed = self._bench.record(claimed, step=Step.YIELDING, error="cancelled", by=by)
        elif claimed.step in _IN_VAULT:
            claimed = self._bench.record(claimed, step=Step.RETURNING, error="", by=by)
        return self._advance(claimed)

    def undo(self, run_id: int, by: str) -> Iterator[Receipt]:
        """Take back every move that a run began, the newest first."""
        for move in self._bench.journal.of_run(run_id):
            yield self.restore(move, by)

    def _claim(self, move: Move) -> Move | None:
        bench = self._bench
        free = not move.token or move.until is None or move.until <= bench.clock() or _gone(move.token)
        if not free and move.token != self._token:
            return None
        bench.disk.watch("claim")
        claimed = bench.journal.claim(move, self._token, bench.until())
        bench.disk.watch("claim done")
        return claimed

    def _advance(self, move: Move) -> Receipt:
        bench = self._bench
        try:
            while move.step not in FINAL:
                try:
                    move = _STEPS[move.step](bench, move)
                except Giving as given:
                    move = self._give_way(move, given.reason)
                except Vanished:
                    move = self._give_way(move, "vanished")
        except LeaseLost:
            return _receipt(bench.journal.get(move.id), "busy", again=True)
        except Halt as halt:
            return self._halt(move, halt.reason)
        except OSError as error:
            return self._halt(move, at_step(move.step, error))
        except (VaultError, SealError) as error:
            return self._halt(move, f"vault:{type(error).__name__.lower()} at {move.step.value}")
        return _receipt(move)

    def _give_way(self, move: Move, reason: str) -> Move:
        """Turn round; the journal's own copy of the move has what the interrupted step had recorded."""
        bench = self._bench
        now = bench.journal.get(move.id)
        if now.fence != move.fence or now.token != self._token:
            raise LeaseLost
        if now.step not in _FORWARD:
            raise Halt(reason)
        return bench.record(now, step=Step.YIELDING, error=reason)

    def _halt(self, move: Move, reason: str) -> Receipt:
        """Write down why the move stops here and give the lease back, if it still is ours."""
        bench = self._bench
        now = bench.journal.get(move.id)
        if now.fence != move.fence or now.token != self._token:
            return _receipt(now, "busy", again=True)
        try:
            now = bench.journal.record(now, until=bench.clock(), token="", error=reason)
        except LeaseLost:
            return _receipt(now, "busy", again=True)
        return _receipt(now, reason, again=True)


def _receipt(move: Move, problem: str = "", *, again: bool = False) -> Receipt:
    return Receipt(
        operation=move.operation,
        item_id=move.item_id,
        reference=move.reference,
        step=move.step,
        problem=problem or move.error,
        again=again,
        sha256=move.sha256,
        size=move.size,
        at=move.updated_at,
    )


def _started(pid: int) -> str:
    """When a process started, in clock ticks since boot; empty when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _machine() -> str:
    """This boot of this machine, and the set of process numbers that we see: two containers do not count as one machine."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()[:8]
    return f"{boot}-{Path('/proc/self/ns/pid').stat().st_ino:x}"


def _process() -> str:
    return f"{_machine()}:{os.getpid()}:{_started(os.getpid())}"


def _gone(token: str) -> bool:
    """Whether the process that took a lease is known to have ended, so that nobody need wait for the lease to run out."""
    machine, _, rest = token.partition(":")
    pid, _, rest = rest.partition(":")
    started = rest.partition(":")[0]
    return machine == _machine() and pid.isdigit() and bool(started) and _started(int(pid)) != started
