"""Doors to organisations and members: by area, and by the organisation one holds a seat in."""

import re

from django.apps import apps
from django.db.models import Q

from audit.querysets import AuditedQuerySet
from gridparty.lib.access import Can, ScopedQuerySet, scope_of
from grids.querysets import PlacedQuerySet
from members.choices import ON_ROLL
from people.querysets import id_hash

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


def through_organisation(user, can: Can) -> Q:
    """Rows of an organisation: by its area, or by a seat in it or above it."""
    by_area = scope_of(user).q(can, area_path="organisation__area__", place_path="organisation__")
    return by_area | held(user, can, "organisation__")


class OrganisationQuerySet(PlacedQuerySet):
    def _reach(self, user, can: Can) -> Q:
        return scope_of(user).q(can) | held(user, can)

    def visible_to(self, user):
        """Within reach, and those of elsewhere (without a place) to which members of ours belong."""
        reach = self._reach(user, self.model.see)
        elsewhere = Q(area=None, path__gt="") if scope_of(user).has(self.model.see) else Q(pk__in=[])
        return self.filter(reach | elsewhere)

    def open(self):
        return self.filter(closed_on=None)


class UnitQuerySet(PlacedQuerySet):
    def visible_to(self, user):
        """Units within reach, and those of elsewhere that employ members of ours."""
        elsewhere = Q(area=None) if scope_of(user).has(self.model.see) else Q(pk__in=[])
        return self.filter(scope_of(user).q(self.model.see) | elsewhere)


class OfOrganisationQuerySet(AuditedQuerySet, ScopedQuerySet):
    """Rows that belong to an organisation (seats, zones)."""

    def _reach(self, user, can: Can) -> Q:
        return through_organisation(user, can)


class MemberQuerySet(PlacedQuerySet):
    """Double belonging: where the membership is, and where the member lives."""

    def _reach(self, user, can: Can) -> Q:
        return scope_of(user).q(can) | through_organisation(user, can)

    def on_roll(self):
        return self.filter(state__in=ON_ROLL)

    def search(self, term: str):
        """By whole ID number, last four of the phone, pinyin, or a name's beginning; who is known as typed, only by that."""
        term = term.strip()
        if re.fullmatch(r"[\dxX]{15}|[\dxX]{18}", term):
            return self.filter(person__id_hash=id_hash(term))
        if re.fullmatch(r"\d{4}", term):
            return self.filter(Q(known_as="", person__phone_tail=term) | Q(phone_tail=term))
        if re.fullmatch(r"[A-Za-z]+", term):
            own = Q(person__initials__startswith=term.lower()) | Q(person__pinyin__startswith=term.lower())
            return self.filter(Q(known_as="") & own)
        return self.filter(Q(known_as="", person__name__startswith=term) | Q(known_as__startswith=term))


class MoveQuerySet(AuditedQuerySet, ScopedQuerySet):
    """The history of a membership is seen by who sees the member; a transfer on its way also by who is to receive it."""

    def _reach(self, user, can: Can) -> Q:
        scope = scope_of(user)
        lives = scope.q(can, area_path="member__area__", place_path="member__")
        belongs = scope.q(can, area_path="member__organisation__area__", place_path="member__organisation__")
        receives = scope.q(can, area_path="to_organisation__area__", place_path="to_organisation__")
        seats = held(user, can, "member__organisation__") | held(user, can, "to_organisation__")
        return lives | belongs | receives | seats
