"""Cases from found to closed: who has them, who is told, what needs somebody else, what is lost to nobody."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actions import Post, appoint, end_appointments
from accounts.choices import EndReason, Role
from accounts.models import Appointment, User
from cases.actions import NewCase, Said, move_case, open_case, settle_on_spot
from cases.choices import Who
from cases.errors import CaseRefused
from cases.handling import history
from cases.models import Case, Rating
from cases.queries import down_from, up_from
from cases.tests.conftest import open_at
from gridparty.lib.dates import today
from grids.actions import close_area, merge_grids
from grids.errors import AreaRefused
from grids.models import Area
from jobs.models import Notice, OutboxMessage

PERSONAL = {"teller": "王小明", "teller_phone": "15400000001", "text": "301 室漏水，找王小明"}


@pytest.fixture
def case(voices) -> Case:
    return open_at(voices, voices.areas.building1, voices.grid_leader)


def moved(case: Case, kind: str, by, **said) -> Case:
    return move_case(case=case, kind=kind, by=by, said=Said(**said))


def filed(case: Case, by, procedure: str = "coordinated") -> Case:
    return moved(case, "file", by, procedure=procedure)


def answered(case: Case, by) -> Case:
    case = moved(filed(case, by), "handle", by, text="已换灯")
    return moved(case, "answer", by, answer="已换新灯")


def vacate(user) -> None:
    """The user's posts end."""
    end_appointments(appointments=Appointment.objects.filter(user=user), reason=EndReason.REMOVED, by=None)


def fresh(user) -> User:
    """The user as of another request: scope is built once for each."""
    return User.objects.get(pk=user.pk)


def told(**conditions) -> set[str]:
    """Who got a notice since the last time it was asked."""
    rows = Notice.objects.filter(**conditions)
    names = set(rows.values_list("recipient__username", flat=True))
    Notice.objects.all().delete()
    return names


# --- Opening


class TestOpening:
    def test_it_is_found_in_the_grid_and_held_there(self, voices, case):
        assert (case.step, case.procedure, case.holder, case.seq) == ("found", "", voices.areas.grid1, 1)
        assert [(event.kind, event.by) for event in case.events.all()] == [("opened", voices.grid_leader)]
        assert len(case.receipt) == 12

    def test_where_nobody_handles_cases_the_next_level_has_it(self, voices):
        vacate(voices.grid_leader)
        assert open_at(voices, voices.areas.building1, voices.secretary).holder == voices.areas.taoyuan

    def test_in_a_place_without_anybody_the_grid_has_it_until_somebody_comes(self, voices):
        xingyuan = Area.objects.get(code="370199002001001")
        assert open_at(voices, xingyuan, None).holder == voices.areas.district
        vacate(voices.district_official)
        assert open_at(voices, xingyuan, None).holder == xingyuan

    @pytest.mark.parametrize("who", ["next_grid_leader", "cadre", "member", "nobody"])
    def test_who_keeps_no_journal_there_opens_none(self, voices, who):
        with pytest.raises(CaseRefused, match="不在您的管理范围内"):
            open_at(voices, voices.areas.building1, getattr(voices, who))
        assert not Case.objects.exists()

    def test_without_words_or_in_a_closed_place_there_is_no_case(self, voices):
        with pytest.raises(CaseRefused, match="没有内容"):
            open_at(voices, voices.areas.building1, voices.grid_leader, text="  ")
        close_area(area=voices.areas.building2, by=voices.secretary)
        voices.areas.building2.refresh_from_db()
        with pytest.raises(AreaRefused, match="已撤销"):
            open_at(voices, voices.areas.building2, voices.grid_leader)
        assert not Case.objects.exists()

    def test_its_number_is_of_the_year_in_china(self, voices, case):
        case.opened_at = datetime(2026, 12, 31, 17, tzinfo=UTC)
        assert case.number == f"2027-{case.pk:06d}"


# --- Who is told

CHAIN = {"grid_leader", "secretary", "clerk", "street_officer", "district_official"}


