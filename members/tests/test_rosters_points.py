"""The register of points: whom and what its rows mean, the rules of the ledger, what is written, taking it back."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Appointment, User
from conftest import make_user
from gridparty.lib.dates import today
from gridparty.lib.roster import CellRefused
from jobs.actions import run_job
from members.actions import (
    NewMember,
    appeal_points,
    decide_points,
    draft_scheme,
    enrol,
    leave,
    post_points,
    publish_scheme,
    rebuild_points,
    reverse_points,
)
from members.branch import scored_from
from members.choices import SchemeState
from members.errors import PointsRefused
from members.models import Member, PointBalance, PointEntry, PointItem, PointScheme
from members.points import meeting_source
from members.rosters.point_cells import read_amount
from members.tests.conftest import earned, number, typed
from rosters import actions
from rosters.choices import ImportState
from rosters.errors import ImportRefused
from rosters.models import Import, ImportBefore
from rosters.tests.rolls import answered_alike, commit, reader, reasons, remarks, sentences, verdicts, warnings
from rosters.tests.test_imports import HOSTILE

YEAR = today().year
DAY = date(YEAR, 1, 1)  # whatever day the tests run on, it is not in the future
HEADINGS = "姓名 党组织 积分项目 日期 数量 事由"


@pytest.fixture
def read(ledger, tmp_path):
    return reader("points", tmp_path)


def line(name="赵一", item="B1", on=DAY, amount="", note="党员大会", where="第1网格党支部") -> list:
    return [name, where, item, f"{on}", amount, note]


def figures() -> dict[str, Decimal]:
    return {row.member.name: row.total for row in PointBalance.objects.select_related("member__person")}


# --- Cells


@pytest.mark.parametrize(("text", "amount"), [("2", "2"), (2.5, "2.5"), ("2.50", "2.5"), ("3 小时", "3小时"), ("2人次", "2次")])
def test_amounts_as_offices_write_them(text, amount):
    assert str(read_amount(text)) == amount


@pytest.mark.parametrize("text", ["2分", "+3", "-1", "约2", "2.25", "二", "1234567", "2小时30分"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(CellRefused):
        read_amount(text)


# --- What becomes of rows


def test_a_meeting_is_entered_and_a_second_time_changes_nothing(ledger, cast, read):
    lines = (
        "序号 姓名 身份证号 所在支部 项目 活动日期 次数 活动名称",
        ["1", "赵一", number(1), "第1网格党支部", "B1", f"{DAY}", "1", "1月 党员大会"],
        ["2", "钱二", "", "第1网格党支部", "参加三会一课", f"{DAY}", "", "1月党员大会"],
        ["3", "孙三", number(4), "", "C1 志愿服务（+1 分/小时）", f"{DAY}", "2.5小时", "清扫楼道"],
    )
    reading = read(*lines, by=cast.secretary)
    assert (verdicts(reading), reading.unmatched, remarks(reading)) == (["new"] * 3, ["序号"], [])
    assert commit(reading, cast.secretary) == 3
    columns = ("balance__member__person__name", "item__code", "on", "quantity", "points", "state", "note", "decided_by")
    by = cast.secretary.pk
    assert list(PointEntry.objects.order_by("pk").values_list(*columns)) == [
        ("赵一", "B1", DAY, 1, 3, "approved", "1月 党员大会", by),
        ("钱二", "B1", DAY, 1, 3, "approved", "1月党员大会", by),
        ("孙三", "C1", DAY, Decimal("2.5"), Decimal("2.5"), "approved", "清扫楼道", by),
    ]
    assert figures() == {"赵一": 63, "钱二": 63, "李四": 60, "孙三": Decimal("62.5")}
    again = read(*lines, by=cast.secretary)
    assert verdicts(again) == ["unchanged"] * 3
    assert commit(again, cast.secretary) == 0
    assert rebuild_points(by=None) == []


def test_who_was_ticked_on_the_phone_is_not_scored_again(ledger, cast, read):
    source = meeting_source(DAY, "1月党员大会")
    post_points(entries=[earned(ledger.zhao, ledger.items["B1"], source=source, on=DAY)], by=ledger.branch_secretary)
    reading = read(HEADINGS, line(note="1月 党员大会"), line("钱二", note="1月党员大会"), by=cast.secretary)
    assert verdicts(reading) == ["unchanged", "new"]


def test_a_revised_scheme_makes_no_second_entry(ledger, cast, read):
    commit(read(HEADINGS, line(), by=cast.secretary), cast.secretary)
    draft = draft_scheme(source=ledger.scheme, area=ledger.scheme.area, year=YEAR, by=cast.street_officer)
    publish_scheme(scheme=draft, by=cast.street_officer)
    assert verdicts(read(HEADINGS, line(), line("钱二"), by=cast.secretary)) == ["unchanged", "new"]


def test_without_a_subject_an_item_counts_once_a_day(cast, read):
    lines = (HEADINGS, line(note=""), line(note="—"), line(note="", on=DAY, amount="2"))
    reading = read(*lines, by=cast.secretary)
    assert verdicts(reading) == ["new", "skipped", "refused"]
    commit(read(HEADINGS, line(note=""), by=cast.secretary), cast.secretary)
    assert verdicts(read(HEADINGS, line(note=""), by=cast.secretary)) == ["unchanged"]


def test_repeats_are_skipped_and_contradictions_refused(cast, read):
    reading = read(
        HEADINGS, line(item="C1", amount="1"), line(item="C1", amount="1"), line(item="C1", amount="2"), by=cast.secretary
    )
    assert verdicts(reading) == ["new", "skipped", "refused"]


def test_the_same_item_on_the_same_day_is_asked_about(cast, read):
    commit(read(HEADINGS, line(note="党员大会"), by=cast.secretary), cast.secretary)
    reading = read(HEADINGS, line(note="支部大会"), by=cast.secretary)
    assert verdicts(reading) == ["skipped"]
    assert remarks(reading) == ["该党员当天已按“参加三会一课”记过分，可能是同一件事。"]
    assert verdicts(answered_alike(reading, cast.secretary, again="again")) == ["new"]


def test_another_amount_than_on_record_is_refused(cast, read):
    commit(read(HEADINGS, line(item="C1", amount="1"), by=cast.secretary), cast.secretary)
    reading = read(HEADINGS, line(item="C1", amount="2"), by=cast.secretary)
    assert reasons(reading)[2][0][1].startswith("该事项在案的数量是 1，名单写的是 2；已记的分不能改")


def test_what_is_beyond_a_cap_is_told(ledger, cast, read):
    lines = [line(item="A1", on=DAY, note=f"第{n}次学习") for n in range(1, 8)]
    reading = read(HEADINGS, *lines, by=cast.secretary)
    assert verdicts(reading) == ["new"] * 7
    assert warnings(reading) == {8: [("积分项目", "“参加集中学习”全年最多计12分，超出的2分不计。")]}
    commit(reading, cast.secretary)
    assert figures()["赵一"] == 72


def test_an_earlier_day_is_weighed_against_all_that_stands(ledger, cast, read):
    later = [earned(ledger.zhao, ledger.items["A1"], on=today()) for _n in range(6)]
    post_points(entries=later, by=ledger.branch_secretary)
    reading = answered_alike(read(HEADINGS, line(item="A1", note="补记"), by=cast.secretary), cast.secretary, again="again")
    assert remarks(reading)[-1] == "“参加集中学习”全年最多计12分，超出的2分不计。"


# --- Who


def test_an_id_number_tells_namesakes_apart(cast, parties, read):
    for serial in (21, 22):
        enrol(new=NewMember(parties.branch1, parties.ordinary, typed=typed("赵一", serial)), by=cast.secretary)
    reading = read("姓名 身份证号码 积分项目 日期 事由", ["赵一", number(22), "B1", f"{DAY}", "大会"], by=cast.secretary)
    assert verdicts(reading) == ["new"]
    assert reading.rows[0].plan.member.person.id_number == number(22)
    refused = read(HEADINGS, line(), by=cast.secretary)
    assert reasons(refused) == {2: [("姓名", "有 3 名“赵一”，请填写身份证号码，或写明所在党组织。")]}


def test_a_group_is_of_its_branch_and_an_organisation_above_is_enough(cast, parties, read):
    enrol(new=NewMember(parties.group, parties.ordinary, typed=typed("周七", 7)), by=cast.secretary)
    assert verdicts(read(HEADINGS, line("周七"), by=cast.secretary)) == ["new"]
    assert verdicts(read(HEADINGS, line("孙三", where="桃园社区党委"), by=cast.secretary)) == ["new"]
    wrong = read(HEADINGS, line("孙三"), by=cast.secretary)
    assert reasons(wrong)[2][0][1] == "“第1网格党支部”没有名为“孙三”的党员，或不在您的管理范围内，请核对姓名和党组织。"


def test_a_name_alone_is_asked_about(cast, read, areas):
    lines = ("姓名 积分项目 日期 事由", ["赵一", "B1", f"{DAY}", "大会"])
    reading = read(*lines, by=cast.secretary)
    assert verdicts(reading) == ["skipped"]
    assert verdicts(answered_alike(reading, cast.secretary, who="is")) == ["new"]
    assert verdicts(read(*lines, by=cast.secretary, area=areas.grid1)) == ["new"]  # its branch is meant


def test_a_number_and_a_name_that_do_not_fit_are_refused(cast, read):
    head = "姓名 身份证号码 积分项目 日期 事由"
    rows = (["钱二", number(1)], ["赵一", number(99)], ["赵一", "370199********001X"])
    reading = read(head, *([*row, "B1", f"{DAY}", "大会"] for row in rows), by=cast.secretary)
    assert [found[0][0] for found in reasons(reading).values()] == ["姓名", "身份证号码", "身份证号码"]


def test_another_organisation_than_on_record_is_told(cast, read):
    reading = read(
        "姓名 身份证号码 党组织 积分项目 日期 事由",
        ["孙三", number(4), "第1网格党支部", "B1", f"{DAY}", "大会"],
        by=cast.secretary,
    )
    assert (verdicts(reading), remarks(reading)) == (["new"], ["在册的党组织是“第2网格党支部”，与名单不同。"])


# --- The rules of the ledger


def test_rows_that_cannot_be_are_refused_with_the_reason_and_nothing_is_written(ledger, cast, parties, read):
    ledger.scheme.exempt.create(member_class=parties.classes["流动党员"])
    floating = NewMember(parties.branch1, parties.classes["流动党员"], typed=typed("周七", 7))
    enrol(new=floating, by=cast.secretary)
    gone = enrol(new=NewMember(parties.branch1, parties.ordinary, typed=typed("吴八", 8)), by=cast.secretary)
    leave(member=gone, by=cast.secretary, note="桃组〔2026〕1号，本人申请")
    PointItem.objects.filter(code="A2").update(proposer="system")
    reading = read(
        HEADINGS,
        line(on=today() + timedelta(days=1)),
        line(on=date(2019, 5, 1)),
        line(item="Z9"),
        line(item="三会一课"),
        line("周七"),
        line("吴八"),
        line(item="A2"),
        line(item="C1", amount="2000"),
        line(item="C1", amount="2篇"),
        line("王五"),
        line(where="没有的党支部"),
        line(on="2026-13"),
        line(item=""),
        by=cast.secretary,
    )
    assert verdicts(reading) == ["refused"] * 13
    told = {row: (found[0][0], found[0][1]) for row, found in reasons(reading).items()}
    expected = {
        2: ("日期", f"日期{today() + timedelta(days=1)}"),
        3: ("日期", "赵一在2019年没有适用的积分办法，请先由街道或区发布办法。"),
        4: ("积分项目", f"{YEAR}年适用的积分办法里没"),
        5: ("积分项目", f"{YEAR}年适用的积分办法里没"),
        6: ("姓名", "周七所属类别不参加积分，不"),
        7: ("姓名", "吴八不在册（出党），不能记"),
        8: ("积分项目", "“学习笔记”由系统自动记分，"),
        9: ("数量", "赵一的数量应大于0、不超过"),
        10: ("数量", "“2篇”与“志愿服务”的计量"),
        11: ("姓名", "“第1网格党支部”没有名为“"),
        12: ("所在党组织", "没有找到党组织“没有的党支部"),
        13: ("日期", "“2026-13”不是日历上"),
        14: ("积分项目", "没有填写，请补上。"),
    }
    assert {row: (told[row][0], told[row][1][: len(text)]) for row, (_column, text) in expected.items()} == expected
    assert not PointEntry.objects.exists()


@pytest.mark.parametrize("state", [SchemeState.FROZEN, SchemeState.NOTICE, SchemeState.CLOSED])
def test_nothing_is_entered_in_a_year_that_is_closed(ledger, cast, read, state):
    PointScheme.objects.filter(pk=ledger.scheme.pk).update(state=state)
    reading = read(HEADINGS, line(), by=cast.secretary)
    assert reasons(reading) == {2: [("日期", f"{YEAR}年度积分{state.label}，不能再记分。")]}


def test_who_may_not_approve_proposes(ledger, cast, read):
    reading = read(HEADINGS, line(), line("钱二", "C1"), by=cast.clerk)
    assert verdicts(reading) == ["new", "new"]
    assert remarks(reading)[0] == "“参加三会一课”由支部书记审核，先列为待审核。"
    commit(reading, cast.clerk)
    assert set(PointEntry.objects.values_list("state", "proposed_by")) == {("proposed", cast.clerk.pk)}
    assert set(figures().values()) == {60}
    assert sentences(read(HEADINGS, line(item="D1"), by=cast.clerk)) == ["“街道以上表彰”由支部书记申报，请由其办理。"]


def test_ones_own_points_wait_for_somebody_else(ledger, cast, read):
    ledger.sun.person.user = cast.secretary
    ledger.sun.person.save()
    reading = read(HEADINGS, line("孙三", where="第2网格党支部"), by=cast.secretary)
    assert remarks(reading) == ["本人的积分由支部其他负责人或上级审核，先列为待审核。"]
    commit(reading, cast.secretary)
    assert PointEntry.objects.get().state == "proposed"


# --- Reach


def test_a_list_is_no_back_door(ledger, cast, areas, read):
    """Neither name nor ID number tells whether a neighbour's member is on record."""
    head = "姓名 身份证号码 党组织 积分项目 日期 事由"
    rows = (["赵一", number(1), ""], ["赵一", number(98), ""], ["赵一", "", "第1网格党支部"], ["赵一", "", ""])
    neighbour = make_user("community_secretary", areas.liuyuan, username="liuyuan")
    reading = read(head, *([*row, "B1", f"{DAY}", "大会"] for row in rows), by=neighbour)
    assert verdicts(reading) == ["refused"] * 4
    assert reasons(reading)[2] == reasons(reading)[3]
    assert not PointEntry.objects.exists()


