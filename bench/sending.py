"""The part of bench.reports that runs on a database: a leader with a session for every grid, and drafts to send."""

import json
from datetime import date

from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils.crypto import get_random_string

from accounts.choices import Role
from accounts.models import Appointment, User
from bench import importing
from cases.actions import draft_reports
from cases.choices import ReportState
from cases.models import ReportEvent, WeeklyReport
from grids.actions import place
from grids.models import Area
from jobs.models import FormReceipt


def prepare() -> str:
    """Who leads each grid, logged in; written to leaders.json in VAR_DIR."""
    importing.prepare()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_sent (id bigserial PRIMARY KEY, area bigint, done text)")
    grids = list(Area.objects.filter(kind="grid").order_by("code"))
    users = [User(username=f"leader{n}", name="试验") for n in range(len(grids))]
    for user in users:
        user.set_unusable_password()
    users = User.objects.bulk_create(users)
    posts = [Appointment(user=user, role=Role.GRID_LEADER, starts_on=date(2020, 1, 1)) for user in users]
    for post, grid in zip(posts, grids, strict=True):
        place(row=post, area=grid)
    Appointment.objects.bulk_create(posts)
    draft_reports()
    reports = dict(WeeklyReport.objects.values_list("area", "pk"))
    leaders = [
        {
            "session": _session(user),
            "token": get_random_string(32),
            "area": grid.pk,
            "path": reverse("cases:report", args=[reports[grid.pk]]),
        }
        for user, grid in zip(users, grids, strict=True)
    ]
    with open(settings.VAR_DIR / "leaders.json", "w", encoding="utf-8") as file:
        json.dump(leaders, file)
    return "-"


def _session(user: User) -> str:
    client = Client()
    client.force_login(User.objects.get(pk=user.pk), settings.AUTHENTICATION_BACKENDS[0])
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def anew() -> str:
    """As before anybody sent anything."""
    FormReceipt.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {ReportEvent._meta.db_table}")
        cursor.execute("TRUNCATE bench_sent")
        week = "SELECT min(week_on) FROM cases_weeklyreport"
        cursor.execute(f"DELETE FROM cases_weeklyreport WHERE week_on > ({week})")
    WeeklyReport.objects.update(state=ReportState.DRAFT, first_sent_at=None, sent_at=None, sent_by=None, seq=0)
    return "-"


def kept() -> str:
    """After the last burst of ours: how many reports were sent, and whether each has its line."""
    sent = WeeklyReport.objects.filter(state=ReportState.SENT)
    lines = ReportEvent.objects.filter(report__in=sent).count()
    told = f"{sent.count()} of {WeeklyReport.objects.count()} reports sent, {lines} lines of history"
    return f"{told}, {FormReceipt.objects.count()} receipts."
