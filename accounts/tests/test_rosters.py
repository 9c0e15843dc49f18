"""The register of appointments: who is meant, what may be given, what is written."""

from datetime import date

import pytest

from accounts.choices import Role
from accounts.models import Appointment, User
from accounts.roles import MAY_APPOINT
from accounts.rosters import ROLE, read_username
from accounts.usernames import free_name
from conftest import make_user
from gridparty.lib.dates import today
from gridparty.lib.roster import CellRefused
from rosters.tests.rolls import answered, commit, reader, reasons, verdicts, warnings

HEADINGS = "姓名* 岗位 所在社区 所在网格 楼栋 手机号（必填） 任职日期 任期止 产生方式 专/兼职"


@pytest.fixture
def read(areas, tmp_path):
    return reader("appointments", tmp_path)


def posts(*usernames) -> set[tuple]:
    rows = Appointment.objects.filter(user__username__in=usernames)
    return set(rows.values_list("user__username", "role", "area__code"))


# --- Cells


@pytest.mark.parametrize(
    ("words", "role"),
    [
        ("网格长 网格组长 片长", Role.GRID_LEADER),
        ("民情信息员 民情采集员", Role.SENTIMENT_OFFICER),
        ("安全监督员 综治安全员", Role.SAFETY_OFFICER),
        ("市容监督员 市容员", Role.CITYSCAPE_OFFICER),
        ("楼栋长 楼长", Role.BUILDING_LEADER),
        ("社区工作人员 社工", Role.COMMUNITY_CLERK),
        ("包联领导 包联干部", Role.LEADING_CADRE),
    ],
)
def test_roles_as_offices_write_them(words, role):
    assert {ROLE.read(word) for word in words.split()} == {role}


def test_log_in_names(db):
    assert read_username(" ＷangXM ") == "wangxm"
    with pytest.raises(CellRefused, match="只能有文字、字母、数字"):
        read_username("wang xm")
    assert free_name("王小明", {"wangxiaoming", "wangxiaoming2"}) == "wangxiaoming3"
    assert free_name("·", ()) == "user"


# --- What becomes of rows


LINES = (
    ["王小明", "网格长", "桃园社区", "第1网格", "", "15400000001", "2026年1月", "2028年12月", "选举", "专职"],
    ["李二", "楼栋长", "桃园社区", "第1网格", "1号楼", "15400000002", "", "至今", "", ""],
    ["王小明", "民情采集员", "桃园社区", "第1网格", "", "15400000001", "", "", "", ""],
    ["赵三", "社工", "桃园社区", "第1网格", "", "15400000003", "", "", "招聘", "专职"],
)


def test_a_list_is_entered_and_a_second_time_changes_nothing(areas, cast, read):
    reading = read(HEADINGS, *LINES, by=cast.secretary)
    assert (verdicts(reading), reading.unmatched) == (["new"] * 4, []), reasons(reading)
    assert warnings(reading)[2] == [("任期自", "只有年月，按 1 日登记。"), ("任期至", "只有年月，按 31 日登记。")]
    assert commit(reading, cast.secretary) == 4
    assert posts("wangxiaoming", "lier", "zhaosan") == {
        ("wangxiaoming", "grid_leader", areas.grid1.code),
        ("wangxiaoming", "sentiment_officer", areas.grid1.code),
        ("lier", "building_leader", areas.building1.code),
        ("zhaosan", "community_clerk", areas.taoyuan.code),
    }
    post = Appointment.objects.get(role="grid_leader", user__username="wangxiaoming")
    assert (post.starts_on, post.ends_on, post.origin, post.engagement) == (
        date(2026, 1, 1),
        date(2028, 12, 31),
        "elected",
        "full_time",
    )
    assert Appointment.objects.get(user__username="lier").starts_on == today()
    user = User.objects.get(username="wangxiaoming")
    assert (user.phone, user.created_by, user.has_usable_password()) == ("15400000001", cast.secretary, False)
    again = read(HEADINGS, *LINES, by=cast.secretary)
    assert verdicts(again) == ["unchanged"] * 4
    assert commit(again, cast.secretary) == 0


def test_a_list_without_phones_creates_nobody_twice(cast, read):
    lines = ("姓名 职务 网格", "王小明 网格长 第1网格", "李二 网格长 第2网格")
    assert commit(read(*lines, by=cast.secretary), cast.secretary) == 2
    again = read(*lines, by=cast.secretary)
    assert verdicts(again) == ["unchanged"] * 2
    assert User.objects.filter(name__in=["王小明", "李二"]).count() == 2


