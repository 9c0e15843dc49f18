"""Bodies that meet and who belongs to them, at the desk."""

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from gridparty.lib.registry import Panel
from gridparty.lib.scoped_admin import badge
from grids.filters import WithinFilter
from liaison.actions import bodies
from liaison.actions.bodies import NewBody, NewBodyMember
from liaison.admin.common import AT_ONCE, EMPTY, HereAdmin, moment
from liaison.choices import BodyKind
from liaison.convening import drawing, members_of, secrets
from liaison.exports import place_in_words
from liaison.filters import OfFilter
from liaison.forms.meetings import AddMembersForm, BodyForm, BodyMemberForm, member_in_words
from liaison.meeting_exports import BodyMemberResource, BodyResource
from liaison.models import Body, BodyMember, Meeting
from members.filters import OpenFilter
from people.admin.steps import Step
from people.forms import CheckedByAction, StepForm

NAMES_SHOWN = 20


class BodyFilter(OfFilter):
    title = _("会议机制")
    parameter_name = "body"
    model = Body


class BelongsFilter(OpenFilter):
    """Without it, those who belong now."""

    title = _("成员")
    standing = _("现有")
    parameter_name = "left"

    def lookups(self, request, model_admin):
        return [("yes", _("已退出"))]

    def queryset(self, request, rows):
        return rows.filter(left_on__isnull=self.value() != "yes")


class FormAdmin(HereAdmin):
    """Rows with a form as long as `is_over` does not say that they are only read."""

    form_class: type = CheckedByAction
    typed: tuple = ()
    read: tuple = ()

    def is_over(self, row) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return (obj is None or not self.is_over(obj)) and super().has_change_permission(request, obj)

    def get_fieldsets(self, request, obj=None):
        may = obj is None or self.has_change_permission(request, obj)
        return [(None, {"fields": self.fields_of(obj) if may else self.read})]

    def fields_of(self, obj) -> tuple:
        return self.typed

    def get_readonly_fields(self, request, obj=None):
        may = obj is None or self.has_change_permission(request, obj)
        return () if may else flatten_fieldsets(self.get_fieldsets(request, obj))

    def get_form(self, request, obj=None, change=False, **kwargs):
        may = obj is None or self.has_change_permission(request, obj)
        return super().get_form(request, obj, change=change, **kwargs | {"form": self.form_class if may else CheckedByAction})

    @admin.display(description=_("所在区域"))
    def place_shown(self, row):
        return place_in_words(row)


# --- Bodies


def _closed(body: Body, user) -> str:
    return gettext("已于%(day)s撤销。") % {"day": body.closed_on} if body.closed_on else ""


def _add(body: Body, data, by) -> Body:
    beside = {name: data[name] for name in ("unit", "duty", "chairs", "votes")}
    people = [member.person for member in data["members"]] + ([data["person"]] if data["person"] else [])
    new = [NewBodyMember(person=person, **beside) for person in people]
    if data["name"].strip():
        new.append(NewBodyMember(name=data["name"], **beside))
    number = len(bodies.add_body_members(body=body, new=new, by=by))
    body.told = ngettext("新增成员 %(n)d 人。", "新增成员 %(n)d 人。", number) % {"n": number}
    return body


RULES = {
    BodyKind.JOINT_MEETING: _("与本区域有履行中共建协议的单位各一名，默认为单位联系人。协议到期的单位不自动退出。"),
    BodyKind.GRID_HEADS: _("本区域各网格党组织书记；只有党小组的网格，为党小组长。"),
    BodyKind.CONGRESS: _("召集党组织及其下级的在册党员；预备党员没有表决权。"),
}


def _says_draw(body: Body, user) -> list[str]:
    drawn = drawing(body)
    lines = [str(RULES[BodyKind(body.kind)])]
    for label, rows in ((gettext("新增"), drawn.coming), (gettext("退出"), drawn.going), (gettext("取得表决权"), drawn.voting)):
        if rows:
            names = "、".join(member_in_words(row) for row in rows[:NAMES_SHOWN])
            more = gettext("等") if len(rows) > NAMES_SHOWN else ""
            lines.append(
                gettext("%(what)s %(n)d 人：%(names)s%(more)s。") % {"what": label, "n": len(rows), "names": names, "more": more}
            )
    if drawn.going:
        lines.append(gettext("仍需保留的，请先在成员页面改为召集人，或取消表决权（列席）。"))
    return lines if drawn.number else [*lines, gettext("现有成员没有变化。")]


def _draw(body: Body, data, by) -> Body:
    number = bodies.draw_members(body=body, by=by)
    body.told = gettext("成员名单已更新，变动 %(n)d 人。") % {"n": number}
    return body


def _says_close(body: Body, user) -> list[str]:
    return [gettext("“%s”今日撤销，成员随之退出；已有的会议、纪要和决议保留。") % body.name]


BODY_STEPS = (
    Step("add-members", _("添加成员"), lambda body, user: [], _add, AddMembersForm, _closed),
    Step("draw-members", _("按机制更新成员"), _says_draw, _draw, StepForm, _closed),
    Step("close", _("撤销"), _says_close, lambda body, data, by: bodies.close_body(body=body, by=by), StepForm, _closed),
)


