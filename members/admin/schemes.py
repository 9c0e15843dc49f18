"""The schemes of points at the desk: drafting one, its parts, and the steps of a year from its publishing to its closing."""

from django.contrib import admin
from django.db.models import Count, F
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from gridparty.lib.dates import today
from gridparty.lib.registry import Panel
from gridparty.lib.scoped_admin import badge
from jobs.actions import enqueue
from members import actions
from members.admin.notices import notice_page
from members.choices import LIVE, PUBLISHED, SCHEME_MOVES, SchemeMove, SchemeState
from members.filters import SchemeTodoFilter, SchemeYearFilter
from members.forms import (
    AnnounceForm,
    CategoryForm,
    CategoryLineForm,
    DraftForm,
    ItemForm,
    ItemFormSet,
    NamedDayForm,
    PublishForm,
    ReopenForm,
    ReviseForm,
    SchemeForm,
)
from members.models import NamedDay, PointBalance, PointCategory, PointItem, PointScheme
from members.points import entries_under, rules_of, still_open, taking_part
from people.admin.steps import Step, StepAdmin
from people.forms import CheckedByAction, StepForm

STATE_BADGES = {
    SchemeState.DRAFT: "watch",
    SchemeState.IN_FORCE: "good",
    SchemeState.FROZEN: "watch",
    SchemeState.NOTICE: "watch",
    SchemeState.CLOSED: "good",
}

# --- Steps


def _words(scheme) -> dict:
    area = scheme.area.name if scheme.area else ""
    return {"area": area, "year": scheme.year, "name": scheme.name, "version": scheme.version, "until": scheme.notice_until}


def _unfit(move: str):
    """Why a move of the table cannot be made from the scheme's present state."""

    def unfit(scheme, user) -> str:
        words = {"state": scheme.get_state_display(), "move": SchemeMove(move).label}
        if scheme.area_id is None or scheme.state not in SCHEME_MOVES[move][0]:
            return gettext("该办法目前为“%(state)s”，不能办理%(move)s。") % words
        return ""

    return unfit


def _not_to_revise(scheme, user) -> str:
    fits = scheme.area_id and scheme.state == SchemeState.IN_FORCE
    return "" if fits else gettext("只有执行中的办法可以修订。")


def _not_asked(scheme, user) -> str:
    return _unfit(SchemeMove.REOPEN)(scheme, user) or ("" if scheme.reopen_reason else gettext("还没有人申请重新打开。"))


def _not_to_ask(scheme, user) -> str:
    asked = gettext("已有人申请重新打开，请由另一人办理同意。")
    return _unfit(SchemeMove.REOPEN)(scheme, user) or (asked if scheme.reopen_reason else "")


def _not_over(scheme, user) -> str:
    """A notice that still hangs is not signed."""
    hangs = scheme.state == SchemeState.NOTICE and today() <= scheme.notice_until
    return _unfit(SchemeMove.SIGN)(scheme, user) or (
        gettext("公示至%(until)s，期满后才能定稿。") % _words(scheme) if hangs else ""
    )


def _says_publish(scheme, user) -> list[str]:
    members, entries = taking_part(scheme).count(), entries_under(scheme).count()
    before = PointScheme.objects.visible_to(user).filter(area=scheme.area_id, year=scheme.year, state__in=sorted(LIVE)).first()
    words = _words(scheme) | {"members": f"{members:,}", "entries": f"{entries:,}", "base": f"{scheme.base.normalize():f}"}
    said = [gettext("“%(area)s”%(year)d年的 %(members)s 名党员将按本办法积分，基础分 %(base)s 分。") % words]
    if before:
        said.append(gettext("取代现行第%(version)d版。") % {"version": before.version})
    said.append(gettext("本年已有的 %(entries)s 条记录分值不变，按本办法的封顶重新计算总分。") % words)
    return [*said, gettext("发布后不能直接修改，需要时修订出新版。计算由后台任务完成，可离开页面。")]


def _says_revise(scheme, user) -> list[str]:
    return [gettext("以现行第%(version)d版为底稿起草新版；新版发布前，现行版照常执行。") % _words(scheme)]


def _says_discard(scheme, user) -> list[str]:
    return [gettext("将删除“%(area)s”%(year)d年的这份草稿及其全部类别和项目，不影响已发布的办法。") % _words(scheme)]


def _says_freeze(scheme, user) -> list[str]:
    said = gettext("冻结后，“%(area)s”%(year)d年度不再申报、审核和冲正，人员和类别的变动不再影响本年积分；党员仍可申诉。")
    return [said % _words(scheme), *_still_open(scheme)]


