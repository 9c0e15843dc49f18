"""The home written in a list of members: offered as their residence where nobody has one on record, and never assumed.

What cannot be read as a door of the writer's own area is not kept, and the preview says so.
"""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from gridparty.lib.access import Can, scope_of
from gridparty.lib.roster import CellRefused, Verdict
from grids.places import Places
from members.rosters.member_cells import ADDRESS
from members.rosters.member_lines import Line, Office
from people.actions.entry import NewPerson, with_home
from people.actions.registering import Door, Entry
from people.rosters.households import Homes, door_at, judge_households
from people.rosters.lines import Line as HomeLine


def offer_homes(lines: Iterable[Line], office: Office) -> None:
    """Give the entries of those who are to live where their row says `home`. A row with our number says nothing new of it."""
    asked = [line for line in lines if line.open and line.said("address") and not line.said("record")]
    if not asked:
        return
    places = Places(office.by, office.area)
    homes = {id(line): home for line in asked if (home := _home(line, office, places)) is not None}
    known = Homes(homes.values())
    known.settle_doors(homes.values())
    judge_households([home for home in homes.values() if home.goes], known)
    for line in asked:
        if (home := homes.get(id(line))) is not None and home.goes:
            _plan(line, home, office)


def _home(line: Line, office: Office, places: Places) -> HomeLine | None:
    """The door, if the writer says that it is their residence."""
    door, person = _door(line, office, places), _person(line)
    if door is None:
        line.row.warn(ADDRESS.label, _("家庭住址没有登记：不是本辖区内写明楼栋和室号的住址。"))
        return None
    kept = person is None or office.edits(person)
    if person is not None and kept and person.area_id:
        if person.household is None or door_at(person.household) != door:
            line.row.warn(ADDRESS.label, _("家庭住址没有登记：与在册的居住地不同，搬家请在居民页面办理。"))
        return None
    options = [("leave", _("不登记")), ("enter", _("登记为现住址"))]
    message = _("家庭住址可读作“%(area)s %(door)s”。") % {"area": door.area.name, "door": _numbers(door)}
    if line.row.warn(ADDRESS.label, message, "home", options) == "leave":
        return None
    return HomeLine(line.row, door.area, door, person if kept else None, moves=person is not None and kept)


def _door(line: Line, office: Office, places: Places) -> Door | None:
    try:
        found = places.find_door(line.said("address"))
    except CellRefused:
        return None
    scope = scope_of(office.by)
    rights = (Can.IMPORT_ROSTERS, Can.EDIT_PEOPLE)
    if office.by is not None and not all(scope.covers(can, found.building) for can in rights):
        return None
    return Door(found.building, found.building.pk, found.unit, found.room)


def _person(line: Line):
    return line.person or (line.member.person if line.member else None)


def _numbers(door: Door) -> str:
    return "-".join(filter(None, [door.unit, door.room]))


def _plan(line: Line, home: HomeLine, office: Office) -> None:
    person = _person(line)
    new = with_home(NewPerson(line.said("name")), relation=home.relation)
    asks = person is not None and not office.edits(person)
    line.entry.home = Entry(new, person, door=home.door, moves=not asks, asks=asks)
    if line.row.verdict is Verdict.UNCHANGED:
        line.row.verdict = Verdict.UPDATED
    if line.row.verdict is Verdict.UPDATED:
        line.row.changes.append(("address", "", f"{home.door.area.name} {_numbers(home.door)}"))
