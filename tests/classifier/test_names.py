"""Names of persons: what is one, what is not, and whether people of every origin are found alike."""

import itertools

import pytest

from classifier.fold import fold
from classifier.name_lists import resembles, sections
from classifier.names import looks_like_name, scan_names


def found(text: str) -> list[str]:
    """Return the names found in a text, as they stand there."""
    folded = fold(text)
    hits = scan_names(folded.data)
    return [text[folded.origin(hit.start) : folded.origin(hit.end)] for hit in hits]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("The report was written by Sarah Thompson.", ["Sarah Thompson"]),
        ("A letter came from J. Smith about the fence.", ["J. Smith"]),
        ("A letter came from J.R. Smith about the fence.", ["J.R. Smith"]),
        ("The matter was put to Smith, J. in March.", ["Smith, J"]),
        ("It was seconded by Cllr Zblorbish yesterday.", ["Zblorbish"]),
        ("We wrote to Mr May and Mrs Green.", ["May", "Green"]),
        ("Dear Grace, thank you for your letter.", ["Grace"]),
        ("The officer rang Siobhan O'Neill at noon.", ["Siobhan O'Neill"]),
        ("The officer rang Anne-Marie Smith-Jones at noon.", ["Anne-Marie Smith-Jones"]),
        ("The officer rang Pieter van der Berg at noon.", ["Pieter van der Berg"]),
        ("The officer rang Yusuf al-Masri at noon.", ["Yusuf al-Masri"]),
        ("The officer rang Dafydd ap Gwilym at noon.", ["Dafydd ap Gwilym"]),
        ("Client: SARAH THOMPSON", ["SARAH THOMPSON"]),
        ("The officer rang Ewan McDonald at noon.", ["Ewan McDonald"]),
        ("The keys are with Theresa May at home.", ["Theresa May"]),
        ("the flat of José Núñez is empty", ["José Núñez"]),
        ("Post by @sarahthompson on Friday", ["sarahthompson"]),
        ("yesterday emma called about the noise and said nothing helped", ["emma"]),
    ],
)
def test_a_name_is_found_by_list_title_initials_or_context(text, names):
    """Titles, initials, hyphens, particles, capitals and cues each find a name."""
    assert found(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "The works on Smith Street begin in May.",
        "The contract went to Johnson & Co last year.",
        "The meeting is at Victoria Hospital.",
        "The Council met at St Mary's Church.",
        "Will the Committee mark the bill in grace and hope?",
        "The Planning Committee noted the Budget Monitoring Report.",
        "Residents of Preston, Lancaster and Lincoln were asked.",
        "Grant Funding and Bill Payments are listed below.",
        "The Parks Department and the Highways Team agreed.",
        "The loan was repaid in April and June.",
        "He said that May was wet and that Sandwich was busy.",
        "Parkinson's Disease Society",
    ],
)
def test_streets_firms_places_and_words_are_no_names(text):
    """A neighbour that names a street, firm or church vetoes, and ambiguous words need context."""
    assert found(text) == []


def test_a_surname_alone_is_known_again_after_the_full_name():
    """An unlisted surname counts wherever it stands once it has been met behind a title."""
    text = "Mr Zblorbish spoke first. Later on, the tenancy of Zblorbish was ended."
    assert found(text) == ["Zblorbish", "Zblorbish"]


def test_a_ground_names_no_value():
    """No reason repeats a word of the name."""
    data = fold("Mrs Sarah Thompson met J. Smith and Kwabena Mensah; emma was there.").data
    hits = scan_names(data)
    assert len(hits) >= 3
    for hit, word in itertools.product(hits, ("sarah", "thompson", "smith", "kwabena", "mensah", "emma")):
        assert word not in hit.because.lower()


def test_hits_come_in_order_of_place_and_do_not_overlap():
    """Each stretch of text is claimed once."""
    data = fold("Cllr Mrs Jane Smith, Mr A B Jones and Omar Hassan; Smith, J. and Jane. " * 5).data
    hits = scan_names(data)
    assert all(one.end <= two.start for one, two in itertools.pairwise(hits))


@pytest.mark.parametrize(
    "text", ["", " ", "A", "é" * 50, "\x00\xff", "Mr", "Mr ", "Dear", "@", "A. B. C. D.", "Mr & Mrs"]
)
def test_odd_texts_do_no_harm(text):
    """Nothing raises on texts that hold no name."""
    assert found(text) == []


@pytest.mark.parametrize("text", [b"Sarah Thompson", b"THOMPSON, Sarah", b"Kwabena Mensah", b"Ms J Smith", b"Priya"])
def test_a_cell_with_a_name_looks_like_one(text):
    """Whole cells are judged in either order and case."""
    assert looks_like_name(text)


@pytest.mark.parametrize(
    "text",
    [b"", b"12 High Street", b"Planning Committee", b"Smith Street Surgery", b"yes", b"Preston", b"Not applicable"],
)
def test_a_cell_with_something_else_does_not(text):
    """Organisations, places and plain words in a cell are no names."""
    assert not looks_like_name(text)


ORIGINS = sorted(set(sections("given_names.txt")) & set(sections("surnames.txt")))
SENTENCES = (
    "The tenancy was signed by {} on Monday.",
    "We visited {} at home in the afternoon.",
    "The complaint of {} was upheld.",
    "Payments to {} stopped in the spring.",
    "{} told the panel that the noise went on.",
)


def share(given: tuple[str, ...], surnames: tuple[str, ...]) -> float:
    """Return the share of sixty full names, in plain sentences, of which something is found."""
    pairs = list(zip(itertools.islice(itertools.cycle(given[::3]), 60), itertools.cycle(surnames[::2]), strict=False))
    texts = [
        (sentence.format(f"{one} {two}"), one, two)
        for (one, two), sentence in zip(pairs, itertools.cycle(SENTENCES), strict=False)
    ]
    return sum(any(one in name or two in name for name in found(text)) for text, one, two in texts) / len(texts)


@pytest.mark.parametrize("origin", ORIGINS)
def test_people_of_every_origin_are_found_alike(origin):
    """At least 95 of 100 full names are found for each origin, so that no two origins differ by more than 5 points."""
    assert share(sections("given_names.txt")[origin], sections("surnames.txt")[origin]) >= 0.95


@pytest.mark.parametrize("origin", ORIGINS)
def test_spelling_alone_favours_no_origin_to_exclusion(origin):
    """For every origin most listed names are spelled like names, so that unlisted ones have a fair chance."""
    names = [
        name.encode()
        for name in (*sections("given_names.txt")[origin], *sections("surnames.txt")[origin])
        if name.isalpha()
    ]
    assert sum(resembles(name) > -3.0 for name in names) / len(names) >= 0.75


def test_a_name_on_no_list_is_found_behind_a_given_name_of_any_origin():
    """A made-up surname does not hide its bearer."""
    missed = [
        given[0]
        for given in sections("given_names.txt").values()
        if not found(f"We spoke to {given[5]} Zhankorvel today.")
    ]
    assert missed == []


def test_the_lists_are_large_and_of_many_origins():
    """Several thousand names of at least twenty origins, none of them empty."""
    given, surnames = sections("given_names.txt"), sections("surnames.txt")
    assert len(ORIGINS) >= 20
    assert min(map(len, given.values())) >= 60
    assert sum(map(len, given.values())) + sum(map(len, surnames.values())) >= 10_000
