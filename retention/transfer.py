"""Hand records over to an archive: a BagIt bag (RFC 8493) with checksums, a metadata table and closure periods.

The bag is made beside the originals and verified before anything is removed; removal is the business of execution.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_from_bytes

import bagit

from classifier.item import Flag, Tier
from retention.clock import Period, add
from retention.dispose import Batch, Entry

# Years that archives commonly close records for, from the date of the record: infants and health 100, adults 84.
CLOSED_FOR = {Flag.CHILD: Period(years=100), Flag.SPECIAL: Period(years=100), Flag.OFFENCE: Period(years=84)}
_PERSONAL = Period(years=84)
_COLUMNS = (
    "reference",
    "file",
    "original_path",
    "sha256",
    "size",
    "record_class",
    "date",
    "tier",
    "closed_until",
    "closure_reason",
)


class TransferError(Exception):
    """The bag could not be made as it should be; the message names no file."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who hands over, to whom, under which accession."""

    council: str
    contact: str
    archive: str
    accession: str


def closure(entry: Entry, flags: frozenset[Flag]) -> tuple[dt.date | None, str]:
    """Return until when a record stays closed, and why; open records give no date. The archivist may decide otherwise."""
    start = entry.start or entry.due
    reasons = [(add(start, period), f"{flag.value} data") for flag, period in CLOSED_FOR.items() if flag in flags]
    if not reasons and (entry.tier is None or entry.tier >= Tier.T2):
        reasons = [(add(start, _PERSONAL), "personal data")]
    return max(reasons, default=(None, ""), key=lambda pair: pair[0] or dt.date.min)


def make_bag(
    folder: Path,
    batch: Batch,
    sender: Sender,
    copy: Callable[[Entry, Path], None],
    flags: Mapping[str, frozenset[Flag]],
    today: dt.date,
) -> Path:
    """Make a verified bag of what still stands on a list in an empty folder, and return the folder.

    ``copy`` writes the bytes of an entry to a path; each copy is checked against the hash on the list. Files are named by
    their opaque reference; original names stand in the metadata table. Raises ``TransferError`` when the folder is not
    empty, a copy is not what was listed, or the finished bag does not verify.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise TransferError("the folder for the bag is not empty")
    for entry in batch.standing:
        copy(entry, folder / _name(entry))
    _write_table(folder / "metadata.csv", batch.standing, flags)
    info = {
        "Source-Organization": sender.council,
        "Contact-Name": sender.contact,
        "External-Description": f"Transfer of {len(batch.standing)} records to {sender.archive}",
        "External-Identifier": sender.accession,
        "Internal-Sender-Identifier": batch.id,
        "Bagging-Date": today.isoformat(),
        "Bag-Software-Agent": "strongroom",
    }
    bag = bagit.make_bag(str(folder), info, checksums=["sha256", "sha512"])
    try:
        bag.validate()
    except bagit.BagError as error:
        raise TransferError("the finished bag does not verify") from error
    payload = {name.removeprefix("data/"): sums["sha256"] for name, sums in bag.payload_entries().items()}
    if any(payload.get(_name(entry)) != entry.sha256 for entry in batch.standing):
        raise TransferError("a copy in the bag is not what was listed")
    return folder


def _name(entry: Entry) -> str:
    return f"record-{entry.item}"


def _write_table(place: Path, entries: Sequence[Entry], flags: Mapping[str, frozenset[Flag]]) -> None:
    with place.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(_COLUMNS)
        for entry in entries:
            until, reason = closure(entry, flags.get(entry.item, frozenset()))
            original = quote_from_bytes(entry.path, safe="/ ")
            day, tier = entry.start or "", "" if entry.tier is None else f"T{entry.tier:d}"
            table.writerow(
                (
                    entry.item,
                    f"data/{_name(entry)}",
                    original,
                    entry.sha256,
                    entry.size,
                    entry.rule,
                    day,
                    tier,
                    until or "",
                    reason,
                )
            )
