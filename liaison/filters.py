"""The questions asked of lists of agreements and of what was promised. None looks at every value of a column."""

from datetime import timedelta

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from gridparty.lib.addresses import row_named
from gridparty.lib.dates import today
from grids.filters import WithinFilter
from liaison.choices import AgreementState
from liaison.models import Agreement, Commitment
from members.models import Unit

SOON = 30  # days


class OfFilter(admin.SimpleListFilter):
    """The rows of one row of another list; one comes here from its page."""

    model: type = Agreement

    def lookups(self, request, model_admin):
        self.chosen = row_named(self.model.objects.visible_to(request.user), self.value())
        return [(str(self.chosen.pk), self.words(self.chosen))] if self.chosen else []

    def words(self, row) -> str:
        return str(row)

    def has_output(self) -> bool:
        return self.value() is not None

    def queryset(self, request, rows):
        if self.value() is None:
            return rows
        return rows.filter(**{self.parameter_name: self.chosen}) if self.chosen else rows.none()


class UnitFilter(OfFilter):
    title = _("共建单位")
    parameter_name = "unit"
    model = Unit


class AgreementFilter(OfFilter):
    title = _("协议")
    parameter_name = "agreement"

    def words(self, row) -> str:
        return f"{row.unit.name} {row.starts_on} — {row.ends_on}"


class AgreementTodoFilter(admin.SimpleListFilter):
    """What waits; the desk's first page counts the same rows."""

    title = _("待办")
    parameter_name = "todo"

    def lookups(self, request, model_admin):
        return [
            ("sign", _("待我签订")),
            ("objected", _("单位提出修改")),
            ("offered", _("待对方确认")),
            ("ending", _("60 天内到期，未续签")),
            ("late", _("有逾期事项")),
            ("confirm", _("有待核实事项")),
        ]

    def queryset(self, request, rows):
        match self.value():
            case "sign":
                return rows.to_sign(request.user)
            case "objected":
                return rows.objected()
            case "offered":
                return rows.filter(state=AgreementState.OFFERED)
            case "ending":
                return rows.ending_soon()
            case "late":
                return rows.filter(pk__in=Commitment.objects.visible_to(request.user).late().order_by().values("agreement"))
            case "confirm":
                return rows.filter(pk__in=Commitment.objects.visible_to(request.user).to_confirm().order_by().values("agreement"))
        return rows


class CommitmentTodoFilter(admin.SimpleListFilter):
    """What is due or waits; the desk's first page counts the same rows."""

    title = _("待办")
    parameter_name = "todo"

    def lookups(self, request, model_admin):
        return [
            ("late", _("逾期")),
            ("confirm", _("待核实")),
            ("due", _("%(n)d 天内到期") % {"n": SOON}),
            ("open", _("全部未完成")),
        ]

    def queryset(self, request, rows):
        match self.value():
            case "late":
                return rows.late()
            case "confirm":
                return rows.to_confirm()
            case "due":
                return rows.open().filter(due_on__range=(today(), today() + timedelta(days=SOON)))
            case "open":
                return rows.open()
        return rows


class WithinAgreementFilter(WithinFilter):
    """Commitments stand where their agreement does."""

    def queryset(self, request, rows):
        if self.value() is None:
            return rows
        return rows.filter(self.chosen.reach.q("agreement__area__", "agreement__")) if self.chosen else rows.none()
