"""The questions asked of lists of organisations, members and units. None looks at every value of a column."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from gridparty.lib.addresses import row_named
from gridparty.lib.dates import today
from gridparty.lib.scoped_admin import COUNT_LIMIT
from grids.filters import WithinFilter
from members.choices import AppealState, EntryState, MemberState
from members.models import MemberClass, PartyOrganisation, PointEntry, PointScheme
from members.queries import elections_due, units_without_organisation
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
    path = "organisation__"

    def lookups(self, request, model_admin):
        organisations = PartyOrganisation.objects.visible_to(request.user)
        self.chosen = row_named(organisations, self.value())
        return [(self.chosen.pk, self.chosen.name)] if self.chosen else []

    def has_output(self) -> bool:
        return self.chosen is not None

    def queryset(self, request, rows):
        if self.value() is None:
            return rows
        return rows.filter(**{f"{self.path}path__startswith": self.chosen.path}) if self.chosen else rows.none()


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
        return rows.new_bodies() if self.value() == "yes" else rows


class WithoutOrganisationFilter(admin.SimpleListFilter):
    title = _("党组织")
    parameter_name = "party"

    def lookups(self, request, model_admin):
        return [("none", _("未建党组织"))]

    def queryset(self, request, rows):
        return units_without_organisation(rows) if self.value() == "none" else rows


class OfferFilter(admin.SimpleListFilter):
    """Units for who looks for a partner: one that has something to give, or one that needs something."""

    title = _("资源与需求")
    parameter_name = "things"

    def lookups(self, request, model_admin):
        return [("offers", _("有可提供资源")), ("needs", _("有需求"))]

    def queryset(self, request, rows):
        return rows.exclude(**{self.value(): ""}) if self.value() in dict(self.lookup_choices) else rows


# --- Points


class YearFilter(_StandingFilter):
    """Without it, this year."""

    title = _("年度")
    parameter_name = "year"

    def lookups(self, request, model_admin):
        self.standing = str(today().year)
        return [(str(year), str(year)) for year in _years() if year != today().year]

    def queryset(self, request, rows):
        known = dict(self.lookup_choices)
        return rows.filter(year=int(self.value()) if self.value() in known else today().year)


def _years() -> range:
    return range(today().year + 1, today().year - 5, -1)


class SchemeYearFilter(admin.SimpleListFilter):
    title = _("年度")
    parameter_name = "year"
    path = "year"

    def lookups(self, request, model_admin):
        return [(str(year), str(year)) for year in _years()]

    def queryset(self, request, rows):
        return rows.filter(**{self.path: self.value()}) if self.value() in dict(self.lookup_choices) else rows


class EntryYearFilter(SchemeYearFilter):
    path = "balance__year"


class SchemeTodoFilter(admin.SimpleListFilter):
    """What the desk's first page counts."""

    title = _("待办")
    parameter_name = "todo"

    def lookups(self, request, model_admin):
        return [("draft", _("起草中")), ("close", _("往年未定稿")), ("reopen", _("申请重新打开"))]

    def queryset(self, request, rows):
        user = request.user
        match self.value():
            case "draft":
                return rows.editable_by(user).drafts()
            case "close":
                return rows.editable_by(user).to_close()
            case "reopen":
                return rows.editable_by(user).to_reopen(user)
        return rows


class SchemeFilter(admin.SimpleListFilter):
    """Those counted by one scheme; one comes here from its page."""

    title = _("积分办法")
    parameter_name = "scheme"
    path = "scheme"

    def lookups(self, request, model_admin):
        schemes = PointScheme.objects.visible_to(request.user)
        self.chosen = row_named(schemes, self.value())
        return [(self.chosen.pk, str(self.chosen))] if self.chosen else []

    def has_output(self) -> bool:
        return self.chosen is not None

    def queryset(self, request, rows):
        if self.value() is None:
            return rows
        return rows.filter(**{self.path: self.chosen}) if self.chosen else rows.none()


class EntrySchemeFilter(SchemeFilter):
    path = "balance__scheme"


class EntryStateFilter(admin.SimpleListFilter):
    title = _("状态")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [
            ("mine", _("待我审核")),
            ("answer", _("待我答复申诉")),
            ("proposed", EntryState.PROPOSED.label),
            ("approved", EntryState.APPROVED.label),
            ("refused", EntryState.REFUSED.label),
            ("withdrawn", EntryState.WITHDRAWN.label),
            ("appeal", AppealState.OPEN.label),
            ("reversed", _("已冲正")),
        ]

    def queryset(self, request, rows):
        match self.value():
            case "mine":
                return rows.to_decide(request.user)
            case "answer":
                return rows.to_answer(request.user)
            case "appeal":
                return rows.filter(appeal=AppealState.OPEN)
            case "reversed":
                # The lines that reverse are few and have an index; asked in one query, the whole ledger is read for them.
                reversals = PointEntry.objects.visible_to(request.user).exclude(reverses=None).order_by("-pk")
                return rows.filter(pk__in=list(reversals.values_list("reverses", flat=True)[:COUNT_LIMIT]))
            case None:
                return rows
        return rows.filter(state=self.value())


class EntryBelongsFilter(BelongsFilter):
    path = "balance__organisation__"


class EntryWithinFilter(WithinFilter):
    """Entries stand where their balance does."""

    def queryset(self, request, rows):
        if self.value() is None:
            return rows
        return rows.filter(self.chosen.reach.q("balance__area__", "balance__")) if self.chosen else rows.none()


class RankedFilter(_StandingFilter):
    """Without it, who takes part in the ranking."""

    title = _("排名")
    standing = _("参加排名")
    parameter_name = "ranked"

    def lookups(self, request, model_admin):
        return [("no", _("不参加排名")), ("all", _("全部"))]

    def queryset(self, request, rows):
        return rows if self.value() == "all" else rows.filter(ranked=self.value() != "no")
