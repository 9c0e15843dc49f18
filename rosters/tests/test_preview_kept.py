"""Files as offices send them: what the preview counted is what is written, and the same file again creates nothing."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from gridparty.lib.registry import defaults
from members.actions import NewOrganisation, found_organisations
from members.models import Member
from people.models import Person
from rosters.choices import ImportState
from rosters.tests.corpus import MESSES, PEOPLE
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


@pytest.mark.parametrize("kind", HELD)
@pytest.mark.parametrize("mess", LISTS, ids=lambda mess: mess.name)
def test_the_preview_is_kept_and_the_same_file_again_creates_nothing(mess, kind, tmp_path, areas, cast, branches):
    path, by = mess.write(tmp_path), cast.clerk

    def sent():
        return read(kind, SimpleUploadedFile(path.name, path.read_bytes()), by, area=areas.taoyuan)

    shown = sent()
    assert shown.state == ImportState.READY, shown.said
    counts = shown.counts
    assert sum(counts[name] for name in ("new", "updated", "unchanged", "skipped", "refused")) == len(mess.rows)
    if counts["new"] or counts["updated"]:
        done = worked(agreed(shown, by))
        assert (done.state, done.written) == (ImportState.DONE, counts["new"] + counts["updated"])
    assert HELD[kind].objects.count() == counts["new"]
    again = sent().counts
    assert (again["new"], again["updated"]) == (0, 0)
    assert again["unchanged"] == counts["new"]
