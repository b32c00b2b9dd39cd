"""The people of the sample: one for every role, and only for zones that it has."""

import tomllib

from retention.review.people import EVERYWHERE, Role
from tests.made import zones_toml
from tests.made.people import PEOPLE, add


def test_every_role_can_be_tried():
    """There is a person for each role, an owner answers for zones of the sample, and Airflow's op and admin are nobody."""
    zones = {zone["name"] for zone in tomllib.loads(zones_toml())["zone"]}

    assert set(Role) == {role for role, _zones in PEOPLE.values()}
    assert {one for _role, held in PEOPLE.values() for one in held} <= {EVERYWHERE, *zones}
    assert not {"op", "admin"} & set(PEOPLE)


def test_adding_them_again_changes_nothing(tmp_path):
    """Who is there already stays as they are."""
    told = tmp_path / "strongroom.toml"
    told.write_text(f'[strongroom]\nstate = "{tmp_path}/state"\n')

    assert [len(PEOPLE), 0] == [add(told), add(told)]
