"""Weekly reports on paper."""

from datetime import date

from django.utils import timezone

from cases.models import WeeklyReport
from cases.reporting import SHOWS, Overview, WeekOfWork, badge_of, figures_of, plan_before
from gridparty.lib import pdf
from gridparty.lib.dates import CHINA, Week

COLUMNS = ("expected", "received", "on_time", "late", "missing", "returned")


def report_pdf(report: WeeklyReport, *, by) -> bytes:
    """One report as the office files it."""
    now = timezone.now()
    figures = figures_of(report, report.figures or WeekOfWork(report).numbers)
    return pdf.render(
        "weekly_report.typ",
        _printed(report.week, by, now)
        | {"report": _on_paper(report, now), "plan_before": plan_before(report)}
        | {"figures": [[str(one.label), one.number, str(one.unit)] for one in figures]},
    )


def week_pdf(found: Overview, *, by) -> bytes:
    """A week of an area: who reported; where the reports stand right below it, also what they say."""
    now = timezone.now()
    rows = WeeklyReport.objects.filter(pk__in=[line.report.pk for line in found.lines if line.report])
    texts = rows.select_related("area", "community", "sent_by").in_bulk()
    rows = [
        [line.name, *(str(line.numbers[name]) for name in COLUMNS), badge_of(line.report, now).word if line.report else ""]
        for line in found.lines
    ]
    sent = [(line, texts[line.report.pk]) for line in found.lines if line.report and line.report.is_received]
    return pdf.render(
        "weekly_reports.typ",
        _printed(found.week, by, now)
        | {
            "area": found.area.full_name,
            "by_grid": found.by_grid,
            "columns": [str(SHOWS[name][0]) for name in COLUMNS],
            "rows": rows,
            "total": [str(found.total[name]) for name in COLUMNS],
            "reports": [_on_paper(row, now) | {"grid": line.name} for line, row in sent],
        },
    )


def _printed(week: Week, by, now) -> dict:
    return {
        "week": f"{week.year}年第{week.number}周",
        "days": f"{_day(week.first_day)}至{_day(week.last_day)}",
        "printed_by": by.name,
        "printed_at": f"{now.astimezone(CHINA):%Y-%m-%d %H:%M}",
    }


def _on_paper(report: WeeklyReport, now) -> dict:
    """What a report says; an empty text is a dash."""
    sent_at = f"{report.sent_at.astimezone(CHINA):%Y-%m-%d %H:%M}" if report.sent_at else ""
    return {
        "community": report.community.full_name if report.community_id else "",
        "grid": report.area.name,
        "state": badge_of(report, now).word,
        "sent_by": report.sent_by.name if report.sent_by_id else "",
        "sent_at": sent_at,
        "done": report.done,
        "trouble": report.trouble,
        "plan": report.plan,
        "comment": report.comment,
    }


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