def _says_announce(scheme, user) -> list[str]:
    members = PointBalance.objects.visible_to(user).filter(scheme=scheme, ranked=True).count()
    words = _words(scheme) | {"members": f"{members:,}"}
    return [
        gettext("%(members)s 名党员的积分将在公示页公开，姓名只显示姓氏，任何人都能打开。") % words,
        gettext("公示期内党员仍可申诉；期满且申诉办结后定稿。"),
    ]


def _says_sign(scheme, user) -> list[str]:
    return [
        gettext("“%(area)s”%(year)d年度积分就此定稿，作为评议和表彰的依据；公示页继续公开。") % _words(scheme),
        *_still_open(scheme),
    ]


def _says_ask(scheme, user) -> list[str]:
    return [gettext("申请重新打开“%(area)s”%(year)d年度积分。须由另一名有权限的人员同意，同意前一切照旧。") % _words(scheme)]


def _says_reopen(scheme, user) -> list[str]:
    words = _words(scheme) | {"who": scheme.reopen_by.name if scheme.reopen_by else "", "reason": scheme.reopen_reason}
    return [
        gettext("%(who)s申请重新打开，原因：%(reason)s") % words,
        gettext("同意后“%(area)s”%(year)d年度恢复执行，公示和定稿作废，公示页不再公开；改好后须重新冻结、公示、定稿。") % words,
    ]


def _still_open(scheme) -> list[str]:
    """What must be decided first, each leading to its list."""
    proposed, appeals = still_open(scheme)
    entries = reverse("admin:members_pointentry_changelist")
    lines = [
        (proposed, "state=proposed", gettext("还有 %(n)d 条待审核，须先办结。")),
        (appeals, "state=appeal", gettext("还有 %(n)d 条申诉未答复，须先办结。")),
    ]
    link = '<a href="{}?scheme={}&{}">{}</a>'
    return [format_html(link, entries, scheme.pk, query, words % {"n": n}) for n, query, words in lines if n]


def _publish(scheme, data, by):
    key = f"members.publish_scheme:{scheme.pk}:{data['form_id']}"
    scheme.job = enqueue(kind="members.publish_scheme", args={"scheme": scheme.pk}, by=by, once_key=key)
    return scheme


def _discard(scheme, data, by):
    actions.discard_scheme(scheme=scheme, by=by)
    return scheme


STEPS = (
    Step("publish", _("发布执行"), _says_publish, _publish, PublishForm, _unfit(SchemeMove.PUBLISH)),
    Step(
        "revise",
        _("修订"),
        _says_revise,
        lambda row, data, by: actions.draft_scheme(source=row, area=row.area, year=row.year, name=data["name"], by=by),
        ReviseForm,
        _not_to_revise,
    ),
    Step(
        "freeze",
        _("冻结"),
        _says_freeze,
        lambda row, data, by: actions.freeze_year(scheme=row, by=by),
        StepForm,
        _unfit(SchemeMove.FREEZE),
    ),
    Step(
        "announce",
        _("公示"),
        _says_announce,
        lambda row, data, by: actions.announce_year(scheme=row, until=data["until"], by=by),
        AnnounceForm,
        _unfit(SchemeMove.ANNOUNCE),
    ),
    Step("sign", _("定稿"), _says_sign, lambda row, data, by: actions.sign_year(scheme=row, by=by), StepForm, _not_over),
    Step(
        "ask",
        _("申请重新打开"),
        _says_ask,
        lambda row, data, by: actions.ask_to_reopen(scheme=row, reason=data["reason"], by=by),
        ReopenForm,
        _not_to_ask,
    ),
    Step(
        "reopen",
        _("同意重新打开"),
        _says_reopen,
        lambda row, data, by: actions.reopen_year(scheme=row, by=by),
        StepForm,
        _not_asked,
    ),
    Step("discard", _("删除草稿"), _says_discard, _discard, StepForm, _unfit(SchemeMove.PUBLISH)),
)

# --- Parts


class _PartInline(admin.options.InlineModelAdmin):
    """Lines of a draft; they are saved by the page's own action. Shown only where they may be changed."""

    extra = 1

    def get_queryset(self, request):
        return self.model.objects.visible_to(request.user).order_by(*self.ordering)

    def has_view_permission(self, request, obj=None) -> bool:
        return request.user.scope.has(self.model.edit)

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission


