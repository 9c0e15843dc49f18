"""Party organisations: the list, a page with offices and what stands below, coverage of the net, concurrent posts."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gridparty.lib.addresses import row_named
from gridparty.lib.dates import today
from gridparty.lib.registry import Panel
from gridparty.lib.scoped_admin import badge
from grids.choices import AreaKind
from grids.filters import WithinFilter
from grids.models import Area
from members import actions
from members.actions import NewOrganisation, NewSeat
from members.admin.hidden import hidden_rows
from members.admin.notices import MEETING, notice_page, of_organisation
from members.choices import OrganisationKind
from members.exports import OrganisationResource
from members.filters import ElectionFilter, OpenFilter
from members.forms import CloseForm, EmptySeatForm, FillSeatForm, PartyOrganisationForm, ZonesForm
from members.models import Member, PartyOrganisation, Seat, Unit, Zone
from members.queries import (
    CHEAP,
    ELECTION_SOON,
    GAPS,
    Gap,
    OutOfNorm,
    concurrent_posts,
    full_name,
    gap_numbers,
    number_of,
    on_roll_of,
    parents_guessed,
    steps_down,
    with_leaders,
)
from people.admin.steps import Step, StepAdmin

STEM = "admin:members_partyorganisation"

# --- Steps


def _closed(organisation, user) -> str:
    return gettext("该党组织已撤销，不能办理。") if organisation.closed_on else ""


def _no_seats(organisation, user) -> str:
    seats = Seat.objects.visible_to(user).filter(organisation=organisation, ended_on=None)
    return _closed(organisation, user) or ("" if seats.exists() else gettext("该党组织没有在任的班子成员。"))


def _no_group(organisation, user) -> str:
    is_group = organisation.kind == OrganisationKind.GROUP and organisation.community_id
    return _closed(organisation, user) or ("" if is_group else gettext("只有社区里的党小组划定责任楼栋。"))


def _says_fill(organisation, user) -> list[str]:
    words = {"name": organisation.name}
    return [
        gettext("所选人员将在“%(name)s”任职，并在该组织及其下级获得相应权限，不因此获得所在区域的权限。") % words,
        gettext("没有账号的人员自动建立账号，另行发放初始密码后才能登录。"),
    ]


def _says_empty(organisation, user) -> list[str]:
    return [
        gettext("所选人员在“%(name)s”的任职和权限随之结束，记录保留；其登录随即失效，需重新登录。") % {"name": organisation.name}
    ]


def _says_zones(organisation, user) -> list[str]:
    return [gettext("勾选的楼栋由“%(name)s”负责，每栋楼由一个党小组负责；未勾选的不再由其负责。") % {"name": organisation.name}]


def _says_close(organisation, user) -> list[str]:
    n = organisation.zones.count()
    return [
        gettext("将撤销“%(name)s”，划定的 %(n)d 栋责任楼栋随之空出，记录保留可查。") % {"name": organisation.full_name, "n": n},
        gettext("还有党员、下级党组织或在任班子成员的，须先转出、划转或离任。"),
    ]


def _fill(organisation, data, by):
    person = data["member"].person if data["member"] else data["person"]
    term = data["starts_on"], data["ends_on"]
    new = NewSeat(organisation, data["title"], person, *term, data["origin"], data["unit"])
    actions.fill_seat(new=new, by=by)
    return organisation


def _empty(organisation, data, by):
    actions.empty_seat(seat=data["seat"], reason=data["reason"], on=data["on"], by=by)
    return organisation


def _zones(organisation, data, by):
    actions.set_zones(organisation=organisation, buildings=list(data["buildings"]), by=by)
    return organisation


STEPS = (
    Step("fill", _("任职"), _says_fill, _fill, FillSeatForm, _closed),
    Step("empty", _("离任"), _says_empty, _empty, EmptySeatForm, _no_seats),
    Step("zones", _("划定责任楼栋"), _says_zones, _zones, ZonesForm, _no_group),
    Step(
        "close",
        _("撤销"),
        _says_close,
        lambda row, data, by: actions.close_organisation(organisation=row, on=data["on"], by=by),
        CloseForm,
        _closed,
    ),
    MEETING,
)

# --- Pages


class KnownPaginator(Paginator):
    """Of rows that have been counted already."""

    def __init__(self, rows, number: int):
        super().__init__(rows, 50)
        self.number = number

    @cached_property
    def count(self) -> int:
        return self.number


@admin.register(PartyOrganisation)
class PartyOrganisationAdmin(StepAdmin):
    can_add = True
    form = PartyOrganisationForm
    steps = STEPS
    roster = "organisations"
    list_display = ("name", "place", "leader", "members", "election", "kind", "parent")
    list_filter = ("kind", WithinFilter, ElectionFilter, OpenFilter)
    list_select_related = ("area", "community", "parent")
    search_fields = ("name__startswith", "full_name__startswith")
    search_help_text = _("简称或全称开头")
    ordering = ("path",)
    autocomplete_fields = ("area", "parent", "unit")
    export = OrganisationResource
    _NAMED = {"parent": "parent_name", "unit": "unit_name"}

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("area", "community", "parent", "unit")

    def get_search_results(self, request, rows, term):
        rows, distinct = super().get_search_results(request, rows, term)
        return (rows.open() if "autocomplete" in request.path else with_leaders(rows, request.user)), distinct

    def get_changelist_instance(self, request):
        """Members are counted for the rows of the page alone."""
        changelist = super().get_changelist_instance(request)
        numbers = on_roll_of(changelist.result_list)
        for row in changelist.result_list:
            row.on_roll = numbers.get(row.pk, 0)
        return changelist

    choice_label = staticmethod(full_name)

    def heading(self, organisation) -> str:
        return organisation.name

    def has_change_permission(self, request, obj=None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.is_open)

    # --- Columns
    @admin.display(description=_("所在区域"))
    def place(self, organisation):
        area, community = organisation.area, organisation.community
        return " / ".join(dict.fromkeys(one.name for one in (community, area) if one)) or None

    @admin.display(description=_("书记（组长）"))
    def leader(self, organisation):
        names = "、".join(seat.held_by for seat in organisation.led_by)
        return names or (badge("watch", _("空缺")) if organisation.is_open else None)

    @admin.display(description=_("直属党员"))
    def members(self, organisation):
        return organisation.on_roll

    @admin.display(description=_("应换届日期"))
    def election(self, organisation):
        day = organisation.next_election_on
        if day is None or organisation.closed_on:
            return badge("quiet", _("已撤销")) if organisation.closed_on else None
        if day < today():
            return badge("late", _("%(day)s 已逾期") % {"day": day})
        return badge("watch", _("%(day)s 将到期") % {"day": day}) if day <= today() + ELECTION_SOON else str(day)

    @admin.display(description=_("上级党组织"))
    def parent_name(self, organisation):
        # By name only: the organisation above one's own is not one's to open.
        return organisation.parent.name if organisation.parent else None

    @admin.display(description=_("所属单位"))
    def unit_name(self, organisation):
        return organisation.unit.name if organisation.unit else None

    # --- The form
    def get_fields(self, request, obj=None):
        fields = self.form.Meta.fields
        hidden = self._out_of_sight(request, obj) if obj else set()
        fields = [self._NAMED[name] if name in hidden else name for name in fields]
        return [*fields, "next_election_on", *(["closed_on"] if obj.closed_on else [])] if obj else fields

    def get_readonly_fields(self, request, obj=None):
        return ("parent_name", "unit_name", "next_election_on", "closed_on") if obj else ()

    def _out_of_sight(self, request, obj) -> set[str]:
        """What the form names and does not let choose anew: a choice the user does not see would be lost on saving."""
        if not self.has_change_permission(request, obj):
            return set(self._NAMED)
        held = {name: getattr(obj, name) for name in self._NAMED}
        return {name for name, row in held.items() if row and not _is_seen(row, request.user)}

    def get_changeform_initial_data(self, request):
        return {"term_years": 3} | super().get_changeform_initial_data(request)

    def act(self, request, obj, form):
        data = form.cleaned_data
        names = ("kind", "name", "full_name", "area", "founded_on", "term_years", "elected_on")
        values = {name: data[name] for name in names} | {name: data.get(name, getattr(obj, name)) for name in self._NAMED}
        new = NewOrganisation(**values)
        if obj.pk:
            return actions.change_organisation(organisation=obj, new=new, by=request.user)
        return actions.found_organisations(organisations=[new], by=request.user)[0]

    # --- The page
    def beside(self, request, organisation) -> dict:
        user = request.user
        notice = reverse(f"{STEM}_notice", args=[organisation.pk])
        links = [(gettext("打印积分公示"), notice)] if self.may_step(request, organisation) else []
        panels = [_offices(organisation, user), *_zones_of(organisation, user), _below(organisation, user)]
        return {"links": links, "panels": panels}

    # --- Two pages more
    def get_urls(self):
        pages = [
            path("coverage/", self.admin_site.admin_view(self.coverage_view), name="members_partyorganisation_coverage"),
            path("concurrent/", self.admin_site.admin_view(self.concurrent_view), name="members_partyorganisation_concurrent"),
            path(
                "<int:pk>/notice/",
                self.admin_site.admin_view(notice_page(self, of_organisation)),
                name="members_partyorganisation_notice",
            ),
        ]
        return pages + super().get_urls()

    def _page(self, request, template: str, **context):
        return render(request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context})

    def _within(self, request) -> Area | None:
        if not self.has_view_permission(request):
            raise PermissionDenied
        areas = Area.objects.visible_to(request.user).open().select_related("street", "community")
        return row_named(areas, request.GET.get("within"))

    def coverage_view(self, request):
        """Where the net has holes, to work down."""
        within, user = self._within(request), request.user
        gap = next((one for one in GAPS if one.name == request.GET.get("gap")), GAPS[0])
        steps = steps_down(user, within)
        if gap.needs_within and within is None and len(steps) == 1:
            within, steps = steps[0], []
        found = gap.find(user, within)
        steps = steps if len(steps) > 1 else []
        numbers = gap_numbers(user, within)
        numbers[gap.name] = numbers[gap.name] if gap in CHEAP else number_of(found)
        choose = gap.needs_within and (within is None or within.kind not in (AreaKind.STREET, AreaKind.COMMUNITY))
        page = KnownPaginator(found, numbers[gap.name]).get_page(request.GET.get("page"))
        may_add = self.has_add_permission(request)
        if gap.of_people:
            rows = hidden_rows(page.object_list, user, may_add, **({"within": within.pk} if within else {}), page=page.number)
        else:
            rows = _to_mend(gap, page.object_list, user, may_add)
        return self._page(
            request,
            "admin/members/partyorganisation/coverage.html",
            title=_("覆盖情况"),
            gap=gap,
            tabs=[(one, None if choose and one is gap else numbers.get(one.name)) for one in GAPS],
            page=page,
            rows=rows,
            within=within,
            steps=steps,
            choose=choose,
        )

    def concurrent_view(self, request):
        """三兼 in one community."""
        within = self._within(request)
        steps = [] if within and within.kind == AreaKind.COMMUNITY else steps_down(request.user, within)
        if len(steps) == 1 and steps[0].kind == AreaKind.COMMUNITY:
            within, steps = steps[0], []
        ready = within is not None and within.kind == AreaKind.COMMUNITY
        found = concurrent_posts(request.user, within) if ready else []
        return self._page(
            request,
            "admin/members/partyorganisation/concurrent.html",
            title=_("三兼情况"),
            within=within,
            steps=steps,
            ready=ready,
            rows=found,
            missing=sum(not one.holds for one in found),
        )


def _is_seen(row, user) -> bool:
    return type(row).objects.visible_to(user).filter(pk=row.pk).exists()


def _page_of(organisation) -> str:
    return reverse(f"{STEM}_change", args=[organisation.pk])


def _offices(organisation, user) -> Panel:
    seats = Seat.objects.visible_to(user).named().filter(organisation=organisation, ended_on=None).order_by("pk")
    seats = list(seats.select_related("unit").defer("unit__contact_phone"))
    units = {seat.unit_id for seat in seats} - {None}
    seen = set(Unit.objects.visible_to(user).filter(pk__in=units).values_list("pk", flat=True)) if units else set()
    lines = []
    for seat in seats:
        guest = gettext("（兼职，%(unit)s）") % {"unit": seat.unit.name} if seat.unit else ""
        told = f"{seat.held_by}{guest}　{seat.get_origin_display()}　{seat.starts_on} — {seat.ends_on or ''}"
        page = reverse("admin:members_unit_change", args=[seat.unit_id]) if seat.unit_id in seen else ""
        lines.append((seat.get_title_display(), told, page))
    return Panel(_("班子成员"), lines, _("没有在任的班子成员。"))


def _zones_of(organisation, user) -> list[Panel]:
    if organisation.kind != OrganisationKind.GROUP:
        return []
    zones = Zone.objects.visible_to(user).filter(organisation=organisation).select_related("building__parent")
    lines = [(zone.building.parent.name, zone.building.name, "") for zone in zones.order_by("building__code")]
    return [Panel(_("党员责任区"), lines, _("没有划定责任楼栋；设在网格的党小组负责网格内全部楼栋。"))]


def _below(organisation, user) -> Panel:
    """Its own members, and the organisations right below with theirs; each leads to its list."""
    members = reverse("admin:members_member_changelist")
    children = list(PartyOrganisation.objects.visible_to(user).open().filter(parent=organisation).order_by("path"))
    rows = Member.objects.visible_to(user).on_roll().filter(organisation__path__startswith=organisation.path)
    numbers = dict(rows.order_by().values_list("organisation").annotate(n=Count("pk")))
    own, everybody = numbers.get(organisation.pk, 0), sum(numbers.values())
    said = gettext("%(n)d 名，连同下级 %(all)d 名") % {"n": own, "all": everybody}
    lines = [(_("在册党员"), said, f"{members}?organisation={organisation.pk}")]
    for child in children:
        text = gettext("%(name)s　%(n)d 名党员") % {"name": child.name, "n": numbers.get(child.pk, 0)}
        lines.append((child.get_kind_display(), text, _page_of(child)))
    return Panel(_("党员和下级党组织"), lines, "")


# --- Coverage


def _to_mend(gap: Gap, rows, user, may_add: bool) -> list[tuple]:
    """(where, what, what is missing, address that mends it, its words) for each row of a page."""
    rows = list(rows)
    if gap.found_kind:
        parents = parents_guessed(user, rows, gap.found_kind) if may_add else {}
        return [_to_found(gap, area, parents.get(area.pk), may_add) for area in rows]
    return [_to_look_at(gap, row) for row in rows]


def _to_found(gap: Gap, area: Area, parent, may_add: bool) -> tuple:
    kind = OrganisationKind(gap.found_kind)
    missing = gettext("未设%(kind)s") % {"kind": kind.label}
    if not may_add:
        return area, area.name, missing, "", ""
    given = {"kind": gap.found_kind, "area": area.pk, "name": f"{area.name}{kind.label}"} | (
        {"parent": parent.pk} if parent else {}
    )
    return area, area.name, missing, f"{reverse(f'{STEM}_add')}?{urlencode(given)}", gettext("设立")


def _to_look_at(gap: Gap, row) -> tuple:
    subject = row.subject if isinstance(row, OutOfNorm) else row
    if isinstance(row, OutOfNorm):
        missing = gettext("现有 %(n)d，标准 %(low)d—%(high)d") % {"n": row.number, "low": row.norm.low, "high": row.norm.high}
    else:
        missing = gettext("空缺")
    if isinstance(subject, Area):
        return subject, subject.name, missing, reverse("admin:grids_area_change", args=[subject.pk]), gettext("打开")
    if isinstance(row, OutOfNorm):
        return subject, subject.name, missing, _page_of(subject), gettext("打开")
    return subject, subject.name, missing, reverse(f"{STEM}_fill", args=[subject.pk]), gettext("任职")
