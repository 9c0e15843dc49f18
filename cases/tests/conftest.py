"""Cases, journal entries and reports of the small tree."""

from types import SimpleNamespace

import pytest

from cases.actions import NewCase, NewEntry, draft_reports, keep_journal, open_case
from cases.models import Case, JournalEntry, Subject, WeeklyReport
from gridparty.lib.dates import Week, today
from gridparty.lib.registry import defaults


@pytest.fixture
def voices(cast, areas) -> SimpleNamespace:
    """The cast (`voices.grid_leader` …), the places (`voices.areas`), and default data: subjects, time limits, work calendar."""
    for fill in defaults:
        fill()
    subjects = {subject.name: subject for subject in Subject.objects.all()}
    return SimpleNamespace(**vars(cast), areas=areas, subjects=subjects, subject=subjects["环境卫生"])


def open_at(voices, area, by, *, text: str = "楼道灯坏了", urgent: bool = False, **values) -> Case:
    """A case somebody opened in an area; by None from the mailbox."""
    return open_case(new=NewCase(area=area, subject=voices.subject, text=text, **values), by=by, urgent=urgent)


def entry_at(voices, area, by, *, text: str = "垃圾没有清走", **values) -> JournalEntry:
    """A journal entry somebody kept in an area."""
    new = NewEntry(**{"subject": voices.subject, "text": text, "area": area} | values)
    return keep_journal(new=new, by=by)[0]


def reports_of(week: Week | None = None) -> dict[str, WeeklyReport]:
    """{code of the grid: its report of a week}, drafted."""
    week = week or Week.of(today())
    draft_reports(week=week)
    return {report.area.code: report for report in WeeklyReport.objects.filter(week_on=week.first_day).select_related("area")}
