"""The register of points: what members did, entered as a meeting by ticking names is."""

import re
from collections.abc import Iterable
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gridparty.lib.registers import drop_remark, said
from gridparty.lib.roster import CellRefused, Reversal, Roster, Row, Verdict, rosters, skip_repeats
from grids.models import Area
from grids.queries import chunks
from members.actions import Foretold, NewEntry, foretell, left_of_points, post_points, take_back_points
from members.actions.points import check_day
from members.choices import ON_ROLL, EntryState
from members.errors import PointsRefused
from members.finding import Organisations, folded, inside
from members.models import Member, PartyOrganisation, PointEntry, PointItem
from members.points import meeting_source, plain
from members.queries import entries_seen, items_of, members_imported_by, schemes_played
from members.rosters.point_cells import COLUMNS, ID, ITEM, NAME, NOTE, ON, ORGANISATION, QUANTITY, Amount
from people.queries import on_record
from people.rosters.cells import RECORD, Masked

_LABELS = {"": "", "item": ITEM.label, "on": ON.label, "name": NAME.label, "quantity": QUANTITY.label}
_HINT = re.compile(r"[(（][^()（）]*[)）]\s*$")  # B1 参加三会一课（+3 分/次）


def judge(rows: list[Row], by, area: Area | None = None) -> None:
    """New, unchanged, skipped or refused, for each row. What stands in the ledger is never changed by a list."""
    for row in rows:
        drop_remark(row, ORGANISATION)
    kept = skip_repeats(rows, lambda row: said(row, "record") or None, RECORD, same=("name",))
    _judge_recorded([row for row in kept if said(row, "record")], by)
    fresh = [row for row in kept if not said(row, "record")]
    members = _Members(fresh, by, area)
    found = {id(row): member for row in fresh if (member := members.of(row)) is not None}
    entries = _entries([row for row in fresh if id(row) in found], found)
    kept = skip_repeats([row for row in fresh if id(row) in entries], lambda row: _key(entries[id(row)]), ITEM, ("quantity",))
    open_rows = [row for row in kept if _is_open(row)]
    told = foretell(entries=[entries[id(row)] for row in open_rows], by=by)
    for row, one in zip(open_rows, told, strict=True):
        _settle(row, entries[id(row)], one)


def _is_open(row: Row) -> bool:
    return row.verdict not in (Verdict.REFUSED, Verdict.SKIPPED)


def _key(new: NewEntry) -> tuple:
    return new.member.pk, new.item.pk, new.source


# --- Who


