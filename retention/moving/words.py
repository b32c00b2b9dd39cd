"""What a person is told of a move that did not go on: one sentence for each reason, with what to do about it."""

from __future__ import annotations

from collections.abc import Mapping

REASONS: Mapping[str, str] = {
    "busy": "Another run is working on it. Try again in some minutes.",
    "cancelled": "The move was taken back before the file had left its place.",
    "changed": "The file is no longer the one that was judged. The next night judges it again.",
    "copy-kept": "It was saved again as it came back, so the copy in restricted storage is kept for some days.",
    "copy-lost": "The copy in restricted storage was damaged. The original was still there and is back at its place; look at the storage.",
    "frozen": "The stored bytes no longer match, so nothing is given back. Repair the storage, then: strongroom vault thaw",
    "hard-link": "The file has a second name, under which it would stay readable. Decide about both names.",
    "holding": "The original is still held aside. A later night removes it.",
    "name": "Every name that it could take in its folder is taken, or a file lies where the folder was. Rename what is in the way.",
    "open": "Somebody has the file open. Ask them to close it, or wait for the next night.",
    "share-absent": "The share is not mounted. Mount it; the next run goes on.",
    "share-changed": "Another file system is mounted where the share was. Check the mount; the next run goes on.",
    "share-unknown": "The share is no longer configured. Configure it again to go on.",
    "special": "A link, a folder, a pipe or a device lies in its place. Find out who put it there.",
    "vanished": "Somebody deleted or renamed the original in mid-move. The copy in restricted storage is kept until a person decides.",
    "vault-full": "Restricted storage is full. Make room; the next run goes on.",
    "vault:corrupt": "Restricted storage does not give back what was put in. Look at the storage before anything else is moved.",
    "fixity:absent": "The object is gone from restricted storage. Bring it back from versions or backups, then: strongroom vault thaw",
    "fixity:corrupt": "The object in restricted storage is damaged. Bring it back from versions or backups, then: strongroom vault thaw",
}
_KINDS: Mapping[str, str] = {
    "io:ENOSPC": "A disk is full. Make room; the next run goes on.",
    "io:EDQUOT": "A quota is used up. Raise it; the next run goes on.",
    "io:EACCES": "The share or the vault refuses this account. Put the rights in order; the next run goes on.",
    "io:EPERM": "The share or the vault refuses this account. Put the rights in order; the next run goes on.",
    "io:EROFS": "A file system is mounted read-only. Find out why; the next run goes on.",
    "io:": "A disk or a mount failed. Nothing is lost; the next run goes on. Look at the machine's log.",
    "vault:sealerror": "The vault's key file is not usable, or another key sealed the object. Bring the right key back.",
    "vault:occupied": "Another object has the key of this one. Look who else writes to restricted storage.",
    "vault:": "Restricted storage did not do what was asked. Nothing is lost; the next run goes on. Look with: strongroom vault probe",
}


def sentence(problem: str) -> str:
    """The sentence for a receipt's problem (``changed``, ``io:ENOSPC at copied``, ``vault:absent at verified``); empty for none."""
    if not problem:
        return ""
    if problem in REASONS:
        return REASONS[problem]
    fitting = [words for start, words in _KINDS.items() if problem.startswith(start)]
    return fitting[0] if fitting else f"It stopped for a reason that has no words yet: {problem}. Nothing is lost."