def test_a_seat_elsewhere_does_not_let_lists_in(ledger, cast, areas, read):
    """Who leads 第1网格党支部 and imports lists in 柳园 imports no points for the branch."""
    both = ledger.branch_secretary
    clerk = make_user("community_clerk", areas.liuyuan, username="liuyuan")
    Appointment.objects.filter(user=clerk).update(user=both)
    reading = read(HEADINGS, line(), by=User.objects.get(pk=both.pk))
    assert verdicts(reading) == ["refused"]


# --- Rows that went out with their number


def test_rows_with_a_number_change_nothing(ledger, cast, read):
    entry = post_points(entries=[earned(ledger.zhao, ledger.items["C1"], on=DAY)], by=cast.secretary).entries[0]
    head = "编号 姓名 积分项目 日期 数量"
    rows = (
        [entry.pk, "赵一", "志愿服务", f"{DAY}", "1.0"],
        [entry.pk + 1, "赵一", "志愿服务", f"{DAY}", "1"],
        [99999999999999999999, "赵一", "志愿服务", f"{DAY}", "1"],
    )
    assert verdicts(read(head, *rows, by=cast.secretary)) == ["unchanged", "refused", "refused"]
    changed = read(head, [entry.pk, "赵一", "志愿服务", f"{DAY}", "3"], by=cast.secretary)
    assert sentences(changed) == ["与该编号的积分记录不同；已记的分不能改，记错的请冲正，另记的请删去编号。"]