class TestNotices:
    def test_an_urgent_one_reaches_the_whole_chain_at_once_here_and_by_mail(self, voices):
        User.objects.filter(username__in=CHAIN).update(email="office@example.org")
        open_at(voices, voices.areas.building1, None, urgent=True, **PERSONAL)
        assert OutboxMessage.objects.filter(channel="email", notice__urgent=True).count() == len(CHAIN)
        assert told(urgent=True) == CHAIN

    def test_who_reports_it_is_not_told(self, voices):
        open_at(voices, voices.areas.building1, voices.building_leader, urgent=True)
        assert told() == CHAIN
        open_at(voices, voices.areas.building1, voices.grid_leader, urgent=True)
        assert told() == CHAIN - {"grid_leader"}

    def test_one_filed_as_urgent_later_does_too(self, voices, case):
        told()
        filed(case, voices.grid_leader, "urgent")
        assert told(urgent=True) == CHAIN - {"grid_leader"}

    def test_an_ordinary_one_is_told_to_who_has_it(self, voices):
        open_at(voices, voices.areas.building1, None)
        assert told(urgent=False) == {"grid_leader"}

    # what was done before | the move | by whom | who is told
    MOVES = [
        ([], "collect", "grid_leader", set()),
        ([], "file", "grid_leader", set()),
        ([], "note", "grid_leader", set()),
        ([], "pass_up", "grid_leader", {"secretary", "clerk"}),
        ([("pass_up", "grid_leader")], "pass_down", "secretary", {"grid_leader"}),
        ([], "ask_approval", "grid_leader", {"secretary", "clerk"}),
        ([("ask_approval", "grid_leader")], "approve", "secretary", {"grid_leader"}),
        ([("ask_approval", "clerk")], "approve", "street_officer", {"grid_leader", "clerk"}),
        ([("ask_approval", "grid_leader")], "deny", "secretary", {"grid_leader"}),
        ([], "ask_remit", "grid_leader", {"secretary", "clerk"}),
        ([], "ask_remit", "secretary", {"grid_leader"}),
        ([("ask_remit", "grid_leader")], "agree_remit", "secretary", {"grid_leader"}),
        ([("ask_remit", "clerk")], "refuse_remit", "secretary", {"grid_leader", "clerk"}),
        ([("file", "grid_leader")], "handle", "grid_leader", set()),
        ([("file", "grid_leader"), ("handle", "grid_leader")], "answer", "grid_leader", set()),
        ([("file", "grid_leader"), ("handle", "grid_leader"), ("answer", "grid_leader")], "close", "grid_leader", set()),
        ([("file", "grid_leader"), ("handle", "grid_leader"), ("answer", "grid_leader")], "reopen", None, {"grid_leader"}),
        ([], "urge", "street_officer", {"grid_leader"}),
    ]

    @pytest.mark.parametrize(("before", "kind", "by", "expected"), MOVES)
    def test_each_move_is_told_to_those_it_concerns_and_names_nobody(self, voices, before, kind, by, expected):
        said = {"text": "请办理 15400000002", "answer": "已办", "procedure": "coordinated"}
        case = open_at(voices, voices.areas.building1, voices.grid_leader, **PERSONAL)
        for earlier, who in before:
            moved(case, earlier, getattr(voices, who), **said)
        Notice.objects.all().delete()
        who = Who.RESIDENT if by is None else None
        move_case(case=case, kind=kind, by=by and getattr(voices, by), who=who, said=Said(**said))
        words = " ".join(
            f"{subject} {body} {link}" for subject, body, link in Notice.objects.values_list("subject", "body", "link")
        )
        for secret in (*PERSONAL.values(), "15400000002", "张三"):
            assert secret not in words
        assert told() == expected


# --- Up and down


