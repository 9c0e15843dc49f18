"""Founding, changing and closing organisations; units; the buildings a group answers for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any

from django.db import IntegrityError
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext as _

from audit.operations import action
from gridparty.lib import bulk
from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import today
from gridparty.lib.text import one_a_line
from grids.actions import place
from grids.choices import AreaKind
from grids.locks import tree_lock
from grids.models import LEVELS, Area
from grids.queries import chunks
from members.actions.balances import follow
from members.choices import ALLOWED_ABOVE, STANDS_ON, OrganisationKind, UnitKind
from members.errors import OrganisationRefused
from members.models import ClassUse, Member, PartyOrganisation, PointBalance, Seat, Unit, Zone


def check_area(area: Area | None, by) -> None:
    """Raises OrganisationRefused when `by` keeps no organisations there; `by` None is the set-up of a system."""
    if by is None or scope_of(by).everywhere(Can.EDIT_MEMBERS):
        return
    if area is None:
        raise OrganisationRefused(_("请选择所在区域；区外的单位和党组织由市级管理员登记。"))
    if not scope_of(by).covers(Can.EDIT_MEMBERS, area):
        raise OrganisationRefused(_("“%(area)s”不在您的管理范围内，请选择本辖区的区域。") % {"area": area.name})


def check_organisation(organisation: PartyOrganisation, by) -> None:
    """Raises OrganisationRefused when the organisation is not the user's to change."""
    check_organisations([organisation], by)


def check_organisations(organisations: Iterable[PartyOrganisation], by) -> None:
    """Raises OrganisationRefused naming the first that is not the user's to change."""
    if by is None:
        return
    asked = {organisation.pk: organisation for organisation in organisations}
    for some in chunks(list(asked)):
        kept = set(PartyOrganisation.objects.editable_by(by).filter(pk__in=some).values_list("pk", flat=True))
        for pk in some:
            if pk not in kept:
                raise OrganisationRefused(_("“%(name)s”不在您的管理范围内。") % {"name": asked[pk].name})


def _put(row, area: Area | None) -> None:
    if area is not None:
        place(row=row, area=area)
    else:
        for column in (*LEVELS, "area"):
            setattr(row, f"{column}_id", None)


@contextmanager
def _once():
    try:
        yield
    except IntegrityError as error:
        text = str(error)
        if "unit_" in text or "members_unit" in text:
            raise OrganisationRefused(_("该单位已登记（同一区域同名，或统一社会信用代码相同），请查询后再办理。")) from error
        if "organisation_name_once" in text or "members_partyorganisation" in text:
            raise OrganisationRefused(_("该上级之下已有同名的党组织，请换一个名称。")) from error
        raise


# --- Units


@dataclass(frozen=True)
class NewUnit:
    name: str
    kind: str = UnitKind.OTHER
    area: Area | None = None
    credit_code: str = ""
    address: str = ""
    contact_name: str = ""
    contact_phone: str = field(default="", repr=False)
    staff_count: int | None = None
    head: str = ""
    offers: str = ""  # one thing a line, as `needs`
    needs: str = ""


def _fill_unit(unit: Unit, new: NewUnit) -> None:
    if not new.name.strip():
        raise OrganisationRefused(_("没有单位名称，请填写。"))
    unit.name, unit.kind, unit.credit_code = new.name.strip(), new.kind, new.credit_code.strip().upper()
    unit.address, unit.contact_name, unit.staff_count = new.address.strip(), new.contact_name.strip(), new.staff_count
    unit.contact_phone, unit.contact_tail = new.contact_phone, new.contact_phone[-4:]
    unit.head, unit.offers, unit.needs = new.head.strip(), one_a_line(new.offers), one_a_line(new.needs)
    _put(unit, new.area)


@action("members.add_unit")
def add_unit(*, new: NewUnit, by) -> Unit:
    """Enter a unit; without an area it is one of elsewhere. Raises OrganisationRefused."""
    check_area(new.area, by)
    unit = Unit()
    _fill_unit(unit, new)
    with _once():
        unit.save()
    return unit


@action("members.change_unit")
def change_unit(*, unit: Unit, new: NewUnit, by) -> Unit:
    """Correct what is on record of a unit. Raises OrganisationRefused."""
    unit = Unit.objects.select_for_update(of=("self",)).select_related("area").get(pk=unit.pk)
    check_area(unit.area, by)
    check_area(new.area, by)
    _fill_unit(unit, new)
    with _once():
        unit.save()
    return unit


@action("members.enter_units")
def enter_units(*, units: Sequence[NewUnit], by) -> list[Unit]:
    """Enter many units, all or none. Raises OrganisationRefused."""
    rows = []
    for new in units:
        check_area(new.area, by)
        rows.append(Unit())
        _fill_unit(rows[-1], new)
    with _once():
        return Unit.objects.bulk_create(rows)


