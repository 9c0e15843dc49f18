"""The register of members: who belongs to which organisation (党员基本信息采集汇总表)."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gridparty.lib import idnumbers
from gridparty.lib.access import Can, scope_of
from gridparty.lib.cells import read_choice, read_date
from gridparty.lib.registers import column, read_up_to, said, settle_date
from gridparty.lib.roster import CellRefused, Roster, Row, Verdict, compare, rosters, skip_repeats
from grids.models import Area
from members.actions.membership import NewMember, check_dates
from members.actions.registering import MemberEntry, register_members
from members.choices import MOVES, ON_ROLL, MemberState, MoveKind, Standing
from members.errors import MemberRefused
from members.finding import Classes, Organisations, Units
from members.models import Member, MemberClass, PartyOrganisation, Unit
from members.queries import kept_members, members_called, memberships_of
from people.actions.entry import NewPerson, columns
from people.choices import IdKind
from people.errors import PersonRefused
from people.models import Person
from people.queries import door, namesakes, on_record
from people.rosters.cells import PERSON_COLUMNS, RECORD, Masked
from people.rosters.lines import check_paper, take_masked

_STANDINGS = {
    Standing.FULL: "正式 中共党员 党员 中共正式党员 中国共产党党员 共产党员 中共党员(正式)",
    Standing.PROBATIONARY: "预备 中共预备党员 中国共产党预备党员 预备期 中共党员(预备)",
}
_PERSON = [one for one in PERSON_COLUMNS if one.field != "stated_member"]
ORGANISATION = column(
    "organisation",
    gettext_lazy("所在党组织"),
    "所在党组织 所在党支部 所在支部 党支部 支部 党支部名称 支部名称 所属党支部 所属支部 所属党组织 党组织 党组织名称 "
    "组织关系所在党组织 组织关系所在支部 所在党小组 党小组 所属党小组 组织关系所在单位 organisation branch",
    read_up_to(120),
    example="第1网格党支部",
    note=gettext_lazy("全称或简称；不填为本名单所属区域的支部"),
)
STANDING = column(
    "standing",
    gettext_lazy("党籍"),
    "党籍 人员类别 党员类型 党员身份 政治面貌 正式或预备 是否预备党员 党员状态 党籍状况 standing",
    read_choice(Standing, _STANDINGS),
    show=lambda value: Standing(value).label,
    choices=lambda: [str(one.label) for one in Standing],
    example="正式党员",
)
CLASS = column(
    "member_class",
    gettext_lazy("党员类别"),
    "党员类别 党员分类 管理类别 分类管理类别 类别 分类 member_class class",
    read_up_to(30),
    note=gettext_lazy("所在党组织采用的分类方案中的类别"),
)
JOINED = column(
    "joined_on",
    gettext_lazy("入党日期"),
    "入党日期 入党时间 入党年月 加入党组织日期 加入中共日期 加入中国共产党日期 何时入党 入党 joined_on",
    partial(read_date, partial=True),
    clearable=True,
    example="1999-07-01",
)
FULL = column(
    "full_on",
    gettext_lazy("转正日期"),
    "转正日期 转正时间 转为正式党员日期 转正年月 转正 预备党员转正日期 full_on",
    partial(read_date, partial=True),
    clearable=True,
    example="2000-07-01",
)
_COLUMNS = [RECORD, *_PERSON, ORGANISATION, STANDING, CLASS, JOINED, FULL]
_BY_FIELD = {one.field: one for one in _COLUMNS}
_PERSONAL = {"name", "id_number", "gender", "birth_date", "phone", "ethnicity", "employer"}


@dataclass(slots=True)
class _Line:
    row: Row
    organisation: PartyOrganisation | None = None
    person: Person | None = None
    member: Member | None = None
    unit: Unit | None = None
    member_class: MemberClass | None = None
    entry: MemberEntry = field(default_factory=MemberEntry)

    @property
    def open(self) -> bool:
        return self.row.verdict not in (Verdict.REFUSED, Verdict.SKIPPED)

    def said(self, name: str) -> Any:
        value = said(self.row, name)
        return "" if isinstance(value, Masked) else value


@dataclass
class _Office:
    """What the lines are judged by: the writer, and what can be named in a cell."""

    by: Any
    area: Area | None
    organisations: Organisations
    units: Units
    classes: Classes

    def keeps(self, organisation: PartyOrganisation) -> bool:
        """Whether the writer may import into it; what may be changed by hand is what Organisations finds."""
        if self.by is None or scope_of(self.by).everywhere(Can.IMPORT_ROSTERS):
            return True
        return organisation.area is not None and scope_of(self.by).covers(Can.IMPORT_ROSTERS, organisation.area)

    def sees(self, person: Person) -> bool:
        return self.by is None or (person.area is not None and scope_of(self.by).covers(Can.SEE_PEOPLE, person.area))

    def edits(self, person: Person) -> bool:
        """Whether the writer keeps the person's own record, or nobody does (a member without a residence)."""
        return self.by is None or person.area is None or scope_of(self.by).covers(Can.EDIT_PEOPLE, person.area)


