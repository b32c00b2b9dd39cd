"""People's labels make a better model: trained under containment, tried on decisions held back, and let in only when not worse."""

import dataclasses

import pytest
from sqlalchemy import func, insert, select, update

from retention import models, retraining, stages, trials
from retention.catalogue.tables import event, folder, item, label, reading, trial
from tests.conftest import share_config

CANARY = "zebraquartz violetanchor"
SECRET = "kiosk float and till reconciliation sheet, agreed with the pier concession, number {n}. Takings {n}40, float {n}5, {extra}."
ROUTINE = "rota for the allotment gate, week {n}. The gate is opened at eight and closed at dusk, {extra}."
EXTRAS = (
    "counted twice",
    "signed at noon",
    "left in the safe",
    "no change",
    "checked by the warden",
    "for the file",
    "as agreed",
    "see overleaf",
)


def text(kind, n):
    """One of the council's own papers; no two are near-copies."""
    return (SECRET if kind == "secret" else ROUTINE).format(
        n=n, extra=" and ".join(EXTRAS[(n * k) % 8] for k in range(1, 5))
    ) + f" {CANARY}"


@pytest.fixture
def config(tmp_path, starter_model):
    """A share of papers of two kinds that the starter model takes for routine, read once."""
    root = tmp_path / "share" / "Committees"
    root.mkdir(parents=True)
    for n in range(36):
        (root / f"till {chr(97 + n % 26)}{n}.txt").write_text(text("secret", n))
        (root / f"gate {chr(97 + n % 26)}{n}.txt").write_text(text("routine", n))
    made = share_config(tmp_path, f"sqlite:///{tmp_path / 'catalogue' / 'catalogue.db'}", starter_model)
    night(made, "first")
    return made


def night(config, name):
    """A night up to the decisions."""
    stages.plan(config, name)
    stages.crawl(config, name, "main")
    for shard in stages.shards(config, name):
        stages.classify(config, name, shard["shard"])
    stages.decide(config, name)
    return stages.queue(config, name)


def people_say(config, count=24, secret="sensitive", tier=3):
    """A person labels some papers of either kind."""
    with stages.opened(config) as catalogue, catalogue.begin() as connection:
        rows = connection.execute(select(item.c.id, item.c.name, item.c.reading_id).order_by(item.c.name)).all()
        for kind, primary in ((b"till", secret), (b"gate", "official")):
            for row in [one for one in rows if one.name.startswith(kind)][:count]:
                flags = [primary] if primary != "official" else []
                made = connection.execute(
                    insert(label)
                    .values(
                        item_id=row.id,
                        reading_id=row.reading_id,
                        primary=primary,
                        tier=tier if flags else 1,
                        sensitive=float(bool(flags)),
                        personal=0.0,
                        flags=flags,
                        by="person:ann",
                        because=[],
                        made_at=stages.now(),
                    )
                    .returning(label.c.id)
                ).scalar_one()
                connection.execute(update(item).where(item.c.id == row.id).values(label_id=made))


def said_of(config, start):
    """The machine's labels in force of papers whose name starts so."""
    with stages.opened(config) as catalogue, catalogue.read() as connection:
        rows = connection.execute(
            select(item.c.name, label.c.primary)
            .join(label, item.c.label_id == label.c.id)
            .where(~label.c.by.like("person:%"), label.c.reading_id == item.c.reading_id)
        )
        return [row.primary for row in rows if row.name.startswith(start)]


def test_people_s_labels_make_better_ones_the_next_night(config):
    """Papers that nobody has looked at get the label that people gave to their kind; the trial says why it was let in."""
    assert {"official"} == set(said_of(config, b"till"))
    people_say(config)
    told = retraining.retrain(config, "learn")
    night(config, "second")

    assert (48, 1) == (told["trained"], told["promoted"])
    assert told["mild"] < told["mild_before"]
    assert ["sensitive"] * 12 == said_of(config, b"till")
    assert ["official"] * 12 == said_of(config, b"gate")
    assert told == retraining.retrain(config, "learn"), "run again it only says what it counted"
    with stages.opened(config) as catalogue, catalogue.read() as connection:
        kept = connection.execute(select(trial)).mappings().one()
        assert "Let in: it is not worse." == kept["because"][0]
        assert kept["figures"]["change"]["kinds"] == {"official to sensitive": 12}
        assert connection.execute(select(func.count()).where(event.c.action == "model.promoted")).scalar_one() == 1


def test_nothing_of_a_text_is_left_behind(config, tmp_path):
    """Neither the model nor the catalogue nor anything else in the state folder holds words of what was learned from."""
    people_say(config)
    retraining.retrain(config, "learn")
    kept = [
        one.read_bytes() for place in ("state", "catalogue") for one in (tmp_path / place).rglob("*") if one.is_file()
    ]

    assert [] == [data for data in kept if b"zebraquartz" in data or b"concession" in data]
    assert len(kept) > 5


