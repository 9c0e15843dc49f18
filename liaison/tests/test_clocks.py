# ruff: noqa: F811 - fixtures are imported by name
"""What happens by itself: agreements expire, and each reminder comes once, also after missed days and if it runs thrice."""

from datetime import date, datetime, timedelta

import pytest
import time_machine

from gridparty.lib.dates import CHINA, today
from jobs.kinds import KINDS
from jobs.models import Notice
from liaison.actions.clocks import expire_agreements, remind
from liaison.actions.resolutions import move_resolution, resolution_to_case
from liaison.choices import AgreementState, CommitmentState, MeetingState, ResolutionState, Side
from liaison.models import Agreement, Commitment, QuarterReport, Resolution
from liaison.tests.assembled import assembly, ledger, parties  # noqa: F401 - fixtures
from liaison.tests.conftest import agreement_with, commitment_of
from liaison.tests.test_resolutions import now, remit, settled, subject

NEXT_WEEK = timedelta(days=7)


def told(user, start: str = "") -> list[str]:
    found = Notice.objects.filter(recipient=user, subject__startswith=start).order_by("pk")
    return list(found.values_list("subject", flat=True))


def thrice(day: date) -> dict[str, int]:
    """What was new the first time; then nothing is."""
    first = remind(day=day)
    for _again in range(2):
        assert set(remind(day=day).values()) == {0}
    return first


class TestExpiring:
    def test_after_the_last_day(self, allied):
        last = allied.agreement.ends_on
        assert expire_agreements(day=last) == 0
        assert expire_agreements(day=last + timedelta(days=1)) == 2
        assert expire_agreements(day=last + timedelta(days=1)) == 0
        states = {row.pk: row.state for row in Agreement.objects.all()}
        over = AgreementState.EXPIRED
        assert states == {allied.agreement.pk: over, allied.neighbour.pk: over, allied.draft.pk: AgreementState.DRAFT}

    def test_only_what_was_in_force(self, allied):
        Agreement.objects.filter(pk=allied.agreement.pk).update(state=AgreementState.ENDED)
        Agreement.objects.filter(pk=allied.neighbour.pk).update(state=AgreementState.DISCARDED)
        assert expire_agreements(day=today() + timedelta(days=900)) == 0


class TestAgreements:
    def ends_in(self, allied, days: int) -> date:
        return allied.agreement.ends_on - timedelta(days=days)

    def test_each_threshold_once(self, allied):
        """Day by day, the last 70 days."""
        Agreement.objects.filter(pk=allied.neighbour.pk).update(state=AgreementState.ENDED)
        Commitment.objects.all().delete()
        for days in range(70, -1, -1):
            remind(day=self.ends_in(allied, days))
        wanted = ["共建协议 60 天内到期", "共建协议 30 天内到期", "共建协议 7 天内到期"]
        assert told(allied.secretary) == told(allied.clerk) == wanted
        assert told(allied.liuyuan_secretary) == told(allied.street_officer) == told(allied.grid_leader) == []

    @pytest.mark.parametrize(("days", "threshold"), [(60, 60), (59, 60), (31, 60), (30, 30), (8, 30), (7, 7), (1, 7), (0, 7)])
    def test_after_missed_days_only_the_last_threshold(self, allied, days, threshold):
        assert thrice(self.ends_in(allied, days))["agreements"] == 3  # two keepers of 桃园, one of 柳园
        assert told(allied.clerk, "共建协议") == [f"共建协议 {threshold} 天内到期"]

    @pytest.mark.parametrize("days", [61, -1])
    def test_not_before_and_not_afterwards(self, allied, days):
        assert remind(day=self.ends_in(allied, days))["agreements"] == 0

    def test_another_last_day_is_told_anew(self, allied):
        day = self.ends_in(allied, 7)
        remind(day=day)
        Agreement.objects.filter(pk=allied.agreement.pk).update(ends_on=allied.agreement.ends_on - timedelta(days=1))
        assert remind(day=day)["agreements"] == 2

    def test_not_of_what_was_renewed(self, allied):
        for row in (allied.agreement, allied.neighbour):
            term = {"starts_on": row.ends_on + timedelta(days=1), "ends_on": row.ends_on + timedelta(days=300)}
            agreement_with(row.unit, row.area, state=AgreementState.DRAFT, renews=row, **term)
        assert remind(day=self.ends_in(allied, 30))["agreements"] == 0

    def test_of_a_street_who_keeps_it_there(self, allied):
        agreement_with(allied.hospital, allied.areas.east, ends_on=today() + timedelta(days=20))
        remind()
        assert told(allied.street_officer, "共建协议") == ["共建协议 30 天内到期"]


