"""Entering people and correcting what is on record of them."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date

from django.utils.translation import gettext as _

from audit.actions import record_view
from audit.choices import ViewKind
from audit.operations import action
from gridparty.lib import bulk, idnumbers, names
from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import today
from grids.models import Area
from people.actions.homes import Stay, begin, check_place, once
from people.choices import IdKind, MoveKind, Relation, Sex
from people.errors import OnRecordElsewhere, PersonRefused
from people.models import Household, Person
from people.querysets import id_hashes


@dataclass(frozen=True)
class NewPerson:
    """What is known of somebody. With a household its place counts, else `area`; neither: no residence on record."""

    name: str
    id_number: str = field(default="", repr=False)
    id_kind: str = IdKind.CITIZEN
    sex: str = ""
    born_on: date | None = None
    phone: str = field(default="", repr=False)
    ethnicity: str = ""
    employer: str = ""
    stated_member: bool = False
    household: Household | None = None
    area: Area | None = None
    relation: str = ""
    since_on: date | None = None


_NUMBERED = (IdKind.CITIZEN, IdKind.RESIDENCE_PERMIT, IdKind.FOREIGNER)


def columns(new: NewPerson) -> dict:
    """The columns of what was typed, checked and computed; once, as a list is judged before it is written.

    Raises PersonRefused, BadIdNumber.
    """
    made = vars(new).get("_made")
    if made is None:
        made = _columns(new)
        object.__setattr__(new, "_made", made)
    return dict(made)


def with_home(new: NewPerson, **home) -> NewPerson:
    """The same person with another household, area or relation; what was computed of them stays."""
    there = copy(new)
    vars(there).update(home)
    return there


def _columns(new: NewPerson) -> dict:
    name = names.normal_name(new.name)
    if not name:
        raise PersonRefused(_("没有姓名，请填写。"))
    kind, number, sex, born_on = new.id_kind, new.id_number.strip(), new.sex, new.born_on
    if number and kind in _NUMBERED:
        known = idnumbers.parse(number)
        number, kind = known.value, known.kind
        if born_on and born_on != known.born_on:
            raise PersonRefused(_("出生日期与证件号码不符：按证件应为%(day)s，请核对。") % {"day": known.born_on})
        if sex and sex != known.sex:
            raise PersonRefused(_("性别与证件号码不符：按证件应为%(sex)s，请核对。") % {"sex": Sex(known.sex).label})
        sex, born_on = known.sex, known.born_on
    elif number:
        number = idnumbers.normal(number)
    if born_on and born_on > today():
        raise PersonRefused(_("出生日期在今天之后，请核对。"))
    pinyin, initials = names.spelled(name)
    return {
        "name": name,
        "pinyin": pinyin[:120],
        "initials": initials[:20],
        "sex": sex,
        "born_on": born_on,
        "id_kind": kind if number else "",
        "id_number": number,
        "id_hash": id_hashes(number)[0] if number else None,
        "id_tail": number[-4:],
        "phone": new.phone,
        "phone_tail": new.phone[-4:],
        "ethnicity": new.ethnicity.strip(),
        "employer": new.employer.strip(),
        "stated_member": new.stated_member,
    }


def enter_person(*, new: NewPerson, by) -> Person:
    """Enter one; see enter_people."""
    return enter_people(people=[new], by=by)[0]


@action("people.enter_people")
def enter_people(*, people: Sequence[NewPerson], by, check: bool = True) -> list[Person]:
    """Enter people with their residence, all or none; without `check` the caller looks that each household has its head.

    Somebody on record without a residence is the same human when ID number and name agree, and moves in. Raises PersonRefused for
    whom the writer has on record already, OnRecordElsewhere for whom others have, BadIdNumber, HouseholdRefused.
    """
    typed = [columns(new) for new in people]
    on_record = Person.objects.select_for_update(of=("self",)).select_related("area")
    known = on_record.by_id_number(row["id_number"] for row in typed if row["id_number"])
    met: set[str] = set()
    for values in typed:
        number = values["id_number"]
        if number and number in met:
            raise PersonRefused(_("“%(name)s”的证件号码填了两次，请核对。") % {"name": values["name"]})
        met.add(number)
        if number in known:
            _check_free(known[number], values["name"], by)
    made = bulk.new_objects(Person, (values for values in typed if values["id_number"] not in known))
    fresh = iter(made)
    entered = [known.get(values["id_number"]) or next(fresh) for values in typed]
    stays = [_stay(person, new, by) for person, new in zip(entered, people, strict=True) if new.household or new.area]
    with once():
        begin(stays, made, check=check)
    return entered


def _stay(person: Person, new: NewPerson, by) -> Stay:
    area = new.household.area if new.household else new.area
    check_place(area, by)
    return Stay(person, new.household, area, new.relation, new.since_on or today(), MoveKind.ENTERED)


def _check_free(person: Person, name: str, by) -> None:
    """Whether somebody on record may be given a residence here."""
    if person.area is not None and (by is None or scope_of(by).covers(Can.EDIT_PEOPLE, person.area)):
        words = {"name": person.name, "area": person.area.name}
        raise PersonRefused(_("该证件号码已登记：%(name)s，居住在%(area)s。请打开其页面办理迁移。") % words)
    if person.area is not None:
        raise OnRecordElsewhere(_("该证件号码已在其他辖区登记，不能直接登记居住。可勾选“申请转入”后再保存，由对方办理。"))
    if person.name != name:
        raise PersonRefused(_("该证件号码登记的姓名与所填不一致，请核对证件原件。"))
    if person.died_on:
        raise PersonRefused(_("该证件号码登记的人员已去世，请核对证件原件。"))


@action("people.correct_person")
def correct_person(*, person: Person, new: NewPerson, by) -> Person:
    """Correct what is on record of somebody; where they live is changed by moving, who is the head by set_head.

    A blank ID number, phone or relation keeps the old.
    Raises PersonRefused, BadIdNumber.
    """
    person = Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
    if not person.is_current:
        raise PersonRefused(_("该记录已停用，不能修改。"))
    if not new.id_number:
        new = replace(new, id_number=person.id_number, id_kind=person.id_kind or IdKind.CITIZEN)
    if not new.phone:
        new = replace(new, phone=person.phone)
    values = columns(new)
    if values["id_number"] and values["id_number"] != person.id_number:
        other = Person.objects.with_id_number(values["id_number"]).exclude(pk=person.pk).first()
        if other is not None:
            raise PersonRefused(_("该证件号码已登记在另一条记录上，请核对；确为同一人的请合并记录。"))
    if person.household_id and new.relation and new.relation != person.relation:
        if Relation.HEAD in (new.relation, person.relation):
            raise PersonRefused(_("更换户主请在新户主的页面办理“设为户主”。"))
        values["relation"] = new.relation
    for name, value in values.items():
        setattr(person, name, value)
    with once():
        person.save()
    return person


@action("people.deny_membership")
def deny_membership(*, person: Person, by) -> Person:
    """Whom a list calls a party member is none. Raises PersonRefused when nothing says so (any more)."""
    person = Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
    if not person.is_current or not person.stated_member:
        raise PersonRefused(_("该人员现在不是自报党员，请刷新名单后再看。"))
    person.stated_member = False
    person.save()
    return person


REVEALED = ("id_number", "phone")


@action("people.reveal")
def reveal(*, person: Person, column: str, by, purpose: str = "") -> str:
    """A number in full, logged as seen by the acting user. The door to the person is the caller's."""
    if column not in REVEALED:
        raise PersonRefused(_("没有这一项。"))
    record_view(kind=ViewKind.REVEALED, model=Person, object_id=person.pk, purpose=purpose or column)
    return getattr(person, column)