class TestPassing:
    def test_up_to_the_district_and_back_to_the_grid(self, voices, case):
        for by, to in ((voices.grid_leader, "taoyuan"), (voices.secretary, "east"), (voices.street_officer, "district")):
            case = moved(case, "pass_up", by, text="需上级协调")
            assert case.holder == getattr(voices.areas, to)
        with pytest.raises(CaseRefused, match="没有上级可报"):
            moved(case, "pass_up", voices.district_official, text="再上报")
        for by, to in ((voices.district_official, "east"), (voices.street_officer, "taoyuan"), (voices.secretary, "grid1")):
            case = moved(case, "pass_down", by, text="请办理")
            assert case.holder == getattr(voices.areas, to)
        with pytest.raises(CaseRefused, match="没有更下一级"):
            moved(case, "pass_down", voices.grid_leader, text="再交办")
        assert [event.seq for event in case.events.all()] == list(range(1, 8))

    def test_the_level_below_cannot_handle_what_was_passed_up(self, voices, case):
        case = moved(case, "pass_up", voices.grid_leader, text="需上级协调")
        with pytest.raises(CaseRefused, match="您不能办理"):
            moved(case, "note", voices.grid_leader, text="已联系")

    def test_a_level_without_anybody_is_passed_over(self, voices, case):
        vacate(voices.secretary)
        vacate(voices.clerk)
        assert up_from(case) == voices.areas.east
        case = moved(case, "pass_up", voices.grid_leader, text="需上级协调")
        assert (case.holder, down_from(case)) == (voices.areas.east, voices.areas.grid1)
        vacate(voices.grid_leader)
        with pytest.raises(CaseRefused, match="下级目前没有办理事件的人员"):
            moved(case, "pass_down", voices.street_officer, text="请办理")

    def test_a_reason_must_be_said(self, voices, case):
        with pytest.raises(CaseRefused, match="请填写说明"):
            moved(case, "pass_up", voices.grid_leader, text=" ")
        assert Case.objects.get().holder == voices.areas.grid1


# --- What somebody else decides


class TestApproval:
    def test_the_level_above_decides_and_gives_it_back(self, voices, case):
        case = moved(case, "ask_approval", voices.grid_leader, text="购买灯具 200 元")
        assert (case.step, case.holder, case.procedure) == ("approving", voices.areas.taoyuan, "approval")
        assert case.asked_by == voices.grid_leader
        with pytest.raises(CaseRefused, match="您不能办理"):
            moved(case, "approve", voices.grid_leader)
        case = moved(case, "approve", voices.secretary, text="同意")
        assert (case.step, case.holder, case.procedure, case.asked_by) == ("filed", voices.areas.grid1, "approval", None)

    def test_denied_another_procedure_is_chosen(self, voices, case):
        case = moved(case, "ask_approval", voices.grid_leader, text="购买灯具")
        with pytest.raises(CaseRefused, match="请填写说明"):
            moved(case, "deny", voices.secretary)
        case = moved(case, "deny", voices.secretary, text="请物业更换")
        assert (case.step, case.holder, case.procedure) == ("collected", voices.areas.grid1, "")
        assert filed(case, voices.grid_leader).step == "filed"

    def test_who_asks_from_above_does_not_decide_themselves(self, voices, case):
        vacate(voices.clerk)
        case = moved(case, "ask_approval", voices.secretary, text="购买灯具")
        assert case.holder == voices.areas.east
        with pytest.raises(CaseRefused):
            moved(case, "approve", voices.secretary)
        assert moved(case, "approve", voices.street_officer).holder == voices.areas.grid1

    def test_at_the_top_another_one_there_decides(self, voices, case):
        Case.objects.filter(pk=case.pk).update(holder=voices.areas.district)
        case = moved(case, "ask_approval", voices.district_official, text="专项经费")
        assert case.holder == voices.areas.district
        with pytest.raises(CaseRefused):
            moved(case, "approve", voices.district_official)
        assert moved(case, "approve", voices.all_districts_official).step == "filed"


class TestRemit:
    def test_it_closes_only_with_a_second_person(self, voices, case):
        case = moved(case, "ask_remit", voices.grid_leader, text="属供电公司")
        with pytest.raises(CaseRefused):
            moved(case, "agree_remit", voices.grid_leader)
        case = moved(case, "agree_remit", voices.secretary)
        assert (case.step, case.outcome, case.asked_by) == ("closed", "out_of_remit", None)
        assert case.closed_at is not None
        with pytest.raises(CaseRefused, match="没有经过答复"):
            moved(case, "reopen", voices.grid_leader, text="居民又来反映")

    def test_two_at_one_place_are_two_persons(self, voices, case):
        case = moved(case, "pass_up", voices.grid_leader, text="需协调")
        case = moved(case, "ask_remit", voices.clerk, text="属供电公司")
        assert moved(case, "agree_remit", voices.secretary).outcome == "out_of_remit"

    def test_refused_it_goes_on_with_new_time(self, voices, case):
        Case.objects.filter(pk=case.pk).update(step_due_at=timezone.now() - timedelta(days=3))
        case = moved(case, "ask_remit", voices.grid_leader, text="属供电公司")
        case = moved(case, "refuse_remit", voices.secretary, text="楼道灯归物业")
        assert (case.step, case.asked_by, case.holder) == ("found", None, voices.areas.grid1)
        assert case.step_due_at > timezone.now()

    def test_while_it_waits_the_work_stands_still(self, voices, case):
        moved(case, "ask_remit", voices.grid_leader, text="属供电公司")
        for kind in ("file", "pass_up", "ask_remit", "ask_approval"):
            with pytest.raises(CaseRefused):
                moved(case, kind, voices.grid_leader, text="……", procedure="coordinated")


