"""Doors to posts, activities, hours and feedback cards: by area for who runs them, by membership for who takes part."""

from django.apps import apps
from django.db.models import F, Q

from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import today
from grids.querysets import OfPlacedQuerySet, PlacedQuerySet
from services.choices import HOLDING, LIVE, SHOWN, AbsenceState, ActivityState, CardState, ClaimState, HoursState, PostState


def _model(name: str):
    return apps.get_model("services", name).objects


def _membership(user):
    """The membership of a user who is on the roll: none or one."""
    return apps.get_model("members", "Member").objects.own(user).on_roll()


# --- Posts


class OfferQuerySet(PlacedQuerySet):
    """What members may take part in: that of the community where they live, and of that where they belong.

    What stands on a street or district is open to all who live or belong there.
    """

    def open_to(self, user):
        """Those in reach of the membership of `user`, whatever their state."""
        mine, places = _membership(user), Q(pk__in=[])
        for above, level in ((), "community"), (("community",), "street"), (("community", "street"), "district"):
            here = Q(**{f"{level}__in": mine.values(level)}) | Q(**{f"{level}__in": mine.values(f"organisation__{level}")})
            places |= here & Q(**dict.fromkeys(above))
        return self.filter(places)


class PostQuerySet(OfferQuerySet):
    def own(self, user):
        """What a member may look at: posts open to them, what they claimed and what they proposed."""
        mine = Q(pk__in=_model("Claim").own(user).values("post")) | Q(proposed_by__person__user=user)
        return self.filter(mine | Q(pk__in=self.offered_to(user).values("pk")))

    def offered_to(self, user):
        return _model("ServicePost").open_to(user).filter(state=PostState.PUBLISHED)

    def to_approve(self, user):
        return self.filter(scope_of(user).q(Can.APPROVE_SERVICES), state=PostState.SUBMITTED)

    def published(self):
        return self.filter(state=PostState.PUBLISHED)

    def vacant(self):
        return self.published().filter(taken__lt=F("places"))


class ClaimQuerySet(OfPlacedQuerySet):
    path = "post__"

    def own(self, user):
        return self.filter(member__person__user=user)

    def holding(self):
        return self.filter(state__in=sorted(HOLDING))

    def live(self):
        return self.filter(state__in=sorted(LIVE))

    def to_decide(self, user):
        """Applications that wait for `user`: never one's own."""
        return self.editable_by(user).filter(state=ClaimState.APPLIED).exclude(member__person__user=user)


class AbsenceQuerySet(OfPlacedQuerySet):
    path = "claim__post__"

    def own(self, user):
        return self.filter(claim__member__person__user=user)

    def to_answer(self, user):
        return self.editable_by(user).filter(state=AbsenceState.EXPLAINED).exclude(claim__member__person__user=user)


# --- Activities, teams, hours


class TeamQuerySet(PlacedQuerySet):
    def own(self, user):
        """The teams somebody leads or belongs to."""
        belongs = _model("TeamMember").filter(member__person__user=user, left_on=None).values("team")
        return self.filter(Q(leader__person__user=user) | Q(pk__in=belongs))

    def open(self):
        return self.filter(closed_on=None)


class ActivityQuerySet(OfferQuerySet):
    def own(self, user):
        """What a member may look at: activities open to them, those they signed up for, those of teams they lead."""
        mine = Q(pk__in=_model("SignUp").own(user).values("activity")) | Q(team__leader__person__user=user)
        return self.filter(mine | Q(pk__in=_model("Activity").open_to(user).values("pk")))

    def led_by(self, user):
        """Those of teams that `user` leads: theirs to run, whatever their posts."""
        return self.filter(team__leader__person__user=user, team__closed_on=None)

    def open(self):
        return self.filter(state=ActivityState.OPEN)


class OfActivityQuerySet(OfPlacedQuerySet):
    path = "activity__"


class SignUpQuerySet(OfActivityQuerySet):
    def own(self, user):
        return self.filter(member__person__user=user)


class HoursQuerySet(PlacedQuerySet):
    def own(self, user):
        return self.filter(member__person__user=user)

    def to_confirm(self, user):
        """Hours that wait for `user`: served where they run services, or in a team they lead; never one's own."""
        led = Q(signup__activity__team__leader__person__user=user, signup__activity__team__closed_on=None)
        rows = self.filter(scope_of(user).q(Can.RUN_SERVICES) | led if not scope_of(user).everywhere(Can.RUN_SERVICES) else Q())
        return rows.filter(state=HoursState.PROPOSED).exclude(member__person__user=user)

    def confirmed(self):
        return self.filter(state=HoursState.CONFIRMED)


# --- Feedback cards


class CardQuerySet(PlacedQuerySet):
    def own(self, user):
        """What the employer is told of somebody, once it is told."""
        return self.filter(member__person__user=user, state__in=sorted(SHOWN))

    def to_approve(self, user):
        return self.filter(scope_of(user).q(Can.APPROVE_SERVICES), state=CardState.SUBMITTED)

    def unanswered(self):
        return self.filter(state=CardState.SENT)

    def late(self):
        """Sent, not answered, and the day named is over."""
        return self.unanswered().filter(answer_by__lt=today())