def judge(rows: list[Row], by, area: Area | None = None) -> None:
    """New, updated, unchanged, skipped or refused, for each row."""
    office = _Office(by, area, Organisations(by, editable=True), Units(by), Classes())
    for row in rows:
        check_paper(row)
        settle_date(row, JOINED)
        settle_date(row, FULL)
    kept = skip_repeats(rows, lambda row: said(row, "record") or None, RECORD, same=("name",))
    kept = skip_repeats(kept, lambda row: _Line(row).said("id_number") or None, _BY_FIELD["id_number"], same=("name",))
    kept = skip_repeats(kept, _without_number, _BY_FIELD["name"])
    lines = [_Line(row) for row in kept]
    for line in lines:
        _find_names(line, office)
    _find_members(lines, office)
    for line in lines:
        if line.open and line.member is None:
            _judge_new(line, office)
        elif line.open:
            _judge_known(line, office)
        line.row.plan = line.entry


def _without_number(row: Row) -> tuple | None:
    if said(row, "record") or said(row, "id_number") or not said(row, "name"):
        return None
    return tuple(said(row, name) for name in ("name", "birth_date", "phone", "organisation"))


# --- What the cells name


def _find_names(line: _Line, office: _Office) -> None:
    """The organisation, the class and the unit that the row names."""
    row, text = line.row, line.said("organisation")
    try:
        if text:
            line.organisation = office.organisations.find(text, within=office.area)
        elif office.area is not None:
            line.organisation = office.organisations.alone_at(office.area)
    except CellRefused as refusal:
        row.refuse(ORGANISATION.label, str(refusal))
    if line.organisation is not None and not office.keeps(line.organisation):
        row.refuse(ORGANISATION.label, _("党组织“%(text)s”不在您的管理范围内，未写入。") % {"text": text[:40]})
        line.organisation = None
    if line.said("employer"):
        try:
            line.unit = office.units.find(line.said("employer"))
        except CellRefused:
            line.unit = None  # the words themselves are kept with the person


def _find_class(line: _Line, office: _Office, organisation: PartyOrganisation) -> None:
    text = line.said("member_class")
    try:
        line.member_class = office.classes.find(text, organisation.area) if text else None
    except CellRefused as refusal:
        line.row.refuse(CLASS.label, str(refusal))


def _find_members(lines: list[_Line], office: _Office) -> None:
    """Whom of those on record each line means: by ID number or by our own key, else somebody of that name is offered."""
    people = on_record(line.said("id_number") for line in lines if line.said("id_number"))
    kept = kept_members((int(line.said("record")) for line in lines if line.said("record")), office.by)
    members = memberships_of([person.pk for person in people.values()])
    called = members_called((line.said("name") for line in lines if not line.said("id_number")), office.by)
    residents = namesakes((line.said("name") for line in lines if line.said("name")), office.by)
    for line in lines:
        line.person = people.get(line.said("id_number"))
        line.member = members.get(line.person.pk) if line.person else None
        if line.said("record"):
            _take_record(line, kept.get(int(line.said("record"))))
        elif not line.said("id_number") and line.open:
            _offer(line, called.get(line.said("name"), []))
        if line.person is None and line.open and not line.said("record"):
            _offer_residents(line, residents.get(line.said("name"), []))
        if isinstance(line.row.values.get("id_number"), Masked) and line.member is None:
            line.row.refuse(_BY_FIELD["id_number"].label, _("号码被遮盖，认不出是谁，请填写完整的号码，或保留导出时的编号。"))


def _take_record(line: _Line, member: Member | None) -> None:
    if member is None:
        line.row.refuse(RECORD.label, _("没有这个编号的党员，或不在您的管理范围内，请删去编号或改正。"))
    elif line.person is not None and line.person.pk != member.person_id:
        line.row.refuse(_BY_FIELD["id_number"].label, _("该证件号码登记在另一人名下，请核对编号和号码。"))
    else:
        line.member, line.person = member, member.person


