"""The register of residents: one line a person, with where they live (公安部常住人口登记, 居民入户登记)."""

from collections import defaultdict
from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gridparty.lib import idnumbers
from gridparty.lib.access import Can, scope_of
from gridparty.lib.registers import fill_down
from gridparty.lib.roster import CellRefused, Roster, Row, Verdict, compare, rosters, skip_repeats
from grids.choices import AreaKind
from grids.models import Area
from grids.places import Places
from people.actions.entry import NewPerson, columns, with_home
from people.actions.registering import Door, Entry, register_residents
from people.choices import IdKind, Relation
from people.errors import PersonRefused
from people.models import Household, Person
from people.queries import door as door_of
from people.queries import kept_by, namesakes, on_record
from people.rosters.cells import BY_FIELD, COLUMNS, PERSON_COLUMNS, Masked
from people.rosters.households import Homes, door_at, judge_households
from people.rosters.lines import Line, check_paper, held_of, new_person, take_masked

_LABELS = {name: str(column.label) for name, column in BY_FIELD.items()}


def judge(rows: list[Row], by, area: Area | None = None) -> None:
    """New, updated, unchanged, skipped or refused, for each row."""
    lines = [Line(row) for row in rows]
    of = {id(line.row): line for line in lines}
    places = Places(by, area)
    # A row with our number comes from an export and says everything of itself.
    levels = [("community",), ("grid",), ("building",), ("unit",), ("room",)]
    fill_down([row for row in rows if not row.values.get("record")], levels, _LABELS)
    above = _Above()
    for line in lines:
        check_paper(line.row)
        _find_place(line, places, by, area, above)
        above.add(line)
    homes = Homes(lines)
    homes.settle_doors(lines)
    kept = skip_repeats(rows, lambda row: row.values.get("record") or None, BY_FIELD["record"], same=("name",))
    kept = skip_repeats(kept, lambda row: of[id(row)].said("id_number") or None, BY_FIELD["id_number"], same=("name",))
    kept = skip_repeats(kept, lambda row: _without_number(of[id(row)]), BY_FIELD["name"])
    lines = [of[id(row)] for row in kept]
    _find_people(lines, by)
    for line in lines:
        _judge_line(line, by)
    judge_households([line for line in lines if line.goes], homes)
    for line in lines:
        _plan(line)


# --- Where


class _Above:
    """Where the rows above live: offices write the address at the head of a household and leave it empty below."""

    def __init__(self):
        self.before: Line | None = None
        self.of_head: dict[tuple[str, str], set[Door]] = defaultdict(set)

    def add(self, line: Line) -> None:
        self.before = line
        head = line.said("head_name") or (line.said("relation") == Relation.HEAD and line.said("name"))
        if line.door and head:
            self.of_head[line.row.sheet, head].add(line.door)

    def door_of(self, line: Line) -> Door | None:
        """The one door of those with the same head; where no head is named, that of the row above for who is not a head."""
        if line.said("record"):
            return None
        if head := line.said("head_name"):
            doors = self.of_head.get((line.row.sheet, head), set())
            return next(iter(doors)) if len(doors) == 1 else None
        before = self.before
        if before is None or before.row.sheet != line.row.sheet or line.said("relation") in ("", Relation.HEAD):
            return None
        return before.door


def _find_place(line: Line, places: Places, by, area: Area | None, above: _Above) -> None:
    row, said = line.row, line.said
    try:
        within = _context(line, places)
        if said("building") and said("room"):
            found = places.find_door(said("building"), within=within, unit=said("unit"), room=said("room"))
            line.door = Door(found.building, found.building.pk, found.unit, found.room)
        elif said("address"):
            found = places.find_door(said("address"), within=within)
            line.door = Door(found.building, found.building.pk, found.unit, found.room)
        elif said("building"):
            line.area = places.find(said("building"), kind=AreaKind.BUILDING, within=within)
            if said("unit"):
                row.warn(BY_FIELD["room"].label, _("没有写室号，只登记到“%(building)s”，请补上。") % {"building": line.area.name})
        elif door := above.door_of(line):
            line.door, words = door, {"door": in_words(door), "head": line.said("head_name")}
            message = (
                _("没有写住址，随户主“%(head)s”登记在“%(door)s”。")
                if words["head"]
                else _("没有写住址，按上一行登记在“%(door)s”。")
            )
            line.row.warn(BY_FIELD["address"].label, message % words)
        else:
            line.area = within or area
    except CellRefused as refusal:
        label = BY_FIELD["address" if said("address") and not said("building") else "building"].label
        row.refuse(label, str(refusal))
        return
    line.area = line.door.area if line.door else line.area
    if line.area is not None:
        _check_reach(line, by)
    elif not said("record"):
        row.refuse(BY_FIELD["address"].label, _("没有写住址，请填写楼栋、单元和室号，或 3号楼2单元301 这样的住址。"))


def in_words(door: Door) -> str:
    return f"{door.area.name} {'-'.join(filter(None, [door.unit, door.room]))}"


