"""People: the list, a person's page, and the steps that move, end or join records."""

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, Prefetch
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.actions import record_view
from audit.choices import ViewKind
from gridparty.lib.access import Can, scope_of
from gridparty.lib.masking import mask_id, mask_name, mask_phone
from gridparty.lib.registry import panels
from gridparty.lib.scoped_admin import badge
from grids.filters import WithinFilter
from people import actions
from people.actions import NewPerson
from people.admin.steps import Step, StepAdmin
from people.choices import IdKind, Relation, RequestState
from people.errors import OnRecordElsewhere
from people.exports import PersonResource
from people.filters import AgeFilter, LivingFilter, OnCareFilter
from people.forms import DeathForm, LeaveForm, MergeForm, MoveForm, PersonForm
from people.models import Care, MoveRequest, Person, PersonMerge, PersonSkill
from people.queries import age, door, housemates, in_words, tail

# --- Steps


def _not_current(person, user) -> str:
    if person.merged_into_id:
        return gettext("该记录已并入另一条记录，不能办理。")
    return gettext("该人员已去世，不能办理。") if person.died_on else ""


def _cannot_lead(person, user) -> str:
    if person.household_id is None:
        return gettext("该人员没有登记住户，不能设为户主。")
    return _not_current(person, user) or (gettext("该人员已是户主。") if person.relation == Relation.HEAD else "")


def _left_behind(person, user) -> list[str]:
    """What becomes of the household somebody leaves."""
    n = housemates(person, user).count()
    if person.household_id is None:
        return []
    if not n:
        return [gettext("该户不再有登记人员，住户保留。")]
    if person.relation == Relation.HEAD:
        return [gettext("该户剩余 %(n)d 人，请指定新户主。") % {"n": n}]
    return [gettext("该户剩余 %(n)d 人，户主不变。") % {"n": n}]


def _says_move(person, user) -> list[str]:
    words = {"name": mask_name(person.name), "door": door(person)}
    return [
        gettext("将把%(name)s从 %(door)s 迁往所选住址，原居住记录随之结束，关爱和特长随人转走。") % words,
        *_left_behind(person, user),
    ]


def _says_leave(person, user) -> list[str]:
    words = {"name": mask_name(person.name), "door": door(person)}
    return [
        gettext("将把%(name)s从 %(door)s 迁出。此后本辖区不再看到其记录，居住记录保留在原址；新住地登记时按证件号码接续。")
        % words,
        *_left_behind(person, user),
    ]


def _says_head(person, user) -> list[str]:
    head = housemates(person, user).filter(relation=Relation.HEAD).first()
    words = {"name": mask_name(person.name), "door": door(person), "old": mask_name(head.name) if head else "—"}
    return [gettext("将把%(name)s设为 %(door)s 的户主；原户主%(old)s的与户主关系改为“其他”，请随后更正。") % words]


def _says_death(person, user) -> list[str]:
    words = {"name": mask_name(person.name), "door": door(person)}
    return [
        gettext("将登记%(name)s（%(door)s）死亡：居住记录、关爱、特长和担任的职务随之结束，记录保留可查。登记后不能修改。")
        % words,
        *_left_behind(person, user),
    ]


def _says_merge(person, user) -> list[str]:
    words = {"name": mask_name(person.name), "door": door(person)}
    return [
        gettext("保留%(name)s（%(door)s）的这条记录。所选记录的居住、走访、关爱、特长转到本记录名下，本记录空缺的项目由其补上。")
        % words,
        gettext("证件号码或出生日期不同的不是同一人，不能合并。合并后可在“记录合并”中撤销。"),
    ]


def _says_erase(person, user) -> list[str]:
    words = {"name": mask_name(person.name), "door": door(person)}
    return [
        gettext(
            "将删除%(name)s（%(door)s）的姓名、号码、住址、关爱原因和走访内容，此后无法查到，也不能恢复。本人要求删除的请先核实身份。"
        )
        % words,
        gettext("走访次数等统计保留，不再与本人关联。在册党员和任职人员不能删除。"),
        *_left_behind(person, user),
    ]


def _move(person, data, by):
    keys = ("household", "area", "relation", "on")
    given = {key: data[key] for key in keys} | {"new_head": data.get("new_head")}
    return actions.move_people(people=[person], by=by, **given)[0]


def _leave(person, data, by):
    return actions.move_out(people=[person], on=data["on"], new_head=data.get("new_head"), by=by)[0]


def _die(person, data, by):
    return actions.record_death(person=person, on=data["on"], new_head=data.get("new_head"), by=by)


def _merge(person, data, by):
    actions.merge_people(keep=person, drop=data["drop"], by=by)
    return person


