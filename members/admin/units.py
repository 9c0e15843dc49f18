"""Units of the neighbourhood."""

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gridparty.lib.masking import mask_phone
from gridparty.lib.registry import Panel, unit_panels
from gridparty.lib.scoped_admin import two_lines
from grids.filters import WithinFilter
from members import actions
from members.actions import NewUnit
from members.exports import UnitResource
from members.filters import NewBodyFilter, OfferFilter, WithoutOrganisationFilter
from members.forms import UnitForm
from members.models import Member, Seat, Unit
from members.queries import full_name, organised_as
from people.admin.steps import StepAdmin
from people.queries import tail

_MAIN = ("name", "kind", "area", "credit_code", "address", "head", "contact_name", "contact_phone", "staff_count")
_THINGS = ("offers", "needs")


@admin.register(Unit)
class UnitAdmin(StepAdmin):
    can_add = True
    form = UnitForm
    roster = "units"
    list_display = ("called", "place", "party", "contact", "things")
    list_filter = ("kind", NewBodyFilter, WithoutOrganisationFilter, OfferFilter, WithinFilter)
    list_select_related = ("area", "community")
    search_fields = ("name__startswith",)
    search_help_text = _("单位名称开头")
    ordering = ("id",)
    autocomplete_fields = ("area",)
    export = UnitResource

    def get_search_results(self, request, rows, term):
        return super().get_search_results(request, rows.defer("contact_phone"), term)

    def heading(self, unit) -> str:
        return unit.name

    def get_changelist_instance(self, request):
        """Organisations are looked up for the rows of the page alone."""
        changelist = super().get_changelist_instance(request)
        organisations = organised_as(changelist.result_list, request.user)
        for row in changelist.result_list:
            row.organised_as = organisations[row.pk]
        return changelist

    def get_fieldsets(self, request, obj=None):
        only_shown = obj and not self.has_change_permission(request, obj)
        main = ["phone_shown" if only_shown and name == "contact_phone" else name for name in _MAIN]
        return [(None, {"fields": main}), (_("资源与需求"), {"fields": _THINGS})]

    def get_readonly_fields(self, request, obj=None):
        return ("phone_shown",) if obj else ()

    @admin.display(description=_("所在区域"))
    def place(self, unit):
        return " / ".join(dict.fromkeys(one.name for one in (unit.community, unit.area) if one)) or None

    @admin.display(description=_("党组织"))
    def party(self, unit):
        return "、".join(one.name for one in unit.organised_as) or None

    @admin.display(description=_("可提供资源、需求"))
    def things(self, unit):
        offers, needs = _first_of(unit.offers), _first_of(unit.needs)
        return (
            two_lines(offers or "—", gettext("需：%(things)s") % {"things": needs} if needs else "") if offers or needs else None
        )

    @admin.display(description=_("单位名称"))
    def called(self, unit):
        return two_lines(unit.name, unit.get_kind_display())

    @admin.display(description=_("负责人、联系人"))
    def contact(self, unit):
        reached = " ".join(filter(None, (unit.contact_name, tail(unit.contact_tail))))
        return two_lines(unit.head or "—", reached or "—") if unit.head or reached else None

    @admin.display(description=_("联系电话"))
    def phone_shown(self, unit):
        return mask_phone(unit.contact_phone) or None

    def beside(self, request, unit) -> dict:
        own = [_organisations(unit, request.user), _part_time(unit, request.user), _employed(unit, request.user)]
        return {"panels": [*own, *(panel for contribute in unit_panels for panel in contribute(unit, request.user))]}

    def act(self, request, obj, form):
        new = NewUnit(**{name: form.cleaned_data[name] for name in self.form.Meta.fields})
        if obj.pk:
            return actions.change_unit(unit=obj, new=new, by=request.user)
        return actions.add_unit(new=new, by=request.user)


def _first_of(things: str) -> str | None:
    """The first of what stands one a line, and how many more there are."""
    first, *more = things.split("\n")
    return gettext("%(first)s 等%(n)d项") % {"first": first, "n": len(more) + 1} if more else first or None


def _page_of(organisation) -> str:
    return reverse("admin:members_partyorganisation_change", args=[organisation.pk])


def _organisations(unit, user) -> Panel:
    lines = [(one.get_kind_display(), one.name, _page_of(one)) for one in organised_as([unit], user)[unit.pk]]
    return Panel(_("党组织"), lines, _("未建党组织。"))


def _part_time(unit, user) -> Panel:
    """Its leaders on the committees of the neighbourhood (F6)."""
    rows = Seat.objects.visible_to(user).in_force().named().filter(unit=unit).select_related("organisation__community")
    lines = []
    for seat in rows.order_by("starts_on", "pk"):
        words = {"title": seat.get_title_display(), "name": seat.held_by, "day": seat.starts_on}
        told = gettext("%(title)s　%(name)s　%(day)s 起") % words
        lines.append((full_name(seat.organisation), told, _page_of(seat.organisation)))
    return Panel(_("兼职委员"), lines, _("没有在党组织兼职的负责人。"))


def _employed(unit, user) -> Panel:
    n = Member.objects.visible_to(user).on_roll().filter(employer=unit).count()
    return Panel(_("在职党员"), [(_("在册党员"), gettext("%(n)d 名") % {"n": n}, "")] if n else [], _("没有登记在职党员。"))