@action("members.change_units")
def change_units(*, changes: Mapping[int, Mapping[str, Any]], by) -> int:
    """Correct many units, given as {key: {field of NewUnit: new value}}, all or none. Raises OrganisationRefused."""
    rows = _all_of(Unit.objects.select_related("area"), changes, by)
    for row in rows:
        old = NewUnit(**{one.name: getattr(row, one.name) for one in fields(NewUnit)})
        new = replace(old, **changes[row.pk])
        check_area(old.area, by)
        check_area(new.area, by)
        _fill_unit(row, new)
    names = {name for change in changes.values() for name in change}
    names |= {"contact_tail"} if "contact_phone" in names else set()
    names |= set(LEVELS) if "area" in names else set()
    with _once():
        return Unit.objects.bulk_update(rows, sorted(names)) if rows else 0


def _all_of(rows: QuerySet, keys: Iterable[int], by) -> list:
    """The rows with these keys, locked. Raises OrganisationRefused when one of them is not the user's to change."""
    keys, rows = sorted(keys), rows if by is None else rows.editable_by(by)
    found = [row for some in chunks(keys) for row in rows.filter(pk__in=some).select_for_update(of=("self",))]
    if len(found) != len(keys):
        raise OrganisationRefused(_("其中有不在您管理范围内的记录，或已被删除，请重新核对名单。"))
    return found


# --- Organisations


@dataclass(frozen=True)
class NewOrganisation:
    """`parent` is an organisation on record or another of the same batch that stands before it."""

    kind: str
    name: str
    area: Area | None = None
    full_name: str = ""
    parent: "PartyOrganisation | NewOrganisation | None" = None
    unit: Unit | None = None
    founded_on: date | None = None
    term_years: int = 3
    elected_on: date | None = None


def misfits(kind: str, parent_kind: str | None, area: Area | None, unit: Unit | None) -> Iterator[tuple[str, str]]:
    """Why an organisation of this kind cannot stand there: (field, sentence) for each reason."""
    label = OrganisationKind(kind).label
    if parent_kind not in ALLOWED_ABOVE[kind]:
        allowed = "、".join(str(one.label) for one in OrganisationKind if one in ALLOWED_ABOVE[kind])
        yield "parent", _("%(kind)s的上级应为%(allowed)s，请重新选择。") % {"kind": label, "allowed": allowed}
    if unit is None and area is not None and area.kind not in STANDS_ON[kind]:
        allowed = "、".join(str(AreaKind(one).label) for one in AreaKind if one in STANDS_ON[kind])
        words = {"kind": label, "allowed": allowed, "area": area.name}
        yield "area", _("%(kind)s应设在%(allowed)s，不能设在“%(area)s”。") % words


def _check(kind: str, parent_kind: str | None, area: Area | None, unit: Unit | None) -> None:
    for _field, message in misfits(kind, parent_kind, area, unit):
        raise OrganisationRefused(message)


