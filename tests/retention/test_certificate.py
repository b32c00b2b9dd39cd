"""A certificate proves what was destroyed, and the verifier refuses it when anything was changed."""

import datetime as dt
import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention import certificate, verify_certificate
from retention.certificate import Circumstances, Issued
from retention.dispose import Role, approve
from tests.retention.small_world import World

VERIFIER = Path(verify_certificate.__file__)


def issued(count: int, previous: dict | None = None, name: str = "d1") -> Issued:
    """Dispose of some files and issue the certificate, with salts that are the same each time."""
    world = World()
    for number in range(count):
        world.add(f"i{number}", dt.date(2015, 3, 1 + number))
    batch = world.propose(name, "clerk.person")
    for by, role in (("head.person", Role.OWNER), ("manager.person", Role.RECORDS_MANAGER)):
        batch = approve(batch, by=by, role=role, seen_hash=batch.list_hash, today=world.today)
    done, results = world.execute(batch)
    salts = itertools.count(1)
    about = Circumstances(
        "Sample District Council",
        dt.datetime(2026, 11, 22, 22, 0, tzinfo=dt.UTC),
        "deleted from the share",
        "strongroom 0.1.0",
        "run-1",
        3,
        ("snapshots of the file server",),
        dt.date(2026, 12, 22),
    )
    return certificate.issue(done, results, about, previous, lambda: f"{next(salts):032x}")


CHAIN = [issued(5)]
CHAIN.append(issued(3, json.loads(CHAIN[0].json), "d2"))
CHAIN.append(issued(1, json.loads(CHAIN[1].json), "d3"))


def verdict(folder: Path, files: list[bytes], *options: str) -> int:
    """Return the verifier's exit status for certificates in their order."""
    names = []
    for number, data in enumerate(files):
        names.append(folder / f"{number}.json")
        names[-1].write_bytes(data)

    return verify_certificate.main([*map(str, names), *options])


def refreshed(data: bytes, **changes: object) -> bytes:
    """Change a certificate and give it a digest that fits, as a forger would."""
    value = {**json.loads(data), **changes}
    value.pop("digest")
    return certificate.canonical({**value, "digest": certificate.sha256(certificate.canonical(value))})


def test_a_chain_with_annexes_and_pages_is_in_order(tmp_path):
    """Three certificates, their annexes and pages, and the newest digest from elsewhere, all agree."""
    options = ["--head", CHAIN[-1].digest]
    for number, one in enumerate(CHAIN):
        (tmp_path / f"{number}.annex").write_bytes(one.annex)
        (tmp_path / f"{number}.html").write_bytes(one.page)
        options += ["--annex", str(tmp_path / f"{number}.annex"), "--page", str(tmp_path / f"{number}.html")]

    assert verdict(tmp_path, [one.json for one in CHAIN], *options) == 0


def test_the_verifier_stands_alone(tmp_path):
    """It runs without the product, with nothing but the standard library, in at most 150 lines."""
    (tmp_path / "c.json").write_bytes(CHAIN[0].json)
    (tmp_path / "v.py").write_bytes(VERIFIER.read_bytes())
    told = subprocess.run(
        [sys.executable, "-I", "v.py", "c.json"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (told.returncode, told.stdout) == (0, "in order: 1 certificate\n")
    assert len(VERIFIER.read_text(encoding="utf-8").splitlines()) <= 150


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(CHAIN[0].json) - 1), st.integers(1, 255))
def test_any_changed_byte_is_refused(place, flip):
    """No byte of a certificate can be another one."""
    data = bytearray(CHAIN[0].json)
    data[place] ^= flip
    with pytest.raises((verify_certificate.Refused, KeyError, TypeError, ValueError, AttributeError)):
        verify_certificate.check(bytes(data), None, None)


@pytest.mark.parametrize(
    "change", [lambda data: data + b"\n", lambda data: data[:-1], lambda data: b" " + data, lambda data: data * 2]
)
def test_added_and_missing_bytes_are_refused(tmp_path, change):
    """Not even white space can be added or taken away."""
    assert verdict(tmp_path, [change(CHAIN[0].json)]) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda leaves: leaves[:-1],
        lambda leaves: leaves[1:],
        lambda leaves: [*leaves, leaves[0]],
        lambda leaves: [*leaves, "0" * 64],
        lambda leaves: [leaves[1], leaves[0], *leaves[2:]],
        lambda leaves: leaves[::-1],
        lambda leaves: ["0" * 64, *leaves[1:]],
    ],
)
def test_items_cannot_be_removed_added_or_reordered(tmp_path, change):
    """Even with a digest made to fit, other leaves than those issued are refused."""
    forged = refreshed(CHAIN[0].json, leaves=change(json.loads(CHAIN[0].json)["leaves"]))

    assert verdict(tmp_path, [forged]) == 1