def _context(line: Line, places: Places) -> Area | None:
    within = None
    if line.said("community"):
        within = places.find(line.said("community"), kind=AreaKind.COMMUNITY)
    if line.said("grid"):
        within = places.find(line.said("grid"), kind=AreaKind.GRID, within=within)
    return within


def _check_reach(line: Line, by) -> None:
    """Nobody enters residents where they could not by hand (T4); what lies outside is told as if it did not exist."""
    scope = scope_of(by)
    if by is not None and not all(scope.covers(can, line.area) for can in (Can.IMPORT_ROSTERS, Can.EDIT_PEOPLE)):
        line.row.refuse(BY_FIELD["address"].label, _("住址不在您的管理范围内，未写入。"))
        line.area = line.door = None
    elif line.area.kind in (AreaKind.DISTRICT, AreaKind.STREET):
        line.row.refuse(BY_FIELD["address"].label, _("没有写住址，请写到楼栋和室号，至少写到社区或网格。"))
        line.area = line.door = None


# --- Who


def _without_number(line: Line) -> tuple | None:
    if line.said("record") or line.said("id_number") or not line.said("name"):
        return None
    place = line.door or (line.area.pk if line.area else None)
    return line.said("name"), line.said("birth_date"), line.said("phone"), place


def _find_people(lines: list[Line], by) -> None:
    """Whom of those on record each line means: by ID number or by our own key, else somebody of that name is offered."""
    known = on_record(line.said("id_number") for line in lines if line.said("id_number"))
    kept = kept_by((int(line.said("record")) for line in lines if line.said("record")), by)
    unknown = [line for line in lines if line.said("name") and not line.said("record") and line.said("id_number") not in known]
    numbered = namesakes((line.said("name") for line in unknown if line.said("id_number")), by, id_hash=None)
    unnumbered = namesakes((line.said("name") for line in unknown if not line.said("id_number")), by)
    for line in lines:
        row, number = line.row, line.said("id_number")
        line.person = known.get(number) if number else None
        if line.said("record"):
            _take_record(line, kept.get(int(line.said("record"))))
        elif line.person is None and row.verdict is not Verdict.REFUSED:
            _offer(line, (numbered if number else unnumbered).get(line.said("name"), []))
        if isinstance(row.values.get("id_number"), Masked) and line.person is None:
            row.refuse(BY_FIELD["id_number"].label, _("号码被遮盖，认不出是谁，请填写完整的号码，或保留导出时的编号。"))


def _take_record(line: Line, person: Person | None) -> None:
    if person is None:
        line.row.refuse(BY_FIELD["record"].label, _("没有这个编号的记录，或不在您的管理范围内，请删去编号或改正。"))
    elif line.person is not None and line.person.pk != person.pk:
        message = _("该证件号码登记在另一条记录上，请核对编号和号码；确为同一人的请合并记录。")
        line.row.refuse(BY_FIELD["id_number"].label, message)
    line.person = person


def _offer(line: Line, people: Iterable[Person]) -> None:
    """Somebody of the same name is offered. Without a number the line waits for the answer; with one it is somebody new."""
    number = line.said("id_number")
    likely = [person for person in people if _likely(line, person) and not (number and person.id_number)]
    if not likely:
        return
    hold, new = ("hold", _("暂不导入")), ("new", _("不是同一人，新增"))
    same = [(f"is{person.pk}", _("就是在册的这一位，更新其记录")) for person in likely[:3]]
    words = {"place": "；".join(door_of(person) for person in likely[:3])}
    message = _("在册有同名且信息相近、没有证件号码可比的人员（“%(place)s”），可能是同一人，请选择。") % words
    options = [new, *same, hold] if number else [hold, *same, new]
    answer = line.row.warn(BY_FIELD["name"].label, message, "same", options)
    if answer == "hold":
        line.row.skip(BY_FIELD["name"].label, _("可能已经在册，没有新增。"))
    elif answer != "new":
        line.person = next(person for person in likely if answer == f"is{person.pk}")


def _likely(line: Line, person: Person) -> bool:
    """Same name (given), nothing that speaks against it, and the same birth date, phone or home."""
    born, phone, sex = line.said("birth_date"), line.said("phone"), line.said("gender")
    if (born and person.born_on and born != person.born_on) or (sex and person.sex and sex != person.sex):
        return False
    home = person.household
    same_home = home is not None and line.door == door_at(home)
    same_area = line.door is None and line.area is not None and person.area_id == line.area.pk
    same_birth = bool(born) and born == person.born_on
    return same_home or same_area or same_birth or (bool(phone) and phone == person.phone)


# --- What happens to one


def _judge_line(line: Line, by) -> None:
    row, person = line.row, line.person
    if row.verdict in (Verdict.REFUSED, Verdict.SKIPPED):
        return
    if person is None:
        _check_columns(line, _new(line))
        if not line.said("id_number"):
            row.warn(BY_FIELD["id_number"].label, _("没有证件号码，今后无法自动认出是同一人，请尽量补上。"))
    elif person.died_on and line.said("record"):  # lists show the dead, too
        row.skip(BY_FIELD["name"].label, _("该人员已去世，记录不再修改。"))
    elif person.died_on or person.erased_on:
        row.refuse(BY_FIELD["name"].label, _("该人员的记录已停用（去世或已删除），请核对证件原件。"))
    elif person.area is not None and not _keeps(by, person):
        line.asks = row.asks = True
        words = _("该证件号码已在其他辖区登记，不能直接登记居住；写入时将向对方发出转入申请，由对方办理。")
        row.refuse(BY_FIELD["id_number"].label, words)
    elif person.area is None and person.name != line.said("name"):
        row.refuse(BY_FIELD["name"].label, _("该证件号码登记的姓名与所填不一致，请核对证件原件。"))
    else:
        _judge_known(line, person)