@admin.register(Body)
class BodyAdmin(FormAdmin):
    can_add = True
    steps = BODY_STEPS
    form_class = BodyForm
    list_display = ("name", "kind", "place_shown", "number_shown", "quorum", "standing")
    list_filter = (OpenFilter, "kind", WithinFilter)
    search_fields = ("name",)
    search_help_text = _("会议机制名称")
    ordering = ("-id",)
    autocomplete_fields = ("area", "organisation")
    export = BodyResource
    typed = ("area", "kind", "name", "organisation", "quorum")
    read = ("place_shown", "kind", "name", "organisation_shown", "quorum", "closed_on")

    def get_queryset(self, request):
        rows = super().get_queryset(request).select_related("area", "community", "organisation")
        return rows.annotate(number=Count("members", filter=Q(members__left_on=None)))

    def get_search_results(self, request, rows, term):
        rows, distinct = super().get_search_results(request, rows, term)
        return (rows.filter(closed_on=None) if "autocomplete" in request.path else rows), distinct

    def is_over(self, body) -> bool:
        return body.closed_on is not None

    def beside(self, request, body) -> dict:
        pages = [reverse(f"admin:liaison_{name}_changelist") for name in ("bodymember", "meeting")]
        links = [(gettext("成员名单"), f"{pages[0]}?body={body.pk}"), (gettext("历次会议"), f"{pages[1]}?body={body.pk}")]
        if self.has_change_permission(request, body):
            links.append((gettext("筹备会议"), f"{reverse('admin:liaison_meeting_add')}?body={body.pk}"))
        return {"links": links, "panels": [_members(body), _meetings(body, request.user)]}

    def act(self, request, obj, form):
        new = NewBody(**{name: form.cleaned_data[name] for name in self.typed})
        if obj.pk:
            return bodies.change_body(body=obj, new=new, by=request.user)
        return bodies.found_body(new=new, by=request.user)

    # --- Columns
    @admin.display(description=_("召集党组织"))
    def organisation_shown(self, body):
        return body.organisation.full_name if body.organisation else EMPTY

    @admin.display(description=_("现有成员"))
    def number_shown(self, body):
        return gettext("%(n)d 人") % {"n": body.number}

    @admin.display(description=_("状态"))
    def standing(self, body):
        return badge("quiet", _("已撤销")) if body.closed_on else badge("good", _("现有"))


def _members(body: Body) -> Panel:
    rows = list(members_of(body)[: AT_ONCE + 1])
    lines = [(_called(row), _role(row), reverse("admin:liaison_bodymember_change", args=[row.pk])) for row in rows[:AT_ONCE]]
    if len(rows) > AT_ONCE:
        lines.append((gettext("……"), gettext("其余见“成员名单”"), ""))
    return Panel(_("成员"), lines, _("还没有成员：可以“按机制更新成员”，或者“添加成员”。"))


def _called(row: BodyMember) -> str:
    return row.called


def _role(row: BodyMember) -> str:
    words = [row.unit.name if row.unit else "", row.duty, gettext("召集人") if row.chairs else ""]
    words.append("" if row.votes else gettext("列席"))
    return "　".join(filter(None, words)) or gettext("成员")


def _meetings(body: Body, user) -> Panel:
    rows = Meeting.objects.visible_to(user).filter(body=body).order_by("-at", "-pk")[:10]
    lines = [
        (moment(row.at), f"{row.title}　{row.get_state_display()}", reverse("admin:liaison_meeting_change", args=[row.pk]))
        for row in rows
    ]
    return Panel(_("最近的会议"), lines, _("还没有开过会：点“筹备会议”。"))


# --- Members


def _left(member: BodyMember, user) -> str:
    return gettext("该成员已于%(day)s退出。") % {"day": member.left_on} if member.left_on else ""


MEMBER_STEPS = (
    Step(
        "leave",
        _("退出"),
        lambda member, user: [gettext("今日退出，以后的会议不再列入名单；负责的决议仍由本人办理。")],
        lambda member, data, by: bodies.leave_body(member=member, by=by),
        StepForm,
        _left,
    ),
)


@admin.register(BodyMember)
class BodyMemberAdmin(FormAdmin):
    """One comes here from a body."""

    steps = MEMBER_STEPS
    form_class = BodyMemberForm
    list_display = ("called_shown", "body", "unit", "duty", "votes_shown")
    list_filter = (BelongsFilter, BodyFilter)
    search_fields = ("name",)
    search_help_text = _("姓名")
    ordering = ("-chairs", "-votes", "id")
    autocomplete_fields = ("unit",)
    export = BodyMemberResource
    typed = ("name", "unit", "duty", "chairs", "votes")
    read = ("called_shown", "body", "unit_shown", "duty", "chairs", "votes", ("joined_on", "left_on"))

    def get_queryset(self, request):
        rows = super().get_queryset(request).select_related("body__area", "person", "unit")
        return rows.defer(*secrets())

    def get_search_results(self, request, rows, term):
        """By the name they go by here, not by the record of who goes by another."""
        known = Q(name__startswith=term) | Q(name="", person__name__startswith=term)
        return (rows.filter(known) if term else rows), False

    def has_module_permission(self, request) -> bool:
        return False

    def is_over(self, member) -> bool:
        return member.left_on is not None or member.body.closed_on is not None

    def heading(self, member) -> str:
        return f"{member.body.name} {member.called}"

    def fields_of(self, obj) -> tuple:
        return self.typed[1:] if obj and obj.person_id else self.typed

    def beside(self, request, member) -> dict:
        return {"links": [(gettext("会议机制"), reverse("admin:liaison_body_change", args=[member.body_id]))]}

    def act(self, request, obj, form):
        data = form.cleaned_data
        values = {name: data[name] for name in self.typed[1:]}
        new = NewBodyMember(name=data.get("name", obj.name), **values)
        return bodies.change_body_member(member=obj, new=new, by=request.user)

    # --- Columns
    @admin.display(description=_("姓名"))
    def called_shown(self, member):
        return member.called

    @admin.display(description=_("单位"))
    def unit_shown(self, member):
        return member.unit.name if member.unit else EMPTY

    @admin.display(description=_("表决权"))
    def votes_shown(self, member):
        if member.chairs:
            return badge("good", _("召集人"))
        return _("有") if member.votes else badge("quiet", _("列席"))