def test_a_forged_certificate_breaks_the_chain_and_the_annex(tmp_path):
    """A certificate forged throughout, root and all, fits neither its successor, its annex nor the written-down head."""
    body = json.loads(CHAIN[0].json)
    leaves = body["leaves"][:-1]
    batch = {**body["batch"], "items": len(leaves)}
    forged = refreshed(
        CHAIN[0].json,
        leaves=leaves,
        merkle_root=certificate.merkle_root(leaves),
        batch=batch,
        outcomes={"destroyed": len(leaves)},
        classes={"LI-01": len(leaves)},
    )
    (tmp_path / "annex").write_bytes(CHAIN[0].annex)

    assert verdict(tmp_path, [forged]) == 0
    assert verdict(tmp_path, [forged, CHAIN[1].json]) == 1
    assert verdict(tmp_path, [forged], "--annex", str(tmp_path / "annex")) == 1
    assert verdict(tmp_path, [forged], "--head", CHAIN[0].digest) == 1


@pytest.mark.parametrize("order", [(0, 2), (1, 0), (0, 1, 1), (1, 2), (2,), (0, 2, 1)])
def test_a_broken_chain_is_refused(tmp_path, order):
    """A missing, repeated, exchanged or leading link is noticed."""
    assert verdict(tmp_path, [CHAIN[number].json for number in order]) == 1


def test_a_later_part_of_the_chain_is_verified_after_a_known_digest(tmp_path):
    """A chain can be taken up where an earlier verification ended."""
    assert verdict(tmp_path, [CHAIN[1].json, CHAIN[2].json], "--after", CHAIN[0].digest) == 0
    assert verdict(tmp_path, [CHAIN[2].json], "--after", CHAIN[0].digest) == 1


@pytest.mark.parametrize("change", ["drop", "swap", "edit", "people"])
def test_an_annex_that_was_changed_is_refused(tmp_path, change):
    """Items and people of the annex are those of the certificate, in their order."""
    annex = json.loads(CHAIN[0].annex)
    if change == "drop":
        annex["items"].pop()
    if change == "swap":
        annex["items"][0], annex["items"][1] = annex["items"][1], annex["items"][0]
    if change == "edit":
        annex["items"][0]["sha256"] = "0" * 64
    if change == "people":
        annex["people"][0]["name"] = "somebody.else"
    (tmp_path / "annex").write_bytes(certificate.canonical(annex))

    assert verdict(tmp_path, [CHAIN[0].json], "--annex", str(tmp_path / "annex")) == 1


def test_a_changed_page_is_refused(tmp_path):
    """The page for people is bound to the certificate."""
    (tmp_path / "page").write_bytes(CHAIN[0].page.replace(b"Sample", b"Simple"))

    assert verdict(tmp_path, [CHAIN[0].json], "--page", str(tmp_path / "page")) == 1


def test_the_certificate_holds_no_personal_data():
    """Neither names of people nor paths nor hashes of files stand in certificate or page; the annex has them."""
    annex = json.loads(CHAIN[0].annex)
    secrets = [one["name"] for one in annex["people"]]
    secrets += [item[key] for item in annex["items"] for key in ("path", "sha256", "item")]
    for secret in secrets:
        assert f'"{secret}"'.encode() not in CHAIN[0].json
        assert b"Licensing/" not in CHAIN[0].json + CHAIN[0].page

    assert [one["name"] for one in annex["people"]] == ["clerk.person", "head.person", "manager.person"]


def test_the_certificate_says_what_an_auditor_asks():
    """Classes, dates, schedule, holds, roles, method, outcomes and what may remain are all there."""
    body = json.loads(CHAIN[0].json)

    assert (body["classes"], body["outcomes"], body["bytes"]) == ({"LI-01": 5}, {"destroyed": 5}, 500)
    assert (body["schedule"]["version"], body["holds_checked"]["count"]) == ("v1", 3)
    assert (body["trigger_dates"], body["earliest_eligible"]) == (
        {"from": "2015-03-01", "to": "2015-03-05"},
        "2022-03-02",
    )
    assert [one["role"] for one in body["people"]] == ["proposer", "information asset owner", "records manager"]
    assert body["residual"]["last_expires"] == "2026-12-22"


@given(st.lists(st.binary(min_size=32, max_size=32).map(bytes.hex), max_size=40))
def test_both_sides_compute_the_same_root(leaves):
    """The verifier's own tree agrees with the product's, and every order has its own root."""
    root = certificate.merkle_root(leaves)

    assert root == verify_certificate.merkle_root(leaves)
    assert leaves == leaves[::-1] or root != certificate.merkle_root(leaves[::-1])