def test_a_namesake_is_offered_and_never_assumed(areas, cast, read):
    user = make_user(Role.GRID_LEADER, areas.grid2, username="wxm", name="王小明")
    reading = read("姓名 职务 网格", "王小明 网格长 第1网格", by=cast.secretary)
    assert verdicts(reading) == ["skipped"]
    (remark,) = reading.rows[0].warnings
    assert [value for value, _label in remark.options] == ["skip", f"user:{user.pk}", "new"]
    assert commit(reading, cast.secretary) == 0
    chosen = answered(reading, {0: {"person": f"user:{user.pk}"}}, cast.secretary)
    assert commit(chosen, cast.secretary) == 1
    assert posts("wxm") == {("wxm", "grid_leader", areas.grid1.code), ("wxm", "grid_leader", areas.grid2.code)}


def test_a_namesake_may_be_somebody_new(areas, cast, read):
    make_user(Role.GRID_LEADER, areas.grid2, username="wangxiaoming", name="王小明")
    reading = answered(read("姓名 职务 网格", "王小明 网格长 第1网格", by=cast.secretary), {0: {"person": "new"}}, cast.secretary)
    assert commit(reading, cast.secretary) == 1
    assert posts("wangxiaoming2") == {("wangxiaoming2", "grid_leader", areas.grid1.code)}


def test_another_phone_is_another_person_with_a_remark(areas, cast, read):
    User.objects.filter(pk=make_user(Role.GRID_LEADER, areas.grid2, username="wxm", name="王小明").pk).update(
        phone="15400000007", phone_tail="0007"
    )
    reading = read("姓名 职务 网格 手机", "王小明 网格长 第1网格 15400000008", by=cast.secretary)
    assert verdicts(reading) == ["new"]
    assert reading.rows[0].warnings[0].options[0][0] == "new"


def test_namesakes_within_the_file_are_offered_too(areas, cast, read):
    reading = read("姓名 职务 网格", "王小明 网格长 第1网格", "王小明 安全员 第1网格", by=cast.secretary)
    assert verdicts(reading) == ["new", "skipped"]
    assert commit(answered(reading, {1: {"person": "row:2"}}, cast.secretary), cast.secretary) == 2
    assert {role for _user, role, _area in posts("wangxiaoming")} == {"grid_leader", "safety_officer"}


def test_a_log_in_name_says_who_is_meant(areas, cast, read):
    make_user(Role.GRID_LEADER, areas.grid2, username="wxm", name="王小明")
    make_user(Role.GRID_LEADER, areas.other_district, username="yuanfang", name="远方")
    reading = read(
        "姓名 职务 网格 登录名",
        "王小明 网格长 第1网格 WXM",
        "李二 安全员 第1网格 wxm",
        "李二 安全员 第1网格 yuanfang",
        "李二 安全员 第1网格 lier",
        by=cast.secretary,
    )
    assert verdicts(reading) == ["new", "refused", "refused", "new"]
    assert reasons(reading) == {
        3: [("姓名", "登录名“wxm”是另一个姓名的用户，请核对登录名和姓名。")],
        4: [("登录名", "登录名“yuanfang”已有人使用，请换一个。")],
    }


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("李二 网格长 桃园社区 2026-01-01 无", "网格长应设在网格"),
        ("李二 网格长 第1网格 2026-02-01 2026-01-01", "任期止于开始之前"),
        ("李二 支委 第1网格 2026-01-01 无", "支部委员应设在党组织"),
        ("李二 社区书记 桃园社区 2026-01-01 无", "您不能在“桃园社区”任命社区书记"),
        ("李二 网格员 第1网格 2026-01-01 无", "不认识“网格员”"),
        ("李二 网格长 无 2026-01-01 无", "没有填写任职的社区、网格或其他区域"),
    ],
)
def test_what_cannot_be_given_is_refused_with_the_reason(cast, read, row, sentence):
    found = reasons(read("姓名 职务 区域 任期自 任期至", row, by=cast.secretary))
    assert sentence in str(found), found


def test_terms_that_overlap_in_the_file_are_refused_and_following_ones_are_taken(cast, read):
    reading = read(
        "姓名 职务 网格 手机 任期自 任期至",
        "王小明 网格长 第1网格 15400000001 2020-01-01 2022-12-31",
        "王小明 网格长 第1网格 15400000001 2023-01-01 2025-12-31",
        "王小明 网格长 第1网格 15400000001 2024-01-01 2026-12-31",
        "王小明 网格长 第1网格 15400000001 2020-01-01 2022-12-31",
        by=cast.secretary,
    )
    assert verdicts(reading) == ["new", "new", "refused", "skipped"]


def test_another_term_on_record_is_told_and_left(areas, cast, read):
    make_user(Role.GRID_LEADER, areas.grid1, username="wxm", name="王小明", ends_on=date(2099, 12, 31))
    reading = read("姓名 职务 网格 登录名 任期至", "王小明 网格长 第1网格 wxm 2098-12-31", by=cast.secretary)
    assert verdicts(reading) == ["unchanged"]
    assert warnings(reading)[2][0][0] == "任期至"


