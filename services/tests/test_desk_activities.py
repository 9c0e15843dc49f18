"""Teams, activities and hours at the desk: forms, steps, who signed up and came, hours confirmed many at once, exports."""

from datetime import date, time, timedelta

import pytest

from conftest import make_user
from gridparty.lib.dates import today
from members.models import PointEntry
from services.actions import NewHours, NewTeam, enter_hours, found_team, join_team, sign_up, tick_attendance
from services.models import Activity, PostKind, ServiceHours, SignUp, Team
from services.tests.conftest import activity_at
from services.tests.desk_pages import exported, keys, listed, offered, page, panels, queries, said, step

TEAM, ACTIVITY, SIGNUP, HOURS = "team", "activity", "signup", "servicehours"
YESTERDAY = today() - timedelta(days=1)


@pytest.fixture
def desk(client, served):
    client.force_login(served.secretary)
    return client


@pytest.fixture
def theirs(client, served, areas):
    """The desk of the neighbouring community."""
    client.force_login(make_user("community_secretary", areas.liuyuan, username="liuyuan"))
    return client


@pytest.fixture
def team(served, areas) -> Team:
    return found_team(new=NewTeam(areas.taoyuan, "红马甲", "环境整治", served.zhao), by=served.secretary)


@pytest.fixture
def over(served, areas) -> Activity:
    """Yesterday's: 赵一 and 钱二 signed up while it was to come."""
    activity = activity_at(areas.taoyuan)
    for user in (served.zhao_user, served.qian_user):
        sign_up(activity=activity, by=user)
    Activity.objects.update(on=YESTERDAY)
    activity.refresh_from_db()
    return activity


def entered(served, areas, user, *, begins: int = 9) -> ServiceHours:
    """Yesterday's hours of somebody, on their own."""
    new = NewHours(YESTERDAY, time(begins), time(begins + 2), note="清扫落叶", area=areas.taoyuan)
    return enter_hours(new=new, by=user)


class TestTeams:
    def test_founded_with_its_leader(self, desk, served, areas):
        data = {"area": areas.taoyuan.pk, "name": "红马甲", "purpose": "环境整治", "leader": served.zhao.pk}
        desk.post(page(TEAM, "add"), data | {"founded_on": "2024-03-01"})
        team = Team.objects.get()
        assert (team.name, team.area, team.leader, team.founded_on) == ("红马甲", areas.taoyuan, served.zhao, date(2024, 3, 1))
        assert panels(desk, TEAM, team)["队员"][0][0] == "赵一"
        assert "请换一个名称" in said(desk.post(page(TEAM, "add"), data))

    def test_renamed(self, desk, served, areas, team):
        data = {"area": areas.taoyuan.pk, "name": "绿马甲", "purpose": "", "leader": served.qian.pk}
        desk.post(page(TEAM, "change", team.pk), data)
        team.refresh_from_db()
        assert (team.name, team.leader) == ("绿马甲", served.qian)

    def test_members_join_and_leave(self, desk, served, team):
        assert offered(desk, TEAM, team) == ["join", "leave", "close"]
        assert "新加入 2 人" in said(step(desk, TEAM, team, "join", members=[served.qian.pk, served.sun.pk]))
        assert team.members.count() == 3
        place = team.members.get(member=served.qian)
        step(desk, TEAM, team, "leave", places=[place.pk])
        assert {one.member for one in team.members.filter(left_on=None)} == {served.zhao, served.sun}

    def test_closed_it_is_only_read(self, desk, served, areas, team):
        step(desk, TEAM, team, "close")
        team.refresh_from_db()
        assert team.closed_on == today()
        assert offered(desk, TEAM, team) == []
        assert desk.post(page(TEAM, "change", team.pk), {"name": "新名"}).status_code == 403
        assert keys(desk, TEAM, {"": 0, "closed=yes": 0}) == {"": set(), "closed=yes": {team.pk}}

    def test_the_neighbours_team_is_not_there(self, theirs, team):
        assert {theirs.get(page(TEAM, name, team.pk)).status_code for name in ("change", "join", "leave", "close")} == {404}

    def test_who_only_looks_on_changes_nothing(self, client, served, team):
        client.force_login(served.cadre)
        assert client.post(page(TEAM, "close", team.pk)).status_code == 403
        assert client.get(page(TEAM, "add")).status_code == 403

    def test_the_list_goes_out(self, desk, served, areas, team):
        join_team(team=team, members=[served.qian], by=served.secretary)
        (row,) = exported(desk, TEAM)
        assert (row["队伍名称"], row["所在区域"], row["队长"], row["队员人数"]) == ("红马甲", "桃园社区", "赵一", "2")


