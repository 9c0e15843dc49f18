"""Doors to organisations and members: by area, and by the organisation one holds a seat in."""

import re
from functools import reduce
from operator import or_

from django.apps import apps
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from audit.querysets import AuditedQuerySet
from gridparty.lib.access import Can, ScopedQuerySet, scope_of
from gridparty.lib.dates import today
from grids.querysets import PlacedQuerySet
from members.choices import ON_ROLL
from people.querysets import id_hashes

BODY = "members.partyorganisation:"


def body_key(organisation_id: int) -> str:
    """The key under which accounts keeps an appointment on an organisation."""
    return f"{BODY}{organisation_id}"


def held(user, can: Can, path: str = "") -> Q:
    """The organisations on which `user` holds the capability by a seat, and those below them; `path` leads to them."""
    keys = [int(key.removeprefix(BODY)) for key in scope_of(user).bodies(can) if key.startswith(BODY)]
    if not keys:
        return Q(pk__in=[])
    paths = apps.get_model("members", "PartyOrganisation").objects.filter(pk__in=keys).values_list("path", flat=True)
    condition = Q(pk__in=[])
    for one in paths:
        condition |= Q(**{f"{path}path__startswith": one})
    return condition


def either(*conditions: Q) -> Q:
    """Any of them. A condition that lets everything through is empty, and `|` forgets it."""
    return reduce(or_, conditions) if all(conditions) else Q()


def through_organisation(user, can: Can, path: str = "organisation__") -> Q:
    """Rows of an organisation: by its area, or by a seat in it or above it; `path` leads to it."""
    return either(scope_of(user).q(can, area_path=f"{path}area__", place_path=path), held(user, can, path))


class OrganisationQuerySet(PlacedQuerySet):
    def _reach(self, user, can: Can) -> Q:
        return through_organisation(user, can, "")

    def visible_to(self, user):
        """Within reach, and those of elsewhere (without a place) to which members of ours belong."""
        elsewhere = Q(area=None) if scope_of(user).has(self.model.see) else Q(pk__in=[])
        return self.filter(either(self._reach(user, self.model.see), elsewhere))

    def open(self):
        return self.filter(closed_on=None)


class UnitQuerySet(PlacedQuerySet):
    def visible_to(self, user):
        """Units within reach, and those of elsewhere that employ members of ours."""
        elsewhere = Q(area=None) if scope_of(user).has(self.model.see) else Q(pk__in=[])
        return self.filter(either(scope_of(user).q(self.model.see), elsewhere))


class OfOrganisationQuerySet(AuditedQuerySet, ScopedQuerySet):
    """Rows that belong to an organisation (seats, zones)."""

    def _reach(self, user, can: Can) -> Q:
        return through_organisation(user, can)


class SeatQuerySet(OfOrganisationQuerySet):
    def in_force(self):
        """Held today: a seat ends by itself with its term, as the appointment it made does."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=today()), ended_on=None)

    def named(self):
        """With the names the holders go by: as typed where their membership shows only that."""
        members = apps.get_model("members", "Member").objects.filter(person=OuterRef("person")).exclude(known_as="")
        return self.annotate(held_by=Coalesce(Subquery(members.values("known_as")[:1]), "person__name"))


class MemberQuerySet(PlacedQuerySet):
    """Double belonging: where the membership is, and where the member lives. Both see it, the organisation changes it."""

    def _reach(self, user, can: Can) -> Q:
        return either(scope_of(user).q(can), through_organisation(user, can))

    def editable_by(self, user):
        return self.filter(through_organisation(user, self.model.edit))

    def revealable_by(self, user):
        """Whose phone `user` may ask for."""
        return self.filter(self._reach(user, Can.REVEAL_PEOPLE))

    def on_roll(self):
        return self.filter(state__in=ON_ROLL)

    def search(self, term: str):
        """By whole ID number, last four of the phone, pinyin, or a name's beginning; who is known as typed, only by that."""
        term = term.strip()
        if re.fullmatch(r"[\dxX]{15}|[\dxX]{18}", term):
            return self.filter(person__id_hash__in=id_hashes(term))
        if re.fullmatch(r"\d{4}", term):
            return self.filter(Q(known_as="", person__phone_tail=term) | Q(phone_tail=term))
        if re.fullmatch(r"[A-Za-z]+", term):
            own = Q(person__initials__startswith=term.lower()) | Q(person__pinyin__startswith=term.lower())
            return self.filter(Q(known_as="") & own)
        return self.filter(Q(known_as="", person__name__startswith=term) | Q(known_as__startswith=term))


class MoveQuerySet(AuditedQuerySet, ScopedQuerySet):
    """The history of a membership is seen by who sees the member; a transfer on its way also by who is to receive it."""

    def _reach(self, user, can: Can) -> Q:
        lives = scope_of(user).q(can, area_path="member__area__", place_path="member__")
        return either(lives, self._sides(user, can))

    def _sides(self, user, can: Can) -> Q:
        belongs = through_organisation(user, can, "member__organisation__")
        return either(belongs, through_organisation(user, can, "to_organisation__"))

    def editable_by(self, user):
        return self.filter(self._sides(user, self.model.edit))

    def on_the_way(self):
        return self.filter(kind="sent", done_on=None)

    def to_receive(self, user):
        """Transfers whose receipt is for `user` to give; for those to elsewhere the sender notes it."""
        taking = through_organisation(user, self.model.edit, "to_organisation__")
        sending = through_organisation(user, self.model.edit, "from_organisation__")
        ours = Q(to_organisation__isnull=False) & taking | Q(to_organisation=None) & sending
        return self.on_the_way().filter(ours)
