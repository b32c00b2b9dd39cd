"""What years of work make of a share: copies, versions, renditions, attachments saved beside their mail, and more of the same.

The sample share tells every story once or a few times, so that it can be made in seconds. A real one holds the same few kinds of
document many times over. ``grow`` adds what people leave: for most papers an earlier draft or two and a copy or two beside them, the
whole folder again where a team keeps its backup, and papers of the same kind for the years between.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace

from tests.made import factories
from tests.made.council import Cast
from tests.made.expected import Document
from tests.made.share import Made, Share, fill, stories, tell

_LAST = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
_WORDED = frozenset({"docx", "pdf", "txt", "rtf", "odt", "doc"})


def grow(share: Share) -> None:
    """Add copies and versions to every story of the plan, and the plan itself again as other years would have filled it."""
    rng = random.Random(f"{share.seed}:copies")
    again = Share(share.seed + 1)
    fill(again)
    for made in list(again.made.values()):
        _again(share, made)
    for made in [one for one in share.made.values() if one.document.story in stories()]:
        _beside(share, made, rng)


def _again(share: Share, made: Made) -> None:
    share.add(made.document, made.data, made.when)


def _beside(share: Share, made: Made, rng: random.Random) -> None:
    """What lies beside a paper: most often a copy or a draft, sometimes both, sometimes nothing."""
    folder, _, file = made.document.path.rpartition(b"/")
    stem, _, suffix = file.rpartition(b".")
    if rng.random() < 0.45:
        for pattern in rng.sample((b"Copy of %s", b"%s - Copy", b"%s (2)"), k=rng.choice((1, 1, 2))):
            _put(share, made, folder + b"/" + pattern % stem + b"." + suffix, made.data, _later(made.when, rng))
    if rng.random() < 0.35 and made.document.kind in _WORDED:
        cast = Cast(random.Random(f"{share.seed}:{made.document.path!r}"), made.when.date())
        for number, percent in ((1, 70), (2, 85)):
            when = made.when - dt.timedelta(days=30 // number)
            paper = tell(made.document.story, cast, written=when.replace(microsecond=0), percent=percent)
            path = folder + b"/%s draft v%d." % (stem, number) + suffix
            _put(share, made, path, factories.one(made.document.kind, paper), when)


def _later(when: dt.datetime, rng: random.Random) -> dt.datetime:
    return min(when + dt.timedelta(days=rng.randrange(1, 200), seconds=rng.randrange(30_000)), _LAST)


def _put(share: Share, made: Made, path: bytes, data: bytes, when: dt.datetime) -> Document:
    same = made.document.path if data == made.data else b""
    truth = stories()[made.document.story][0]
    return share.add(replace(made.document, path=path, copy_of=same, truth=truth), data, when)