def _offer(line: _Line, members: Iterable[Member]) -> None:
    born, phone = line.said("birth_date"), line.said("phone")
    likely = [one for one in members if _likely(one, born, phone, line.organisation)]
    if not likely:
        return
    options = [("hold", _("暂不导入"))]
    options += [(f"is{one.pk}", _("就是在册的这一位，更新其档案")) for one in likely[:3]]
    options.append(("new", _("不是同一人，新增")))
    words = {"place": "；".join(one.organisation.name for one in likely[:3])}
    message = _("没有证件号码，在册有同名且信息相近的党员（“%(place)s”），可能是同一人，请选择。") % words
    answer = line.row.warn(_BY_FIELD["name"].label, message, "same", options)
    if answer == "hold":
        line.row.skip(_BY_FIELD["name"].label, _("可能已经在册，没有新增。"))
    elif answer != "new":
        line.member = next(one for one in likely if answer == f"is{one.pk}")
        line.person = line.member.person


def _offer_residents(line: _Line, people: Iterable[Person]) -> None:
    """A resident of the same name who may be this member, where there are not two ID numbers to tell them apart."""
    number, born, phone = line.said("id_number"), line.said("birth_date"), line.said("phone")
    likely = [
        one
        for one in people
        if not (number and one.id_number)
        and not (born and one.born_on and born != one.born_on)
        and ((born and born == one.born_on) or (phone and phone == one.phone))
    ]
    if not likely:
        return
    same = [(f"resident{one.pk}", _("就是这位居民，为其建档")) for one in likely[:3]]
    new, hold = ("new", _("不是同一人，新增")), ("hold", _("暂不导入"))
    words = {"place": "；".join(door(one) for one in likely[:3])}
    message = _("居民中有同名且信息相近的人员（“%(place)s”），可能是同一人，请选择。") % words
    answer = line.row.warn(_BY_FIELD["name"].label, message, "resident", [new, *same, hold] if number else [hold, *same, new])
    if answer == "hold":
        line.row.skip(_BY_FIELD["name"].label, _("可能是在册的居民，没有新增。"))
    elif answer != "new":
        line.person = next(one for one in likely if answer == f"resident{one.pk}")


def _likely(member: Member, born: Any, phone: str, organisation: PartyOrganisation | None) -> bool:
    """Nothing that speaks against it, and the same birth date, phone or organisation."""
    person = member.person
    if born and person.born_on and not member.known_as and born != person.born_on:
        return False
    held = member.phone if member.known_as else person.phone
    same_birth = bool(born) and not member.known_as and born == person.born_on
    same_organisation = organisation is not None and member.organisation_id == organisation.pk
    return same_birth or same_organisation or (bool(phone) and phone == held)


# --- Somebody who is no member yet


def _judge_new(line: _Line, office: _Office) -> None:
    row = line.row
    if line.organisation is None:
        row.refuse(ORGANISATION.label, _("没有写所在党组织，请填写全称或简称。"))
        return
    if line.organisation.closed_on:
        row.refuse(ORGANISATION.label, _("“%(name)s”已撤销，请选择现有的党组织。") % {"name": line.organisation.name})
    _find_class(line, office, line.organisation)
    if line.member_class is None and line.open:
        line.member_class = office.classes.first(line.organisation.area)
        if line.member_class is None:
            row.refuse(CLASS.label, _("还没有党员分类方案，请先在“分类方案”中设置。"))
            return
        row.warn(CLASS.label, _("没有写党员类别，暂按“%(name)s”登记。") % {"name": line.member_class.name})
    _check_person(line, office)
    typed = _typed(line)
    _check(line, typed, line.person)
    if line.open and not line.said("id_number"):
        row.warn(_BY_FIELD["id_number"].label, _("没有证件号码，今后无法与居民名册核对，请尽量补上。"))
    if line.open:
        _check_area(line, office)
    line.entry.new = _membership(line, typed)
    if line.entry.new is not None and line.person is not None and not line.said("id_number"):
        line.entry.new = replace(line.entry.new, person=line.person, typed=None)


