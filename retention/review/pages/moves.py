"""Moves: what lies in restricted storage and how it got there, and the way back of one or of a whole run."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from retention import custody
from retention.catalogue import almanac, events, journal
from retention.catalogue.moves import Moves
from retention.review.pages import Need, Posted, Room, back, base_of, need_zone, posted
from retention.review.pages.desk import PAGE, Errand, errand, forget, news, place, remembered, under_way, usable
from retention.review.people import Act, Person, reach
from retention.vault import CUSTODY, FINAL, Move, Step, VaultError
from retention.vault.seal import SealError

Seeing = Annotated[Person, Depends(Need(Act.SEE))]
Restoring = Annotated[Person, Depends(Need(Act.RESTORE))]
Form = Annotated[Posted, Depends(posted)]
FORWARD = (Step.PLANNED, Step.COPIED, Step.VERIFIED, Step.TAKEN, Step.POINTED, Step.REMOVED)
HOMEWARD = (Step.RETURNING, Step.PLACED, Step.UNPOINTED, Step.RETURNED)
_FAULTS = (VaultError, SealError, OSError, custody.CustodyError)


def router(room: Room) -> APIRouter:
    """The routes."""
    made = APIRouter()

    @made.get("/moves")
    def show(request: Request, person: Seeing, state: str = "", run: str = "", after: str = "") -> Response:
        wanted = journal.Wanted(reach(person), state if state in journal.STATES else "", place(run))
        with room.catalogue.read() as connection:
            rows = journal.page(connection, wanted, place(after), PAGE + 1)
            runs = journal.runs(connection)
        onward = rows[PAGE - 1]["id"] if len(rows) > PAGE else None
        base = base_of(request)

        def here(**changes: Any) -> str:
            told = {"state": wanted.state, "run": wanted.run} | changes
            query = urlencode({name: value for name, value in told.items() if value})
            return f"{base}/moves{'?' + query if query else ''}"

        values: dict[str, Any] = {"rows": rows[:PAGE], "onward": onward, "wanted": wanted, "here": here, "runs": runs}
        counts = _counted(room, journal.Wanted(wanted.zones, run=wanted.run))
        return room.page(
            request, "moves.html", person, **values, counts=counts, news=news(room, request), **_words_of()
        )

    @made.get("/moves/{number}")
    def one(request: Request, person: Seeing, number: int) -> Response:
        return _card(room, request, person, number)

    @made.post("/moves/{number}/restore")
    def restore(request: Request, person: Restoring, form: Form, number: int) -> Response:
        row = _row(room, person, number, Act.RESTORE)
        if row["step"] == Step.RETURNED.value:
            return back(request, f"/moves/{number}?news=moves.restored")
        if row["step"] != form.one("seen") or form.one("sure") != "yes":
            return _card(room, request, person, number, "refused.409")
        try:
            receipt = custody.mover(room.config, room.catalogue).restore(_move(room, number), person.by)
        except _FAULTS:
            return _card(room, request, person, number, "moves.fault.vault")
        forget(room, "moves")
        done = "moves.restored" if receipt.step is Step.RETURNED else "moves.halted"
        return back(request, f"/moves/{number}?news={done}")

    @made.get("/moves/run/{number}")
    def run(request: Request, person: Restoring, number: int) -> Response:
        return _run(room, request, person, number)

    @made.post("/moves/run/{number}/undo")
    def undo(request: Request, person: Restoring, form: Form, number: int) -> Response:
        return _undo(room, request, person, form, number)

    return made


def _words_of() -> dict[str, Any]:
    return {"states": tuple(journal.STATES), "state_of": journal.state_of, "reference": journal.reference}


def _counted(room: Room, wanted: journal.Wanted) -> dict[str, tuple[int, int]]:
    def ask() -> dict[str, tuple[int, int]]:
        with room.catalogue.read() as connection:
            return journal.counts(connection, wanted)

    zones = sorted(wanted.zones) if wanted.zones is not None else None
    found: dict[str, tuple[int, int]] = remembered(room, f"moves {wanted.run} {zones}", 20, ask)
    return found


def _row(room: Room, person: Person, number: int, act: Act = Act.SEE) -> Any:
    with room.catalogue.read() as connection:
        row = journal.one(connection, usable(number))
    if row is None:
        raise HTTPException(404, "unknown")
    need_zone(person, act, row["zone"])
    return row


def _move(room: Room, number: int) -> Move:
    return Moves(room.catalogue, room.clock).get(number)


def _card(room: Room, request: Request, person: Person, number: int, fault: str = "") -> Response:
    row, move = _row(room, person, number), _move(room, number)
    with room.catalogue.read() as connection:
        history = journal.happened(connection, move.reference)
    return room.page(
        request,
        "move.html",
        person,
        status=409 if fault else 200,
        row=row,
        move=move,
        history=history,
        steps=_steps(move),
        problem=_problem(room, request, move.error),
        can_restore=move.step not in (Step.RETURNED, Step.REFUSED, Step.FROZEN),
        in_custody=move.step in CUSTODY,
        news=news(room, request),
        fault=fault,
        **_words_of(),
    )


def _steps(move: Move) -> list[tuple[str, str]]:
    """The steps of a move as (step, passed | here | open): the way there, and the way back once it has been taken."""
    path = [*FORWARD, *HOMEWARD] if move.step in HOMEWARD else list(FORWARD)
    if move.step not in path:
        path = [*FORWARD[:3], move.step] if move.step in (Step.YIELDING, Step.REFUSED) else [*FORWARD[:4], move.step]
    here = path.index(move.step)
    return [
        (step.value, "here" if number == here else "passed" if number < here else "open")
        for number, step in enumerate(path)
    ]


def _problem(room: Room, request: Request, error: str) -> str:
    """The machine's word for why a move stopped, as a sentence where there is one."""
    told, key = room.words(request), f"moves.problem.{error.partition(' ')[0].partition(':')[0]}"
    return f"{told(key)} ({error})" if error and told.knows(key) else error