STEPS = (
    Step("move", _("迁移"), _says_move, _move, MoveForm, _not_current),
    Step("leave", _("迁出"), _says_leave, _leave, LeaveForm, _not_current),
    Step("head", _("设为户主"), _says_head, lambda row, data, by: actions.set_head(person=row, by=by), unfit=_cannot_lead),
    Step("death", _("登记死亡"), _says_death, _die, DeathForm, _not_current),
    Step("merge", _("合并"), _says_merge, _merge, MergeForm, _not_current),
    Step("erase", _("删除个人信息"), _says_erase, lambda row, data, by: actions.erase_person(person=row, by=by)),
)

# --- Pages

_ABOUT = ("name", "sex", "born_on", "ethnicity", "employer", "stated_member")


@admin.register(Person)
class PersonAdmin(StepAdmin):
    can_add = True
    form = PersonForm
    steps = STEPS
    roster = "residents"
    export = PersonResource
    list_display = ("name", "sex", "years", "id_masked", "phone_masked", "door_shown", "relation", "on_care")
    list_filter = (WithinFilter, AgeFilter, OnCareFilter, LivingFilter)
    search_fields = ("name",)  # Person.objects.search decides by the shape of what is typed
    search_help_text = _("姓名、拼音首字母、电话后四位、单元-室号或完整证件号码")
    ordering = ("id",)
    autocomplete_fields = ("household", "area")

    def get_queryset(self, request):
        rows = super().get_queryset(request).select_related("area", "household")
        if "object_id" not in request.resolver_match.kwargs:
            return rows
        # On a person's page the rarer panels are looked up only where there is something.
        skills = PersonSkill.objects.visible_to(request.user).filter(person=OuterRef("pk"), withdrawn_on=None)
        requests = MoveRequest.objects.visible_to(request.user).filter(person=OuterRef("pk"), state=RequestState.OPEN)
        return rows.annotate(has_skill=Exists(skills), is_asked_for=Exists(requests))

    def _may_edit(self, request, obj) -> bool:
        """From the place at hand, without asking the database."""
        return obj.area is not None and scope_of(request.user).covers(self.model.edit, obj.area)

    def get_search_results(self, request, rows, term):
        """What lists and pop-ups show: no merged records, and no number decrypted."""
        rows = rows.filter(merged_into=None).defer("phone", "id_number")
        if "autocomplete" in request.path:
            rows = rows.current()
        else:
            care = Care.objects.visible_to(request.user).filter(ended_on=None).select_related("care_class")
            rows = rows.prefetch_related(Prefetch("care_set", care.order_by("pk"), to_attr="current_care"))
        return (rows.search(term) if term else rows), False

    choice_label = staticmethod(in_words)

    def heading(self, person) -> str:
        return person.name

    # --- Columns
    @admin.display(description=_("年龄"))
    def years(self, person):
        if person.died_on:
            return badge("quiet", _("已去世"))
        return age(person)

    @admin.display(description=_("证件号码"))
    def id_masked(self, person):
        return tail(person.id_tail[1:])

    @admin.display(description=_("联系电话"))
    def phone_masked(self, person):
        return tail(person.phone_tail)

    @admin.display(description=_("住址"))
    def door_shown(self, person):
        return door(person)

    @admin.display(description=_("关爱"))
    def on_care(self, person):
        return format_html_join(" ", "{}", ((badge("watch", one.care_class.name),) for one in person.current_care))

    # --- The form
    def get_fieldsets(self, request, obj=None):
        if obj is not None:
            return self._fieldsets_of(request, obj)
        asked = [(_("转入申请"), {"fields": ("ask", "ask_reason")})] if self._offers_request(request) else []
        return [
            *asked,
            (_("住址"), {"fields": ("household", "relation", "area", "since_on")}),
            (_("身份"), {"fields": ("name", "id_kind", "id_number", "sex", "born_on")}),
            (_("联系与其他"), {"fields": ("phone", "ethnicity", "employer", "stated_member")}),
        ]

    def _fieldsets_of(self, request, obj):
        place = ("door_shown", "relation")
        if not self.has_change_permission(request, obj):
            return [(None, {"fields": (*_ABOUT, "id_shown", "phone_shown", *place)})]
        relation = ("relation",) if obj.household_id and obj.relation != Relation.HEAD else ()
        return [
            (None, {"fields": ("door_shown", *(relation or ("relation_shown",)), *_ABOUT)}),
            (_("证件和电话"), {"fields": ("id_shown", "id_kind", "id_number", "phone_shown", "phone")}),
        ]

    def get_readonly_fields(self, request, obj=None):
        return ("door_shown", "relation_shown", "id_shown", "phone_shown") if obj else ()

    def _offers_request(self, request) -> bool:
        """Asking the other side is offered once a number turned out to be on record there."""
        return isinstance(getattr(request, "refusal", None), OnRecordElsewhere) or "ask" in request.POST

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        shown = {name for _title, group in self.get_fieldsets(request, obj) for name in group["fields"]}
        for name in form.base_fields.keys() - shown:
            del form.base_fields[name]
        return form

    @admin.display(description=_("与户主关系"))
    def relation_shown(self, person):
        return person.get_relation_display() or "—"

    @admin.display(description=_("证件号码"))
    def id_shown(self, person):
        return self._number(person, mask_id(person.id_number), "id_number")

    @admin.display(description=_("联系电话"))
    def phone_shown(self, person):
        return self._number(person, mask_phone(person.phone), "phone")

    def _number(self, person, masked: str, column: str) -> str:
        if not masked:
            return "—"
        if not getattr(person, "revealable", False):
            return masked
        return format_html(
            '{} <button class="button-quiet" type="submit" form="reveal" name="column" value="{}">{}</button>',
            masked,
            column,
            _("显示"),
        )

    # --- The page
    def beside(self, request, person) -> dict:
        """The page shows what is on record of somebody: that it was opened is logged."""
        record_view(kind=ViewKind.OPENED, model=Person, object_id=person.pk, purpose="people.person")
        scope = scope_of(request.user)
        person.revealable = scope.everywhere(Can.REVEAL_PEOPLE) or (
            person.area is not None and scope.covers(Can.REVEAL_PEOPLE, person.area)
        )
        shown = [panel for found in panels for panel in found(person, request.user)]
        return {"panels": shown, "revealable": person if person.revealable else None, "hint": _not_current(person, request.user)}

    # --- Writes
    def act(self, request, obj, form):
        data = form.cleaned_data
        names = ("name", "id_number", "sex", "born_on", "phone", "ethnicity", "employer", "stated_member")
        new = {name: data[name] for name in names} | {"id_kind": data["id_kind"] or IdKind.CITIZEN}
        if obj.pk:
            return actions.correct_person(person=obj, new=NewPerson(**new, relation=data.get("relation", "")), by=request.user)
        where = {name: data[name] for name in ("household", "area", "relation")}
        if data.get("ask"):
            asked = {"id_number": data["id_number"], "name": data["name"], "reason": data["ask_reason"]}
            request.asked = actions.request_move(**asked, **where, by=request.user)
            return request.asked
        return actions.enter_person(new=NewPerson(**new, **where, since_on=data["since_on"]), by=request.user)

    def response_add(self, request, obj, post_url_continue=None):
        if not hasattr(request, "asked"):
            return super().response_add(request, obj, post_url_continue)
        self.message_user(request, gettext("已申请转入，请等候对方答复。"), messages.SUCCESS)
        return redirect(reverse("admin:people_moverequest_change", args=[request.asked.pk]))


