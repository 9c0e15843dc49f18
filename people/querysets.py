"""Doors to people, and the search that goes by the shape of what is typed."""

import re
from collections.abc import Iterable

from django.db.models import Q

from audit.querysets import AuditedQuerySet
from gridparty.lib import idnumbers
from gridparty.lib.access import Can, ScopedQuerySet, scope_of
from gridparty.lib.crypto import blind_indexes, blind_indexes_of
from grids.queries import chunks
from grids.querysets import PlacedQuerySet

ID_PURPOSE = "people.id_number"
_HOME = re.compile(r"^(?:(\d{1,4})(?:号楼|栋|幢|号)?[-—－])?(\d{1,2})(?:单元)?[-—－](\d{2,5})室?$")


def id_hashes(number: str) -> list[str]:
    """The keyed hashes under which one ID number meets itself: by the newest key, which is stored, and by older ones."""
    return blind_indexes(idnumbers.normal(number), ID_PURPOSE)


class PersonQuerySet(PlacedQuerySet):
    def current(self):
        """Living people, records merged into others left out."""
        return self.filter(merged_into=None, died_on=None, erased_on=None)

    def with_id_number(self, number: str):
        return self.filter(id_hash__in=id_hashes(number), merged_into=None)

    def by_id_number(self, numbers: Iterable[str]) -> dict:
        """{number: person} of those of these normal numbers that are on record."""
        numbers_by_hash = blind_indexes_of(numbers, ID_PURPOSE)
        found = {}
        for some in chunks(sorted(numbers_by_hash)):
            found |= {numbers_by_hash[one.id_hash]: one for one in self.filter(id_hash__in=some, merged_into=None)}
        return found

    def search(self, term: str):
        """By the shape of `term`: whole ID number, whole phone, last four of either, 单元-室, pinyin, else a name's beginning."""
        term = idnumbers.normal(term) if re.search(r"\d", term) and not _HOME.match(term) else term.strip()
        if re.fullmatch(r"\d{17}[\dX]", term):
            return self.with_id_number(term)
        if re.fullmatch(r"1\d{10}", term):
            bare = self.select_related(None).prefetch_related(None)
            held = bare.filter(phone_tail=term[-4:]).only("pk", "phone")[:2000]
            return self.filter(pk__in=[person.pk for person in held if person.phone == term])
        if re.fullmatch(r"\d{3}[\dX]", term):
            return self.filter(Q(phone_tail=term) | Q(id_tail=term))
        if home := _HOME.match(term):
            building, unit, room = home.groups()
            found = self.filter(household__unit=unit, household__room=room)
            return found.filter(area__name__startswith=f"{int(building)}号") if building else found
        if re.fullmatch(r"[A-Za-z]+", term):
            return self.filter(Q(initials__startswith=term.lower()) | Q(pinyin__startswith=term.lower()))
        return self.filter(name__startswith=term)


class HouseholdQuerySet(PlacedQuerySet):
    def search(self, term: str):
        """By 单元-室, the building before it or not, or by the room alone."""
        home = _HOME.match(term.strip())
        if not home:
            return self.filter(room=term.strip())
        building, unit, room = home.groups()
        found = self.filter(unit=unit, room=room)
        return found.filter(area__name__startswith=f"{int(building)}号") if building else found


class RequestQuerySet(AuditedQuerySet, ScopedQuerySet):
    """Two sides see a request: where the person is to live, and where the person is on record."""

    def _reach(self, user, can: Can) -> Q:
        scope = scope_of(user)
        return scope.q(can) | scope.q(can, area_path="held_area__", place_path="held_area__")

    def to_decide(self, user):
        """The open requests whose person is on record where `user` keeps the records."""
        held = scope_of(user).q(self.model.edit, area_path="held_area__", place_path="held_area__")
        return self.filter(held, state="open")


class MergeQuerySet(AuditedQuerySet, ScopedQuerySet):
    """A merge is seen by those who see the record that was kept."""

    def _reach(self, user, can: Can) -> Q:
        return scope_of(user).q(can, area_path="kept__area__", place_path="kept__")
