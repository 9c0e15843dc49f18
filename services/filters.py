"""The questions asked of lists of posts, claims, activities and hours. None looks at every value of a column."""

from datetime import date, timedelta

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from gridparty.lib.addresses import row_named
from gridparty.lib.dates import today
from grids.filters import WithinFilter
from people.filters import RowFilter
from services.card_lists import past_periods, to_do
from services.choices import AbsenceState
from services.models import Activity, PostKind, ServicePost, Team
from services.periods import Period

SOON = 30  # days


class TodoFilter(admin.SimpleListFilter):
    """What waits for the user; the desk's first page counts the same rows. `asked` is {value: (label, method of the rows)}."""

    title = _("待办")
    parameter_name = "todo"
    asked: dict[str, tuple[str, str]] = {}

    def lookups(self, request, model_admin):
        return [(value, label) for value, (label, _method) in self.asked.items()]

    def queryset(self, request, rows):
        if self.value() not in self.asked:
            return rows
        return getattr(rows, self.asked[self.value()][1])(request.user)


class PostTodoFilter(TodoFilter):
    asked = {"approve": (_("待我审批"), "to_approve")}


class ClaimTodoFilter(TodoFilter):
    asked = {"decide": (_("待我确认"), "to_decide")}


class AbsenceTodoFilter(TodoFilter):
    asked = {"answer": (_("待我答复"), "to_answer")}


class HoursTodoFilter(TodoFilter):
    asked = {"confirm": (_("待我确认"), "to_confirm")}


# --- Posts and claims


class KindFilter(RowFilter):
    title = _("岗位类型")
    parameter_name = "kind"
    path = "kind"

    def lookups(self, request, model_admin):
        return list(PostKind.objects.visible_to(request.user).values_list("pk", "name"))

    def narrowed(self, request, rows):
        return rows.filter(**{self.path: self.value()})


class ClaimKindFilter(KindFilter):
    path = "post__kind"


class PlacesFilter(admin.SimpleListFilter):
    """Posts people can still claim, or whose term ends soon."""

    title = _("招募情况")
    parameter_name = "places"

    def lookups(self, request, model_admin):
        return [("vacant", _("招募中，有空缺")), ("ending", _("招募中，%(n)d 天内结束") % {"n": SOON})]

    def queryset(self, request, rows):
        match self.value():
            case "vacant":
                return rows.vacant()
            case "ending":
                return rows.published().filter(ends_on__lte=today() + timedelta(days=SOON))
        return rows


class OfFilter(admin.SimpleListFilter):
    """The rows of one row of another list; one comes here from its page."""

    model = ServicePost
    path = ""

    def lookups(self, request, model_admin):
        self.chosen = row_named(self.model.objects.visible_to(request.user), self.value())
        return [(str(self.chosen.pk), str(self.chosen))] if self.chosen else []

    def has_output(self) -> bool:
        return self.value() is not None

    def queryset(self, request, rows):
        if self.value() is None:
            return rows
        return rows.filter(**{self.path or self.parameter_name: self.chosen}) if self.chosen else rows.none()


class PostFilter(OfFilter):
    title = _("岗位")
    parameter_name = "post"


class TeamFilter(OfFilter):
    title = _("服务队")
    parameter_name = "team"
    model = Team


class ActivityFilter(OfFilter):
    title = _("活动")
    parameter_name = "activity"
    model = Activity


class WithinPostFilter(WithinFilter):
    """Claims stand where their post does; `path` leads there."""

    path = "post__"

    def queryset(self, request, rows):
        if self.value() is None:
            return rows
        return rows.filter(self.chosen.reach.q(f"{self.path}area__", self.path)) if self.chosen else rows.none()


class WithinClaimFilter(WithinPostFilter):
    path = "claim__post__"


class WithinActivityFilter(WithinPostFilter):
    path = "activity__"


class AbsenceStateFilter(admin.SimpleListFilter):
    title = _("状态")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return AbsenceState.choices

    def queryset(self, request, rows):
        return rows.filter(state=self.value()) if self.value() in AbsenceState.values else rows


# --- Activities and hours


class DayFilter(admin.SimpleListFilter):
    """Activities to come, and those that are over and still to be settled."""

    title = _("时间")
    parameter_name = "day"

    def lookups(self, request, model_admin):
        return [("week", _("一周内举办")), ("coming", _("尚未举办")), ("over", _("已过日期，待办结"))]

    def queryset(self, request, rows):
        match self.value():
            case "week":
                return rows.open().filter(on__range=(today(), today() + timedelta(days=7)))
            case "coming":
                return rows.open().filter(on__gte=today())
            case "over":
                return rows.open().filter(on__lt=today())
        return rows


class AttendedFilter(admin.SimpleListFilter):
    title = _("签到")
    parameter_name = "came"

    def lookups(self, request, model_admin):
        return [("yes", _("已签到")), ("no", _("未签到"))]

    def queryset(self, request, rows):
        match self.value():
            case "yes":
                return rows.exclude(attended="")
            case "no":
                return rows.filter(attended="")
        return rows


def periods() -> dict[str, tuple[date, date]]:
    """{value: first and last day}."""
    day = today()
    month, year = day.replace(day=1), day.replace(month=1, day=1)
    last_month, last_year = month - timedelta(days=1), year - timedelta(days=1)
    return {
        "month": (month, day),
        "last_month": (last_month.replace(day=1), last_month),
        "year": (year, day),
        "last_year": (last_year.replace(month=1, day=1), last_year),
    }


class ServedFilter(admin.SimpleListFilter):
    title = _("服务日期")
    parameter_name = "period"

    def lookups(self, request, model_admin):
        return [("month", _("本月")), ("last_month", _("上月")), ("year", _("今年")), ("last_year", _("去年"))]

    def queryset(self, request, rows):
        period = periods().get(self.value() or "")
        return rows.filter(on__range=period) if period else rows


# --- Feedback cards


class CardTodoFilter(admin.SimpleListFilter):
    """What waits; the desk's first page counts the same rows."""

    title = _("待办")
    parameter_name = "todo"

    def lookups(self, request, model_admin):
        return [
            ("remark", _("待填评语")),
            ("approve", _("待审批")),
            ("send", _("待发出")),
            ("sent", _("未回执")),
            ("late", _("逾期未回执")),
            ("left", _("已不在本单位")),
            ("no_unit", _("无工作单位")),
        ]

    def queryset(self, request, rows):
        return to_do(rows, request.user).get(self.value() or "", rows)


class CardPeriodFilter(admin.SimpleListFilter):
    title = _("期间")
    parameter_name = "period"

    def lookups(self, request, model_admin):
        return [(period.slug, period.label) for period in past_periods()]

    def queryset(self, request, rows):
        if self.value() is None:
            return rows
        period = Period.of_slug(self.value())
        return rows.filter(from_on=period.first, until_on=period.last) if period else rows.none()