class CategoryInline(_PartInline, admin.TabularInline):
    model = PointCategory
    form = CategoryLineForm
    fields = ("name", "cap", "position", "items_shown")
    readonly_fields = ("items_shown",)
    ordering = ("position", "pk")
    verbose_name_plural = _("积分类别和项目")

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(number=Count("items"))

    @admin.display(description=_("项目"))
    def items_shown(self, category):
        if category.pk is None:
            return gettext("保存后添加项目")
        number = getattr(category, "number", 0)
        words = ngettext("%(n)d 项，查看和修改", "%(n)d 项，查看和修改", number) % {"n": number}
        return format_html('<a href="{}">{}</a>', reverse("admin:members_pointcategory_change", args=[category.pk]), words)


class NamedDayInline(_PartInline, admin.TabularInline):
    model = NamedDay
    form = NamedDayForm
    fields = ("name", "first_on", "last_on", "factor")
    ordering = ("first_on", "pk")


class ItemInline(_PartInline, admin.StackedInline):
    model = PointItem
    form = ItemForm
    formset = ItemFormSet
    fields = (("code", "name", "points", "per"), ("cap", "cap_period", "feed"), ("proposer", "approver", "position"), "classes")
    ordering = ("position", "pk")

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.user = request.user
        return formset


def _save_parts(scheme, formset, by) -> None:
    saved = formset.save(commit=False)
    actions.save_parts(scheme=scheme, saved=saved, removed=formset.deleted_objects, by=by)


def _for_user(form, user):
    class FormOf(form):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, user=user, **kwargs)

    return FormOf


# --- Pages


@admin.register(PointScheme)
class PointSchemeAdmin(StepAdmin):
    can_add = True
    steps = STEPS
    change_form_template = "admin/members/pointscheme/change_form.html"
    list_display = ("name", "place", "year", "version", "state_shown", "taking_part")
    list_filter = (SchemeTodoFilter, SchemeYearFilter, "state")
    ordering = (F("year").desc(nulls_last=True), "area", "-version", "pk")
    inlines = (CategoryInline, NamedDayInline)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("area", "signed_by", "reopen_by")

    def get_changelist_instance(self, request):
        """Members are counted for the rows of the page alone."""
        changelist = super().get_changelist_instance(request)
        ranked = PointBalance.objects.visible_to(request.user).filter(scheme__in=changelist.result_list, ranked=True)
        numbers = dict(ranked.order_by().values_list("scheme").annotate(n=Count("pk")))
        for row in changelist.result_list:
            row.number = numbers.get(row.pk, 0)
        return changelist

    def heading(self, scheme) -> str:
        words = _words(scheme)
        return scheme.name if scheme.area is None else gettext("%(area)s %(year)d年 %(name)s 第%(version)d版") % words

    def has_change_permission(self, request, obj=None) -> bool:
        """A scheme that was published is not changed: it is revised."""
        return (obj is None or obj.state == SchemeState.DRAFT) and super().has_change_permission(request, obj)

    # --- Columns
    @admin.display(description=_("适用区域"))
    def place(self, scheme):
        return scheme.area.name if scheme.area else badge("quiet", _("示例"))

    @admin.display(description=_("状态"))
    def state_shown(self, scheme):
        if scheme.area is None:
            return None
        shown = badge(STATE_BADGES.get(scheme.state, "quiet"), scheme.get_state_display())
        return format_html("{} {}", shown, badge("late", _("申请重新打开"))) if scheme.reopen_reason else shown

    @admin.display(description=_("参加党员"))
    def taking_part(self, scheme):
        if not scheme.number:
            return None
        board = reverse("admin:members_pointbalance_changelist")
        return format_html('<a href="{}?year={}&scheme={}">{}</a>', board, scheme.year, scheme.pk, f"{scheme.number:,}")

    # --- The form
    def get_fieldsets(self, request, obj=None):
        if obj is None:
            return [(None, {"fields": ("source", "area", "year", "name")})]
        fields = ("name", "base", "ceiling", "floor", "note", "exempt") if self.has_change_permission(request, obj) else ()
        return [(None, {"fields": fields})]

    def get_inlines(self, request, obj):
        return self.inlines if obj and self.has_change_permission(request, obj) else ()

    def get_form(self, request, obj=None, change=False, **kwargs):
        may = obj is None or self.has_change_permission(request, obj)
        kwargs["form"] = DraftForm if obj is None else SchemeForm if may else CheckedByAction
        form = super().get_form(request, obj, change=change, **kwargs)
        return _for_user(form, request.user) if may else form

    def get_changeform_initial_data(self, request):
        return {"year": today().year} | super().get_changeform_initial_data(request)

    # --- The page
    def beside(self, request, scheme) -> dict:
        if self.has_change_permission(request, scheme):
            hint = gettext("起草中，发布前不生效。先保存类别，再点“查看和修改”填写其中的项目；改好后点“发布执行”。")
            return {"hint": hint, "panels": []}
        links = _links(scheme, self.may_step(request, scheme))
        return {"rules": rules_of(scheme), "panels": [_standing(scheme)], "links": links}

    def get_urls(self):
        notice = self.admin_site.admin_view(notice_page(self, lambda scheme: (_hung_out(scheme), "")))
        return [path("<int:pk>/notice/", notice, name="members_pointscheme_notice"), *super().get_urls()]

    # --- Writes
    def act(self, request, obj, form):
        data, by = form.cleaned_data, request.user
        if obj.pk is None:
            names = ("source", "area", "year", "name")
            return actions.draft_scheme(**{name: data[name] for name in names}, by=by)
        values = {name: data[name] for name in ("name", "base", "ceiling", "floor", "note")}
        actions.change_scheme(scheme=obj, by=by, **values)
        return actions.set_scheme_classes(scheme=obj, classes=data["exempt"], by=by)

    def save_related(self, request, form, formsets, change):
        for formset in formsets:
            _save_parts(form.instance, formset, request.user)

    def _done(self, request, step, result):
        """Publishing is a job: one goes on with its progress."""
        return redirect("jobs:job", result.job.pk) if step.name == "publish" else super()._done(request, step, result)


