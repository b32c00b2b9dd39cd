"""Every route, every role, every item of somebody else's: what is answered, and what is not said."""

import pytest

from tests.review.conftest import PEOPLE, token

DECIDERS = ("reviewer", "owner", "manager")
TEMP, LICENSING = 2, 1  # families of the world: Temp is a zone of the manager's and the auditor's only


@pytest.fixture
def places(world):
    """The world with its two families known by name."""
    assert ["Licensing", "Temp"] == [one["zone"] for one in world.rows.families()]
    return world


@pytest.mark.parametrize("name", PEOPLE)
def test_cards_are_for_those_who_may_see_the_zone(places, name):
    """A card of one's own zone opens; of another zone it is not there, exactly as if there were none; without a role, no card."""
    browser = places.browser(name)
    whole = name in ("manager", "auditor")
    mine, other, none = (browser.get(f"/family/{number}") for number in (LICENSING, TEMP, 999))

    if name == "nobody":
        assert [403, 403, 403] == [one.status_code for one in (mine, other, none)]
        return
    assert [200, 200 if whole else 404, 404] == [one.status_code for one in (mine, other, none)]
    if not whole:
        assert other.text.split("<main")[1] == none.text.split("<main")[1]
        assert "strategy" not in other.text


@pytest.mark.parametrize("name", PEOPLE)
def test_the_list_holds_no_other_zone(places, name):
    """The queue tells of one's own zones; who has no role sees ids and counts and no name."""
    told = places.browser(name).get("/queue").text

    assert (name in ("manager", "auditor")) == ("strategy.docx" in told)
    assert (name != "nobody") == ("note.docx" in told)
    if name == "nobody":
        assert "Family 1" in told
        assert "Drivers" not in told


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("number", [LICENSING, TEMP, 999])
@pytest.mark.parametrize("verb", ["confirm", "label:official:1", "move", "leave"])
def test_only_those_who_may_decide_do(places, name, number, verb):
    """Whoever may not decide changes nothing, and what lies elsewhere is not there."""
    before = places.rows.families()
    browser = places.browser(name)
    form = {"token": token(browser), "once": "a" * 32, "version": "1", "verb": verb}
    if verb == "leave":
        form |= {"leave_reason": "needed", "until": "2027-01-31"}

    answer = browser.post(f"/family/{number}/choose", data=form)

    allowed = name in DECIDERS and (number == LICENSING or (number == TEMP and name == "manager"))
    if not allowed:
        assert answer.status_code == (404 if name in DECIDERS else 403)
        assert before == places.rows.families()
    elif verb == "move" and number == LICENSING:
        # A reviewer approves no move; an owner may, but a zone that only reports has nothing to approve.
        assert answer.status_code == (403 if name == "reviewer" else 422)
        assert before == places.rows.families()
    else:
        assert 303 == answer.status_code
        assert before != places.rows.families()


@pytest.mark.parametrize("name", PEOPLE)
def test_a_batch_decides_nothing_of_others(places, name):
    """Several at once are checked one by one: what is not one's own stays as it was."""
    browser = places.browser(name)
    form = {"token": token(browser), "once": "b" * 32, "verb": "confirm", "pick": ["1:1", "2:1", "999:1"]}

    browser.post("/queue/choose", data=form)

    states = {one["zone"]: one["state"] for one in places.rows.families()}
    assert ("done" if name in DECIDERS else "open") == states["Licensing"]
    assert ("done" if name == "manager" else "open") == states["Temp"]


@pytest.mark.parametrize("name", [name for name in PEOPLE if name != "manager"])
def test_nobody_takes_back_what_lies_elsewhere(places, name):
    """A decision in another zone cannot be undone, nor told from none."""
    assert 303 == places.choose("manager", TEMP, "confirm").status_code
    browser = places.browser(name)
    form = {"token": token(browser), "once": "c" * 32}

    answers = [browser.post(f"/choices/{number}/undo", data=form).status_code for number in (1, 999)]

    assert [404, 404] == answers if name in DECIDERS else [403, 403] == answers
    assert "done" == places.family(TEMP)["state"]


@pytest.mark.parametrize("name", PEOPLE)
def test_previews_are_for_those_with_the_right(places, name):
    """Only who may look into documents of the zone gets as far as the door; here no file lies behind it."""
    browser = places.browser(name)
    form = {"token": token(browser), "purpose": "checking the label"}
    allowed = name in DECIDERS

    answers = [browser.post(f"/family/{number}/preview", data={**form, "purpose": ""}) for number in (1, 2, 999)]

    if not allowed:
        assert [403, 403, 403] == [one.status_code for one in answers]
    else:
        assert [422, 422 if name == "manager" else 404, 404] == [one.status_code for one in answers]


@pytest.mark.parametrize(
    "path", ["/family/1/choose", "/queue/choose", "/choices/1/undo", "/family/1/preview", "/logout"]
)
@pytest.mark.parametrize("given", ["", "0" * 64, "of another"])
def test_no_form_without_its_token(places, path, given):
    """Without the token, with a wrong one or with another person's, nothing is done."""
    browser = places.browser("manager")
    wrong = token(places.browser("owner")) if given == "of another" else given
    form = {"token": wrong, "once": "d" * 32, "version": "1", "verb": "confirm", "pick": "1:1", "purpose": "x"}
    before = places.rows.families()

    assert 403 == browser.post(path, data=form).status_code
    assert before == places.rows.families()


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize(
    "path", ["/moves", "/holds", "/schedule", "/disposal", "/log", "/nights", "/search", "/choices"]
)
def test_pages_open_by_role(places, name, path):
    """A page opens for those whose role has it; the others are told so, and their navigation does not offer it."""
    answer = places.browser(name).get(path)
    everyone = {"/nights"}
    closed = {"/log": {"manager", "auditor"}, "/choices": set(DECIDERS)}
    allowed = path in everyone or name in closed.get(path, set(PEOPLE) - {"nobody"})

    assert (200 if allowed else 403) == answer.status_code
    if path != "/choices":
        assert allowed == (f'href="{path}"' in places.browser(name).get("/queue").text)


@pytest.mark.parametrize(
    "query", ["?after=%00", "?after=W10=", "?lane=Z&kind=x&zone=Temp", "?after=WzAsIHsicmlzayI6IDF9XQ=="]
)
def test_odd_addresses_break_nothing(places, query):
    """What is no cursor, lane, kind or zone of theirs is passed over."""
    assert 200 == places.browser("viewer").get(f"/queue{query}").status_code
    assert "strategy.docx" not in places.browser("viewer").get(f"/queue{query}").text


@pytest.mark.parametrize(
    "change",
    [{"verb": "destroy"}, {"verb": "undo"}, {"version": "x"}, {"version": "-1"}, {"once": "x"}, {"spared": "1;2"}],
)
def test_forms_that_no_page_makes_are_refused(places, change):
    """An unknown verb, a version that is no number, a token of the wrong length."""
    browser = places.browser("manager")
    form = {"token": token(browser), "once": "e" * 32, "version": "1", "verb": "confirm", **change}

    assert 400 == browser.post("/family/1/choose", data=form).status_code
    assert "open" == places.family(1)["state"]
