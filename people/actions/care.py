"""Care, visits and skills."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import Max
from django.utils.translation import gettext as _

from audit.operations import action
from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import today
from grids.models import Area
from people.actions.homes import PLACE, locked
from people.choices import VisitOutcome
from people.errors import CareRefused
from people.models import Care, CareClass, Household, Person, PersonSkill, Skill, Visit


def _put_with(row, person: Person) -> None:
    for column in PLACE:
        setattr(row, f"{column}_id", getattr(person, f"{column}_id"))


def _check(can: Can, area: Area | None, by) -> None:
    if by is not None and (area is None or not scope_of(by).covers(can, area)):
        raise CareRefused(_("该人员不在您的管理范围内。"))


@action("people.add_care")
def add_care(
    *,
    person: Person,
    care_class: CareClass,
    by,
    reason: str = "",
    since_on: date | None = None,
    interval_days: int | None = None,
    responsible=None,
) -> Care:
    """Put somebody on a care list. Raises CareRefused when they are on it, or live outside the scope."""
    person = locked([person])[0]
    _check(Can.EDIT_PEOPLE, person.area, by)
    if Care.objects.filter(person=person, care_class=care_class, ended_on=None).exists():
        raise CareRefused(_("该人员已列为“%(name)s”，不必重复登记。") % {"name": care_class.name})
    since_on = since_on or today()
    if since_on > today():
        raise CareRefused(_("起始日期在今天之后，请核对。"))
    care = Care(
        person=person,
        care_class=care_class,
        reason=reason.strip(),
        since_on=since_on,
        interval_days=interval_days,
        responsible=responsible,
    )
    _put_with(care, person)
    care.last_visit_on = _last_met(person.pk)
    _set_next(care)
    care.save()
    return care


def _last_met(person: int) -> date | None:
    return Visit.objects.filter(person=person, outcome=VisitOutcome.MET).aggregate(on=Max("on"))["on"]


def _set_next(care: Care) -> None:
    """The next visit is due an interval after the last; who was never seen is due at once."""
    days = care.interval_days or care.care_class.interval_days
    care.next_visit_on = care.last_visit_on + timedelta(days=days) if care.last_visit_on else care.since_on


@action("people.change_care")
def change_care(*, care: Care, reason: str, interval_days: int | None, responsible, by) -> Care:
    """Correct the reason, the interval or who visits. Raises CareRefused for one that has ended."""
    care = _open(care, by)
    care.reason, care.interval_days, care.responsible = reason.strip(), interval_days, responsible
    _set_next(care)
    care.save()
    return care


@action("people.end_care")
def end_care(*, care: Care, by, reason: str, on: date | None = None) -> Care:
    """Take somebody off a care list, with the reason. Raises CareRefused."""
    care = _open(care, by)
    if not reason.strip():
        raise CareRefused(_("请填写终止原因。"))
    care.ended_on, care.end_reason = on or today(), reason.strip()
    care.save()
    return care


def _open(care: Care, by) -> Care:
    care = Care.objects.select_for_update(of=("self",)).select_related("care_class", "area").get(pk=care.pk)
    _check(Can.EDIT_PEOPLE, care.area, by)
    if care.ended_on:
        raise CareRefused(_("该关爱已于%(day)s终止。") % {"day": care.ended_on})
    return care


@dataclass(frozen=True)
class NewVisit:
    """A knock at the door of a household, or at somebody's of whom no household is on record."""

    household: Household | None = None
    person: Person | None = None
    on: date | None = None
    outcome: str = VisitOutcome.MET
    note: str = field(default="", repr=False)


@action("people.record_visits")
def record_visits(*, visits: Sequence[NewVisit], by) -> list[Visit]:
    """Note visits, all or none; the care of whom was met is due anew. Raises CareRefused."""
    rows = []
    for new in visits:
        at = new.household or new.person
        if at is None:
            raise CareRefused(_("请选择走访的住户或人员。"))
        _check(Can.RECORD_VISITS, at.area, by)
        on = new.on or today()
        if on > today():
            raise CareRefused(_("走访日期在今天之后，请核对。"))
        household = new.household or (new.person.household if new.person else None)
        row = Visit(household=household, person=new.person, on=on, by=by, outcome=new.outcome, note=new.note.strip())
        _put_with(row, at)
        rows.append(row)
    Visit.objects.bulk_create(rows)
    _renew_care([row.person_id for row in rows if row.person_id and row.outcome == VisitOutcome.MET])
    return rows


@action("people.note_door")
def note_door(*, household: Household, outcome: str, by, on: date | None = None) -> Visit:
    """One knock of a round: what came of it. The same user at the same door on the same day corrects what was noted first.

    Where one person alone is on record, who met the household met them. Raises CareRefused.
    """
    household = Household.objects.select_for_update(of=("self",)).select_related("area").get(pk=household.pk)
    on = on or today()
    noted = Visit.objects.filter(household=household, by=by, on=on).order_by("-pk").first()
    if noted is None:
        new = NewVisit(household, person=_only_one(household), on=on, outcome=outcome)
        return record_visits(visits=[new], by=by)[0]
    _check(Can.RECORD_VISITS, household.area, by)
    if noted.outcome != outcome:
        noted.outcome = outcome
        noted.save()
        _renew_care([noted.person_id])
    return noted


def _only_one(household: Household) -> Person | None:
    people = list(Person.objects.current().filter(household=household).defer("phone", "id_number")[:2])
    return people[0] if len(people) == 1 else None


def _renew_care(people: Sequence[int | None]) -> None:
    """What was met last of these, and when that is due again."""
    cares = list(Care.objects.select_related("care_class").filter(person__in=people, ended_on=None))
    met = dict(
        Visit.objects.filter(person__in=people, outcome=VisitOutcome.MET)
        .values_list("person")
        .annotate(last=Max("on"))
        .order_by()
    )
    for care in cares:
        care.last_visit_on = met.get(care.person_id)
        _set_next(care)
    Care.objects.bulk_update(cares, ["last_visit_on", "next_visit_on"])


@action("people.add_skill")
def add_skill(*, person: Person, skill: Skill, by, detail: str = "", agreed_on: date | None = None) -> PersonSkill:
    """Note a skill somebody agreed to be asked for. Raises CareRefused."""
    person = locked([person])[0]
    _check(Can.EDIT_PEOPLE, person.area, by)
    if PersonSkill.objects.filter(person=person, skill=skill, withdrawn_on=None).exists():
        raise CareRefused(_("该人员已登记“%(name)s”。") % {"name": skill.name})
    if agreed_on is None or agreed_on > today():
        raise CareRefused(_("请填写本人同意公开的日期；未同意的不登记。"))
    row = PersonSkill(person=person, skill=skill, detail=detail.strip(), agreed_on=agreed_on)
    _put_with(row, person)
    row.save()
    return row


@action("people.withdraw_skill")
def withdraw_skill(*, skill: PersonSkill, by, on: date | None = None) -> PersonSkill:
    """The person no longer agrees to be asked."""
    skill = PersonSkill.objects.select_for_update(of=("self",)).select_related("area").get(pk=skill.pk)
    _check(Can.EDIT_PEOPLE, skill.area, by)
    skill.withdrawn_on = skill.withdrawn_on or on or today()
    skill.save()
    return skill