def _standing(scheme) -> Panel:
    """Where the year stands, and what must be done before it is closed."""
    lines = [(gettext("状态"), scheme.get_state_display(), "")] if scheme.area else []
    if scheme.notice_from:
        lines.append((gettext("公示期"), f"{scheme.notice_from} — {scheme.notice_until}", ""))
    if scheme.signed_at:
        lines.append((gettext("定稿"), f"{scheme.signed_by.name if scheme.signed_by else ''} {scheme.signed_at:%Y-%m-%d}", ""))
    if scheme.reopen_reason:
        who = scheme.reopen_by.name if scheme.reopen_by else ""
        lines.append((gettext("申请重新打开"), f"{who}：{scheme.reopen_reason}", ""))
    if scheme.state in LIVE:
        entries = f"{reverse('admin:members_pointentry_changelist')}?scheme={scheme.pk}"
        proposed, appeals = still_open(scheme)
        lines.append((gettext("待审核"), gettext("%(n)d 条") % {"n": proposed}, f"{entries}&state=proposed"))
        lines.append((gettext("申诉中"), gettext("%(n)d 条") % {"n": appeals}, f"{entries}&state=appeal"))
    return Panel(gettext("年度"), lines, gettext("示例，供起草时作底稿。"))


def _hung_out(scheme):
    return scheme if scheme.state in PUBLISHED else None


def _links(scheme, may_print: bool) -> list[tuple[str, str]]:
    board = f"{reverse('admin:members_pointbalance_changelist')}?year={scheme.year}&scheme={scheme.pk}"
    links = [(gettext("积分榜"), board)] if scheme.state in LIVE else []
    if scheme.state in PUBLISHED:
        links.append((gettext("公示页"), reverse("members:public_points", args=[scheme.public_key])))
        links += [(gettext("打印公示表"), reverse("admin:members_pointscheme_notice", args=[scheme.pk]))] if may_print else []
    return links


@admin.register(PointCategory)
class PointCategoryAdmin(StepAdmin):
    """The items of one category; one comes here from the page of its scheme."""

    list_display = ("name", "scheme", "cap")
    list_filter = ()
    ordering = ("scheme", "position", "pk")
    inlines = (ItemInline,)
    form = CategoryForm
    fields = ("name", "cap", "position")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("scheme__area")

    def has_module_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        draft = obj is None or obj.scheme.state == SchemeState.DRAFT
        return draft and super().has_change_permission(request, obj)

    def get_inlines(self, request, obj):
        return self.inlines if obj and self.has_change_permission(request, obj) else ()

    def heading(self, category) -> str:
        return f"{category.scheme}：{category.name}"

    def beside(self, request, category) -> dict:
        page = reverse("admin:members_pointscheme_change", args=[category.scheme_id])
        return {"links": [(gettext("返回办法"), page)]}

    def act(self, request, obj, form):
        for name in self.fields:
            setattr(obj, name, form.cleaned_data[name])
        actions.save_parts(scheme=obj.scheme, saved=[obj], by=request.user)
        return obj

    def save_related(self, request, form, formsets, change):
        for formset in formsets:
            _save_parts(form.instance.scheme, formset, request.user)
            for line in formset.forms:
                if line.instance.pk and line not in formset.deleted_forms and "classes" in line.changed_data:
                    keys = [int(key) for key in line.cleaned_data["classes"]]
                    classes = [one for one in formset.classes if one.pk in keys]
                    actions.set_item_classes(item=line.instance, classes=classes, by=request.user)
