"""Names are an attacker's: they are shown, and do nothing else."""

import re

import pytest

from retention.review.pages.wording import shown, words
from tests.review.conftest import Master, master
from tests.review.hostile import NAMES
from tests.shared import SHARED


def add(rows, names):
    """One family a name, in a folder of the same kind of name."""
    for number, name in enumerate(names):
        made = rows.add(f"Temp/x{number}.docx", lane="A", action="restrict", tier=4, primary="sensitive")
        rename(rows, made, name)


def rename(rows, number, name):
    """Give an item its name as bytes; a path given as text could not hold it."""
    from sqlalchemy import update

    from retention.catalogue.tables import item

    with rows.catalogue.begin() as connection:
        connection.execute(update(item).where(item.c.id == number).values(name=name[:250]))


def refreshed(rows):
    """Every item a family of its own, so that every name has a card."""
    from sqlalchemy import insert

    from retention.catalogue.tables import family, member

    with rows.catalogue.begin() as connection:
        for number in range(1, rows.number + 1):
            told = {"kind": "single", "state": "open", "lane": "A", "zone": "Temp", "owner": "", "files": 1, "size": 1}
            told |= {"key": f"k{number}", "risk": 1.0, "tier": 4, "primary": "sensitive", "run_id": rows.run}
            connection.execute(insert(family).values(id=number, leader_item_id=number, **told))
            connection.execute(insert(member).values(item_id=number, family_id=number))


@pytest.fixture(scope="session")
def hostile_master(tmp_path_factory) -> Master:
    """Families of hostile names, ours and those of the hostile set when it is there."""
    found = list(NAMES)
    if SHARED is not None:
        found += sorted(
            path.name.encode("utf-8", "surrogateescape") for path in (SHARED / "data" / "hostile").rglob("*")
        )

    def fill(rows):
        add(rows, found)
        refreshed(rows)

    return master(tmp_path_factory.mktemp("hostile"), fill)


@pytest.fixture
def hostile(hostile_master, tmp_path):
    """The app with families of hostile names."""
    made = hostile_master.copy(tmp_path)
    yield made
    made.app.state.room.close()


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_shown_name_holds_nothing_unseen(name):
    """Control, direction and invisible characters and bytes that are no text are shown as escapes."""
    told = shown(name)

    assert told.isprintable()
    assert told.encode("utf-8")


def test_escapes_say_what_was_there():
    """A person can tell what the name holds."""
    assert "report\\u202excod.exe" == shown("report\u202excod.exe".encode())
    assert "a\\nb" == shown(b"a\nb")
    assert "\\xff.txt" == shown(b"\xff.txt")
    assert "Plas y Dŵr – £5.docx" == shown("Plas y Dŵr – £5.docx".encode())


def test_no_name_becomes_markup(hostile):
    """On the list and on every card the only elements are ours, and every name stands there escaped."""
    browser = hostile.browser("manager")
    pages = [browser.get("/queue").text, *(browser.get(f"/family/{n}").text for n in range(1, len(NAMES) + 1))]

    for text in pages:
        assert not re.findall(r"<script(?! src=)|<img|<base|<meta http|onerror=[^&]*>|<svg onload|<h1>gone", text)
        assert "\u202e" not in text
        assert "\x1b" not in text
        assert "49" not in re.findall(r'class="name">([^<]*)<', text)
    for number, name in enumerate(NAMES, 1):
        assert str(shown(name)).replace("&", "&amp;").replace("<", "&lt;")[:20] in pages[number].replace(
            "&#34;", '"'
        ).replace("&#39;", "'").replace("&gt;", ">")


def test_a_persons_own_words_are_escaped_too(world):
    """A reason that a colleague typed is shown as typed."""
    world.choose("manager", 1, "leave", leave_reason="<script>alert(2)</script>\u202e", until="2027-05-01")

    told = world.browser("manager").get("/family/1").text

    assert "&lt;script&gt;alert(2)" in told
    assert "<script>alert(2)" not in told
    assert "\u202e" not in told


def test_welsh_words_stand_in_for_english_ones_only():
    """Every Welsh string has an English one with the same places to fill in."""
    english, welsh = words("en"), words("cy")

    for key, text in welsh.table.items():
        base = re.sub(r"\.(zero|one|two|few|many)$", "", key)
        assert base in english.table
        assert sorted(re.findall(r"{\w+}", text)) == sorted(set(re.findall(r"{\w+}", text)))
        assert set(re.findall(r"{\w+}", text)) <= set(re.findall(r"{\w+}", english.table[base]))


def test_plurals_follow_the_language():
    """One and many in English; Welsh has more forms and falls back to the plain one."""
    assert "1 file" == words("en")("files", n=1)
    assert "1,234 files" == words("en")("files", n=1234)
    assert words("cy")("files", n=2)
