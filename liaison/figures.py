"""What is counted of work with units and of meetings."""

from datetime import date, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from gridparty.lib.dates import start_of
from gridparty.lib.figures import Figure, figures
from liaison.choices import CommitmentState, MeetingState, ResolutionState
from liaison.models import Agreement, Commitment, Meeting, Resolution


def _signed(first: date, last: date) -> QuerySet[Agreement]:
    return Agreement.objects.filter(signed_on__range=(first, last))


def _done(first: date, last: date) -> QuerySet[Commitment]:
    return Commitment.objects.filter(state=CommitmentState.DONE, done_on__range=(first, last))


def _held(first: date, last: date) -> QuerySet[Meeting]:
    held = Meeting.objects.filter(state__in=[MeetingState.HELD, MeetingState.CLOSED])
    return held.filter(at__gte=start_of(first), at__lt=start_of(last + timedelta(days=1)))


def _settled(first: date, last: date) -> QuerySet[Resolution]:
    """Said to be done, or its case was solved."""
    said = Q(state=ResolutionState.DONE, done_on__range=(first, last))
    closed = Q(case__closed_at__gte=start_of(first), case__closed_at__lt=start_of(last + timedelta(days=1)))
    return Resolution.objects.done().filter(said | (closed & ~Q(state=ResolutionState.DONE)))


@figures
def liaison() -> list[Figure]:
    return [
        Figure("agreements", _("共建协议签订"), _("份"), _signed, of_grids=False),
        Figure("commitments", _("共建事项完成"), _("项"), _done, path="agreement__", of_grids=False),
        Figure("meetings", _("会议召开"), _("次"), _held, of_grids=False),
        Figure("resolutions", _("会议决议落实"), _("项"), _settled, path="meeting__", of_grids=False),
    ]
