"""What is known of somebody beside their record: homes, household, care, visits, skills, and who asks for them."""

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from gridparty.lib.dates import today
from gridparty.lib.masking import mask_name
from gridparty.lib.registry import Panel, panels
from people.models import Care, MoveRequest, Person, PersonSkill, Residence, Visit
from people.queries import housemates, whole_place

LAST_VISITS = 10


def _page(row) -> str:
    return reverse(f"admin:people_{row._meta.model_name}_change", args=[row.pk])


@panels
def homes(person: Person, user) -> list[Panel]:
    rows = Residence.objects.visible_to(user).filter(person=person).select_related("area", "community", "household")
    lines = [(_span(stay), f"{whole_place(stay)} {_ways(stay)}".strip(), "") for stay in rows.order_by("-from_on", "-pk")]
    return [Panel(_("居住记录"), lines, _("没有您可以查看的居住记录。"))]


def _span(stay: Residence) -> str:
    return f"{stay.from_on} — {stay.until_on or _('至今')}"


def _ways(stay: Residence) -> str:
    return "，".join(filter(None, [stay.get_came_display(), stay.get_went_display()]))


@panels
def household(person: Person, user) -> list[Panel]:
    mates = housemates(person, user)
    lines = [(mate.get_relation_display(), mate.name, _page(mate)) for mate in mates]
    return [Panel(_("同户人员"), lines, _("没有同户人员。") if person.household_id else _("没有登记住户。"))]


@panels
def care(person: Person, user) -> list[Panel]:
    rows = Care.objects.visible_to(user).filter(person=person, ended_on=None).select_related("care_class", "responsible")
    lines = [(one.care_class.name, _due(one), _page(one)) for one in rows.order_by("next_visit_on", "pk")]
    return [Panel(_("关爱"), lines, _("未列为关爱对象。"))]


def _due(one: Care) -> str:
    late = _("，已逾期") if one.next_visit_on < today() else ""
    who = one.responsible.name if one.responsible else _("未指定责任人")
    return _("下次走访 %(day)s%(late)s，%(who)s") % {"day": one.next_visit_on, "late": late, "who": who}


@panels
def visits(person: Person, user) -> list[Panel]:
    about = Q(person=person) | Q(household=person.household_id, person=None) if person.household_id else Q(person=person)
    rows = Visit.objects.visible_to(user).filter(about).select_related("by").defer("note").order_by("-on", "-pk")[:LAST_VISITS]
    lines = [(str(visit.on), f"{visit.get_outcome_display()} {visit.by.name}", _page(visit)) for visit in rows]
    return [Panel(_("走访"), lines, _("没有走访记录。"))]


@panels
def skills(person: Person, user) -> list[Panel]:
    if not getattr(person, "has_skill", True):
        return [Panel(_("特长"), [], _("没有登记特长。"))]
    rows = PersonSkill.objects.visible_to(user).filter(person=person, withdrawn_on=None).select_related("skill").order_by("pk")
    return [Panel(_("特长"), [(row.skill.name, row.detail or "—", _page(row)) for row in rows], _("没有登记特长。"))]


@panels
def requests(person: Person, user) -> list[Panel]:
    """Open ones that the reader's side answers; what others asked for elsewhere is not the person's page's to tell."""
    if not getattr(person, "is_asked_for", True):
        return [Panel(_("转入申请"), [], _("没有待答复的转入申请。"))]
    rows = MoveRequest.objects.to_decide(user).filter(person=person).select_related("area", "community", "household", "asked_by")
    lines = [(_("待答复"), f"{whole_place(row)} {mask_name(row.asked_by.name)}", _page(row)) for row in rows.order_by("pk")]
    return [Panel(_("转入申请"), lines, _("没有待答复的转入申请。"))]
