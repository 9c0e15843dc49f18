"""A row of the register of members on its way: whom and what of those on record it names."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from gridparty.lib.access import Can, scope_of
from gridparty.lib.roster import CLEAR, CellRefused, Row, Verdict
from grids.models import Area
from members.actions.registering import MemberEntry
from members.finding import Classes, Organisations, Units
from members.models import Member, MemberClass, PartyOrganisation, Unit
from members.queries import kept_members, members_called, memberships_of
from members.rosters.member_cells import BY_FIELD, CLASS, ORGANISATION
from people.models import Person
from people.queries import door, namesakes, on_record
from people.rosters.cells import RECORD, Masked


@dataclass(slots=True)
class Line:
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
        value = self.row.values.get(name)
        return "" if value is None or value is CLEAR or type(value) is Masked else value


@dataclass
class Office:
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


# --- What the cells name


def find_names(line: Line, office: Office) -> None:
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


def find_class(line: Line, office: Office, organisation: PartyOrganisation) -> None:
    text = line.said("member_class")
    try:
        line.member_class = office.classes.find(text, organisation.area) if text else None
    except CellRefused as refusal:
        line.row.refuse(CLASS.label, str(refusal))


def find_members(lines: list[Line], office: Office) -> None:
    """Whom of those on record each line means: by ID number or by our own key, else somebody of that name is offered."""
    people = on_record(line.said("id_number") for line in lines if line.said("id_number"))
    kept = kept_members((int(line.said("record")) for line in lines if line.said("record")), office.by)
    members = memberships_of(people.values())
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
            line.row.refuse(BY_FIELD["id_number"].label, _("号码被遮盖，认不出是谁，请填写完整的号码，或保留导出时的编号。"))


def _take_record(line: Line, member: Member | None) -> None:
    if member is None:
        line.row.refuse(RECORD.label, _("没有这个编号的党员，或不在您的管理范围内，请删去编号或改正。"))
    elif line.person is not None and line.person.pk != member.person_id:
        line.row.refuse(BY_FIELD["id_number"].label, _("该证件号码登记在另一人名下，请核对编号和号码。"))
    else:
        line.member, line.person = member, member.person


def _offer(line: Line, members: Iterable[Member]) -> None:
    born, phone = line.said("birth_date"), line.said("phone")
    likely = [one for one in members if _likely(one, born, phone, line.organisation)]
    if not likely:
        return
    options = [("hold", _("暂不导入"))]
    options += [(f"is{one.pk}", _("就是在册的这一位，更新其档案")) for one in likely[:3]]
    options.append(("new", _("不是同一人，新增")))
    words = {"place": "；".join(one.organisation.name for one in likely[:3])}
    message = _("没有证件号码，在册有同名且信息相近的党员（“%(place)s”），可能是同一人，请选择。") % words
    answer = line.row.warn(BY_FIELD["name"].label, message, "same", options)
    if answer == "hold":
        line.row.skip(BY_FIELD["name"].label, _("可能已经在册，没有新增。"))
    elif answer != "new":
        line.member = next(one for one in likely if answer == f"is{one.pk}")
        line.person = line.member.person


def _offer_residents(line: Line, people: Iterable[Person]) -> None:
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
    answer = line.row.warn(BY_FIELD["name"].label, message, "resident", [new, *same, hold] if number else [hold, *same, new])
    if answer == "hold":
        line.row.skip(BY_FIELD["name"].label, _("可能是在册的居民，没有新增。"))
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