class _Members:
    """The members whom the writer may import for: found by ID number, else by name within the organisation that is written."""

    def __init__(self, rows: Iterable[Row], by, area: Area | None):
        self.organisations, self.area = Organisations(by), area
        self.reach = members_imported_by(by)
        numbers = {said(row, "id_number") for row in rows if not isinstance(said(row, "id_number"), Masked)} - {""}
        people = on_record(numbers)
        members = self._rows("person__in", {person.pk for person in people.values()})
        of_person = {member.person_id: member for member in members}
        self.numbered = {number: of_person[one.pk] for number, one in people.items() if one.pk in of_person}
        self.called: dict[str, list[Member]] = {}
        names = {said(row, "name") for row in rows if not said(row, "id_number")} - {""}
        for member in (*self._rows("person__name__in", names, known_as=""), *self._rows("known_as__in", names)):
            self.called.setdefault(member.name, []).append(member)

    def _rows(self, path: str, values: Iterable, **more) -> list[Member]:
        return [row for some in chunks(sorted(values)) for row in self.reach.filter(**{path: some}, **more)]

    def of(self, row: Row) -> Member | None:
        """The member a row speaks of; refuses the row, or asks, where that cannot be told."""
        number, organisation = said(row, "id_number"), self._organisation(row)
        if not _is_open(row):
            return None
        if isinstance(number, Masked):
            row.refuse(ID.label, _("号码被遮盖，认不出是谁，请填写完整的号码，或删去号码、写明所在党组织。"))
            return None
        return self._by_number(row, number, organisation) if number else self._by_name(row, organisation)

    def _organisation(self, row: Row) -> PartyOrganisation | None:
        """The organisation that is written, else the one that stands where the list is of."""
        try:
            if text := said(row, "organisation"):
                return self.organisations.find(text, within=self.area)
        except CellRefused as refusal:
            row.refuse(ORGANISATION.label, str(refusal))
        return self.organisations.alone_at(self.area) if self.area is not None else None

    def _by_number(self, row: Row, number: str, organisation: PartyOrganisation | None) -> Member | None:
        member = self.numbered.get(number)
        if member is None:
            row.refuse(ID.label, _("您管理的党组织里没有这个身份证号码的党员，请核对号码。"))
        elif member.name != said(row, "name"):
            row.refuse(NAME.label, _("该身份证号码的党员在册的姓名与此不同，请核对号码和姓名。"))
        elif said(row, "organisation") and not _belongs(member, organisation):
            row.warn(ORGANISATION.label, _("在册的党组织是“%(now)s”，与名单不同。") % {"now": member.organisation.name})
        return member if _is_open(row) else None

    def _by_name(self, row: Row, organisation: PartyOrganisation | None) -> Member | None:
        name = said(row, "name")
        called = self._called(name, organisation)
        if len(called) > 1:
            words = {"name": name, "n": len(called)}
            row.refuse(NAME.label, _("有 %(n)d 名“%(name)s”，请填写身份证号码，或写明所在党组织。") % words)
        elif called and organisation is None:
            self._ask(row, called[0])
        elif organisation is not None and not called:
            message = _("“%(where)s”没有名为“%(name)s”的党员，或不在您的管理范围内，请核对姓名和党组织。")
            row.refuse(NAME.label, message % {"name": name, "where": organisation.name})
        elif not called:
            row.refuse(NAME.label, _("您管理的党组织里没有名为“%(name)s”的党员，请核对姓名。") % {"name": name})
        return called[0] if called and _is_open(row) else None

    def _called(self, name: str, organisation: PartyOrganisation | None) -> list[Member]:
        """Those of this name there; who is on the roll comes first."""
        found = self.called.get(name, [])
        if organisation is not None:
            found = [member for member in found if _belongs(member, organisation)]
        elif self.area is not None:
            found = [member for member in found if inside([member.organisation], self.area)]
        return [member for member in found if member.state in ON_ROLL] or found

    def _ask(self, row: Row, member: Member) -> None:
        options = [("hold", _("暂不记分，待核对")), ("is", _("就是这一位"))]
        message = _("没有写党组织和身份证号码，只找到“%(where)s”的一位同名党员。") % {"where": member.organisation.name}
        if row.warn(NAME.label, message, "who", options) == "hold":
            row.skip(NAME.label, _("只有姓名，待核对，没有记分。"))


def _belongs(member: Member, organisation: PartyOrganisation | None) -> bool:
    return organisation is not None and member.organisation.path.startswith(organisation.path)


# --- What


def _entries(rows: list[Row], members: dict[int, Member]) -> dict[int, NewEntry]:
    """{id of the row: what it would enter}, of those whose year and item can be told."""
    schemes = schemes_played(members.values(), {row.values["on"].year for row in rows if row.values.get("on")})
    items = items_of(schemes.values())
    found = {}
    for row in rows:
        member, on = members[id(row)], row.values["on"]
        scheme = schemes.get((member.pk, on.year))
        try:
            check_day(member, on, scheme is not None)
            item = _item_of(said(row, "item"), items.get(scheme, []), on.year)
        except PointsRefused as refusal:
            row.refuse(ON.label, str(refusal))
        except CellRefused as refusal:
            row.refuse(ITEM.label, str(refusal))
        else:
            found[id(row)] = _entry(row, member, item, on)
    return found


def _item_of(text: str, items: list[PointItem], year: int) -> PointItem:
    """The item of this code or name, or both, with or without its points behind it. Raises CellRefused."""
    for word in dict.fromkeys((_bare(text), _bare(_HINT.sub("", text)))):
        found = [item for item in items if word in _names(item)]
        if len(found) == 1:
            return found[0]
        if found:
            raise CellRefused(_("有 %(n)d 个积分项目叫“%(text)s”，请写编号。") % {"n": len(found), "text": text[:20]})
    like = [item for item in items if _bare(text) in _bare(item.name) or _bare(item.name) in _bare(text)] or items
    words = {"text": text[:20], "year": year, "names": "、".join(f"“{item.code} {item.name}”" for item in like[:3])}
    raise CellRefused(_("%(year)d年适用的积分办法里没有“%(text)s”，请按办法填写编号或名称，如%(names)s。") % words)


def _names(item: PointItem) -> set[str]:
    return {_bare(item.code), _bare(item.name), _bare(item.code + item.name)}


