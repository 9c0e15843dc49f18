"""Care lists, visits, and the people who can help (能人库)."""

from django.contrib import admin
from django.urls import resolve, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gridparty.lib.dates import today
from gridparty.lib.masking import mask_name
from gridparty.lib.scoped_admin import SettingAdmin, badge
from grids.filters import WithinFilter
from jobs.actions import send_once
from jobs.answers import content_of
from people import actions
from people.actions import NewVisit
from people.admin.steps import Step, StepAdmin
from people.filters import CareClassFilter, DueFilter, SkillFilter
from people.forms import CareForm, DayForm, EndCareForm, PersonSkillForm, VisitForm
from people.models import Care, CareClass, PersonSkill, Skill, Visit
from people.queries import door

_NUMBERS = ("person__phone", "person__id_number")
CHANGED = ("reason", "interval_days", "responsible")  # of care


class _AboutPersonAdmin(StepAdmin):
    """Rows about somebody: shown with the person's name and door."""

    ordering = ("id",)
    autocomplete_fields: tuple[str, ...] = ("person",)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("person__household", "area").defer(*_NUMBERS)

    def heading(self, row) -> str:
        return row.person.name

    @admin.display(description=_("姓名"))
    def person_name(self, row):
        return row.person.name

    @admin.display(description=_("人员"))
    def person_shown(self, row):
        return format_html('<a href="{}">{}</a>', reverse("admin:people_person_change", args=[row.person_id]), row.person.name)

    @admin.display(description=_("住址"))
    def door_shown(self, row):
        return " ".join(filter(None, [row.area.name if row.area else "", str(row.person.household or "")]))


# --- Care


def _ended(care, user) -> str:
    return gettext("该关爱已于%(day)s终止。") % {"day": care.ended_on} if care.ended_on else ""


def _says_end(care, user) -> list[str]:
    words = {"name": mask_name(care.person.name), "care": care.care_class.name}
    return [gettext("%(name)s将不再列为“%(care)s”，不再提醒走访；走访记录保留。") % words]


@admin.register(Care)
class CareAdmin(_AboutPersonAdmin):
    can_add = True
    form = CareForm
    steps = (
        Step(
            "end",
            _("终止关爱"),
            _says_end,
            lambda row, data, by: actions.end_care(care=row, reason=data["reason"], on=data["on"], by=by),
            EndCareForm,
            _ended,
        ),
    )
    list_display = ("person_name", "door_shown", "care_class", "last_visit_on", "due_shown", "responsible_shown")
    list_filter = (DueFilter, CareClassFilter, WithinFilter)
    autocomplete_fields = ("person", "responsible")
    # By the day it is due: (level, next_visit_on) serves.
    ordering = ("next_visit_on", "id")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("care_class", "responsible")

    def get_fields(self, request, obj=None):
        if obj is None:
            return ("person", "care_class", "reason", "since_on", "interval_days", "responsible")
        ended = ("ended_on", "end_reason") if obj.ended_on else ()
        return ("person_shown", "care_class", "since_on", *CHANGED, "last_visit_on", "next_visit_on", *ended)

    def get_readonly_fields(self, request, obj=None):
        shown = ("person_shown", "care_class", "since_on", "last_visit_on", "next_visit_on", "ended_on", "end_reason")
        return shown if obj else ()

    def has_change_permission(self, request, obj=None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.ended_on is None)

    @admin.display(description=_("下次走访"))
    def due_shown(self, care):
        if care.ended_on:
            return badge("quiet", _("已终止"))
        late = care.next_visit_on < today()
        return badge("late", _("逾期 %(day)s") % {"day": date_format(care.next_visit_on)}) if late else care.next_visit_on

    @admin.display(description=_("走访责任人"))
    def responsible_shown(self, care):
        return care.responsible.name if care.responsible else "—"

    def act(self, request, obj, form):
        data = form.cleaned_data
        kept = {name: data[name] for name in CHANGED}
        if obj.pk:
            return actions.change_care(care=obj, **kept, by=request.user)
        new = {name: data[name] for name in ("person", "care_class", "since_on")}
        return actions.add_care(**new, **kept, by=request.user)


