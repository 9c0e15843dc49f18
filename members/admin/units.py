"""Units of the neighbourhood."""

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gridparty.lib.masking import mask_phone
from gridparty.lib.registry import Panel
from grids.filters import WithinFilter
from members import actions
from members.actions import NewUnit
from members.exports import UnitResource
from members.filters import NewBodyFilter, WithoutOrganisationFilter
from members.forms import UnitForm
from members.models import Member, PartyOrganisation, Unit
from people.admin.steps import StepAdmin
from people.queries import tail

_SHOWN = ("name", "kind", "area", "credit_code", "address", "contact_name", "phone_shown", "staff_count")


@admin.register(Unit)
class UnitAdmin(StepAdmin):
    can_add = True
    form = UnitForm
    roster = "units"
    list_display = ("name", "kind", "place", "contact_name", "phone_masked", "staff_count")
    list_filter = ("kind", NewBodyFilter, WithoutOrganisationFilter, WithinFilter)
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

    def get_fields(self, request, obj=None):
        return _SHOWN if obj and not self.has_change_permission(request, obj) else self.form.Meta.fields

    def get_readonly_fields(self, request, obj=None):
        return ("phone_shown",) if obj else ()

    @admin.display(description=_("所在区域"))
    def place(self, unit):
        return " / ".join(dict.fromkeys(one.name for one in (unit.community, unit.area) if one)) or None

    @admin.display(description=_("联系电话"))
    def phone_masked(self, unit):
        return tail(unit.contact_tail) or None

    @admin.display(description=_("联系电话"))
    def phone_shown(self, unit):
        return mask_phone(unit.contact_phone) or None

    def beside(self, request, unit) -> dict:
        return {"panels": [_organisations(unit, request.user), _employed(unit, request.user)]}

    def act(self, request, obj, form):
        new = NewUnit(**{name: form.cleaned_data[name] for name in self.form.Meta.fields})
        if obj.pk:
            return actions.change_unit(unit=obj, new=new, by=request.user)
        return actions.add_unit(new=new, by=request.user)


def _organisations(unit, user) -> Panel:
    rows = PartyOrganisation.objects.visible_to(user).open().filter(unit=unit).order_by("path")
    lines = [(one.get_kind_display(), one.name, reverse("admin:members_partyorganisation_change", args=[one.pk])) for one in rows]
    return Panel(_("党组织"), lines, _("未建党组织。"))


def _employed(unit, user) -> Panel:
    n = Member.objects.visible_to(user).on_roll().filter(employer=unit).count()
    return Panel(_("在职党员"), [(_("在册党员"), gettext("%(n)d 名") % {"n": n}, "")] if n else [], _("没有登记在职党员。"))