# --- Reach


def test_rows_aimed_at_other_areas_or_higher_posts_are_refused_and_nothing_is_written(areas, cast, read):
    before = set(Appointment.objects.values_list("pk", flat=True)), User.objects.count()
    reading = read(
        "姓名 职务 区域",
        ["甲", "网格长", "370199001002001"],
        ["乙", "社区工作人员", "柳园社区"],
        ["丙", "街道工作人员", "东街街道"],
        ["丁", "社区书记", "桃园社区"],
        ["戊", "市级管理员", "全市"],
        ["己", "系统管理员", "全部区域"],
        ["庚", "包联领导", "桃园社区"],
        by=cast.secretary,
    )
    assert verdicts(reading) == ["refused"] * 7
    assert (set(Appointment.objects.values_list("pk", flat=True)), User.objects.count()) == before


def test_nobody_appoints_by_import_whom_they_could_not_appoint_by_hand(areas, cast, read):
    for by, role in (
        (cast.clerk, None),
        (cast.street_officer, Role.STREET_OFFICER),
        (cast.district_official, Role.DISTRICT_OFFICIAL),
    ):
        rows = [[f"钱{chr(0x4E00 + n)}", one.label, "全部区域"] for n, one in enumerate(Role)]
        for row, one in zip(rows, Role, strict=True):
            row[2] = {"district_official": "海棠区", "street_officer": "东街街道", "building_leader": "1号楼"}.get(
                one, "桃园社区"
            )
        reading = read("姓名 职务 区域", *rows, by=by, area=areas.taoyuan)
        given = {row.values["role"] for row in reading.rows if row.verdict == "new"}
        assert given <= (MAY_APPOINT[role] if role else set())


def test_one_cannot_appoint_oneself(areas, cast, read):
    reading = read("姓名 职务 网格 登录名", "张三 网格长 第1网格 secretary", by=cast.secretary)
    assert reasons(reading) == {2: [("姓名", "不能任免自己，请由上级办理。")]}


@pytest.mark.parametrize("n", [1, 12])
def test_queries_do_not_grow_with_the_rows(areas, cast, read, django_assert_num_queries, n):
    make_user(Role.GRID_LEADER, areas.grid2, username="wxm", name="王小明")
    rows = ["王小明 网格长 第1网格 wxm", *(f"钱{chr(0x4E00 + k)} 网格长 第1网格 user{k}" for k in range(n))]
    assert cast.secretary.scope
    with django_assert_num_queries(7):
        read("姓名 职务 网格 登录名", *rows, by=cast.secretary)


@pytest.mark.parametrize("n", [1, 12])
def test_queries_of_writing_do_not_grow_with_the_rows(cast, read, django_assert_num_queries, n):
    reading = read("姓名 职务 网格", *(f"钱{chr(0x4E00 + k)} 网格长 第1网格" for k in range(n)), by=cast.secretary)
    with django_assert_num_queries(21):
        commit(reading, cast.secretary)


# --- Terms in one cell


@pytest.mark.parametrize(
    ("headings", "row", "days"),
    [
        ("姓名 职务 网格 任期", "王小明 网格长 第1网格 2026.5-2029.5", (date(2026, 5, 1), date(2029, 5, 31))),
        ("姓名 职务 网格 聘期", "王小明 网格长 第1网格 2026年5月1日至2029年4月30日", (date(2026, 5, 1), date(2029, 4, 30))),
        ("姓名 职务 网格 任职时间", "王小明 网格长 第1网格 2026.05—2029.05", (date(2026, 5, 1), date(2029, 5, 31))),
        ("姓名 职务 网格 任职时间 任期", "王小明 网格长 第1网格 2026-05-01 三年", (date(2026, 5, 1), date(2029, 4, 30))),
        ("姓名 职务 网格 任期", "王小明 网格长 第1网格 2026.5至今", (date(2026, 5, 1), None)),
        ("姓名 职务 网格 任期", "王小明 网格长 第1网格 5年", (today(), None)),
    ],
)
def test_a_term_in_one_cell(cast, read, headings, row, days):
    reading = read(headings, row, by=cast.secretary)
    assert verdicts(reading) == ["new"], reasons(reading)
    post = reading.rows[0].plan
    assert (post.starts_on, post.ends_on) == days


def test_a_term_that_cannot_be_told_is_refused(cast, read):
    reading = read("姓名 职务 网格 任期", "王小明 网格长 第1网格 2026-2029", by=cast.secretary)
    assert reasons(reading)[2][0][1].startswith("“2026-2029”看不出任期从何时到何时")
