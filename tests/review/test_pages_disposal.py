"""Disposal on the pages: who may sign for what, that the disposal rules' own refusals are shown, and that keeping is always possible."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from classifier.item import Tier
from retention import certificate, dispose, execute
from retention.catalogue import disposal
from retention.catalogue.tables import event
from retention.dispose import State
from retention.review.pages.disposal import capable
from retention.review.people import Person, Role
from tests.review.pages_world import HOSTILE, TODAY, World, batch

OWNER, MANAGER, ARCHIVIST = (role.value for role in dispose.Role)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """An empty council to which each test adds its own lists."""
    made = World(tmp_path_factory.mktemp("disposal"))
    yield made
    made.close()


def now(world, ref):
    """A list as it stands."""
    with world.catalogue.read() as connection:
        return disposal.named(connection, ref)[0]


def approve(world, who, made, role, **more):
    """Approve a list as somebody."""
    return world.post(who, "/disposal/approve", **{"ref": made.id, "role": role, "hash": made.list_hash, **more})


def test_a_list_is_approved_by_those_who_are_asked(world):
    """The owner, then the records manager; the form sent twice is one approval, and the log has each once."""
    made = world.list("D-20260101-000001", "Licensing", "Licensing/a.txt", "Licensing/b.txt")

    for _ in range(2):
        assert approve(world, "owner", made, OWNER).status_code == 303
    for _ in range(2):
        assert approve(world, "second", made, MANAGER).status_code == 303

    assert now(world, made.id).state is State.AUTHORISED
    with world.catalogue.read() as connection:
        rows = connection.execute(select(event.c.actor).where(event.c.subject == made.id)).scalars().all()
    assert rows == ["owner", "second"]


def test_the_proposer_never_approves(world):
    """Who proposed a list is refused in the rules' own words, whatever their roles."""
    made = world.list("D-20260101-000002", "Licensing", "Licensing/a.txt")
    approve(world, "owner", made, OWNER)

    answer = approve(world, "manager", made, MANAGER)

    assert answer.status_code == 409
    assert "the proposer never approves" in answer.text
    assert now(world, made.id).state is State.RM_REVIEW


@pytest.mark.parametrize(
    ("who", "role", "status"),
    [
        ("viewer", OWNER, 403),
        ("reviewer", OWNER, 403),
        ("auditor", OWNER, 403),
        ("auditor", MANAGER, 403),
        ("owner", MANAGER, 403),
        ("owner", ARCHIVIST, 403),
        ("second", OWNER, 403),
        ("approver", OWNER, 403),
        ("owner", "the king", 403),
        ("approver", MANAGER, 409),
        ("nobody", OWNER, 403),
    ],
)
def test_nobody_signs_in_a_capacity_that_is_not_theirs(world, who, role, status):
    """A role is not another, and who is not asked yet is told who is."""
    ref = f"D-20260102-{abs(hash((who, role))) % 0xFFFFFF:06X}"
    made = world.list(ref, "Licensing", "Licensing/a.txt")

    assert approve(world, who, made, role).status_code == status
    assert now(world, ref).approvals == ()


def test_a_manager_who_owns_a_zone_signs_for_no_other():
    """Seeing every zone as a records manager does not make somebody the owner of all of them."""
    both = Person("both", "B", frozenset({Role.OWNER, Role.RECORDS_MANAGER}), frozenset({"Licensing"}))

    assert capable(both, dispose.Role.OWNER, "Licensing")
    assert not capable(both, dispose.Role.OWNER, "Temp")
    assert capable(both, dispose.Role.RECORDS_MANAGER, "Temp")


def test_an_owner_has_no_part_in_another_zones_list(world):
    """Another zone's list is not there for an owner, neither to see nor to sign nor to stop."""
    made = world.list("D-20260101-000003", "Temp", "Temp/a.txt")

    assert approve(world, "owner", made, OWNER).status_code == 404
    assert world.post("owner", "/disposal/withdraw", ref=made.id, verb="all", reason="no").status_code == 404
    assert now(world, made.id).state is State.OWNER_REVIEW


