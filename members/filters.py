"""The questions asked of lists of organisations, members and units. None looks at every value of a column."""

from django.contrib import admin
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from gridparty.lib.dates import today
from members.choices import NEW_BODIES, MemberState
from members.models import MemberClass, PartyOrganisation
from members.queries import elections_due
from people.filters import RowFilter


class _StandingFilter(admin.SimpleListFilter):
    """A filter that always narrows: what stands without it has a name of its own."""

    standing = ""

    def choices(self, changelist):
        first, *others = super().choices(changelist)
        return [first | {"display": self.standing}, *others]


class ElectionFilter(admin.SimpleListFilter):
    title = _("应换届")
    parameter_name = "election"

    def lookups(self, request, model_admin):
        return [("late", _("已逾期")), ("soon", _("半年内到期"))]

    def queryset(self, request, rows):
        match self.value():
            case "late":
                return elections_due(rows, today())
            case "soon":
                return elections_due(rows)
        return rows


class OpenFilter(_StandingFilter):
    """Without it, those that exist."""

    title = _("存续")
    standing = _("现有")
    parameter_name = "closed"

    def lookups(self, request, model_admin):
        return [("yes", _("已撤销"))]

    def queryset(self, request, rows):
        return rows.filter(closed_on__isnull=self.value() != "yes")


class ClassFilter(RowFilter):
    title = _("党员类别")
    parameter_name = "member_class"

    def lookups(self, request, model_admin):
        classes = MemberClass.objects.visible_to(request.user).order_by("scheme", "pk").select_related("scheme")
        return [(one.pk, f"{one.scheme.name}：{one.name}") for one in classes]

    def narrowed(self, request, rows):
        return rows.filter(member_class=self.value())


class StateFilter(_StandingFilter):
    """Without it, who is on the roll."""

    title = _("状态")
    standing = _("全部在册")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [*MemberState.choices, ("all", _("全部"))]

    def queryset(self, request, rows):
        if self.value() is None:
            return rows.on_roll()
        return rows if self.value() == "all" else rows.filter(state=self.value())


class HomeFilter(admin.SimpleListFilter):
    title = _("居住地")
    parameter_name = "home"

    def lookups(self, request, model_admin):
        return [("none", _("无居住地"))]

    def queryset(self, request, rows):
        return rows.filter(area=None) if self.value() == "none" else rows


class BelongsFilter(admin.SimpleListFilter):
    """The members of one organisation and of those below it; one comes here from its page."""

    title = _("党组织")
    parameter_name = "organisation"

    def lookups(self, request, model_admin):
        organisations = PartyOrganisation.objects.visible_to(request.user)
        self.chosen = organisations.filter(pk=self.value()).first() if (self.value() or "").isdecimal() else None
        return [(self.chosen.pk, self.chosen.name)] if self.chosen else []

    def has_output(self) -> bool:
        return self.chosen is not None

    def queryset(self, request, rows):
        if self.value() is None:
            return rows
        return rows.filter(organisation__path__startswith=self.chosen.path) if self.chosen else rows.none()


class TransferFilter(admin.SimpleListFilter):
    title = _("转接")
    parameter_name = "side"

    def lookups(self, request, model_admin):
        return [("receive", _("待回执")), ("open", _("尚未办结"))]

    def queryset(self, request, rows):
        match self.value():
            case "receive":
                return rows.to_receive(request.user)
            case "open":
                return rows.on_the_way()
        return rows


class NewBodyFilter(admin.SimpleListFilter):
    title = _("两新")
    parameter_name = "new_body"

    def lookups(self, request, model_admin):
        return [("yes", _("两新组织"))]

    def queryset(self, request, rows):
        return rows.filter(kind__in=NEW_BODIES) if self.value() == "yes" else rows


class WithoutOrganisationFilter(admin.SimpleListFilter):
    title = _("党组织")
    parameter_name = "party"

    def lookups(self, request, model_admin):
        return [("none", _("未建党组织"))]

    def queryset(self, request, rows):
        if self.value() != "none":
            return rows
        organisations = PartyOrganisation.objects.visible_to(request.user).open().filter(unit=OuterRef("pk"))
        return rows.exclude(Exists(organisations))