# --- Files that are no list


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_with_a_sentence_and_leave_nothing(ledger, cast, name):
    file = SimpleUploadedFile(name, HOSTILE[name])
    imported = worked(actions.upload(kind="points", file=file, by=cast.secretary))
    assert (imported.state, imported.said[-1:]) == (ImportState.REFUSED, "。")
    assert not PointEntry.objects.exists()


def test_a_list_shorter_than_its_headings_and_cells_of_formulas_write_nothing(ledger, cast):
    imported = uploaded([["=cmd|' /C calc'!A0", "@SUM(1)", "B1"], ["赵一", "第1网格党支部", "=1+1", f"{DAY}"]], cast.secretary)
    assert (imported.counts["refused"], imported.writable) == (2, 0)


# --- Costs


@pytest.mark.parametrize("n", [1, 12])
def test_queries_do_not_grow_with_the_rows(ledger, cast, read, django_assert_num_queries, n):
    rows = [
        line(name, item, note=f"第{k}次") for k in range(n) for name, item in (("赵一", "B1"), ("钱二", "C1"), ("王五", "B1"))
    ]
    rows += [["孙三", "第2网格党支部", "B1", f"{DAY}", "", f"第{k}次"] for k in range(n)]
    assert cast.secretary.scope
    with django_assert_num_queries(11):
        read(HEADINGS, *rows, by=cast.secretary)