class TestCommitments:
    def test_once_a_week_with_the_numbers(self, allied):
        commitment_of(allied.agreement, side=Side.OURS, due_on=today() + timedelta(days=7))
        commitment_of(allied.agreement, due_on=today() + timedelta(days=8))
        commitment_of(allied.agreement, due_on=today() - timedelta(days=3), state=CommitmentState.REPORTED)
        commitment_of(allied.agreement, due_on=today() - timedelta(days=3), state=CommitmentState.DONE)
        commitment_of(allied.draft, due_on=today() + timedelta(days=3))
        assert thrice(today())["commitments"] == 2
        said = "共建事项：逾期 1 项，一周内到期 1 项"
        assert told(allied.secretary) == told(allied.clerk) == [said]
        thrice(today() + NEXT_WEEK)
        assert len(told(allied.clerk)) == 2
        assert told(allied.liuyuan_secretary) == []

    def test_nothing_where_nothing_is_due(self, allied):
        Commitment.objects.all().delete()
        assert set(remind().values()) == {0}


class TestResolutions:
    def due(self, assembly, days: int) -> date:
        return assembly.mine.due_on + timedelta(days=days)

    @pytest.mark.parametrize(("days", "number"), [(-4, 0), (-3, 1), (-1, 1), (0, 1)])
    def test_the_owner_hears_shortly_before(self, assembly, days, number):
        assert thrice(self.due(assembly, days))["owners"] == number
        assert told(assembly.zhao_user) == ["您负责的决议即将到期"] * number

    def test_before_the_day_once(self, assembly):
        for days in range(-3, 1):
            remind(day=self.due(assembly, days))
        assert told(assembly.zhao_user) == ["您负责的决议即将到期"]

    def test_afterwards_every_week_and_the_chair_too(self, assembly):
        for days in (1, 8, 15):
            thrice(self.due(assembly, days))
        assert told(assembly.zhao_user) == ["您负责的决议已逾期"] * 3
        assert told(assembly.li_user) == ["桃园社区党建联席会有 2 项决议逾期"] * 3
        assert told(assembly.secretary) == told(assembly.clerk) == []
        assert set(Notice.objects.filter(recipient=assembly.li_user).values_list("link", flat=True)) == {"/liaison/"}

    def test_a_chair_without_an_account(self, assembly):
        """柳园's joint meeting has no chair at all."""
        remind(day=self.due(assembly, 1))
        assert told(assembly.liuyuan_secretary) == ["柳园社区党建联席会有 1 项决议逾期"]

    def test_extended_it_is_told_of_the_new_day(self, assembly):
        remind(day=self.due(assembly, 0))
        later = assembly.mine.due_on + timedelta(days=40)
        move_resolution(resolution=assembly.mine, move="extend", reason="等货", due_on=later, by=assembly.clerk)
        remind(day=later)
        assert told(assembly.zhao_user, "您负责的决议即将到期") == ["您负责的决议即将到期"] * 2

    @pytest.mark.parametrize("state", [ResolutionState.REPORTED, ResolutionState.DONE, ResolutionState.DROPPED])
    def test_not_of_what_is_reported_done_or_dropped(self, assembly, state):
        Resolution.objects.update(state=state, done_on=today(), done_text="办好了")
        assert set(thrice(self.due(assembly, 3)).values()) == {0}

    def test_not_of_a_meeting_whose_minutes_are_written(self, assembly):
        assembly.closed.state = MeetingState.HELD
        assembly.closed.save()
        remind(day=self.due(assembly, 3))
        assert told(assembly.zhao_user) == []


