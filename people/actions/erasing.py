"""Taking somebody's personal data away for good (PIPL art. 47): the row stays as a number, what it told is gone."""

from django.utils.translation import gettext as _

from audit.operations import action
from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import today
from gridparty.lib.registry import erasures
from people.actions.homes import PLACE, carry, check_heads
from people.choices import MoveKind, RequestState
from people.errors import PersonRefused
from people.models import Care, MoveRequest, Person, PersonSkill, Residence, Visit

_BLANK = ("pinyin", "initials", "sex", "id_kind", "id_number", "id_tail", "phone", "phone_tail", "ethnicity", "employer")


@action("people.erase_person")
def erase_person(*, person: Person, by) -> Person:
    """Blank everything personal of somebody and of the records merged into theirs; lists and search no longer find them.

    Raises PersonRefused outside the scope, HouseholdRefused for a head others live with, and what other rooms refuse (a member).
    """
    person = Person.objects.select_for_update(of=("self",)).select_related("area").get(pk=person.pk)
    if by is not None and (person.area is None or not scope_of(by).covers(Can.EDIT_PEOPLE, person.area)):
        raise PersonRefused(_("该人员不在您的管理范围内。"))
    for erasure in erasures:
        erasure(person=person, by=by)
    left = person.household_id
    for one in [person, *Person.objects.filter(merged_into=person)]:
        _erase(one)
    check_heads([left])
    return person


def _erase(person: Person) -> None:
    Residence.objects.filter(person=person, until_on=None).update(until_on=today(), went=MoveKind.LEFT)
    Care.objects.filter(person=person, ended_on=None).update(ended_on=today())
    Care.objects.filter(person=person).update(reason="", end_reason="")
    Visit.objects.filter(person=person).update(note="")
    PersonSkill.objects.filter(person=person, withdrawn_on=None).update(withdrawn_on=today())
    PersonSkill.objects.filter(person=person).update(detail="")
    MoveRequest.objects.filter(person=person, state=RequestState.OPEN).update(state=RequestState.REFUSED)
    MoveRequest.objects.filter(person=person).update(typed_name="", reason="", answer="")
    for name in _BLANK:
        setattr(person, name, "")
    person.name, person.id_hash, person.born_on = _("已删除"), None, None
    person.household, person.relation, person.erased_on = None, "", today()
    for column in PLACE:
        setattr(person, f"{column}_id", None)
    person.save()
    carry([person])