# --- Taking it back


def uploaded(lines: list[list], by, headings=HEADINGS) -> Import:
    text = "\n".join(",".join(map(str, one)) for one in [headings.split(), *lines])
    file = SimpleUploadedFile("积分.csv", text.encode())
    return worked(actions.upload(kind="points", file=file, by=by))


def worked(imported: Import) -> Import:
    imported.refresh_from_db()
    run_job(job_id=imported.job_id)
    return Import.objects.select_related("by", "area").get(pk=imported.pk)


def written(lines: list[list], by) -> Import:
    imported = uploaded(lines, by)
    done = worked(actions.confirm(imported=imported, shown=imported.checked, by=by))
    assert (done.state, done.written) == (ImportState.DONE, len(lines)), (done.said, done.counts)
    return done


class TestTakingBack:
    def test_balances_are_what_they_were_and_the_ledger_shows_why(self, ledger, cast):
        post_points(entries=[earned(ledger.zhao, ledger.items["B1"], on=DAY) for _n in range(5)], by=cast.secretary)
        before = figures()
        done = written([*(line(item="B2", note=f"第{n}次") for n in range(5)), line("钱二", "E1")], cast.secretary)
        assert figures() == {"赵一": 80, "钱二": 57, "李四": 60, "孙三": 60}
        undone = worked(actions.undo(imported=done, by=cast.secretary))
        assert (undone.state, undone.said, figures()) == (ImportState.UNDONE, "", before)
        assert rebuild_points(by=None) == []
        reversals = PointEntry.objects.exclude(reverses=None).order_by("pk")
        assert [(row.points, row.reason, row.source[:7]) for row in reversals] == [
            *[(-2, "撤销表格导入", "undone:")] * 5,
            (3, "撤销表格导入", "undone:"),
        ]
        assert PointEntry.objects.count() == 17

    def test_it_happens_once(self, ledger, cast):
        done = written([line()], cast.secretary)
        worked(actions.undo(imported=done, by=cast.secretary))
        with pytest.raises(ImportRefused, match="已经撤销"):
            actions.undo(imported=done, by=cast.secretary)
        assert actions.take_back(of=done.pk) == 0
        assert PointEntry.objects.count() == 2

    def test_what_waits_is_withdrawn(self, ledger, cast):
        done = written([line()], cast.clerk)
        worked(actions.undo(imported=done, by=cast.clerk))
        assert list(PointEntry.objects.values_list("state", "reason")) == [("withdrawn", "撤销表格导入")]

    def test_the_mended_list_can_be_imported_after_it(self, ledger, cast):
        for by, total in ((cast.secretary, 62), (cast.clerk, 60)):
            done = written([line(item="C1", amount="1", note=f"值守{total}")], by)
            worked(actions.undo(imported=done, by=by))
            again = written([line(item="C1", amount="2", note=f"值守{total}")], by)
            assert uploaded([line(item="C1", amount="2", note=f"值守{total}")], by).counts["unchanged"] == 1
            assert figures()["赵一"] == total
            worked(actions.undo(imported=again, by=by))
            assert figures()["赵一"] == 60
        sources = PointEntry.objects.filter(reverses=None).order_by("pk").values_list("source", flat=True)
        assert [source.partition("~")[2] for source in sources] == ["", "2", "", "2"]

    def test_after_it_the_meeting_can_be_ticked_on_the_phone(self, ledger, cast):
        source, item = meeting_source(DAY, "党员大会"), ledger.items["B1"]
        done = written([line(), line("钱二")], cast.secretary)
        assert scored_from(source, item, [ledger.zhao, ledger.qian]) == [ledger.zhao, ledger.qian]
        reverse_points(entry=PointEntry.objects.order_by("pk")[1], by=cast.secretary, reason="未到会")
        worked(actions.undo(imported=done, by=cast.secretary))
        assert scored_from(source, item, [ledger.zhao, ledger.qian]) == [ledger.qian]
        post_points(entries=[earned(ledger.zhao, item, source=source, on=DAY)], by=ledger.branch_secretary)
        with pytest.raises(PointsRefused, match="记过分"):
            post_points(entries=[earned(ledger.zhao, item, source=source, on=DAY)], by=ledger.branch_secretary)
        assert figures()["赵一"] == 63

    def test_what_was_reversed_or_refused_by_hand_does_not_come_back_by_the_same_list(self, ledger, cast):
        written([line()], cast.secretary)
        written([line("钱二")], cast.clerk)
        zhao, qian = PointEntry.objects.order_by("pk")
        reverse_points(entry=zhao, by=cast.secretary, reason="未到会")
        decide_points(entries=[qian], approve=False, by=cast.secretary, reason="未到会")
        again = uploaded([line(), line("钱二")], cast.secretary)
        assert (again.counts["skipped"], again.writable) == (2, 0)

    def test_what_was_done_by_hand_since_is_left_and_told(self, ledger, cast):
        done = written([line(), line("钱二"), line("李四")], cast.secretary)
        zhao, qian, _li = PointEntry.objects.order_by("pk")
        reverse_points(entry=zhao, by=ledger.branch_secretary, reason="未到会")
        PointEntry.objects.filter(pk=qian.pk).update(appeal="open")
        undone = worked(actions.undo(imported=done, by=cast.secretary))
        assert undone.said.startswith("有 2 条记录")
        assert [(one.object_id, one.why) for one in actions.left_over(undone)] == [
            (zhao.pk, "导入之后已冲正。"),
            (qian.pk, "导入之后党员提出了申诉。"),
        ]
        assert figures() == {"赵一": 60, "钱二": 63, "李四": 60, "孙三": 60}
        worked(actions.undo(imported=undone, by=cast.secretary, overrule=[0, 1]))
        assert PointEntry.objects.count() == 5
        assert ImportBefore.objects.count() == 1

    def test_what_others_decided_since_is_left(self, ledger, cast):
        done = written([line(), line("钱二")], cast.clerk)
        zhao, qian = PointEntry.objects.order_by("pk")
        decide_points(entries=[zhao], approve=True, by=ledger.branch_secretary)
        decide_points(entries=[qian], approve=False, by=ledger.branch_secretary, reason="未到会")
        worked(actions.undo(imported=done, by=cast.clerk))
        whys = [one.why for one in actions.left_over(done)]
        assert whys == ["导入之后已审核：已记分。", "导入之后已审核：未通过。"]
        assert figures()["赵一"] == 63

    def test_a_year_frozen_since_stays_as_it_is(self, ledger, cast):
        done = written([line()], cast.secretary)
        PointScheme.objects.filter(pk=ledger.scheme.pk).update(state=SchemeState.FROZEN)
        undone = worked(actions.undo(imported=done, by=cast.secretary))
        assert [one.why for one in actions.left_over(undone)] == [f"{YEAR}年度积分已冻结，不能办理冲正。"]
        PointScheme.objects.filter(pk=ledger.scheme.pk).update(state=SchemeState.IN_FORCE)
        worked(actions.undo(imported=undone, by=cast.secretary))
        assert figures()["赵一"] == 60

    def test_nothing_is_reversed_that_is_out_of_reach_by_now(self, ledger, cast, parties):
        done = written([line()], cast.secretary)
        PointBalance.objects.filter(member=ledger.zhao).update(organisation=parties.liuyuan, **place_of(parties.liuyuan))
        worked(actions.undo(imported=done, by=cast.secretary))
        assert PointEntry.objects.count() == 1
        assert Member.objects.filter(pk=ledger.zhao.pk).exists()

    def test_the_page_says_what_taking_back_does_and_what_was_left(self, ledger, cast, client):
        client.force_login(cast.secretary)
        done = written([line(), line("钱二")], cast.secretary)
        assert "由相反的记录冲正" in client.get(f"/rosters/{done.pk}/").content.decode()
        appeal_points(entry=PointEntry.objects.order_by("pk")[0], by=ledger.zhao_user, text="当天在外值班")
        worked(actions.undo(imported=done, by=cast.secretary))
        page = client.get(f"/rosters/{done.pk}/").content.decode()
        assert "导入之后党员提出了申诉。" in page
        assert "仍然撤销" not in page


def place_of(organisation) -> dict:
    return {name: getattr(organisation, name) for name in ("area", "district", "street", "community", "grid")}
