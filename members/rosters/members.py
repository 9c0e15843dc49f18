"""The register of members: who belongs to which organisation (党员基本信息采集汇总表)."""

from collections.abc import Iterable
from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gridparty.lib import idnumbers
from gridparty.lib.registers import drop_remark, said, settle_date
from gridparty.lib.roster import Roster, Row, Verdict, compare, rosters, skip_repeats
from grids.models import Area
from members.actions.membership import NewMember, check_dates
from members.actions.registering import register_members
from members.choices import MOVES, ON_ROLL, MemberState, MoveKind, Standing
from members.errors import MemberRefused
from members.finding import Classes, Organisations, Units
from members.rosters.member_cells import BY_FIELD, CLASS, COLUMNS, FULL, JOINED, ORGANISATION, PERSONAL, STANDING
from members.rosters.member_homes import offer_homes
from members.rosters.member_lines import Line, Office, find_class, find_members, find_names
from people.actions.entry import NewPerson, columns
from people.choices import IdKind
from people.errors import PersonRefused
from people.models import Person
from people.rosters.cells import RECORD
from people.rosters.lines import check_paper, held_of, new_person, take_masked


def judge(rows: list[Row], by, area: Area | None = None) -> None:
    """New, updated, unchanged, skipped or refused, for each row."""
    office = Office(by, area, Organisations(by, editable=True), Units(by), Classes())
    for row in rows:
        check_paper(row)
        settle_date(row, JOINED)
        settle_date(row, FULL)
        drop_remark(row, ORGANISATION)
    kept = skip_repeats(rows, lambda row: said(row, "record") or None, RECORD, same=("name",))
    kept = skip_repeats(kept, lambda row: Line(row).said("id_number") or None, BY_FIELD["id_number"], same=("name",))
    kept = skip_repeats(kept, _without_number, BY_FIELD["name"])
    lines = [Line(row) for row in kept]
    for line in lines:
        find_names(line, office)
    find_members(lines, office)
    for line in lines:
        if line.open and line.member is None:
            _judge_new(line, office)
        elif line.open:
            _judge_known(line, office)
        line.row.plan = line.entry
    offer_homes(lines, office)


def _without_number(row: Row) -> tuple | None:
    if said(row, "record") or said(row, "id_number") or not said(row, "name"):
        return None
    return tuple(said(row, name) for name in ("name", "birth_date", "phone", "organisation"))


# --- Somebody who is no member yet


def _judge_new(line: Line, office: Office) -> None:
    row = line.row
    if line.organisation is None:
        row.refuse(ORGANISATION.label, _("没有写所在党组织，请填写全称或简称。"))
        return
    if line.organisation.closed_on:
        row.refuse(ORGANISATION.label, _("“%(name)s”已撤销，请选择现有的党组织。") % {"name": line.organisation.name})
    find_class(line, office, line.organisation)
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
        row.warn(BY_FIELD["id_number"].label, _("没有证件号码，今后无法与居民名册核对，请尽量补上。"))
    if line.open:
        _check_area(line, office)
    line.entry.new = _membership(line, typed)
    if line.entry.new is not None and line.person is not None and not line.said("id_number"):
        line.entry.new = replace(line.entry.new, person=line.person, typed=None)


def _check_person(line: Line, office: Office) -> None:
    """Somebody on record who is to be a member; whom others keep is taken as typed, and nothing is told of them."""
    person, row = line.person, line.row
    if person is None or not office.sees(person):
        return
    if not person.is_current:
        row.refuse(BY_FIELD["name"].label, _("该人员的记录已停用，不能建档。"))
    elif person.name != line.said("name"):
        row.refuse(BY_FIELD["name"].label, _("该证件号码登记的姓名与所填不一致，请核对证件原件。"))


def _check_area(line: Line, office: Office) -> None:
    """Who lives in one grid and belongs to the branch of another: the branch may be mistaken."""
    area, home = line.organisation.area, line.person.area if line.person else None
    if home is None or area is None or not office.sees(line.person) or not area.grid_id or area.grid_id == home.grid_id:
        return
    words = {"name": line.organisation.name, "area": home.name}
    line.row.warn(ORGANISATION.label, _("居住在“%(area)s”，与“%(name)s”不在同一网格，请核对。") % words)


def _typed(line: Line) -> NewPerson:
    said_of = {name: line.said(name) for name in PERSONAL}
    return new_person(said_of, id_kind=line.said("id_kind") or IdKind.CITIZEN, stated_member=True)


def _check(line: Line, typed: NewPerson, person: Person | None) -> None:
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
        line.row.refuse(BY_FIELD["name"].label, str(refusal))


def _membership(line: Line, typed: NewPerson) -> NewMember | None:
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


def _judge_known(line: Line, office: Office) -> None:
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
        row.refuse(BY_FIELD["name"].label, _("该党员已登记去世，请核对证件原件。"))
        return
    if line.said("member_class") != member.member_class.name:  # which may be of a scheme that was in force before
        find_class(line, office, member.organisation)
    line.entry.member = member
    person = member.person
    take_masked(row, {"phone": member.phone} if member.known_as else {"id_number": person.id_number, "phone": person.phone})
    changed = compare(row, COLUMNS, _current(line, office))
    _check_change(line, changed)
    _split(line, changed)
    _judge_transfer(line, office)


def _current(line: Line, office: Office) -> dict:
    """What is on record of the columns the writer may change by this register."""
    member, person = line.member, line.member.person
    current = {"joined_on": member.joined_on, "full_on": member.full_on, "member_class": member.member_class.name}
    if member.known_as:  # only what was typed is known here
        return current | {"name": member.known_as, "phone": member.phone}
    return current | (held_of(person) if office.edits(person) else {"name": person.name})


def _check_change(line: Line, changed: dict) -> None:
    row, member = line.row, line.member
    if "name" in changed:
        options = [("hold", _("暂不导入，待核对")), ("rename", _("是同一人，改用名单上的姓名"))]
        message = _("在册的姓名是“%(name)s”，与名单不同。") % {"name": member.name}
        if row.warn(BY_FIELD["name"].label, message, "rename", options) == "hold":
            row.skip(BY_FIELD["name"].label, _("姓名与在册不同，待核对。"))
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


def _split(line: Line, changed: dict) -> None:
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
    personal = {name: value for name, value in changed.items() if name in PERSONAL}
    if member.known_as:
        values |= {"known_as": personal["name"]} if "name" in personal else {}
        values |= {"phone": personal["phone"], "phone_tail": personal["phone"][-4:]} if "phone" in personal else {}
    elif personal:
        line.entry.person_values = _person_values(line, personal)


def _person_values(line: Line, changed: dict) -> dict:
    person = line.member.person
    kind = person.id_kind or line.said("id_kind") or IdKind.CITIZEN
    try:
        made = columns(new_person(held_of(person) | changed, id_kind=kind, stated_member=person.stated_member))
    except (PersonRefused, idnumbers.BadIdNumber) as refusal:
        line.row.refuse(BY_FIELD["name"].label, str(refusal))
        return {}
    return {name: value for name, value in made.items() if getattr(person, name) != value}


def _judge_transfer(line: Line, office: Office) -> None:
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
    return Roster("members", gettext_lazy("党员"), COLUMNS, judge, commit)