def test_another_list_than_the_one_seen_is_not_approved(world):
    """An approval names the hash of the list that was on the page."""
    made = world.list("D-20260101-000004", "Licensing", "Licensing/a.txt")

    answer = approve(world, "owner", made, OWNER, hash="0" * 64)

    assert (answer.status_code, now(world, made.id).approvals) == (409, ())


def test_what_is_most_sensitive_needs_two_records_managers(world):
    """A list with the highest tier goes on only when two people have signed for the records manager."""
    made = world.list("D-20260101-000005", "Licensing", "Licensing/a.txt", tier=Tier.T4)
    approve(world, "owner", made, OWNER)
    approve(world, "second", made, MANAGER)
    assert now(world, made.id).state is State.RM_REVIEW

    approve(world, "approver", made, MANAGER)

    assert now(world, made.id).state is State.AUTHORISED


def test_items_and_whole_lists_can_be_kept(world):
    """An owner takes an item off a list with a reason and a date; a records manager stops the whole list."""
    made = world.list("D-20260101-000006", "Licensing", "Licensing/a.txt", f"Licensing/{HOSTILE}")
    path = "/disposal/withdraw"

    assert world.post("owner", path, ref=made.id, verb="some", item="2").status_code == 409
    assert world.post("owner", path, ref=made.id, verb="some", reason="needed").status_code == 409
    assert world.post("owner", path, ref=made.id, verb="some", item="2", reason="r", until="soon").status_code == 409
    for _ in range(2):
        answer = world.post("owner", path, ref=made.id, verb="some", item="2", reason="needed", until="2040-01-01")
        assert answer.status_code == 303
    assert [one.item for one in now(world, made.id).standing] == ["1"]
    text = world.get("owner", f"/disposal/list?ref={made.id}").text
    assert "needed" in text
    assert "<img" not in text

    for _ in range(2):
        assert world.post("second", path, ref=made.id, verb="all", reason="an audit").status_code == 303
    assert now(world, made.id).state is State.RETAINED
    assert world.post("viewer", path, ref=made.id, verb="all", reason="x").status_code == 403


def test_nothing_is_proposed_under_a_schedule_that_is_not_in_force(world):
    """What the rules refuse is shown in their words, and no list is made."""
    assert world.post("manager", "/disposal/propose", zone="").status_code == 303

    assert "has not been adopted" in world.get("manager", "/disposal").text
    assert world.post("manager", "/disposal/propose", zone="Nowhere").status_code == 400


def test_a_certificate_is_shown_and_given_as_it_was_issued(world):
    """The page shows the certificate without its annex; what is taken away is byte for byte what was issued."""
    made = batch("D-20260101-0000CE", "Licensing", b"Licensing/secret name.txt")
    results = [execute.Result(entry.item, execute.Outcome.DESTROYED, "") for entry in made.entries]
    about = certificate.Circumstances("Council", world.app.state.room.clock(), "how", "tool", "run", 0)
    issued = certificate.issue(made, results, about, None, lambda: "5a17" * 8)
    with world.catalogue.begin() as connection:
        disposal.keep(connection, made)
        disposal.keep_certificate(connection, issued, TODAY)
    path = f"/disposal/certificate?ref={made.id}"

    page = world.get("viewer", path).text
    taken = world.get("auditor", f"{path}&kind=json")

    assert json.loads(issued.json)["digest"] in page
    assert "secret name" not in page
    assert taken.content == issued.json
    assert taken.headers["content-disposition"].startswith("attachment")
    assert world.get("auditor", f"{path}&kind=html").content == issued.page
    assert world.get("auditor", f"{path}&kind=pdf").content.startswith(b"%PDF-")


def test_a_long_list_is_shown_in_pages(world):
    """A hundred items stand on a page, and each item is on one of them."""
    made = world.list("D-20260101-000007", "Licensing", *(f"Licensing/{number:03}.txt" for number in range(150)))

    texts = [world.get("owner", f"/disposal/list?ref={made.id}&start={start}").text for start in (0, 100, 10**9)]

    assert [text.count('name="item"') for text in texts] == [100, 50, 0]