class TestCases:
    @pytest.fixture
    def case(self, assembly):
        resolution_to_case(resolution=assembly.mine, subject=subject(), area=assembly.areas.grid1, by=assembly.clerk)
        Resolution.objects.exclude(pk=assembly.mine.pk).update(state=ResolutionState.DROPPED)
        return now(assembly.mine).case

    def test_nothing_while_it_is_handled(self, assembly, case):
        assert set(thrice(today()).values()) == {0}

    def test_the_owner_of_a_case_is_not_urged_but_the_chair_is(self, assembly, case):
        found = thrice(assembly.mine.due_on + timedelta(days=1))
        assert (found["owners"], found["chairs"]) == (0, 1)

    def test_solved(self, assembly, case):
        settled(case)
        assert thrice(today())["cases"] == 1
        thrice(today() + timedelta(days=5))
        assert told(assembly.li_user) == ["决议已落实"]

    def test_solved_twice(self, assembly, case):
        settled(case)
        remind()
        settled(case, round=2)
        assert remind()["cases"] == 1

    def test_out_of_remit(self, assembly, case):
        remit(case)
        assert thrice(today())["cases"] == 1
        assert told(assembly.li_user) == ["决议转办的事件未办理"]
        assert remind(day=assembly.mine.due_on)["owners"] == 1  # it is the owner's again

    def test_without_a_chair_who_keeps_the_meetings(self, assembly, case):
        assembly.chair.chairs = False
        assembly.chair.save()
        settled(case)
        remind()
        assert told(assembly.clerk, "决议已") == told(assembly.secretary, "决议已") == ["决议已落实"]

    def test_not_of_one_closed_long_ago(self, assembly, case):
        settled(case)
        assert remind(day=today() + timedelta(days=31))["cases"] == 0


class TestNotices:
    def test_they_name_nobody(self, assembly):
        commitment_of(agreement_with(assembly.school, assembly.areas.taoyuan, their_head="周校长", ends_on=today()), who="郑师傅")
        resolution_to_case(resolution=assembly.theirs, subject=subject(), area=assembly.areas.grid1, by=assembly.clerk)
        settled(now(assembly.theirs).case)
        remind()
        remind(day=assembly.mine.due_on + timedelta(days=1))
        words = "".join(f"{one.subject}{one.body}{one.link}" for one in Notice.objects.all())
        assert not [name for name in ("赵一", "李四", "周老师", "周校长", "郑师傅", "路灯", "操场") if name in words]


class TestJobs:
    def test_they_run(self, allied):
        for kind in ("liaison.turn_terms", "liaison.remind", "liaison.draft_reports"):
            assert KINDS[kind].retry_safe

    @pytest.mark.parametrize(
        ("month", "day", "works"), [(4, 1, True), (4, 14, True), (4, 15, False), (6, 30, False), (1, 3, True)]
    )
    def test_reports_are_drafted_early_in_a_quarter(self, allied, month, day, works):
        Agreement.objects.update(starts_on=date(2020, 1, 1), signed_on=date(2020, 1, 1), ends_on=date(2040, 1, 1))
        with time_machine.travel(datetime(2027, month, day, 2, 40, tzinfo=CHINA), tick=False):
            found = [KINDS["liaison.draft_reports"].handler(None)["drafted"] for _twice in range(2)]
        assert found == [2 if works else 0, 0]
        assert QuarterReport.objects.count() == (2 if works else 0)
