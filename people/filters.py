"""The questions asked of lists of people and of what is noted of them. None looks at every value of a column."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from people.models import Care, CareClass, Skill
from people.queries import due_this_week, overdue, years_ago


class AgeFilter(admin.SimpleListFilter):
    title = _("年龄段")
    parameter_name = "age"

    def lookups(self, request, model_admin):
        return [("80", _("80 岁以上")), ("60", _("60 岁以上")), ("minor", _("未成年"))]

    def queryset(self, request, rows):
        match self.value():
            case "80" | "60":
                return rows.filter(born_on__lte=years_ago(int(self.value())))
            case "minor":
                return rows.filter(born_on__gt=years_ago(18))
        return rows


class LivingFilter(admin.SimpleListFilter):
    title = _("在世情况")
    parameter_name = "living"

    def lookups(self, request, model_admin):
        return [("yes", _("在世")), ("no", _("已去世"))]

    def queryset(self, request, rows):
        return rows.filter(died_on__isnull=self.value() == "yes") if self.value() in ("yes", "no") else rows


class RowFilter(admin.SimpleListFilter):
    """Choose one row of default data; anything else that is typed finds nothing."""

    def queryset(self, request, rows):
        if self.value() is None:
            return rows
        known = any(str(key) == self.value() for key, _label in self.lookup_choices)
        return self.narrowed(request, rows) if known else rows.none()


class OnCareFilter(RowFilter):
    """People by the care list they are on."""

    title = _("关爱对象")
    parameter_name = "care"

    def lookups(self, request, model_admin):
        classes = CareClass.objects.visible_to(request.user).order_by("pk").values_list("pk", "name")
        return [("any", _("全部关爱对象")), *classes]

    def narrowed(self, request, rows):
        care = Care.objects.visible_to(request.user).filter(ended_on=None)
        if self.value() != "any":
            care = care.filter(care_class=self.value())
        return rows.filter(pk__in=care.values("person"))


class CareClassFilter(RowFilter):
    title = _("关爱类别")
    parameter_name = "care_class"

    def lookups(self, request, model_admin):
        return list(CareClass.objects.visible_to(request.user).order_by("pk").values_list("pk", "name"))

    def narrowed(self, request, rows):
        return rows.filter(care_class=self.value())


class SkillFilter(RowFilter):
    title = _("特长")
    parameter_name = "skill"

    def lookups(self, request, model_admin):
        return list(Skill.objects.visible_to(request.user).order_by("pk").values_list("pk", "name"))

    def narrowed(self, request, rows):
        return rows.filter(skill=self.value())


class DueFilter(admin.SimpleListFilter):
    """Without it, all care that goes on."""

    title = _("走访")
    parameter_name = "due"

    def lookups(self, request, model_admin):
        return [("late", _("逾期")), ("week", _("本周到期")), ("ended", _("已终止"))]

    def queryset(self, request, rows):
        match self.value():
            case "late":
                return overdue(rows)
            case "week":
                return due_this_week(rows)
            case "ended":
                return rows.exclude(ended_on=None)
        return rows.filter(ended_on=None)


class SideFilter(admin.SimpleListFilter):
    title = _("办理")
    parameter_name = "side"

    def lookups(self, request, model_admin):
        return [("decide", _("待我方答复")), ("open", _("尚未办结")), ("over", _("已办结"))]

    def queryset(self, request, rows):
        match self.value():
            case "decide":
                return rows.to_decide(request.user)
            case "open":
                return rows.filter(state="open")
            case "over":
                return rows.exclude(state="open")
        return rows
