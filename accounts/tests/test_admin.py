"""Users and posts at the desk."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from accounts.actions import use_scheme
from accounts.choices import Role
from accounts.models import Appointment, RoleScheme, SchemePost, User
from conftest import make_user
from gridparty.lib.dates import today
from grids.models import Area

POSTS = reverse("admin:accounts_appointment_changelist")
ADD_POST = reverse("admin:accounts_appointment_add")
USERS = reverse("admin:accounts_user_changelist")
VACANCIES = reverse("admin:accounts_appointment_vacancies")


def listed(response):
    return {row.pk for row in response.context["cl"].result_list}


def of_taoyuan(cast):
    office = [cast.secretary, cast.clerk, cast.cadre]
    return [*office, cast.grid_leader, cast.next_grid_leader, cast.building_leader, cast.member]


def posts_of(*users):
    return set(Appointment.objects.filter(user__in=users).values_list("pk", flat=True))


def new_post(user, role, area, **more):
    form = {"user": user.pk, "role": role, "area": area.pk if area else "", "starts_on": today().isoformat(), "ends_on": ""}
    return form | {"origin": "appointed", "engagement": "part_time", "duties": ""} | more


def test_each_sees_the_posts_of_the_own_areas(client, cast):
    client.force_login(cast.secretary)
    assert listed(client.get(POSTS)) == posts_of(*of_taoyuan(cast))


def test_appointing_and_ending_at_the_desk(client, cast, areas):
    user = make_user(None, None, username="newcomer", name="李四")
    User.objects.filter(pk=user.pk).update(created_by=cast.secretary)
    client.force_login(cast.secretary)
    assert client.post(ADD_POST, new_post(user, Role.SAFETY_OFFICER, areas.grid1)).status_code == 302
    post = Appointment.objects.get(user=user)
    assert (post.role, post.grid_id) == (Role.SAFETY_OFFICER, areas.grid1.pk)
    asked = client.post(POSTS, {"action": "end", "_selected_action": [post.pk]})
    assert "将结束下列 1 个任职" in asked.content.decode()
    client.post(POSTS, {"action": "end", "_selected_action": [post.pk], "reason": "resigned"})
    post.refresh_from_db()
    assert post.end_reason == "resigned"


def test_a_refused_appointment_says_why_and_keeps_the_form(client, cast, areas):
    client.force_login(cast.secretary)
    response = client.post(ADD_POST, new_post(cast.grid_leader, Role.GRID_LEADER, areas.grid1, duties="巡查"))
    text = response.content.decode()
    assert "已是“第1网格”的网格长" in text
    assert "巡查" in text


@pytest.mark.parametrize(
    ("role", "area"), [(Role.GRID_LEADER, "370199001002001"), (Role.STREET_OFFICER, "370199001000"), (Role.SYSTEM_ADMIN, None)]
)
def test_nobody_appoints_beyond_the_own_rights(client, cast, areas, role, area):
    client.force_login(cast.secretary)
    before = Appointment.objects.count()
    response = client.post(ADD_POST, new_post(cast.clerk, role, areas.at(area) if area else None))
    assert response.status_code == 200
    assert Appointment.objects.count() == before


def test_a_post_is_never_rewritten(client, cast, areas):
    client.force_login(cast.secretary)
    post = Appointment.objects.get(user=cast.grid_leader)
    url = reverse("admin:accounts_appointment_change", args=[post.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, new_post(cast.grid_leader, Role.GRID_LEADER, areas.grid2)).status_code == 403
    assert client.get(reverse("admin:accounts_appointment_delete", args=[post.pk])).status_code == 403


def test_ending_foreign_posts_is_impossible(client, cast):
    foreign = make_user(Role.GRID_LEADER, Area.objects.get(code="370199001002001"))
    client.force_login(cast.secretary)
    post = Appointment.objects.get(user=foreign)
    client.post(POSTS, {"action": "end", "_selected_action": [post.pk], "reason": "removed"})
    post.refresh_from_db()
    assert post.ended_at is None


def test_terms_are_asked_for_by_filter(client, cast, areas):
    soon = make_user(Role.BUILDING_LEADER, areas.building2, username="soon", ends_on=today() + timedelta(days=9))
    over = make_user(Role.BUILDING_LEADER, areas.building2, username="over", ends_on=today() - timedelta(days=1))
    to_come = make_user(Role.BUILDING_LEADER, areas.building2, username="later", starts_on=today() + timedelta(days=1))
    client.force_login(cast.secretary)
    assert listed(client.get(POSTS, {"term": "soon"})) == posts_of(soon)
    assert listed(client.get(POSTS, {"term": "over"})) == posts_of(over)
    assert listed(client.get(POSTS, {"term": "to_come"})) == posts_of(to_come)


def test_users_are_those_with_posts_in_the_own_areas(client, cast):
    client.force_login(cast.secretary)
    assert listed(client.get(USERS)) == {user.pk for user in of_taoyuan(cast)}


def test_entering_a_user_and_keeping_the_phone(client, cast):
    client.force_login(cast.secretary)
    form = {"username": "wangwu", "name": "王五", "phone": "154 0000 1234", "email": ""}
    assert client.post(reverse("admin:accounts_user_add"), form).status_code == 302
    user = User.objects.get(username="wangwu")
    assert (user.phone, user.phone_tail, user.created_by) == ("15400001234", "1234", cast.secretary)
    assert not user.has_usable_password()
    url = reverse("admin:accounts_user_change", args=[user.pk])
    page = client.get(url).content.decode()
    assert "154****1234" in page
    assert "15400001234" not in page
    client.post(url, {"name": "王五六", "phone": "", "email": ""})
    user.refresh_from_db()
    assert (user.name, user.phone) == ("王五六", "15400001234")


def picture(size=(40, 60)) -> SimpleUploadedFile:
    file = BytesIO()
    Image.new("RGB", size, "navy").save(file, "PNG")
    return SimpleUploadedFile("../my photo.png", file.getvalue(), content_type="image/png")


def test_a_photo_is_kept_small_renamed_and_replaced(client, cast, django_capture_on_commit_callbacks):
    client.force_login(cast.secretary)
    url = reverse("admin:accounts_user_change", args=[cast.grid_leader.pk])
    form = {"name": "张三", "phone": "", "email": ""}
    assert client.post(url, form | {"photo": picture()}).status_code == 302
    first = User.objects.get(pk=cast.grid_leader.pk).photo
    assert first.name.endswith(".jpg")
    assert "my" not in first.name
    assert reverse("accounts:photo", args=[cast.grid_leader.pk]) in client.get(url).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(url, form | {"remove_photo": "on"})
    assert not User.objects.get(pk=cast.grid_leader.pk).photo
    assert not first.storage.exists(first.name)


def test_what_is_no_photo_is_refused_with_a_sentence(client, cast):
    client.force_login(cast.secretary)
    url = reverse("admin:accounts_user_change", args=[cast.grid_leader.pk])
    response = client.post(url, {"name": "张三", "phone": "", "email": "", "photo": SimpleUploadedFile("a.png", b"<script>")})
    assert response.status_code == 200
    assert not User.objects.get(pk=cast.grid_leader.pk).photo


def test_who_only_looks_sees_the_phone_masked(client, cast):
    User.objects.filter(pk=cast.secretary.pk).update(phone="15400001234", phone_tail="1234")
    client.force_login(cast.clerk)
    text = client.get(reverse("admin:accounts_user_change", args=[cast.secretary.pk])).content.decode()
    assert "154****1234" in text
    assert "15400001234" not in text


def test_nobody_corrects_those_above(client, cast):
    client.force_login(cast.clerk)
    url = reverse("admin:accounts_user_change", args=[cast.secretary.pk])
    assert client.post(url, {"name": "别人", "phone": "", "email": ""}).status_code == 403
    client.force_login(cast.secretary)
    assert client.post(url, {"name": "别人", "phone": "", "email": ""}).status_code == 403


def test_slips_for_chosen_users_come_as_a_pdf_once(client, cast):
    User.objects.filter(pk=cast.grid_leader.pk).update(password="!")
    client.force_login(cast.secretary)
    chosen = {"action": "invite", "_selected_action": [cast.grid_leader.pk]}
    response = client.post(USERS, chosen)
    assert response["Content-Type"] == "application/pdf"
    assert "no-store" in response["Cache-Control"]
    again = client.post(USERS, chosen, follow=True)
    assert "已有可用的密码" in again.content.decode()


def test_disabling_at_the_desk(client, cast):
    client.force_login(cast.secretary)
    client.post(USERS, {"action": "disable", "_selected_action": [cast.grid_leader.pk, cast.secretary.pk]})
    assert User.objects.get(pk=cast.grid_leader.pk).is_active  # oneself among the chosen: nothing happens
    client.post(USERS, {"action": "disable", "_selected_action": [cast.grid_leader.pk]})
    assert not User.objects.get(pk=cast.grid_leader.pk).is_active


def test_who_may_not_invite_is_refused(client, cast):
    client.force_login(cast.clerk)
    for action in ("invite", "reissue", "disable", "enable"):
        assert client.post(USERS, {"action": action, "_selected_action": [cast.grid_leader.pk]}).status_code == 403


def test_vacancies_lead_to_the_form_filled_in(client, cast, areas):
    scheme = RoleScheme.objects.create(name="一长三员")
    SchemePost.objects.create(scheme=scheme, kind="grid", role=Role.SAFETY_OFFICER)
    use_scheme(area=areas.district, scheme=scheme, by=None)
    client.force_login(cast.secretary)
    text = client.get(VACANCIES).content.decode()
    assert f"{ADD_POST}?role=safety_officer&amp;area={areas.grid1.pk}" in text
    assert "柳园社区" not in text
    home = client.get(reverse("admin:index"))
    assert [(one.title, one.count) for one in home.context["worklists"]][:2] == [("空缺岗位", 2), ("任期将满", 0)]
    form = client.get(ADD_POST, {"role": "safety_officer", "area": areas.grid1.pk}).context["adminform"].form
    assert (form.initial["role"], form.initial["area"]) == ("safety_officer", str(areas.grid1.pk))


def test_the_scheme_is_the_system_administrators_and_others_read_it(client, cast):
    scheme = RoleScheme.objects.create(name="一长三员")
    SchemePost.objects.create(scheme=scheme, kind="grid", role=Role.GRID_LEADER)
    url = reverse("admin:accounts_rolescheme_change", args=[scheme.pk])
    client.force_login(cast.secretary)
    assert client.get(url).status_code == 200
    assert client.post(url, {"name": "别的"}).status_code == 403
    client.force_login(cast.system_admin)
    posts = {"posts-TOTAL_FORMS": 0, "posts-INITIAL_FORMS": 0}
    assert client.post(url, {"name": "一长两员", "note": ""} | posts).status_code == 302
    assert RoleScheme.objects.get().name == "一长两员"


@pytest.mark.parametrize("rows", [1, 3])
def test_lists_take_a_fixed_number_of_queries(client, areas, rows, django_assert_num_queries):
    for n in range(rows):
        make_user(Role.GRID_LEADER, areas.grid1, username=f"leader{n}", starts_on=date(2021, 1, n + 1))
    client.force_login(make_user(Role.STREET_OFFICER, areas.east))
    with django_assert_num_queries(6):
        client.get(USERS)
    with django_assert_num_queries(7):
        client.get(POSTS)
