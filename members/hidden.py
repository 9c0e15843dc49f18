"""Hidden members (隐形党员, 口袋党员): residents who are members and stand in no list, and the organisation nearest to each."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.http import urlencode

from gridparty.lib.access import Can, scope_of
from grids.models import Area
from members.choices import MemberState, OrganisationKind
from members.models import Member, PartyOrganisation, Zone
from people.models import Person

_K = OrganisationKind


def hidden_halves(user, within: Area | None = None) -> tuple[QuerySet[Person], QuerySet[Person]]:
    """Residents whom a list calls members and who have no membership on record; and those whose membership has gone.

    Where `user` sees residents and members both. Who left the party is not among them. Each is found by an index of its own.
    """
    seen = Person.objects.visible_to(user).filter(scope_of(user).q(Can.SEE_MEMBERS)).current()
    seen = seen.within(within) if within else seen
    stated = seen.filter(stated_member=True).exclude(Exists(Member.objects.filter(person=OuterRef("pk"))))
    return stated, seen.filter(pk__in=Member.objects.filter(state=MemberState.GONE).values("person"))


def hidden_members(user, within: Area | None = None) -> QuerySet[Person]:
    """Both halves; `gone` says of which somebody is."""
    stated, gone = hidden_halves(user, within)
    away = Member.objects.filter(person=OuterRef("pk"), state=MemberState.GONE)
    rows = Person.objects.filter(pk__in=stated.values("pk").union(gone.values("pk")))
    rows = rows.annotate(gone=Exists(away)).defer("phone", "id_number")
    return rows.select_related("street", "community", "area", "household").order_by("community", "area", "household", "pk")


def list_address(given: Mapping[str, str]) -> str:
    """The list at the desk where it was left: `within` and `page` of an address or a form."""
    kept = {name: given[name] for name in ("within", "page") if given.get(name, "").isdecimal()}
    return f"{reverse('admin:members_partyorganisation_coverage')}?{urlencode({'gap': 'hidden_members'} | kept)}"


def nearest_organisations(user, people: Iterable[Person]) -> dict[int, PartyOrganisation]:
    """{person: the organisation nearest to where they live} of the neighbourhood; needs `area` at hand.

    The group that answers for the building, else one on it, else the only group of the grid, else the grid's branch, else
    what the community has: general branch, branch, committee. Two queries.
    """
    people = list(people)
    rows = PartyOrganisation.objects.visible_to(user).open().filter(unit=None)
    rows = {row.pk: row for row in rows.filter(community__in={one.community_id for one in people} - {None}).order_by("path")}
    zones = dict(Zone.objects.filter(building__in={one.area_id for one in people}).values_list("building", "organisation"))
    at, groups = {}, defaultdict(list)
    for row in rows.values():
        at.setdefault((row.kind, row.area_id), row)
        if row.kind == _K.GROUP:
            groups[row.grid_id].append(row)
    alone = {grid: found[0] for grid, found in groups.items() if len(found) == 1}
    found = {one.pk: rows.get(zones.get(one.area_id)) or _near(one, at, alone) for one in people}
    return {key: row for key, row in found.items() if row}


def _near(person: Person, at: dict[tuple[str, int], PartyOrganisation], alone: dict[int, PartyOrganisation]):
    if group := at.get((_K.GROUP, person.area_id)) or alone.get(person.grid_id):
        return group
    keys = [(kind, place) for place in (person.area.parent_id, person.grid_id) for kind in (_K.BRANCH, _K.GENERAL_BRANCH)]
    keys += [(kind, person.community_id) for kind in (_K.GENERAL_BRANCH, _K.BRANCH, _K.COMMITTEE)]
    return next((at[key] for key in keys if key in at), None)