def _add_years(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


@action("members.found_organisations")
def found_organisations(*, organisations: Sequence[NewOrganisation], by) -> list[PartyOrganisation]:
    """Found organisations, all or none, parents before children. Raises OrganisationRefused with the first that cannot be."""
    with tree_lock():
        keys = bulk.reserve_ids(PartyOrganisation, len(organisations))
        made: dict[int, PartyOrganisation] = {}
        for pk, new in zip(keys, organisations, strict=True):
            check_area(new.area, by)
            parent = made.get(id(new.parent)) if isinstance(new.parent, NewOrganisation) else new.parent
            if parent is not None and parent.closed_on:
                raise OrganisationRefused(_("上级“%(name)s”已撤销。") % {"name": parent.name})
            _check(new.kind, parent.kind if parent else None, new.area, new.unit)
            row = PartyOrganisation(
                pk=pk,
                kind=new.kind,
                name=new.name.strip(),
                full_name=new.full_name.strip() or new.name.strip(),
                parent=parent,
                path=f"{parent.path if parent else ''}{pk}/",
                unit=new.unit,
                founded_on=new.founded_on,
                term_years=new.term_years,
                elected_on=new.elected_on,
                next_election_on=_add_years(new.elected_on, new.term_years) if new.elected_on else None,
            )
            if not row.name:
                raise OrganisationRefused(_("没有党组织名称，请填写。"))
            _put(row, new.area)
            made[id(new)] = row
        rows = [made[id(new)] for new in organisations]
        with _once():
            PartyOrganisation.objects.bulk_create(rows)
    return rows


@action("members.change_organisation")
def change_organisation(*, organisation: PartyOrganisation, new: NewOrganisation, by) -> PartyOrganisation:
    """Rename an organisation, put it under another or elsewhere, note an election; what stands below goes along.

    Raises OrganisationRefused.
    """
    with tree_lock():
        row = PartyOrganisation.objects.select_related("parent").get(pk=organisation.pk)
        check_organisation(row, by)
        check_area(new.area, by)
        parent = PartyOrganisation.objects.get(pk=new.parent.pk) if new.parent else None
        if parent is not None and parent.path.startswith(row.path):
            raise OrganisationRefused(_("不能把党组织划到它自己或其下级之下。"))
        _check(new.kind, parent.kind if parent else None, new.area, new.unit)
        for below in PartyOrganisation.objects.filter(parent=row, closed_on=None):
            _check(below.kind, new.kind, below.area, below.unit)
        old = row.path
        row.kind, row.name, row.full_name = new.kind, new.name.strip(), new.full_name.strip() or new.name.strip()
        row.parent, row.unit, row.founded_on, row.term_years = parent, new.unit, new.founded_on, new.term_years
        row.elected_on = new.elected_on
        row.next_election_on = _add_years(new.elected_on, new.term_years) if new.elected_on else None
        row.path = f"{parent.path if parent else ''}{row.pk}/"
        _put(row, new.area)
        with _once():
            row.save()
        if row.path != old:
            below = PartyOrganisation.objects.filter(path__startswith=old).exclude(pk=row.pk)
            below.update(path=Concat(Value(row.path), Substr(F("path"), len(old) + 1)))
        _carry_points(row, by)
    return row


def _carry_points(row: PartyOrganisation, by) -> None:
    """Points are seen where the organisation stands, those of closed years too; in open ones the scheme there counts."""
    place_of = {f"{column}_id": getattr(row, f"{column}_id") for column in (*LEVELS, "area")}
    balances = PointBalance.objects.filter(organisation=row)
    if balances.exclude(area=row.area_id).exists():
        members = list(balances.values_list("member", flat=True))
        balances.update(**place_of)
        follow(members=members, by=by)


@action("members.change_organisations")
def change_organisations(*, changes: Mapping[int, Mapping[str, Any]], by) -> int:
    """Correct many organisations where they stand, all or none.

    Given as {key: {field: new value}} of name, full_name, unit, founded_on, term_years and elected_on.
    Raises OrganisationRefused.
    """
    rows = _all_of(PartyOrganisation.objects.select_related("area", "parent"), changes, by)
    for row in rows:
        for name, value in changes[row.pk].items():
            setattr(row, name, value)
        row.next_election_on = _add_years(row.elected_on, row.term_years) if row.elected_on else None
        if "unit" in changes[row.pk] and row.unit is None:
            _check(row.kind, row.parent.kind if row.parent else None, row.area, None)
    names = {name for change in changes.values() for name in change}
    names |= {"next_election_on"} if names & {"elected_on", "term_years"} else set()
    with _once():
        return PartyOrganisation.objects.bulk_update(rows, sorted(names)) if rows else 0


@action("members.close_organisation")
def close_organisation(*, organisation: PartyOrganisation, by, on: date | None = None) -> PartyOrganisation:
    """Close an organisation that nobody belongs to and nothing stands below. Raises OrganisationRefused."""
    with tree_lock():
        row = PartyOrganisation.objects.get(pk=organisation.pk)
        check_organisation(row, by)
        if row.closed_on:
            raise OrganisationRefused(_("“%(name)s”已撤销。") % {"name": row.name})
        if n := PartyOrganisation.objects.filter(parent=row, closed_on=None).count():
            raise OrganisationRefused(_("“%(name)s”之下还有 %(n)d 个党组织，请先划转或撤销。") % {"name": row.name, "n": n})
        if n := Member.objects.filter(organisation=row).on_roll().count():
            raise OrganisationRefused(_("“%(name)s”还有 %(n)d 名党员，请先转出。") % {"name": row.name, "n": n})
        if n := Seat.objects.in_force().filter(organisation=row).count():
            raise OrganisationRefused(_("“%(name)s”还有 %(n)d 名班子成员在任，请先办理离任。") % {"name": row.name, "n": n})
        Zone.objects.filter(organisation=row).delete()
        row.closed_on = on or today()
        row.save()
    return row


@action("members.set_zones")
def set_zones(*, organisation: PartyOrganisation, buildings: Sequence[Area], by) -> int:
    """Say which buildings a group answers for; each building has one group. Raises OrganisationRefused."""
    organisation = PartyOrganisation.objects.select_related("area").get(pk=organisation.pk)
    check_organisation(organisation, by)
    if organisation.kind != OrganisationKind.GROUP:
        raise OrganisationRefused(_("只有党小组划定责任楼栋。"))
    keys = {building.pk for building in buildings}
    if any(b.kind != AreaKind.BUILDING or b.community_id != organisation.community_id for b in buildings):
        raise OrganisationRefused(_("请选择本社区的楼栋。"))
    taken = Zone.objects.filter(building__in=keys).exclude(organisation=organisation).select_related("organisation", "building")
    if other := taken.first():
        words = {"building": other.building.name, "name": other.organisation.name}
        raise OrganisationRefused(_("“%(building)s”已由“%(name)s”负责，请先从该组划出。") % words)
    Zone.objects.filter(organisation=organisation).exclude(building__in=keys).delete()
    held = set(Zone.objects.filter(organisation=organisation).values_list("building", flat=True))
    Zone.objects.bulk_create([Zone(organisation=organisation, building_id=pk) for pk in sorted(keys - held)])
    return len(keys)


@action("members.use_classes")
def use_classes(*, area: Area, scheme, by) -> ClassUse:
    """Name the scheme by which an area and all below it sort their members."""
    check_area(area, by)
    use = ClassUse.objects.filter(area=area).first() or ClassUse()
    place(row=use, area=area)
    use.scheme = scheme
    use.save()
    return use
