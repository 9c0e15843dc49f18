"""Files as offices send them: what the preview counted is what is written, and the same file again creates nothing."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model

from accounts.models import Appointment, User
from gridparty.lib.registry import defaults
from grids.models import Area
from members.actions import NewOrganisation, found_organisations
from members.models import Member, PartyOrganisation, Unit
from people.models import Person
from rosters.choices import ImportState
from rosters.models import Import
from rosters.tests.corpus import MESSES, PEOPLE
from rosters.tests.corpus_of_bodies import BODIES
from rosters.tests.rounds import agreed, read, worked

pytestmark = pytest.mark.django_db
LISTS = [mess for mess in MESSES if mess.roster is PEOPLE]
HELD = {"residents": Person, "members": Member}


@pytest.fixture
def branches(areas):
    """The three branches of which the lists speak."""
    for default in defaults:
        default()
    committee = NewOrganisation("committee", "桃园社区党委", areas.taoyuan)
    named = [NewOrganisation("branch", f"第{word}支部", areas.taoyuan, parent=committee) for word in "一二三"]
    found_organisations(organisations=[committee, *named], by=None)


def sent(mess, kind: str, folder, by, area) -> Import:
    path = mess.write(folder)
    return read(kind, SimpleUploadedFile(path.name, path.read_bytes()), by, area=area)


@pytest.mark.parametrize("kind", HELD)
@pytest.mark.parametrize("mess", LISTS, ids=lambda mess: mess.name)
def test_the_preview_is_kept_and_the_same_file_again_creates_nothing(mess, kind, tmp_path, areas, cast, branches):
    by = cast.clerk
    shown = sent(mess, kind, tmp_path, by, areas.taoyuan)
    assert shown.state == ImportState.READY, shown.said
    counts = shown.counts
    assert sum(counts[name] for name in ("new", "updated", "unchanged", "skipped", "refused")) == len(mess.rows)
    if counts["new"] or counts["updated"]:
        done = worked(agreed(shown, by))
        assert (done.state, done.written) == (ImportState.DONE, counts["new"] + counts["updated"])
    assert HELD[kind].objects.count() == counts["new"]
    again = sent(mess, kind, tmp_path, by, areas.taoyuan).counts
    assert (again["new"], again["updated"]) == (0, 0)
    assert again["unchanged"] == counts["new"]


# What the rows of each list become; a row of buildings may make several, and the grid around them.
MADE = {
    "buildings": (Area, PartyOrganisation),
    "organisations": (PartyOrganisation,),
    "units": (Unit,),
    "appointments": (Appointment,),
}
REFUSED = {"units_pages_of_a_printed_list": 1}  # 约3人


def stock() -> dict[type[Model], int]:
    return {model: model.objects.count() for model in (Area, PartyOrganisation, Unit, Appointment, User)}


@pytest.mark.parametrize("mess", BODIES, ids=lambda mess: mess.name)
def test_so_it_is_with_buildings_organisations_units_and_posts(mess, tmp_path, areas, cast, branches):
    kind, by = mess.roster.kind, cast.secretary
    before = stock()
    shown = sent(mess, kind, tmp_path, by, areas.taoyuan)
    counts = shown.counts
    assert (shown.state, counts["new"] + counts["refused"]) == (ImportState.READY, len(mess.rows)), shown.said
    assert counts["refused"] == REFUSED.get(mess.name, 0)
    done = worked(agreed(shown, by))
    assert (done.state, done.counts) == (ImportState.DONE, counts)
    after = stock()
    made = sum(after[model] - before[model] for model in MADE[kind])
    assert done.written == made if kind == "buildings" else done.written == made == counts["new"]
    again = sent(mess, kind, tmp_path, by, areas.taoyuan).counts
    assert (again["unchanged"], again["new"], again["updated"]) == (counts["new"], 0, 0)
    assert stock() == after
