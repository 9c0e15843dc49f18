"""The demo's voices on a small community: every step and procedure, both sides' ratings, reports as they come in."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from cases.choices import Procedure, ReportEventKind, ReportState, Side, Step
from cases.demo import WAYS, voices
from cases.models import Case, CaseEvent, JournalEntry, Rating, ReportEvent, ReportException, WeeklyReport
from conftest import make_user
from gridparty.lib.dates import Week, today
from gridparty.lib.registry import defaults
from grids.actions import load_areas
from grids.demo import SHOWN_COMMUNITY
from grids.models import Area
from grids.rules import NewArea


@pytest.fixture
def shown(areas, cast):
    """The shown community with five led grids and one without a leader; a neighbour that reports, too."""
    for fill in defaults:
        fill()
    Area.objects.filter(pk=areas.taoyuan.pk).update(name=SHOWN_COMMUNITY)
    new = [
        NewArea("grid", f"{areas.taoyuan.code}00{n}", f"第{n}网格", f"第{n}网格", "other", areas.taoyuan.code)
        for n in range(3, 7)
    ]
    load_areas(areas=new, by=None)
    for n in range(3, 6):
        make_user("grid_leader", areas.at(areas.taoyuan.code).children.get(code=f"{areas.taoyuan.code}00{n}"))
    neighbour = areas.at("370199001002001")
    make_user("grid_leader", neighbour)
    voices()
    return neighbour


def test_there_is_something_of_everything(shown):
    cases = Case.objects.all()
    assert cases.count() == len(WAYS) >= 40
    assert {case.step for case in cases} == set(Step)
    assert {case.procedure for case in cases} == {"", *Procedure}
    assert {case.source for case in cases} == {"field", "journal", "mailbox", "counter"}
    assert cases.late(timezone.now()).exists()
    assert cases.exclude(supervisor=None).exists()
    assert JournalEntry.objects.filter(on__lt=today() - timedelta(days=20)).exists()
    phones = {entry.teller_phone for entry in JournalEntry.objects.all()} - {""}
    assert all(phone.startswith("1540000") for phone in phones)
    assert Rating.objects.filter(side=Side.RESIDENT).count() >= 5
    assert Rating.objects.filter(side=Side.TEAM).count() >= 5


def test_what_happened_stands_in_its_order_and_none_of_it_in_the_future(shown):
    for case in Case.objects.prefetch_related("events"):
        times = [event.at for event in case.events.all()]
        assert all(one <= next_one for one, next_one in pairwise(times))
        assert case.opened_at == times[0]
        assert times[-1] <= timezone.now()
        assert case.step_since < case.step_due_at
    assert not Rating.objects.filter(at__gt=timezone.now()).exists()
    assert CaseEvent.objects.filter(kind="escalate").exists()


def test_reports_of_four_weeks(shown):
    now = Week.of(today())
    this_week = WeeklyReport.objects.filter(week_on=now.first_day, community__name=SHOWN_COMMUNITY)
    assert {report.state for report in this_week} == set(ReportState)
    assert this_week.get(excused=True).first_sent_at is None
    assert ReportException.objects.count() == 1
    past = WeeklyReport.objects.filter(week_on__lt=now.first_day)
    assert {report.week_on for report in past} == {now.first_day - timedelta(weeks=n) for n in (1, 2, 3)}
    assert not past.filter(locked_at=None).exists()
    sent = [report for report in past if report.is_received]
    assert {report.is_on_time for report in sent} == {True, False}
    assert any(report.is_missing(timezone.now()) for report in past)
    assert {report.area_id for report in sent} >= {shown.pk}
    assert all(set(report.figures) >= {"journal"} for report in sent)
    assert ReportEvent.objects.filter(kind=ReportEventKind.SENT, report__in=past).count() == len(sent)


def test_their_figures_are_those_of_their_week(shown):
    for report in WeeklyReport.objects.filter(week_on__lt=Week.of(today()).first_day).exclude(first_sent_at=None):
        week = report.week
        written = JournalEntry.objects.within(report.area).filter(on__range=(week.first_day, week.last_day)).count()
        assert report.figures.get("journal", 0) == written