class TestLists:
    def decides(self, user) -> bool:
        return Case.objects.visible_to(user).to_decide(user).exists()

    @pytest.mark.parametrize("kind", ["ask_approval", "ask_remit"])
    def test_a_request_waits_for_the_nearest_who_did_not_ask(self, voices, case, kind):
        moved(case, kind, voices.grid_leader, text="请审批")
        assert [self.decides(user) for user in (voices.grid_leader, voices.secretary, voices.clerk)] == [False, True, True]
        assert not self.decides(voices.district_official)

    def test_decided_it_waits_no_more(self, voices, case):
        moved(case, "ask_remit", voices.grid_leader, text="请审批")
        moved(case, "refuse_remit", voices.secretary, text="继续办理")
        assert not self.decides(voices.secretary)

    def test_the_holder_follows_the_post(self, voices, areas, case):
        """Nothing is written to the case when the post changes hands."""
        newcomer = User.objects.create(username="newcomer", name="李四", created_by=voices.secretary)
        assert Case.objects.held_by(voices.grid_leader).get() == case
        vacate(voices.grid_leader)
        appoint(post=Post(user=newcomer, role=Role.GRID_LEADER, area=areas.grid1, starts_on=today()), by=voices.secretary)
        assert Case.objects.held_by(fresh(newcomer)).get() == case
        assert not Case.objects.held_by(fresh(voices.grid_leader)).exists()
        with pytest.raises(CaseRefused):
            moved(case, "collect", fresh(voices.grid_leader))
        assert moved(case, "collect", fresh(newcomer)).step == "collected"
        assert [line.who for line in history(case)] == ["张三", "李四"]


# --- Supervising, answering, again


class TestSupervising:
    @pytest.mark.parametrize(
        ("who", "place"), [("secretary", "taoyuan"), ("street_officer", "east"), ("district_official", "district")]
    )
    def test_whoever_stands_above_supervises_until_it_is_closed(self, voices, case, who, place):
        user = getattr(voices, who)
        case = moved(case, "urge", user, text="请三日内办结")
        assert (case.supervisor, case.holder) == (getattr(voices.areas, place), voices.areas.grid1)
        assert Case.objects.supervised_by(user).get() == case
        case = answered(case, voices.grid_leader)
        assert case.supervisor is not None

    def test_nobody_supervises_themselves(self, voices, case):
        with pytest.raises(CaseRefused):
            moved(case, "urge", voices.grid_leader, text="抓紧")


class TestAgain:
    def test_a_resident_may_ask_again_within_ten_days(self, voices, case):
        case = answered(case, voices.grid_leader)
        assert (case.step, case.answer, case.outcome) == ("answered", "已换新灯", "")
        case = move_case(case=case, kind="reopen", by=None, who=Who.RESIDENT, said=Said(text="又坏了"))
        assert (case.step, case.round, case.answered_at, case.closed_at) == ("filed", 2, None, None)
        assert case.due_at > timezone.now()
        assert [line.who for line in history(case)][-1] == "居民"

    def test_also_after_it_was_closed_but_not_later(self, voices, case):
        case = moved(answered(case, voices.grid_leader), "close", voices.grid_leader)
        assert (case.step, case.outcome) == ("closed", "solved")
        Case.objects.filter(pk=case.pk).update(answered_at=timezone.now() - timedelta(days=10, minutes=1))
        with pytest.raises(CaseRefused, match="超过 10 天"):
            move_case(case=case, kind="reopen", by=None, who=Who.RESIDENT, said=Said(text="又坏了"))
        Case.objects.filter(pk=case.pk).update(answered_at=timezone.now() - timedelta(days=9))
        assert moved(case, "reopen", voices.grid_leader, text="又坏了").step == "filed"

    def test_of_a_grid_that_is_no_more_the_level_above_takes_it_up(self, voices, areas, case):
        case = moved(answered(case, voices.grid_leader), "close", voices.grid_leader)
        grid1 = Area.objects.get(pk=areas.grid1.pk)
        merge_grids(grids=[grid1], into=Area.objects.get(pk=areas.grid2.pk), by=voices.street_officer)
        case = move_case(case=case, kind="reopen", by=None, who=Who.RESIDENT, said=Said(text="又坏了"))
        assert case.holder == areas.taoyuan

    def test_settled_on_the_spot_is_one_step_for_the_hand_and_three_in_the_history(self, voices, case):
        case = settle_on_spot(case=case, by=voices.grid_leader, said=Said(text="当场换灯", answer="已换新灯", seq=1))
        assert (case.step, case.procedure, case.answer) == ("answered", "on_spot", "已换新灯")
        assert [event.kind for event in case.events.all()] == ["opened", "file", "handle", "answer"]

    @pytest.mark.parametrize("said", [{"text": "当场换灯"}, {"answer": "已换新灯"}])
    def test_settled_without_words_is_not_settled(self, voices, case, said):
        with pytest.raises(CaseRefused, match="怎样处理"):
            settle_on_spot(case=case, by=voices.grid_leader, said=Said(**said))
        assert Case.objects.get().step == "found"