def _state(room: Room, number: int) -> tuple[Any, dict[str, tuple[int, int]], int]:
    """A run, its moves by state, and how many of them can be put back."""
    number = usable(number)
    with room.catalogue.read() as connection:
        found = almanac.one(connection, number)
        counts = journal.counts(connection, journal.Wanted(None, run=number))
    if found is None:
        raise HTTPException(404, "unknown")
    return found, counts, sum(counts[state][0] for state in ("restricted", "going", "waits"))


def _run(room: Room, request: Request, person: Person, number: int, fault: str = "") -> Response:
    found, counts, left = _state(room, number)
    errand_ = under_way(room, f"undo {number}") or Errand(done=True)
    return room.page(
        request,
        "undo_run.html",
        person,
        status=409 if fault else 200,
        run=found,
        counts=counts,
        left=left,
        going=not errand_.done,
        problem=errand_.problem if errand_.done else "",
        fault=fault,
        news=news(room, request),
        **_words_of(),
    )


def _undo(room: Room, request: Request, person: Person, form: Posted, number: int) -> Response:
    _found, _counts, left = _state(room, number)
    known = under_way(room, f"undo {number}")
    if known is not None and not known.done:
        return back(request, f"/moves/run/{number}?news=moves.undoing")
    if not left:
        return back(request, f"/moves/run/{number}?news=moves.undone")
    if form.one("seen") != str(left) or form.one("sure") != "yes":
        return _run(room, request, person, number, "refused.409")
    with room.catalogue.begin() as connection:
        events.append(
            connection,
            actor=person.by,
            action="run-undo",
            subject=f"run:{number}",
            detail={"moves": left},
            at=room.clock(),
        )
    errand(room, f"undo {number}", lambda: _put_back(room, number, person.by), _FAULTS)
    return back(request, f"/moves/run/{number}?news=moves.undoing")


def _put_back(room: Room, number: int, by: str) -> int:
    done = sum(receipt.step in FINAL for receipt in custody.undo(room.config, room.catalogue, number, by))
    forget(room, "moves")
    return done