@admin.register(CareClass)
class CareClassAdmin(SettingAdmin):
    can_add = True
    list_display = ("name", "interval_days", "note")
    fields = ("name", "interval_days", "note")


# --- Visits


@admin.register(Visit)
class VisitAdmin(StepAdmin):
    can_add = True
    form = VisitForm
    list_display = ("on", "door_shown", "person_name", "outcome", "by_name")
    list_filter = (WithinFilter, "outcome")
    ordering = ("-id",)
    autocomplete_fields = ("household", "person")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("area", "household", "person", "by").defer(*_NUMBERS)

    def get_search_results(self, request, rows, term):
        return rows.defer("note", *_NUMBERS), False

    def has_change_permission(self, request, obj=None) -> bool:
        # What was seen stays as it was noted.
        return False

    def get_fields(self, request, obj=None):
        if obj is None:
            return ("household", "person", "on", "outcome", "note", "form_id")
        return ("door_shown", "person_name", "on", "outcome", "note", "by_name")

    def get_readonly_fields(self, request, obj=None):
        return self.get_fields(request, obj) if obj else ()

    def heading(self, visit) -> str:
        return f"{visit.on} {door(visit)}"

    @admin.display(description=_("住址"))
    def door_shown(self, visit):
        return door(visit)

    @admin.display(description=_("走访对象"))
    def person_name(self, visit):
        return visit.person.name if visit.person else "—"

    @admin.display(description=_("走访人"))
    def by_name(self, visit):
        return visit.by.name

    def act(self, request, obj, form):
        data = {name: form.cleaned_data[name] for name in ("household", "person", "on", "outcome", "note")}
        form_id = form.cleaned_data["form_id"]

        def add() -> tuple[str, str]:
            (visit,) = actions.record_visits(visits=[NewVisit(**data)], by=request.user)
            return reverse("admin:people_visit_change", args=[visit.pk]), ""

        sent = {"page": request.path, "content": content_of(request)}
        address, _said = send_once(form_id=form_id, by=request.user, act=add, **sent) if form_id else add()
        return Visit(pk=int(resolve(address).kwargs["object_id"]))


# --- Skills


def _withdrawn(row, user) -> str:
    return gettext("该特长已于%(day)s撤回。") % {"day": row.withdrawn_on} if row.withdrawn_on else ""


def _says_withdraw(row, user) -> list[str]:
    words = {"name": mask_name(row.person.name), "skill": row.skill.name}
    return [gettext("%(name)s不再同意公开特长“%(skill)s”，能人库不再列出；再次登记须重新征得同意。") % words]


@admin.register(PersonSkill)
class PersonSkillAdmin(_AboutPersonAdmin):
    can_add = True
    form = PersonSkillForm
    steps = (
        Step(
            "withdraw",
            _("撤回公开"),
            _says_withdraw,
            lambda row, data, by: actions.withdraw_skill(skill=row, on=data["on"], by=by),
            DayForm,
            _withdrawn,
        ),
    )
    list_display = ("person_name", "skill", "detail", "door_shown", "agreed_on")
    list_filter = (SkillFilter, WithinFilter)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("skill")

    def get_search_results(self, request, rows, term):
        return rows.filter(withdrawn_on=None), False  # listed as long as they agree

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def get_fields(self, request, obj=None):
        if obj is None:
            return ("person", "skill", "detail", "agreed_on")
        return ("person_shown", "skill", "detail", "door_shown", "agreed_on", "withdrawn_on")

    def get_readonly_fields(self, request, obj=None):
        return self.get_fields(request, obj) if obj else ()

    def act(self, request, obj, form):
        return actions.add_skill(**form.cleaned_data, by=request.user)


@admin.register(Skill)
class SkillAdmin(SettingAdmin):
    can_add = True
    list_display = ("name",)
    fields = ("name",)