def test_of_two_who_act_at_once_the_second_is_told(voices, case):
    moved(case, "collect", voices.grid_leader, seq=1)
    with pytest.raises(CaseRefused, match="刚由他人办理，现为“收集”"):
        moved(case, "note", voices.secretary, text="已联系", seq=1)
    assert moved(case, "note", voices.secretary, text="已联系", seq=2).seq == 3


# --- Areas that close


class TestHandover:
    def redraw(self, voices, areas) -> None:
        grids = [Area.objects.get(pk=areas.grid1.pk)]
        merge_grids(grids=grids, into=Area.objects.get(pk=areas.grid2.pk), by=voices.street_officer)

    def test_open_cases_go_with_a_grid_that_is_merged(self, voices, areas, case):
        in_grid = open_at(voices, areas.grid1, voices.grid_leader)
        asked = moved(open_at(voices, areas.grid1, voices.grid_leader), "ask_approval", voices.grid_leader, text="购灯")
        closed = moved(
            answered(open_at(voices, areas.grid1, voices.grid_leader), voices.grid_leader), "close", voices.grid_leader
        )
        self.redraw(voices, areas)
        rows = Case.objects.in_bulk()
        assert [(rows[one.pk].holder, rows[one.pk].grid) for one in (case, in_grid)] == [(areas.grid2, areas.grid2)] * 2
        assert rows[case.pk].area == areas.building1
        assert rows[in_grid.pk].area == areas.grid2
        assert rows[asked.pk].asked_from == areas.grid2
        assert (rows[closed.pk].holder, rows[closed.pk].area) == (areas.grid1, areas.grid1)
        assert Case.objects.visible_to(voices.next_grid_leader).held_by(voices.next_grid_leader).count() == 2
        assert moved(asked, "approve", voices.secretary).holder == areas.grid2

    def test_of_a_grid_that_is_closed_the_community_has_them(self, voices, areas):
        case = open_at(voices, areas.grid2, voices.next_grid_leader)
        Area.objects.filter(pk=areas.building3.pk).update(closed_on=today())
        close_area(area=Area.objects.get(pk=areas.grid2.pk), by=voices.street_officer)
        case = Case.objects.get(pk=case.pk)
        assert (case.holder, case.area) == (areas.taoyuan, areas.grid2)
        with pytest.raises(CaseRefused, match="没有更下一级"):
            moved(case, "pass_down", voices.secretary, text="请办理")
        assert moved(case, "collect", voices.secretary).step == "collected"


def test_a_move_takes_as_many_queries_however_long_the_history(voices, case):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            moved(case, "note", voices.grid_leader, text="已联系物业")
        return len(captured)

    few = queries()
    for _n in range(5):
        moved(case, "note", voices.grid_leader, text="再联系")
    assert queries() == few == 11


def test_what_was_said_stays_out_of_the_words_of_rows(voices, case):
    assert str(case) == case.number
    assert "王小明" not in repr(NewCase(area=voices.areas.grid1, subject=voices.subject, **PERSONAL))
    assert not Rating.objects.exists()
    assert open_case(new=NewCase(area=voices.areas.grid1, subject=voices.subject, text="灯"), by=None).seq == 1