def _undone(merge, user) -> str:
    return gettext("该合并已撤销。") if merge.undone_at else ""


def _says_undo(merge, user) -> list[str]:
    words = {"kept": mask_name(merge.kept.name), "dropped": mask_name(merge.dropped.name)}
    return [gettext("将把%(kept)s和%(dropped)s恢复为合并前的两条记录，转过来的居住、走访、关爱等各归原处。") % words]


@admin.register(PersonMerge)
class PersonMergeAdmin(StepAdmin):
    steps = (Step("undo", _("撤销合并"), _says_undo, lambda row, data, by: actions.undo_merge(merge=row, by=by), unfit=_undone),)
    list_display = ("merged_at", "kept_shown", "dropped_shown", "state")
    ordering = ("-id",)
    fields = readonly_fields = ("kept_shown", "dropped_shown", "merged_at", "undone_at")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("kept", "dropped").defer(*_numbers("kept"), *_numbers("dropped"))

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def heading(self, merge) -> str:
        return merge.kept.name

    @admin.display(description=_("保留记录"))
    def kept_shown(self, merge):
        return format_html('<a href="{}">{}</a>', reverse("admin:people_person_change", args=[merge.kept_id]), merge.kept.name)

    @admin.display(description=_("并入记录"))
    def dropped_shown(self, merge):
        return merge.dropped.name

    @admin.display(description=_("状态"))
    def state(self, merge):
        return badge("quiet", _("已撤销")) if merge.undone_at else badge("good", _("有效"))


def _numbers(path: str) -> tuple[str, str]:
    return f"{path}__id_number", f"{path}__phone"
