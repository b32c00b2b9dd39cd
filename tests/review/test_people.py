"""Roles, rights and zones; passwords and sessions."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.review import login
from retention.review.people import EVERYWHERE, RIGHTS, Act, Person, Role, may, reach, usable_name
from tests.review.conftest import PASSWORD, SECRET

NOW = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
KEY = b"k" * 32
ROW = {"name": "ann", "epoch": 3, "shown": "Ann", "roles": ["owner", "king"], "zones": ["Licensing"]}
ZONED = sorted(set(Role) - {Role.RECORDS_MANAGER, Role.AUDITOR})


def person(*roles, zones=()):
    """Somebody."""
    return Person("ann", roles=frozenset(roles), zones=frozenset(zones))


@pytest.mark.parametrize("act", sorted(set(Act) - {Act.COUNTS}))
@pytest.mark.parametrize("role", ZONED)
def test_a_role_counts_in_its_own_zones_only(role, act):
    """Whoever has zones may do there what their role may do, and nothing elsewhere."""
    one = person(role, zones=["Licensing"])

    assert (role in RIGHTS[act]) == may(one, act, "Licensing")
    assert not may(one, act, "Temp")


@pytest.mark.parametrize("act", sorted(set(Act) - {Act.COUNTS}))
def test_without_a_role_only_numbers_are_seen(act):
    """An Airflow operator who was given no role sees counts and nothing else, whatever zones stand beside the name."""
    nobody = person(zones=[EVERYWHERE])

    assert may(nobody, Act.COUNTS)
    assert not may(nobody, act)
    assert not may(nobody, act, "Licensing")


def test_viewers_and_auditors_change_nothing():
    """Every act that changes something is closed to those who only look."""
    changing = {
        Act.DECIDE,
        Act.MOVE,
        Act.RESTORE,
        Act.HOLD,
        Act.RELEASE,
        Act.PROPOSE,
        Act.APPROVE,
        Act.SAMPLE,
        Act.LEARN,
    }

    assert {act for act in changing if RIGHTS[act] & {Role.VIEWER, Role.AUDITOR}} == set()


def test_who_proposes_does_not_approve():
    """No role alone holds both ends of a disposal."""
    assert RIGHTS[Act.PROPOSE] & RIGHTS[Act.APPROVE] == frozenset()


@given(st.sets(st.sampled_from(sorted(Role))), st.sets(st.sampled_from(["A", "B", EVERYWHERE])))
def test_reach_and_may_say_the_same(roles, zones):
    """What a list shows is what a single page would let through."""
    one = person(*roles, zones=zones)
    for act in set(Act) - {Act.COUNTS}:
        wide = reach(one, act)
        for zone in ("A", "B", "C"):
            assert may(one, act, zone) == (wide is None or zone in wide)


def test_a_password_fits_itself_only():
    """The stored form fits its password, no other, and nothing fits an empty one."""
    assert login.fits(PASSWORD, SECRET)
    assert not login.fits(PASSWORD + " ", SECRET)
    assert not login.fits("", "")
    assert not login.fits(PASSWORD, "")
    assert SECRET != login.seal(PASSWORD)


@pytest.mark.parametrize("password", ["short", "reginald-reginald", "aaaaaaaaaaaaaaaa", "x" * 1_001])
def test_weak_passwords_are_named(password):
    """Too short, the login again, one letter over and over, or without end."""
    assert login.weak(password, "reginald")


def test_a_cookie_tells_its_person_until_it_is_over():
    """Ours opens within its life and not after; one that was changed never does."""
    cookie = login.issue(KEY, ROW, NOW)

    name, epoch, session = login.opened(KEY, cookie, NOW + dt.timedelta(hours=9))
    assert ("ann", 3, 24) == (name, epoch, len(session))
    assert login.opened(KEY, cookie, NOW + dt.timedelta(hours=11)) is None
    assert login.opened(b"other" * 8, cookie, NOW) is None
    for place in range(0, len(cookie), 7):
        changed = cookie[:place] + ("A" if cookie[place] != "A" else "B") + cookie[place + 1 :]
        assert login.opened(KEY, changed, NOW) is None


@given(st.text(max_size=200))
def test_no_text_opens_anything(text):
    """Whatever stands in a cookie, nothing but ours is a session, and nothing breaks."""
    assert login.opened(KEY, text, NOW) is None


def test_roles_of_a_newer_version_give_nothing():
    """A role that this version does not know is no right."""
    assert login.person(ROW).roles == {Role.OWNER}


def test_form_tokens_are_a_sessions_own():
    """Another person, or the same in another sign-in, has another token."""
    one, two, again = (Person(name, session=session) for name, session in (("ann", "1"), ("bob", "1"), ("ann", "2")))

    assert 3 == len({login.token(KEY, who) for who in (one, two, again)})


def test_five_failures_make_a_login_wait():
    """After five wrong passwords within a quarter of an hour even the right one waits; others do not."""
    failures = login.Failures()
    begun = [failures.failed("ann", NOW + dt.timedelta(seconds=n)) for n in range(5)]

    assert [False, False, False, False, True] == begun
    assert failures.paused("ann", NOW + dt.timedelta(minutes=14))
    assert not failures.paused("bob", NOW)
    assert not failures.paused("ann", NOW + dt.timedelta(minutes=16))


@pytest.mark.parametrize("name", ["", " ann", "ann smith", "-ann", "ann\n", "a" * 61, "ann|1", "änn"])
def test_odd_logins_are_not_taken(name):
    """Logins stand in labels and logs, so they are plain."""
    assert not usable_name(name)
