"""The two ways to start: for real, and as a demo."""

from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from accounts.choices import Role
from accounts.demo import CAST, CAST_PASSWORD
from accounts.models import Appointment, RoleScheme, User
from accounts.queries import vacancies
from audit.models import ChangeEntry
from gridparty.lib.access import Can
from grids import tree
from grids.choices import AreaForm, AreaKind
from grids.models import Area, CodeRule

pytestmark = pytest.mark.django_db


def run(command, /, *args, **options) -> str:
    out = StringIO()
    call_command(command, *args, stdout=out, **options)
    return out.getvalue()


def test_a_real_start_makes_default_data_and_one_security_administrator():
    told = run("setup", username="admin", name="安管", no_input=True)
    user = User.objects.get()
    assert {post.role for post in user.posts.all()} == {Role.SECURITY_ADMIN}
    assert user.must_change_password
    assert "只能使用一次" in told
    assert set(RoleScheme.objects.values_list("name", flat=True)) == {"一长三员", "一片三长"}
    assert CodeRule.objects.count() == 2
    assert not user.scope.has(Can.SEE_AREAS)


def test_a_second_start_changes_nothing():
    run("setup", username="admin", name="安管", no_input=True)
    before = ChangeEntry.objects.count()
    told = run("setup", username="other", name="另一", no_input=True)
    assert ChangeEntry.objects.count() == before
    assert "初始密码" not in told


def test_a_start_may_set_up_the_district():
    run("setup", username="admin", name="安管", no_input=True, district=("370199000000", "海棠区"))
    run("setup", no_input=True, district=("370199000000", "海棠区"))
    assert list(Area.objects.values_list("name", "kind", "form")) == [("海棠区", "district", "district")]
    with pytest.raises(CommandError, match="不符合规则"):
        run("setup", no_input=True, district=("3701", "海棠区"))


def test_a_start_without_input_says_which_option_is_missing():
    with pytest.raises(CommandError, match="--username"):
        run("setup", no_input=True)
    assert not User.objects.exists()


@pytest.mark.slow
def test_the_demo_is_the_real_district_with_posts_filled():
    run("demo", no_serve=True)
    kinds = {kind: Area.objects.filter(kind=kind).count() for kind in AreaKind}
    assert (kinds[AreaKind.DISTRICT], kinds[AreaKind.STREET], kinds[AreaKind.COMMUNITY]) == (1, 17, 632)
    assert Area.objects.filter(kind=AreaKind.COMMUNITY, form=AreaForm.VILLAGE).count() == 520
    shown = Area.objects.get(name="桑园南社区")
    inside = Area.objects.within(shown)
    assert (inside.filter(kind=AreaKind.GRID).count(), inside.filter(kind=AreaKind.BUILDING).count()) == (6, 61)
    assert list(tree.wrong_areas()) == []
    assert not any(tree.misplaced(model).exists() for model in tree.placed_models())
    assert set(Appointment.objects.values_list("role", flat=True)) == set(Role)
    for username, role, _level in CAST:
        user = authenticate(None, username=username, password=CAST_PASSWORD)
        # A secretary sits in the community's committee, too (三兼).
        more = {Role.COMMITTEE_MEMBER} if role == Role.BRANCH_SECRETARY else set()
        assert user.scope.roles() == {role} | more
    officer = User.objects.get(username="jiedao")
    assert {area.street.name for area in Area.objects.visible_to(officer).select_related("street")} == {"全福街道"}
    assert vacancies(officer)
    assert "已建立" not in run("demo", no_serve=True)