def test_a_dry_run_tells_and_keeps_nothing(config):
    """Which labels would change is shown before anything does."""
    people_say(config)
    told = retraining.retrain(config, "try", dry_run=True)

    assert any("12 would change: 12 from official to sensitive" in line for line in told["because"])
    assert config.model_folder == models.folder(config)
    with stages.opened(config) as catalogue, catalogue.read() as connection:
        assert 0 == connection.execute(select(func.count()).select_from(trial)).scalar_one()


def test_contradictions_are_not_let_in(config):
    """When what people said cannot be learned, the new model is worse and the reason is told."""
    people_say(config, secret="official")
    told = retraining.retrain(config, "learn")
    with stages.opened(config) as catalogue, catalogue.read() as connection:
        (because,) = connection.scalars(select(trial.c.because))

    assert told["promoted"] == int(because[0].startswith("Let in"))
    assert config.model_folder == models.folder(config) or told["strict"] <= told["strict_before"]


def test_too_few_new_labels_train_nothing(config):
    """A handful of answers starts no training; without any there is nothing to learn from."""
    people_say(config, count=3)

    assert {"new": 6, "trained": 0, "compared": 0, "promoted": 0} == retraining.retrain(config, "learn")


def test_t4_is_never_learned_from(config):
    """What people or the machine call T4 is not even opened."""
    people_say(config, tier=4)
    told = retraining.retrain(config, "try", dry_run=True)

    assert 24 == told["trained"]


def test_a_night_goes_on_with_the_model_it_began_with(config):
    """A model that is let in during a night judges from the next one on."""
    people_say(config)
    stages.plan(config, "second", force=True)
    with stages.opened(config) as catalogue, catalogue.read() as connection:
        began = connection.execute(select(reading.c.versions).distinct()).scalars().all()
    retraining.retrain(config, "learn")
    stages.crawl(config, "second", "main")
    for shard in stages.shards(config, "second"):
        stages.classify(config, "second", shard["shard"])
    with stages.opened(config) as catalogue, catalogue.read() as connection:
        kept = connection.execute(select(reading.c.versions, reading.c.by).distinct()).all()

    assert {"official"} == set(said_of(config, b"till"))
    assert set(began) <= {one.versions for one in kept}
    assert not any("council" in (one.by or "") for one in kept)


def test_withdrawing_goes_back_and_another_configured_model_overrules(config, tmp_path):
    """One word takes a promotion back; a folder that is configured later stands above it."""
    people_say(config)
    retraining.retrain(config, "learn")
    let_in = models.folder(config)
    other = dataclasses.replace(config, model=dataclasses.replace(config.model, folder=tmp_path / "other"))

    assert models.home(config) == let_in.parent
    assert tmp_path / "other" == models.folder(other)
    models.promote(config, "")
    assert config.model_folder == models.folder(config)


def test_sealed_and_changed_papers_are_left_out(config):
    """What was edited since a person spoke, or lies where nobody may look, teaches nothing."""
    people_say(config)
    root = next(share.root for share in config.share) / "Committees"
    (root / "till a0.txt").write_text("something else by now")
    with stages.opened(config) as catalogue, catalogue.begin() as connection:
        connection.execute(update(folder).where(folder.c.path == b"nowhere").values(sealed=True))
    told = retraining.retrain(config, "try", dry_run=True)

    assert 47 == told["trained"]


def compared(truth, before, after, times=1):
    """Held-back decisions with the same answers."""
    return [trials.Compared(truth, before, after)] * times


def test_a_model_that_misses_more_is_refused():
    """However many false alarms it saves."""
    found = compared("official", "sensitive", "official", 30) + compared("sensitive", "sensitive", "official")
    told = trials.weigh(found)

    assert not told.promoted
    assert told.because[0] == "Not let in: of 31 held-back decisions it labels 1 too mildly, the present model 0."


def test_a_model_that_costs_more_is_refused_and_an_equal_one_is_let_in():
    """Not worse is enough, and worse is not."""
    same = compared("official", "official", "official", 12)

    assert trials.weigh(same).promoted
    assert not trials.weigh([*same, *compared("official", "official", "sensitive")]).promoted


def test_too_few_decisions_or_a_failed_canary_let_nothing_in():
    """Without evidence the present model stays."""
    good = compared("sensitive", "official", "sensitive", 9)

    assert "only 9 decisions" in trials.weigh(good).because[0]
    assert "canary" in trials.weigh(good * 2, ["Canary 'x' was judged official T1."]).because[0]
    assert trials.weigh(good * 2).chance < 0.01


def test_folds_keep_groups_whole_and_are_even():
    """Copies and versions of one document never stand on both sides."""
    groups = [0, 0, 0, 1, 1, 2, 3, 4, 4, 5]
    folds = trials.fold_of(groups, 3)

    assert all(
        len({fold for fold, one in zip(folds, groups, strict=True) if one == group}) == 1 for group in set(groups)
    )
    assert max(map(folds.count, range(3))) - min(map(folds.count, range(3))) <= 1