class TestActivities:
    def test_opened_and_changed(self, desk, areas, team):
        when = {"on": today() + timedelta(days=3), "begins": "09:00", "ends": "11:00"}
        data = {"area": areas.taoyuan.pk, "team": team.pk, "title": "植树", "spot": "西门", "places": 10} | when
        desk.post(page(ACTIVITY, "add"), data)
        activity = Activity.objects.get()
        assert (activity.title, activity.team, activity.places, activity.state) == ("植树", team, 10, "open")
        desk.post(page(ACTIVITY, "change", activity.pk), data | {"spot": "东门"})
        activity.refresh_from_db()
        assert activity.spot == "东门"
        past = {"on": YESTERDAY}
        assert "活动日期已过" in said(desk.post(page(ACTIVITY, "add"), data | past))

    def test_the_filters_answer_questions(self, desk, areas, over, team):
        coming, later = activity_at(areas.grid1, team=team), activity_at(areas.grid2, on=today() + timedelta(days=30))
        wanted = {
            "day=over": {over},
            "day=coming": {coming, later},
            "day=week": {coming},
            f"team={team.pk}": {coming},
            "team=99999": set(),
            f"within={areas.grid2.pk}": {later},
            "state__exact=held": set(),
        }
        assert keys(desk, ACTIVITY, wanted) == {query: {row.pk for row in rows} for query, rows in wanted.items()}

    def test_ticked_and_held(self, desk, served, over):
        assert offered(desk, ACTIVITY, over) == ["tick", "hold", "cancel"]
        zhao, qian = over.signups.order_by("pk")
        step(desk, ACTIVITY, over, "tick", there=[zhao.pk, qian.pk], others=[served.li.pk])
        assert {one.member for one in over.signups.exclude(attended="")} == {served.zhao, served.qian, served.li}
        there = [zhao.pk, over.signups.get(member=served.li).pk]
        assert "取消 1 人" in said(step(desk, ACTIVITY, over, "tick", there=there))
        assert "到场 2 人" in said(desk.get(page(ACTIVITY, "hold", over.pk)))
        assert "记服务时长 2 人" in said(step(desk, ACTIVITY, over, "hold"))
        assert {row.member for row in ServiceHours.objects.confirmed()} == {served.zhao, served.li}
        over.refresh_from_db()
        assert (over.state, over.held_by) == ("held", served.secretary)
        assert offered(desk, ACTIVITY, over) == []
        assert 'name="title"' not in said(desk.get(page(ACTIVITY, "change", over.pk)))

    def test_not_before_its_day(self, desk, served, areas):
        coming = activity_at(areas.taoyuan)
        assert offered(desk, ACTIVITY, coming) == ["cancel"]
        assert "当天起才能办理" in said(step(desk, ACTIVITY, coming, "hold"))

    def test_cancelled_with_a_reason(self, desk, areas):
        coming = activity_at(areas.taoyuan)
        step(desk, ACTIVITY, coming, "cancel")
        step(desk, ACTIVITY, coming, "cancel", reason="大雨")
        coming.refresh_from_db()
        assert (coming.state, coming.reason) == ("cancelled", "大雨")

    def test_who_signed_up_and_came(self, desk, served, over):
        tick_attendance(activity=over, members=[served.zhao], by=served.secretary)
        shown = panels(desk, ACTIVITY, over)["报名和签到"]
        assert [(name, "现场勾选" in text) for name, text in shown] == [("赵一", True), ("钱二", False)]
        (row,) = exported(desk, SIGNUP, f"activity={over.pk}&came=yes")
        assert (row["活动名称"], row["姓名"], row["报名"], row["签到方式"]) == ("清扫楼道", "赵一", "已报名", "现场勾选")
        signup = SignUp.objects.get(member=served.zhao)
        assert "清扫楼道" in said(desk.get(page(SIGNUP, "change", signup.pk)))
        (row,) = exported(desk, ACTIVITY)
        assert (row["活动名称"], row["已报名"], row["到场人数"], row["状态"]) == ("清扫楼道", "2", "1", "报名中")

    def test_the_neighbours_activity_is_not_there(self, theirs, over):
        assert {theirs.get(page(ACTIVITY, name, over.pk)).status_code for name in ("change", "tick", "hold", "cancel")} == {404}
        assert theirs.get(page(SIGNUP, "change", over.signups.first().pk)).status_code == 404
        assert exported(theirs, ACTIVITY) == exported(theirs, SIGNUP) == []

    def test_who_only_looks_on_holds_nothing(self, client, served, over):
        client.force_login(served.cadre)
        assert {client.post(page(ACTIVITY, name, over.pk)).status_code for name in ("tick", "hold", "cancel")} == {403}