def _bare(text: str) -> str:
    """B1. 参加三会一课 as b1参加三会一课."""
    return "".join(filter(str.isalnum, folded(text)))


def _entry(row: Row, member: Member, item: PointItem, on) -> NewEntry:
    amount, note = said(row, "quantity") or Amount(Decimal(1)), said(row, "note")
    if amount.unit and amount.unit != item.per:
        words = {"text": amount, "item": item.name, "per": item.per}
        row.refuse(QUANTITY.label, _("“%(text)s”与“%(item)s”的计量单位（%(per)s）不符，请按%(per)s填写数量。") % words)
    source = meeting_source(on, note) if any(map(str.isalnum, note)) else f"roster:{on}"
    return NewEntry(member, item, on, source, amount.number, note)


# --- What becomes of it


def _settle(row: Row, new: NewEntry, told: Foretold) -> None:
    if told.refusal:
        row.refuse(_LABELS[told.about], told.refusal)
    elif told.standing:
        _compare(row, new, told.standing)
    elif not told.is_scored or _is_another(row, new):
        row.verdict, row.plan = Verdict.NEW, new
        if told.is_own:
            row.warn(ITEM.label, _("本人的积分由支部其他负责人或上级审核，先列为待审核。"))
        elif told.waits:
            words = {"item": new.item.name, "who": new.item.get_approver_display()}
            row.warn(ITEM.label, _("“%(item)s”由%(who)s审核，先列为待审核。") % words)
        for sentence in told.less:
            row.warn(ITEM.label, sentence)


def _compare(row: Row, new: NewEntry, held) -> None:
    """What the member has by this item for the same thing stays as it is."""
    if held.is_reversed:
        row.skip(NOTE.label, _("该事项记过分，后来冲正，没有重复记分；确需再记的，请写明不同的事由。"))
    elif held.state == EntryState.REFUSED:
        row.skip(NOTE.label, _("该事项申报过，审核未通过，没有重复申报。"))
    elif held.quantity != new.quantity:
        words = {"old": plain(held.quantity), "new": plain(new.quantity)}
        message = _("该事项在案的数量是 %(old)s，名单写的是 %(new)s；已记的分不能改，请冲正后以不同的事由重新记。")
        row.refuse(QUANTITY.label, message % words)
    else:
        row.verdict = Verdict.UNCHANGED


def _is_another(row: Row, new: NewEntry) -> bool:
    """Asked where the member has the item on that day already: the same thing may only be worded otherwise."""
    options = [("hold", _("不重复记分")), ("again", _("是另一件事，再记一次"))]
    message = _("该党员当天已按“%(item)s”记过分，可能是同一件事。") % {"item": new.item.name}
    if row.warn(NOTE.label, message, "again", options) == "again":
        return True
    row.skip(NOTE.label, _("当天已按同一项目记过分，没有重复记分。"))
    return False


# --- Rows that went out with their number


def _judge_recorded(rows: list[Row], by) -> None:
    known = entries_seen((int(said(row, "record")) for row in rows), by)
    for row in rows:
        entry = known.get(int(said(row, "record")))
        if entry is None:
            row.refuse(RECORD.label, _("没有这个编号的积分记录，或不在您的管理范围内，请删去编号或改正。"))
        elif not _is_open(row):
            continue
        elif _says_the_same(row, entry):
            row.verdict = Verdict.UNCHANGED
        else:
            row.refuse(RECORD.label, _("与该编号的积分记录不同；已记的分不能改，记错的请冲正，另记的请删去编号。"))


def _says_the_same(row: Row, entry: PointEntry) -> bool:
    amount, note = said(row, "quantity"), said(row, "note")
    return (
        said(row, "name") == entry.balance.member.name
        and _bare(said(row, "item")) in _names(entry.item)
        and row.values.get("on") == entry.on
        and (not amount or amount.number == entry.quantity)
        and (not note or _bare(note) == _bare(entry.note))
    )


def commit(*, rows: Iterable[Row], by) -> int:
    """Enter what is new, all or none. Returns how many. Raises PointsRefused."""
    return len(post_points(entries=[row.plan for row in rows], by=by).entries)


@rosters
def points() -> Roster:
    words = gettext_lazy("这次记的分由相反的记录冲正，待审核的撤回，原记录保留；导入之后已审核、已申诉或已冲正的，逐条保留。")
    reversal = Reversal(take_back_points, left_of_points, words)
    return Roster("points", gettext_lazy("积分"), COLUMNS, judge, commit, reversal=reversal)
