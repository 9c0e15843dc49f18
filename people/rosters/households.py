"""Exactly one head in each household that a list touches; what is decided here is told as a warning."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from gridparty.lib.roster import Verdict
from grids.spellings import same_room
from people.actions.registering import Door
from people.choices import Relation
from people.models import Household, Person
from people.queries import households_of
from people.rosters.cells import BY_FIELD, Unlisted
from people.rosters.lines import Line


@dataclass
class _Home:
    """A household as it will be: who stays without being on the list, and the lines."""

    household: Household | None = None
    staying: list[Person] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    leaving: list[Line] = field(default_factory=list)


class Homes:
    """The households on record of the buildings that a list names, loaded once for each building."""

    def __init__(self, lines: Iterable[Line]):
        self._loaded: set[int] = set()
        self._at: dict[tuple[int, str, str], Household] = {}
        self.load(line.door for line in lines if line.door)

    def load(self, doors: Iterable[Door]) -> None:
        more = {door.area_id for door in doors} - self._loaded
        self._loaded |= more
        self._at |= households_of(more) if more else {}

    def at(self, door: Door) -> Household | None:
        return self._at.get((door.area_id, door.unit, door.room))

    def settle_doors(self, lines: Iterable[Line]) -> None:
        """0901 and 901 are one door: the one on record, however it is spelled there, else the first of the list."""
        spelled: dict[tuple, set[tuple[str, str]]] = defaultdict(set)
        for area, unit, room in self._at:
            spelled[_same_door(area, unit, room)].add((unit, room))
        first: dict[tuple, Line] = {}
        for line in lines:
            if line.door is None or self.at(line.door):
                continue
            key = _same_door(line.door.area_id, line.door.unit, line.door.room)
            known = spelled.get(key, ())
            if len(known) > 1:
                words = {"text": line.door.room, "known": "、".join(f"“{room}”" for _unit, room in sorted(known))}
                line.row.refuse(
                    BY_FIELD["room"].label, _("“%(text)s”在册有%(known)s，是同一处的几种写法，请写成其中之一。") % words
                )
            elif known:
                ((unit, room),) = known
                line.door = replace(line.door, unit=unit, room=room)
            elif (before := first.setdefault(key, line)).door != line.door:
                words = {"row": before.row.number, "room": before.door.room}
                line.row.warn(BY_FIELD["room"].label, _("与第 %(row)d 行的“%(room)s”按同一户登记，请核对。") % words)
                line.door = before.door


def _same_door(area: int, unit: str, room: str) -> tuple[int, str, str]:
    return area, same_room(unit), same_room(room)


def judge_households(lines: list[Line], known: Homes) -> None:
    """Give every line its relation, and every household a head."""
    doors = {line.door for line in lines if line.door}
    left = {door_at(line.person.household) for line in lines if line.moves and line.person.household_id}
    known.load(doors | left)
    homes: dict[Door, _Home] = defaultdict(_Home)
    for door in doors | left:
        homes[door].household = known.at(door)
    listed = {line.person.pk for line in lines if line.person and (line.moves or line.door)}
    for home in homes.values():
        home.staying = [one for one in home.household.dwellers if one.pk not in listed] if home.household else []
    for line in lines:
        if line.door:
            homes[line.door].lines.append(line)
        if line.moves and line.person.household_id:
            homes[door_at(line.person.household)].leaving.append(line)
    for home in homes.values():
        _judge_home(home)


def door_at(household: Household) -> Door:
    return Door(household.area, household.area_id, household.unit, household.room)


def _judge_home(home: _Home) -> None:
    for line in home.lines:
        line.relation = _stated(line)
    label = BY_FIELD["relation"].label
    _warn_of_two_heads(home)
    head = next((one for one in home.staying if one.relation == Relation.HEAD), None)
    heads = [line for line in home.lines if line.relation == Relation.HEAD]
    if heads and head is not None:
        words = {"name": head.name}
        options = [("keep", _("户主不变，本人按“其他”登记")), ("change", _("改由本人为户主"))]
        message = _("该户在册的户主是“%(name)s”，不在名单中。") % words
        if heads[0].row.warn(label, message, "head", options) == "keep":
            heads[0].relation = Relation.OTHER
        else:
            heads[0].heads.append(-head.pk)  # becomes an ordinary member
    for line in heads[1:]:
        words = {"row": heads[0].row.number}
        line.row.warn(label, _("同一户里第 %(row)d 行已是户主，本人按“其他”登记。") % words)
        line.relation = Relation.OTHER
    if not heads and head is None:
        _name_head(home, label)
    for line in home.lines:
        _judge_relation(line, label)
    _judge_dwelling(home)


def _warn_of_two_heads(home: _Home) -> None:
    named = [line for line in home.lines if line.said("head_name")]
    for line in [line for line in named if line.said("head_name") != named[0].said("head_name")][:1]:
        message = _("与第 %(row)d 行住址相同，户主姓名不同；一处住址只登记一户，请核对。")
        line.row.warn(BY_FIELD["head_name"].label, message % {"row": named[0].row.number})


def _stated(line: Line) -> str:
    said = line.said("relation")
    if isinstance(said, Unlisted):
        words = {"text": str(said)}
        line.row.warn(BY_FIELD["relation"].label, _("“%(text)s”不在关系列表中，按“其他”登记。") % words)
        said = line.row.values["relation"] = Relation.OTHER.value
    if head := line.said("head_name"):
        said = said or (Relation.HEAD.value if head == line.said("name") else "")
        if said and (said == Relation.HEAD) != (head == line.said("name")):
            words = {"head": head, "relation": Relation(said).label}
            message = _("户主姓名是“%(head)s”，与户主关系却是“%(relation)s”，按与户主关系登记，请核对。")
            line.row.warn(BY_FIELD["relation"].label, message % words)
    return said or (line.person.relation if line.person and not line.moves else "")


def _name_head(home: _Home, label: str) -> None:
    """Nobody is said to be the head: who has no other relation written, else who stays, else the first."""
    blank = next((line for line in home.lines if not line.relation), None)
    if blank is None and home.staying:
        for line in (home.leaving or home.lines)[:1]:
            words = {"name": home.staying[0].name}
            line.row.warn(label, _("该户将没有户主，暂以“%(name)s”为户主，请随后核对。") % words)
            line.heads.append(home.staying[0].pk)
        return
    for line in [blank] if blank else home.lines[:1]:
        line.row.warn(label, _("该户没有写明户主，暂以本人为户主，请核对。"))
        line.relation = Relation.HEAD.value


def _judge_relation(line: Line, label: str) -> None:
    if not line.relation:
        line.row.warn(label, _("没有写与户主关系，按“其他”登记。"))
        line.relation = Relation.OTHER.value
    if line.person is not None and not line.moves and line.relation != line.person.relation:
        show = BY_FIELD["relation"].written
        line.row.changes.append(("relation", show(line.person.relation), show(line.relation)))
        line.row.verdict = Verdict.UPDATED


def _judge_dwelling(home: _Home) -> None:
    """What the first line that says so tells of the dwelling."""
    for name, column in (("tenure", "tenure"), ("household_kind", "kind")):
        line = next((line for line in home.lines if line.said(name)), None)
        if line is None:
            continue
        old = getattr(home.household, column) if home.household else None
        if old != line.said(name):
            line.tenure[column] = line.said(name)
            if home.household is not None:
                show = BY_FIELD[name].written
                line.row.changes.append((name, show(old), show(line.said(name))))
                line.row.verdict = Verdict.UPDATED if line.row.verdict is Verdict.UNCHANGED else line.row.verdict