class TestHours:
    def test_the_filters_answer_questions(self, desk, served, areas):
        zhao, qian = (entered(served, areas, user) for user in (served.zhao_user, served.qian_user))
        ServiceHours.objects.filter(pk=qian.pk).update(state="confirmed", on=date(today().year - 1, 5, 1))
        wanted = {
            "todo=confirm": {zhao},
            "state__exact=confirmed": {qian},
            "period=last_year": {qian},
            f"within={areas.taoyuan.pk}": {zhao, qian},
            f"within={areas.grid1.pk}": set(),
            "q=赵": {zhao},
        }
        assert keys(desk, HOURS, wanted) == {query: {row.pk for row in rows} for query, rows in wanted.items()}

    def test_many_confirmed_at_once_become_points(self, desk, served, areas):
        rows = [entered(served, areas, user) for user in (served.zhao_user, served.qian_user)]
        data = {"action": "confirm", "_selected_action": [row.pk for row in rows]}
        assert "已确认 2 条" in said(desk.post(page(HOURS, "changelist"), data, follow=True))
        assert {row.decided_by for row in ServiceHours.objects.confirmed()} == {served.secretary}
        assert set(PointEntry.objects.values_list("source", flat=True)) == {f"hours:{row.pk}" for row in rows}
        assert "没有待您确认的" in said(desk.post(page(HOURS, "changelist"), data, follow=True))

    def test_one_is_confirmed_then_taken_back(self, desk, served, areas):
        row = entered(served, areas, served.zhao_user)
        assert offered(desk, HOURS, row) == ["confirm", "refuse"]
        assert "服务 2 小时" in said(desk.get(page(HOURS, "confirm", row.pk)))
        step(desk, HOURS, row, "confirm")
        assert offered(desk, HOURS, row) == ["take_back"]
        step(desk, HOURS, row, "take_back", reason="日期登记错误")
        row.refresh_from_db()
        assert (row.state, row.reason) == ("taken_back", "日期登记错误")
        assert sum(PointEntry.objects.values_list("points", flat=True)) == 0

    def test_refused_with_a_reason(self, desk, served, areas):
        row = entered(served, areas, served.zhao_user)
        step(desk, HOURS, row, "refuse")
        step(desk, HOURS, row, "refuse", reason="当天没有安排")
        row.refresh_from_db()
        assert (row.state, row.reason) == ("refused", "当天没有安排")

    def test_what_cannot_count_is_told(self, desk, served, areas):
        row = entered(served, areas, served.zhao_user)
        served.items["C1"].__class__.objects.filter(feed="hours").update(feed="")
        assert "没有计入积分" in said(step(desk, HOURS, row, "confirm"))

    def test_nobody_confirms_their_own(self, client, served, areas):
        row = entered(served, areas, served.zhao_user)
        own = make_user("community_clerk", areas.taoyuan, username="zhao-clerk")
        served.zhao.person.user = own
        served.zhao.person.save()
        client.force_login(own)
        assert offered(client, HOURS, row) == []
        assert "不能办理本人的事项" in said(step(client, HOURS, row, "confirm"))
        client.post(page(HOURS, "changelist"), {"action": "confirm", "_selected_action": [row.pk]})
        assert not ServiceHours.objects.confirmed().exists()

    def test_who_only_looks_on_decides_nothing(self, client, served, areas):
        row = entered(served, areas, served.zhao_user)
        client.force_login(served.cadre)
        client.post(page(HOURS, "changelist"), {"action": "confirm", "_selected_action": [row.pk]})
        assert client.post(page(HOURS, "confirm", row.pk)).status_code == 403
        assert not ServiceHours.objects.confirmed().exists()

    def test_the_neighbours_hours_are_not_there(self, theirs, served, areas):
        row = entered(served, areas, served.zhao_user)
        assert {theirs.get(page(HOURS, name, row.pk)).status_code for name in ("change", "confirm", "refuse")} == {404}
        theirs.post(page(HOURS, "changelist"), {"action": "confirm", "_selected_action": [row.pk]})
        assert not ServiceHours.objects.confirmed().exists()
        assert exported(theirs, HOURS) == []

    def test_the_list_goes_out(self, desk, served, areas):
        entered(served, areas, served.zhao_user)
        ServiceHours.objects.update(note="=1+1")
        (row,) = exported(desk, HOURS)
        assert (row["姓名"], row["服务内容"], row["时间"], row["时长（小时）"]) == ("赵一", "=1+1", "09:00—11:00", "2.0")


