"""Waiting items as rows of a catalogue, without a share: what the queue is tested on."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from sqlalchemy import insert, select, update

from retention.catalogue import Catalogue, families, runs
from retention.catalogue.lot import Night
from retention.catalogue.tables import decision, family, folder, item, label, member, reading, run, share
from retention.decision import Zone
from tests.classifier.signed import signed

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
TODAY = NOW.date()
ZONES = {
    "Licensing": Zone("Licensing", "main", b"Licensing", "Licensing Manager", record_classes={"Drivers": "LI-01"}),
    "Temp": Zone("Temp", "main", b"Temp", "Head of IT", exposure=True),
}


class Rows:
    """Puts items into a catalogue as a night would have left them, and refreshes the families."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.number = 0
        with catalogue.begin() as connection:
            runs.begin(connection, "night", "nightly", report_only=True, versions={}, now=NOW)
            self.run = connection.execute(select(run.c.id)).scalar_one()
            connection.execute(insert(share).values(name="main", zones_digest=""))
            self.share = connection.execute(select(share.c.id)).scalar_one()
        self.folders: dict[bytes, int] = {}

    def add(self, path: str, words: str = "", **told: Any) -> int:
        """One waiting item; ``words`` are its text, and ``told`` anything of its decision, label or reading."""
        with self.catalogue.begin() as connection:
            return self._add(connection, path, words, told)

    def _add(self, connection: Any, path: str, words: str, told: dict[str, Any]) -> int:
        self.number += 1
        place, _, name = path.encode().rpartition(b"/")
        of_folder = self._folder(connection, place)
        text = words or f"nothing else says {self.number} like this one of ours"
        bytes_ = {"sha256": hashlib.sha256(told.get("bytes", text).encode()).hexdigest(), "signature": signed(text)}
        found = connection.execute(select(reading.c.id).where(reading.c.sha256 == bytes_["sha256"])).scalar()
        tier, primary = told.get("tier", 2), told.get("primary", "personal")
        flags = told.get("flags", [])
        found = (
            found
            or connection.execute(
                insert(reading)
                .values(
                    **bytes_,
                    size=900,
                    versions="1",
                    format=told.get("format", "docx"),
                    reader="r",
                    completeness="full",
                    problem_kind=told.get("problem"),
                    primary=primary,
                    tier=tier,
                    sensitive=0.1,
                    personal=0.9,
                    flags=flags,
                    by="model:m",
                    because=[],
                    counts={"person_name": [3, told.get("people", 2)]},
                    notes=[],
                    limits=[],
                    run_id=self.run,
                )
                .returning(reading.c.id)
            ).scalar_one()
        )
        made = connection.execute(
            insert(item)
            .values(
                folder_id=of_folder,
                name=name,
                kind="file",
                size=900,
                modified_ns=1_600_000_000_000_000_000,
                changed_ns=1,
                device=1,
                inode=self.number,
                links=1,
                uid=0,
                gid=0,
                mode=0o644,
                state=0,
                first_run_id=self.run,
                changed_run_id=self.run,
                reading_id=found,
            )
            .returning(item.c.id)
        ).scalar_one()
        if primary:
            self._label(connection, made, found, tier, primary, flags, told.get("by", "model:m"))
        self._decide(connection, made, **({"tier": tier} | told))
        return int(made)

    def _folder(self, connection: Any, place: bytes) -> int:
        if place not in self.folders:
            zone = place.split(b"/")[0].decode()
            made = insert(folder).values(share_id=self.share, path=place, zone=zone).returning(folder.c.id)
            self.folders[place] = connection.execute(made).scalar_one()
        return self.folders[place]

    def _label(self, connection: Any, of: int, found: int, tier: Any, primary: Any, flags: Any, by: str) -> None:
        made = connection.execute(
            insert(label)
            .values(
                item_id=of,
                reading_id=found,
                primary=primary,
                tier=tier or 0,
                sensitive=0.1,
                personal=0.9,
                flags=flags,
                by=by,
                because=[],
                run_id=self.run,
                made_at=NOW,
            )
            .returning(label.c.id)
        ).scalar_one()
        connection.execute(update(item).where(item.c.id == of).values(label_id=made))

    def _decide(self, connection: Any, of: int, **told: Any) -> None:
        made = connection.execute(
            insert(decision)
            .values(
                item_id=of,
                run_id=self.run,
                inputs="",
                action=told.get("action", "review"),
                flagged=False,
                lane=told.get("lane", "E"),
                tier=told.get("tier", 2),
                clearance=3,
                rule=told.get("rule", "LI-01"),
                schedule_version="v",
                trigger="",
                start_source="",
                due=told.get("due"),
                permanent=told.get("permanent", False),
                class_by=told.get("class_by", "folder"),
                zone="",
                disposal="",
                decided_on=TODAY,
                held=[],
                because=[],
            )
            .returning(decision.c.id)
        ).scalar_one()
        connection.execute(update(item).where(item.c.id == of).values(decision_id=made))

    def decide(self, of: int, **told: Any) -> None:
        """Another decision on an item."""
        with self.catalogue.begin() as connection:
            self._decide(connection, of, **told)

    def relabel(self, of: int, **told: Any) -> None:
        """Another label of an item."""
        with self.catalogue.begin() as connection:
            found = connection.execute(select(item.c.reading_id).where(item.c.id == of)).scalar_one()
            self._label(connection, of, found, told.get("tier", 2), told.get("primary", "personal"), [], told["by"])

    def settle(self, family_id: int, state: str = "done", **told: Any) -> None:
        """Let a person answer for a family."""
        with self.catalogue.begin() as connection:
            version = family.c.version + 1
            connection.execute(
                update(family).where(family.c.id == family_id).values(state=state, version=version, **told)
            )

    def refresh(self, today: dt.date = TODAY) -> dict[str, int]:
        """Bring the families up to date."""
        night = Night(self.run, today, lambda _share, zone: ZONES[zone], 7)
        return families.refresh(self.catalogue, self.catalogue.begin, night)

    def families(self) -> list[dict[str, Any]]:
        """All families with the ids of their members, in the order of their making."""
        with self.catalogue.read() as connection:
            found = [dict(row) for row in connection.execute(select(family).order_by(family.c.id)).mappings()]
            for one in found:
                mine = select(member.c.item_id).where(member.c.family_id == one["id"]).order_by(member.c.item_id)
                one["members"] = list(connection.scalars(mine))
        return found

    def many(self, count: int) -> None:
        """Very many items, thirty to a folder, every third a version of the one before."""
        for start in range(0, count, 30_000):
            with self.catalogue.begin() as connection:
                self._bulk(connection, range(start + 1, min(count, start + 30_000) + 1))

    def _bulk(self, connection: Any, numbers: range) -> None:
        folders = sorted({n // 30 for n in numbers})
        connection.execute(
            insert(folder).prefix_with("OR IGNORE"),
            [
                {"id": n + 1, "share_id": self.share, "path": b"Licensing/Drivers/%d" % n, "zone": "Licensing"}
                for n in folders
            ],
        )
        shared = {
            "size": 900,
            "format": "docx",
            "reader": "r",
            "completeness": "full",
            "flags": [],
            "because": [],
            "notes": [],
            "limits": [],
        }
        connection.execute(
            insert(reading),
            [
                {
                    "id": n,
                    "sha256": f"{n:064x}",
                    "versions": "1",
                    "primary": "personal",
                    "tier": 2,
                    "sensitive": 0.1,
                    "personal": 0.9,
                    "by": "m",
                    "counts": {"person_name": [3, 2]},
                    "signature": hashlib.shake_128(b"%d" % (n // 3)).digest(256),
                    "run_id": self.run,
                    **shared,
                }
                for n in numbers
            ],
        )
        connection.execute(
            insert(item),
            [
                {
                    "id": n,
                    "folder_id": n // 30 + 1,
                    "name": b"Case note %d v%d.docx" % (n // 3, n % 3),
                    "kind": "file",
                    "size": 900,
                    "modified_ns": 1_600_000_000_000_000_000,
                    "changed_ns": 1,
                    "device": 1,
                    "inode": n,
                    "links": 1,
                    "uid": 0,
                    "gid": 0,
                    "mode": 0,
                    "state": 0,
                    "first_run_id": self.run,
                    "changed_run_id": self.run,
                    "reading_id": n,
                    "label_id": n,
                    "decision_id": n,
                }
                for n in numbers
            ],
        )
        connection.execute(
            insert(label),
            [
                {
                    "id": n,
                    "item_id": n,
                    "reading_id": n,
                    "primary": "personal",
                    "tier": 2,
                    "sensitive": 0.1,
                    "personal": 0.9,
                    "flags": [],
                    "by": "model:m",
                    "because": [],
                    "run_id": self.run,
                    "made_at": NOW,
                }
                for n in numbers
            ],
        )
        connection.execute(
            insert(decision),
            [
                {
                    "id": n,
                    "item_id": n,
                    "run_id": self.run,
                    "inputs": "",
                    "action": "review",
                    "flagged": False,
                    "lane": "E",
                    "tier": 2,
                    "clearance": 3,
                    "rule": f"LI-{n // 90 % 5_000}",
                    "schedule_version": "v",
                    "trigger": "",
                    "zone": "",
                    "decided_on": TODAY,
                    "class_by": "suggested",
                    "held": [],
                    "because": [],
                }
                for n in numbers
            ],
        )