def _check_person(line: _Line, office: _Office) -> None:
    """Somebody on record who is to be a member; whom others keep is taken as typed, and nothing is told of them."""
    person, row = line.person, line.row
    if person is None or not office.sees(person):
        return
    if not person.is_current:
        row.refuse(_BY_FIELD["name"].label, _("该人员的记录已停用，不能建档。"))
    elif person.name != line.said("name"):
        row.refuse(_BY_FIELD["name"].label, _("该证件号码登记的姓名与所填不一致，请核对证件原件。"))


def _check_area(line: _Line, office: _Office) -> None:
    """Who lives in one grid and belongs to the branch of another: the branch may be mistaken."""
    area, home = line.organisation.area, line.person.area if line.person else None
    if home is None or area is None or not office.sees(line.person) or not area.grid_id or area.grid_id == home.grid_id:
        return
    words = {"name": line.organisation.name, "area": home.name}
    line.row.warn(ORGANISATION.label, _("居住在“%(area)s”，与“%(name)s”不在同一网格，请核对。") % words)


def _typed(line: _Line) -> NewPerson:
    said_of = line.said
    return NewPerson(
        name=said_of("name") or "",
        id_number=said_of("id_number"),
        id_kind=said_of("id_kind") or IdKind.CITIZEN,
        sex=said_of("gender"),
        born_on=said_of("birth_date") or None,
        phone=said_of("phone"),
        ethnicity=said_of("ethnicity"),
        employer=said_of("employer"),
        stated_member=True,
    )


def _check(line: _Line, typed: NewPerson, person: Person | None) -> None:
    """What the action would refuse is told here."""
    if line.row.verdict is Verdict.REFUSED:
        return
    born = typed.born_on or (person.born_on if person else None)
    try:
        columns(typed)
        check_dates(born, line.said("joined_on") or None, line.said("full_on") or None)
    except MemberRefused as refusal:
        line.row.refuse(JOINED.label, str(refusal))
    except (PersonRefused, idnumbers.BadIdNumber) as refusal:
        line.row.refuse(_BY_FIELD["name"].label, str(refusal))


def _membership(line: _Line, typed: NewPerson) -> NewMember | None:
    if not line.open:
        return None
    return NewMember(
        organisation=line.organisation,
        member_class=line.member_class,
        typed=typed,
        standing=line.said("standing") or Standing.FULL,
        joined_on=line.said("joined_on") or None,
        full_on=line.said("full_on") or None,
        employer=line.unit,
    )


# --- Somebody who is a member


def _judge_known(line: _Line, office: _Office) -> None:
    row, member = line.row, line.member
    if not office.organisations.has(member.organisation_id) or not office.keeps(member.organisation):
        row.refuse(ORGANISATION.label, _("该人员的党员档案在其他党组织，请由其办理组织关系转出。"))
        return
    if line.said("record") and member.state not in ON_ROLL:  # lists can show those who left, too: none comes back by that
        words = {"state": member.get_state_display()}
        row.skip(RECORD.label, _("该人员已“%(state)s”，档案不再修改；要重新入册的，请删去编号。") % words)
        return
    if member.state in MOVES[MoveKind.REJOINED][0]:
        row.warn(ORGANISATION.label, _("该人员曾“%(state)s”，将重新入册。") % {"state": member.get_state_display()})
        _judge_new(line, office)
        row.verdict = Verdict.UPDATED if line.open else row.verdict
        return
    if member.state == MemberState.DIED:
        row.refuse(_BY_FIELD["name"].label, _("该党员已登记去世，请核对证件原件。"))
        return
    if line.said("member_class") != member.member_class.name:  # which may be of a scheme that was in force before
        _find_class(line, office, member.organisation)
    line.entry.member = member
    person = member.person
    take_masked(row, {"phone": member.phone} if member.known_as else {"id_number": person.id_number, "phone": person.phone})
    changed = compare(row, _COLUMNS, _current(line, office))
    _check_change(line, changed)
    _split(line, changed)
    _judge_transfer(line, office)


def _current(line: _Line, office: _Office) -> dict:
    """What is on record of the columns the writer may change by this register."""
    member, person = line.member, line.member.person
    current = {"joined_on": member.joined_on, "full_on": member.full_on, "member_class": member.member_class.name}
    if member.known_as:  # only what was typed is known here
        return current | {"name": member.known_as, "phone": member.phone}
    current |= {"name": person.name}
    if office.edits(person):
        personal = {"id_number": person.id_number, "gender": person.sex, "birth_date": person.born_on, "phone": person.phone}
        current |= personal | {"ethnicity": person.ethnicity, "employer": person.employer}
    return current