class TestQueries:
    def test_lists_and_pages_do_not_grow_with_their_rows(self, desk, served, areas, team, over):
        pages = {model: page(model, "changelist") for model in (TEAM, ACTIVITY, SIGNUP, HOURS)}
        pages |= {"a team": page(TEAM, "change", team.pk), "an activity": page(ACTIVITY, "change", over.pk)}
        pages |= {"an hour": page(HOURS, "change", entered(served, areas, served.zhao_user).pk)}
        first = {name: queries(desk, address) for name, address in pages.items()}
        for n, user in enumerate((served.qian_user, served.sun_user)):
            entered(served, areas, user)
            found_team(new=NewTeam(areas.taoyuan, f"第{n}队", "", served.qian), by=served.secretary)
            sign_up(activity=activity_at(areas.taoyuan, begins=time(14 + n), ends=time(15 + n)), by=user)
        join_team(team=team, members=[served.qian, served.sun], by=served.secretary)
        tick_attendance(activity=over, members=[served.sun], by=served.secretary)
        assert {name: queries(desk, address) for name, address in pages.items()} == first == COSTS


COSTS = {TEAM: 7, ACTIVITY: 7, SIGNUP: 7, HOURS: 7, "a team": 9, "an activity": 9, "an hour": 5}


def test_kinds_of_posts_are_kept_by_who_keeps_settings(client, served):
    kind = PostKind.objects.get(name="治安巡逻")
    client.force_login(served.system_admin)
    client.post(page("postkind", "change", kind.pk), {"name": "平安巡逻", "for_whom": "在职党员", "position": 1})
    kind.refresh_from_db()
    assert (kind.name, kind.in_use) == ("平安巡逻", False)
    client.force_login(served.secretary)
    assert client.post(page("postkind", "change", kind.pk), {"name": "x", "position": 1}).status_code == 403
    assert "平安巡逻" not in said(client.get(page("servicepost", "add")))
    assert len(listed(client, "postkind")) == 20