def _keeps(by, person: Person) -> bool:
    return by is None or scope_of(by).covers(Can.EDIT_PEOPLE, person.area)


def _judge_known(line: Line, person: Person) -> None:
    row = line.row
    if person.name != line.said("name") and person.area is not None:
        words = {"name": person.name}
        options = [("hold", _("暂不导入，待核对")), ("rename", _("是同一人，改用名单上的姓名"))]
        message = _("在册的姓名是“%(name)s”，与名单不同。") % words
        if row.warn(BY_FIELD["name"].label, message, "rename", options) == "hold":
            row.skip(BY_FIELD["name"].label, _("姓名与在册不同，待核对。"))
            return
    current = held_of(person) | {"stated_member": "yes" if person.stated_member else "no"}
    take_masked(row, current)
    changed = compare(row, PERSON_COLUMNS, current)
    if changed:
        _check_columns(line, _new(line, current | changed, person.id_kind))
    no_address = line.door is None
    _judge_move(line, person)
    if no_address and not line.moves and person.household_id and any(map(line.said, ("relation", "tenure", "household_kind"))):
        line.door = door_at(person.household)  # what is said of a household is of theirs


def _new(line: Line, known: dict | None = None, id_kind: str = "") -> NewPerson:
    known = known or {name: line.said(name) for name in line.row.values}
    return new_person(
        known,
        id_kind=line.said("id_kind") or id_kind or IdKind.CITIZEN,
        stated_member=known.get("stated_member") == "yes",
        area=line.area,
        relation=line.relation,
        since_on=line.said("since_on") or None,
    )


def _check_columns(line: Line, new: NewPerson) -> None:
    """What the action would refuse is told here; of somebody on record, the columns that change are kept."""
    try:
        made = columns(new)
    except (PersonRefused, idnumbers.BadIdNumber) as refusal:
        line.row.refuse(BY_FIELD["name"].label, str(refusal))
        return
    if line.person is None:
        line.new = new
    else:
        line.values = {name: value for name, value in made.items() if getattr(line.person, name) != value}


def _as_shown(line: Line, home: Household) -> bool:
    """Whether unit and room stand as the record has them, however that is spelled."""
    return line.door.area_id == home.area_id and (line.said("unit"), line.said("room")) == (home.unit, home.room)


def _judge_move(line: Line, person: Person) -> None:
    row, home = line.row, person.household
    if line.area is None or row.verdict is Verdict.REFUSED:
        return
    if line.door is not None:
        same = home is not None and (line.door == door_at(home) or _as_shown(line, home))
        line.door = door_at(home) if same else line.door
    else:  # only a building or a grid is written: who lives in it already stays at their door
        same = person.area_id is not None and line.area.reach.covers(person.area)
    if same:
        return
    here = in_words(line.door) if line.door else line.area.name
    if person.area_id is not None:
        words = {"old": door_of(person), "new": here}
        options = [("move", _("办理迁移")), ("stay", _("住址不变"))]
        message = _("在册住址是“%(old)s”，名单写的是“%(new)s”。") % words
        if row.warn(BY_FIELD["address"].label, message, "move", options) == "stay":
            line.door = line.area = None
            return
    line.moves = True
    row.changes.append(("address", door_of(person), here))
    row.verdict = Verdict.UPDATED


# --- Writing


def _plan(line: Line) -> None:
    if not (line.goes or line.asks):
        return
    stays = line.person is not None and not line.moves and not line.asks
    relation = line.relation if stays and line.relation != line.person.relation else ""
    entry = Entry(
        new=with_home(line.new, relation=line.relation) if line.new else _new(line),
        person=line.person,
        values=line.values,
        door=line.door,
        moves=line.moves,
        relation=relation,
        asks=line.asks,
    )
    line.row.plan = entry, line.tenure, line.heads


def commit(*, rows: Iterable[Row], by) -> int:
    """Write the new and changed residents, and ask for those on record elsewhere. Returns how many."""
    plans = [row.plan for row in rows]
    tenures: dict[Door, dict] = {}
    for entry, columns_of_door, _heads in plans:
        if columns_of_door:
            tenures[entry.door] = tenures.get(entry.door, {}) | columns_of_door
    heads = {abs(pk): Relation.HEAD if pk > 0 else Relation.OTHER for _entry, _tenure, more in plans for pk in more}
    return register_residents(entries=[plan[0] for plan in plans], tenures=tenures, relations=heads, by=by)


@rosters
def residents() -> Roster:
    return Roster("residents", gettext_lazy("居民"), COLUMNS, judge, commit)
