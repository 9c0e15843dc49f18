"""Doors to agreements and meetings: by area for who keeps them, by invitation for who takes part."""

from datetime import timedelta

from django.db.models import F, Q

from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import today
from grids.querysets import OfPlacedQuerySet, PlacedQuerySet
from liaison.choices import (
    BINDING,
    INVITED_TO,
    OPEN_RESOLUTIONS,
    REMIND_DAYS,
    AgreementState,
    CommitmentState,
    MeetingState,
    ReportState,
    ResolutionState,
)

# A case is what became of a resolution: solved, it is done, whatever the resolution says itself.
SETTLED_BY_CASE = Q(case__step="closed", case__outcome="solved")


class AgreementQuerySet(PlacedQuerySet):
    def binding(self):
        return self.filter(state__in=sorted(BINDING))

    def in_force(self):
        return self.filter(state=AgreementState.IN_FORCE)

    def ending_soon(self):
        """In force for at most 60 days more, and not renewed yet."""
        return self.in_force().filter(ends_on__lte=today() + timedelta(days=max(REMIND_DAYS)), renewal=None)

    def to_sign(self, user):
        """Agreed to by the unit, for `user` to have signed."""
        return self.filter(scope_of(user).q(Can.SIGN_AGREEMENTS), state=AgreementState.AGREED)

    def objected(self):
        """Drafts to which the unit wants something changed."""
        return self.filter(state=AgreementState.DRAFT).exclude(answered_at=None)


class CommitmentQuerySet(OfPlacedQuerySet):
    path = "agreement__"

    def live(self):
        """Those of agreements in force."""
        return self.filter(agreement__state=AgreementState.IN_FORCE)

    def open(self):
        return self.live().filter(state=CommitmentState.OPEN)

    def late(self):
        return self.open().filter(due_on__lt=today())

    def to_confirm(self):
        """What the unit reported in time may be looked at after the agreement ended."""
        return self.filter(state=CommitmentState.REPORTED)


class ReportQuerySet(OfPlacedQuerySet):
    path = "agreement__"

    def to_send(self):
        return self.filter(state=ReportState.DRAFT)


class BodyQuerySet(PlacedQuerySet):
    def open(self):
        return self.filter(closed_on=None)


class BodyMemberQuerySet(OfPlacedQuerySet):
    path = "body__"

    def own(self, user):
        return self.filter(person__user=user)

    def current(self):
        return self.filter(left_on=None)


class MeetingQuerySet(PlacedQuerySet):
    def own(self, user):
        """Meetings somebody is invited to, once they are."""
        return self.filter(state__in=sorted(INVITED_TO), attendances__body_member__person__user=user)

    def to_minute(self):
        """Held, and the minutes not sent yet."""
        return self.filter(state=MeetingState.HELD)


class AttendanceQuerySet(OfPlacedQuerySet):
    path = "meeting__"

    def own(self, user):
        return self.filter(body_member__person__user=user, meeting__state__in=sorted(INVITED_TO))

    def unanswered(self):
        return self.filter(reply="", meeting__state=MeetingState.CONVENED)

    def with_vote(self):
        return self.filter(body_member__votes=True)


class ResolutionQuerySet(OfPlacedQuerySet):
    path = "meeting__"

    def own(self, user):
        """What somebody took on; of meetings whose minutes were sent."""
        return self.filter(owner__person__user=user, meeting__state=MeetingState.CLOSED)

    def live(self):
        """Of meetings whose minutes were sent, or are being corrected."""
        return self.filter(meeting__state__in=[MeetingState.HELD, MeetingState.CLOSED])

    def open(self):
        return self.live().filter(state__in=sorted(OPEN_RESOLUTIONS)).exclude(SETTLED_BY_CASE)

    def done(self):
        return self.live().filter(Q(state=ResolutionState.DONE) | (SETTLED_BY_CASE & ~Q(state=ResolutionState.DROPPED)))

    def late(self):
        """Nobody has said yet that it is done, and its day is over."""
        return self.open().filter(state=ResolutionState.OPEN, due_on__lt=today())

    def to_confirm(self):
        return self.open().filter(state=ResolutionState.REPORTED)

    def in_order(self):
        return self.order_by(F("due_on"), "pk")
