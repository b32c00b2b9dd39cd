"""Verify certificates of disposal offline, with nothing but Python's standard library.

    python verify_certificate.py FIRST.json SECOND.json ... [--annex ANNEX.json]... [--page PAGE.html]...
                                 [--after DIGEST] [--head DIGEST]
Certificates come in the order of their chain; ``--after`` is the digest before the first one given. ``--head`` is the newest
digest as written down elsewhere: without it the last certificate could have been replaced as a whole. Exit status: 0 in order,
1 refused, 2 wrong use. Every file must be the canonical form of what it says and fit digest, Merkle root, sums and chain.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

FORMAT = "strongroom-certificate/1"


class Refused(Exception):  # noqa: N818 - the verdict itself
    """The certificate cannot be relied on; the message says why."""


def canonical(value: object) -> bytes:
    """Write JSON in the one form that is hashed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode() + b"\n"


def sha256(data: bytes) -> str:
    """Return the SHA-256 of bytes in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def leaf(item: object) -> str:
    """Return the hash of one item of an annex."""
    return sha256(b"\x00" + canonical(item))


def merkle_root(leaves: list[str]) -> str:
    """Return the root over leaf hashes in their order, split as in RFC 6962."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else sha256(b"")
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + bytes.fromhex(merkle_root(leaves[:half])) + bytes.fromhex(merkle_root(leaves[half:])))


def need(condition: bool, reason: str) -> None:
    """Refuse for a reason unless a condition holds."""
    if not condition:
        raise Refused(reason)


def parse(data: bytes, what: str) -> dict[str, Any]:
    """Read a file that must be exactly the canonical form of the object it holds."""
    try:
        value: dict[str, Any] = json.loads(data.decode("ascii"))
    except (ValueError, RecursionError):
        raise Refused(f"the {what} is not JSON in plain ASCII") from None
    need(isinstance(value, dict), f"the {what} is not an object")
    need(canonical(value) == data, f"the {what} is not in canonical form: a byte was changed")
    return value


def check(data: bytes, sequence: int | None, before: str | None) -> dict[str, Any]:
    """Check one certificate against itself and against the one before; returns it."""
    value = parse(data, "certificate")
    digest = value.pop("digest", None)
    need(sha256(canonical(value)) == digest, "the digest does not fit: something was changed")
    need(value.get("format") == FORMAT, "not a format this verifier knows")
    leaves, listed = value["leaves"], value["batch"]["items"]
    need(all(isinstance(one, str) and len(one) == 64 for one in leaves), "a leaf is not a SHA-256")
    need(len(leaves) == listed, "an item was added or removed")
    need(
        merkle_root(leaves) == value["merkle_root"],
        "the Merkle root does not fit: an item was changed, moved, added or removed",
    )
    need(sum(value["outcomes"].values()) == listed, "the outcomes do not add up to the items")
    need(sum(value["classes"].values()) == listed, "the record classes do not add up to the items")
    previous = value["previous"]
    if before is None:
        need(
            previous is None and value["sequence"] == 1,
            "the chain does not begin here: give --after, or the certificates before",
        )
    else:
        need(
            previous is not None and previous["digest"] == before,
            "the chain is broken: another certificate stood before this one",
        )
    need(sequence is None or value["sequence"] == sequence, "the chain is broken: the numbers do not follow")
    return {**value, "digest": digest}


def check_annex(data: bytes, certificates: dict[str, Any]) -> None:
    """Check that an annex holds exactly the items and people of its certificate, in their order."""
    annex = parse(data, "annex")
    need(annex["certificate"] in certificates, "the annex belongs to none of the certificates")
    certificate = certificates[annex["certificate"]]
    need(
        [leaf(item) for item in annex["items"]] == certificate["leaves"],
        "the annex does not hold the certificate's items",
    )
    need(
        [leaf(one) for one in annex["people"]] == [one["who"] for one in certificate["people"]],
        "the annex names other people",
    )


def verify(files: list[Path], annexes: list[Path], pages: list[Path], after: str | None, head: str | None) -> int:
    """Verify a chain with its annexes and pages; returns how many certificates are in order."""
    certificates = {}
    sequence, before = None, after
    for file in files:
        certificate = check(file.read_bytes(), sequence, before)
        certificates[certificate["id"]] = certificate
        sequence, before = certificate["sequence"] + 1, certificate["digest"]
    need(head is None or before == head, "the newest certificate is not the one that was written down elsewhere")
    for annex in annexes:
        check_annex(annex.read_bytes(), certificates)
    known = {certificate["page"] for certificate in certificates.values()}
    for page in pages:
        need(sha256(page.read_bytes()) in known, "a page was changed or belongs to another certificate")
    return len(certificates)


def main(arguments: list[str] | None = None) -> int:
    """Verify what the command line names and say the outcome in one line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("certificate", nargs="+", type=Path)
    parser.add_argument("--annex", action="append", default=[], type=Path)
    parser.add_argument("--page", action="append", default=[], type=Path)
    parser.add_argument("--after", help="digest of the certificate before the first one given")
    parser.add_argument("--head", help="newest digest, as it was written down elsewhere")
    given = parser.parse_args(arguments)
    try:
        count = verify(given.certificate, given.annex, given.page, given.after, given.head)
    except Refused as reason:
        sys.stdout.write(f"REFUSED: {reason}\n")
        return 1
    except (KeyError, TypeError, AttributeError, ValueError):
        sys.stdout.write("REFUSED: a field is missing or has another form\n")
        return 1
    sys.stdout.write(f"in order: {count} certificate{'s' * (count != 1)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