def _check_change(line: _Line, changed: dict) -> None:
    row, member = line.row, line.member
    if "name" in changed:
        options = [("hold", _("暂不导入，待核对")), ("rename", _("是同一人，改用名单上的姓名"))]
        message = _("在册的姓名是“%(name)s”，与名单不同。") % {"name": member.name}
        if row.warn(_BY_FIELD["name"].label, message, "rename", options) == "hold":
            row.skip(_BY_FIELD["name"].label, _("姓名与在册不同，待核对。"))
    standing = line.said("standing")
    if standing and standing != member.standing:
        words = {"now": member.get_standing_display(), "typed": Standing(standing).label}
        row.warn(STANDING.label, _("在册是“%(now)s”，名单写的是“%(typed)s”；转正等请在党员页面办理，这里不改。") % words)
    for name in ("joined_on", "full_on"):
        line.entry.values[name] = changed.get(name, getattr(member, name))
    try:
        check_dates(member.person.born_on, line.entry.values["joined_on"], line.entry.values["full_on"])
    except MemberRefused as refusal:
        row.refuse(JOINED.label, str(refusal))


def _split(line: _Line, changed: dict) -> None:
    """What changes in the membership, and what in the person."""
    member, values = line.member, line.entry.values
    for name in ("joined_on", "full_on"):
        if name not in changed:
            values.pop(name, None)
    if "member_class" in changed:
        values |= {"member_class": line.member_class, "mode": line.member_class.mode} if line.member_class else {}
    if line.unit is not None and line.unit.pk != member.employer_id:
        values["employer"] = line.unit
        line.row.changes.append(("employer", member.employer.name if member.employer else "", line.unit.name))
        line.row.verdict = Verdict.UPDATED if line.open else line.row.verdict
    personal = {name: value for name, value in changed.items() if name in _PERSONAL}
    if member.known_as:
        values |= {"known_as": personal["name"]} if "name" in personal else {}
        values |= {"phone": personal["phone"], "phone_tail": personal["phone"][-4:]} if "phone" in personal else {}
    elif personal:
        line.entry.person_values = _person_values(line, personal)


def _person_values(line: _Line, changed: dict) -> dict:
    person = line.member.person
    held = {
        "name": person.name,
        "id_number": person.id_number,
        "gender": person.sex,
        "birth_date": person.born_on,
        "phone": person.phone,
        "ethnicity": person.ethnicity,
        "employer": person.employer,
    } | changed
    try:
        made = columns(
            NewPerson(
                held["name"],
                held["id_number"] or "",
                person.id_kind or line.said("id_kind") or IdKind.CITIZEN,
                held["gender"] or "",
                held["birth_date"] or None,
                held["phone"] or "",
                held["ethnicity"] or "",
                held["employer"] or "",
                person.stated_member,
            )
        )
    except (PersonRefused, idnumbers.BadIdNumber) as refusal:
        line.row.refuse(_BY_FIELD["name"].label, str(refusal))
        return {}
    return {name: value for name, value in made.items() if getattr(person, name) != value}


def _judge_transfer(line: _Line, office: _Office) -> None:
    """A member of another organisation of ours: belongs there still, or comes over (双重管理 or 组织关系转接)."""
    row, member, to = line.row, line.member, line.organisation
    if to is None or to.pk == member.organisation_id or not line.open:
        return
    words = {"now": member.organisation.name, "typed": to.name}
    options = [("stay", _("组织关系不变")), ("transfer", _("办理转接，转入名单上的党组织"))]
    message = _("组织关系在“%(now)s”，名单写的是“%(typed)s”。") % words
    if row.warn(ORGANISATION.label, message, "transfer", options) == "stay":
        return
    if member.state not in MOVES[MoveKind.SENT][0]:
        words = {"state": member.get_state_display()}
        row.refuse(ORGANISATION.label, _("该党员目前为“%(state)s”，不能办理转接。") % words)
        return
    line.entry.to = to
    row.changes.append(("organisation", member.organisation.name, to.name))
    row.verdict = Verdict.UPDATED


def commit(*, rows: Iterable[Row], by) -> int:
    """Enrol the new members and write what changed. Returns how many."""
    return register_members(entries=[row.plan for row in rows], by=by)


@rosters
def members() -> Roster:
    return Roster("members", gettext_lazy("党员"), _COLUMNS, judge, commit)
