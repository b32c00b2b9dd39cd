"""What several pages share: the place in a list, the news of what was just done, whole numbers, and errands that outlast a request."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from retention.review.pages import Room

PAGE = 50
_SAID = re.compile(r"[a-z.]{1,40}")
_LOCK = threading.Lock()


def place(text: str) -> int:
    """The id that a page of a list goes on from; 0, the beginning, for anything that is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def usable(number: int) -> int:
    """A number as a database can take it; one that is too large stands for nothing, as 0 does."""
    return number if 0 < number < 1 << 62 else 0


def news(room: Room, request: Request) -> str:
    """One sentence on what the request before this one did, when the address names one of ours."""
    key, told = f"news.{request.query_params.get('news', '')}", room.words(request)
    return told(key) if _SAID.fullmatch(key) and told.knows(key) else ""


@dataclass(slots=True)
class Errand:
    """Something that takes longer than a request may: done in a thread, asked about by later requests."""

    result: Any = None
    problem: str = ""
    done: bool = False


def errand(room: Room, name: str, act: Callable[[], Any], faults: tuple[type[Exception], ...]) -> Errand:
    """Begin an errand, or give the one of this name that is under way. A fault of the given kinds becomes its problem."""
    with _LOCK:
        known: Errand | None = room.memory.get(f"errand {name}")
        if known is not None and not known.done:
            return known
        made = room.memory[f"errand {name}"] = Errand()
    threading.Thread(target=_run, args=(made, act, faults), name="errand", daemon=True).start()
    return made


def _run(made: Errand, act: Callable[[], Any], faults: tuple[type[Exception], ...]) -> None:
    made.problem = "failed"
    try:
        made.result = act()
        made.problem = ""
    except faults as error:
        made.problem = str(error) or type(error).__name__
    finally:
        made.done = True


def under_way(room: Room, name: str) -> Errand | None:
    """The errand of this name, finished or not."""
    found: Errand | None = room.memory.get(f"errand {name}")
    return found


def remembered(room: Room, name: str, seconds: float, ask: Callable[[], Any]) -> Any:
    """An answer that may be some seconds old, for what goes through a whole table."""
    known, moment = room.memory.get(f"desk {name}"), room.clock().timestamp()
    if known is None or not 0 <= moment - known[0] < seconds:
        known = room.memory[f"desk {name}"] = (moment, ask())
    return known[1]


def forget(room: Room, name: str) -> None:
    """Let an answer be found anew."""
    for key in [key for key in list(room.memory) if key.startswith(f"desk {name}")]:
        room.memory.pop(key, None)
