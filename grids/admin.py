"""The tree at the desk: opened branch by branch, redrawn by actions that say what they will move."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gridparty.lib.errors import Refused
from gridparty.lib.scoped_admin import ScopedAdmin, SettingAdmin
from grids import actions, tree
from grids.choices import AreaKind
from grids.exports import AreaResource
from grids.filters import ParentFilter, WithinFilter
from grids.forms import AreaForm, CloseForm, MergeForm, MoveForm, RedrawForm, SplitForm, path_name
from grids.models import Area, AreaEvent, CodeRule, Norm


@dataclass(frozen=True)
class Redraw:
    """One way to redraw the tree: its form, its words, and the action it leads to."""

    name: str
    label: str
    form: type[RedrawForm]
    help: str
    fits: Callable[[Area], bool]
    run: Callable[[Area, dict, object], Area]


def _move(area, data, by):
    return actions.move_area(area=area, parent=data["parent"], by=by, revision=data["seen_revision"], note=data["note"])


def _split(area, data, by):
    part = actions.Part(data["name"], [child.pk for child in data["children"]])
    return actions.split_grid(grid=area, parts=[part], by=by, revision=data["seen_revision"])[0]


REDRAWS = [
    Redraw(
        "move",
        _("划转"),
        MoveForm,
        _("连同其下所有区域和记录一起划入另一个上级；编码不变。"),
        lambda area: area.parent_id is not None,
        _move,
    ),
    Redraw(
        "split",
        _("拆分"),
        SplitForm,
        _("勾选的楼栋连同其中的记录划入一个新网格，其余留在原网格；原网格的编码和岗位不变。"),
        lambda area: area.kind == AreaKind.GRID,
        _split,
    ),
    Redraw(
        "merge",
        _("合并"),
        MergeForm,
        _("本网格的楼栋和记录全部并入所选网格，本网格撤销，其岗位随之结束。"),
        lambda area: area.kind == AreaKind.GRID,
        lambda area, data, by: actions.merge_grids(grids=[area], into=data["into"], by=by),
    ),
    Redraw(
        "close",
        _("撤销"),
        CloseForm,
        _("撤销后不再使用，沿革保留，岗位随之结束。"),
        lambda area: True,
        lambda area, data, by: actions.close_area(area=area, into=data["into"], by=by, revision=data["seen_revision"]),
    ),
]


@admin.register(Area)
class AreaAdmin(ScopedAdmin):
    can_add = True
    form = AreaForm
    roster = "areas"
    list_display = ("branch", "code", "kind", "form", "children_count", "state")
    list_display_links = None
    list_filter = (ParentFilter, "kind")
    list_select_related = ("street", "community")
    search_fields = ("code__startswith", "name__startswith")
    search_help_text = _("按名称或编码开头查找")
    ordering = ("code",)
    autocomplete_fields = ("parent",)
    list_per_page = 100
    export = AreaResource

    def get_queryset(self, request):
        children = Area.objects.filter(parent=OuterRef("pk"), closed_on=None).order_by().values("parent")
        count = children.annotate(n=Count("pk")).values("n")
        return super().get_queryset(request).annotate(open_children=Coalesce(Subquery(count), 0))

    def get_search_results(self, request, rows, term):
        rows, distinct = super().get_search_results(request, rows, term)
        # The pop-up that chooses a place for something offers open ones only.
        return (rows.open() if "autocomplete" in request.path else rows).select_related("community"), distinct

    def get_fields(self, request, obj=None):
        if obj is None:
            return ("kind", "parent", "full_name", "name", "code")
        return ("full_name", "name", "seen_revision", "kind", "form", "code", "parent_name", "opened_on", "closed_on")

    def get_readonly_fields(self, request, obj=None):
        return () if obj is None else ("kind", "form", "code", "parent_name", "opened_on", "closed_on")

    choice_label = staticmethod(path_name)

    @admin.display(description=_("名称"), ordering="code")
    def branch(self, area):
        url = reverse("admin:grids_area_change", args=[area.pk])
        return format_html('<a href="{}">{}</a>', url, area.name)

    @admin.display(description=_("上级"))
    def parent_name(self, area):
        # By name only: the area above one's own is not one's to open.
        return area.parent.name if area.parent else None

    @admin.display(description=_("下级"))
    def children_count(self, area):
        if not area.open_children:
            return "0"
        url = reverse("admin:grids_area_changelist")
        return format_html('<a href="{}?parent={}">{} 个 ›</a>', url, area.pk, area.open_children)

    @admin.display(description=_("状态"))
    def state(self, area):
        return _("现有") if area.is_open else _("已撤销")

    def act(self, request, obj, form):
        data = form.cleaned_data
        if obj.pk:
            name, full_name = data["name"], data["full_name"]
            return actions.rename_area(
                area=obj, name=name or full_name, full_name=full_name, by=request.user, revision=data["seen_revision"]
            )
        parent = data["parent"]
        if parent is None or not Area.objects.parents_for(request.user).filter(pk=parent.pk).exists():
            raise Refused(gettext("请选择您管理范围内的上级区域。"))
        return actions.create_area(
            kind=data["kind"],
            name=data["name"],
            full_name=data["full_name"],
            parent=parent,
            code=data["code"],
            by=request.user,
        )

    # --- Redrawing
    def get_urls(self):
        pages = [
            path(
                f"<int:pk>/{redraw.name}/",
                self.admin_site.admin_view(self._redraw_view(redraw)),
                name=f"grids_area_{redraw.name}",
            )
            for redraw in REDRAWS
        ]
        return pages + super().get_urls()

    def change_view(self, request, object_id, form_url="", extra_context=None):
        area = self.get_object(request, object_id)
        may = area.is_open and self.has_change_permission(request, area)
        extra = {
            "redraws": [redraw for redraw in REDRAWS if may and redraw.fits(area)],
            "events": AreaEvent.objects.visible_to(request.user).filter(area=area).select_related("other").order_by("-id")[:50],
        }
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def _redraw_view(self, redraw: Redraw):
        def view(request, pk):
            area = self.get_object(request, str(pk))
            if not self.has_change_permission(request, area):
                raise PermissionDenied
            if not redraw.fits(area):
                raise Http404
            form = redraw.form(request.POST or None, area=area, user=request.user)
            if request.method == "POST" and form.is_valid():
                try:
                    result = redraw.run(area, form.cleaned_data, request.user)
                except Refused as refusal:
                    form.add_error(None, str(refusal))
                else:
                    self.message_user(request, gettext("已完成%(what)s：%(area)s。") % {"what": redraw.label, "area": area.name})
                    return HttpResponseRedirect(reverse("admin:grids_area_change", args=[result.pk]))
            context = {
                **self.admin_site.each_context(request),
                "title": f"{redraw.label}：{area.name}",
                "redraw": redraw,
                "area": area,
                "form": form,
                "below": _below(area),
                "opts": self.opts,
            }
            return render(request, "admin/grids/area/redraw.html", context, status=200)

        return view


def _below(area: Area) -> list[tuple[str, int]]:
    """What goes along, as words and numbers: [(楼栋, 3), (任职, 2) …]."""
    kinds = Area.objects.within(area).open().exclude(pk=area.pk).order_by().values_list("kind").annotate(n=Count("pk"))
    counted = [
        model.objects.within(area).order_by().values(what=Value(model._meta.label_lower)).annotate(n=Count("pk"))
        for model in tree.placed_models()
        if model.moves_with_merge
    ]
    placed = dict(counted[0].union(*counted[1:], all=True).values_list("what", "n"))  # in one query, however many rooms there are
    words = {model._meta.label_lower: model._meta.verbose_name for model in tree.placed_models()}
    return [(AreaKind(kind).label, n) for kind, n in kinds] + [(words[what], placed[what]) for what in words if placed.get(what)]


@admin.register(AreaEvent)
class AreaEventAdmin(ScopedAdmin):
    list_display = ("on", "area", "kind", "before", "after", "other")
    list_filter = ("kind", WithinFilter)
    list_select_related = ("area", "other")
    ordering = ("-id",)
    fields = ("on", "area", "kind", "before", "after", "other", "carried", "note")

    def has_change_permission(self, request, obj=None) -> bool:
        return False


@admin.register(CodeRule)
class CodeRuleAdmin(SettingAdmin):
    list_display = ("kind", "prefix", "width")
    fields = ("kind", "prefix", "width")
    readonly_fields = ("kind",)


@admin.register(Norm)
class NormAdmin(SettingAdmin):
    list_display = ("kind", "low", "high")
    fields = ("kind", "low", "high")
    readonly_fields = ("kind",)
