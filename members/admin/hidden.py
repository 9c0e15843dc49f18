"""The rows of the list of hidden members at the desk: why somebody is on it, and the two ways off it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from gridparty.lib.access import scope_of
from members.hidden import nearest_organisations
from members.models import PartyOrganisation
from people.models import Person
from people.queries import door


@dataclass(frozen=True)
class HiddenRow:
    """One resident; `enrols` is the address that enrols them, `may_strike` says whether they can be struck off."""

    person: Person
    door: str
    why: str
    nearest: PartyOrganisation | None
    enrols: str
    may_strike: bool


def hidden_rows(people: Iterable[Person], user, may_add: bool, **kept) -> list[HiddenRow]:
    """For a page of hidden_members; `kept` goes along in the address, to come back to where the list was left."""
    people = list(people)
    near = nearest_organisations(user, people)
    return [_row(one, near.get(one.pk), user, may_add, kept) for one in people]


def _row(person: Person, nearest: PartyOrganisation | None, user, may_add: bool, kept: dict) -> HiddenRow:
    given = {"person": person.pk} | ({"organisation": nearest.pk} if nearest else {}) | kept
    return HiddenRow(
        person,
        door(person),
        _("已转出，仍居住本地") if person.gone else _("自报党员，未入册"),
        nearest,
        f"{reverse('admin:members_member_add')}?{urlencode(given)}" if may_add else "",
        scope_of(user).covers(Person.edit, person.area),
    )
