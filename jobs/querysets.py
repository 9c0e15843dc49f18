"""Doors to jobs and notices."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from audit.querysets import AuditedQuerySet
from gridparty.lib.access import Can, scope_of
from jobs.choices import ALLOWED, OPEN, JobStatus, OutboxState


class JobQuerySet(QuerySet):
    def own(self, user):
        """What this user asked for."""
        return self.filter(created_by=user.pk)

    def visible_to(self, user):
        """All jobs for who runs them, one's own for everybody else."""
        return self.all() if scope_of(user).has(Can.RUN_JOBS) else self.own(user)

    def editable_by(self, user):
        return self.all() if scope_of(user).has(Can.RUN_JOBS) else self.none()

    def open(self):
        return self.filter(status__in=OPEN)

    def move(self, to: JobStatus, **values) -> int:
        """Bring to this status those rows that may move there; how many did."""
        return self.filter(status__in=[status for status, targets in ALLOWED.items() if to in targets]).update(
            status=to, **values
        )

    move.alters_data = True


class _SettingsQuerySet(QuerySet):
    """Rows of the machinery: seen and changed by who runs the jobs."""

    def visible_to(self, user):
        return self.all() if scope_of(user).has(Can.RUN_JOBS) else self.none()

    editable_by = visible_to


class ScheduleQuerySet(_SettingsQuerySet, AuditedQuerySet):
    pass


class NoticeQuerySet(QuerySet):
    def own(self, user):
        """What was sent to this user."""
        return self.filter(recipient=user.pk)

    def unread(self):
        return self.filter(read_at=None)


class FormReceiptQuerySet(QuerySet):
    def own(self, user):
        """The forms this user sent."""
        return self.filter(user=user.pk)


class OutboxQuerySet(_SettingsQuerySet):
    def due(self, now: datetime, longest_wait: timedelta):
        """To be sent now. A time further ahead than any wait comes from a clock that has since gone back."""
        return self.filter(
            Q(next_try_at__lte=now) | Q(next_try_at__gt=now + longest_wait), state__in=[OutboxState.WAITING, OutboxState.SENDING]
        )
