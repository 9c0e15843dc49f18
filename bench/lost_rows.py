"""The part of bench.lost that runs on a database: who writes, and what became of it."""

import json
from datetime import date

from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils.crypto import get_random_string

from accounts.choices import Role
from accounts.models import Appointment, User
from bench import importing
from cases.models import Case, Subject
from grids.actions import place
from grids.models import Area
from jobs.choices import OutboxState
from jobs.models import Notice, OutboxMessage


def prepare() -> str:
    """A grid with its leader, and above it who hears of urgent cases by mail; what is needed to open one, as JSON."""
    importing.prepare()
    grid = Area.objects.filter(kind="grid").order_by("code")[0]
    chain = {Role.GRID_LEADER: grid, Role.COMMUNITY_SECRETARY: grid.community, Role.STREET_OFFICER: grid.street}
    for role, area in chain.items():
        user = User(username=f"w{role.replace('_', '')}", name="试验", email=f"{role}@example.com")
        user.set_unusable_password()
        user.save()
        post = Appointment(user=user, role=role, starts_on=date(2020, 1, 1))
        place(row=post, area=area)
        post.save()
    client = Client()
    client.force_login(User.objects.get(username="wgridleader"), settings.AUTHENTICATION_BACKENDS[0])
    fields = {"subject": Subject.objects.order_by("pk")[0].pk, "place": grid.pk}
    return json.dumps(
        {
            "session": client.cookies[settings.SESSION_COOKIE_NAME].value,
            "token": get_random_string(32),
            "path": reverse("cases:case_urgent"),
            "fields": fields,
        }
    )


def count() -> str:
    """How many cases and notices there are, how many were sent by mail, how many wait; as JSON."""
    sent = OutboxMessage.objects.filter(state=OutboxState.SENT).count()
    by_mail = Notice.objects.filter(urgent=True).exclude(recipient__email="").count()
    counted = {"cases": Case.objects.count(), "notices": by_mail, "sent": sent}
    return json.dumps(counted | {"waiting": OutboxMessage.objects.exclude(state=OutboxState.SENT).count()})
