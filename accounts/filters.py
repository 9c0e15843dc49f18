"""The questions asked of lists of users and posts."""

from datetime import timedelta

from django.contrib import admin
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.queries import ENDING_SOON_DAYS
from gridparty.lib.dates import today


class TermFilter(admin.SimpleListFilter):
    title = _("任期")
    parameter_name = "term"

    def lookups(self, request, model_admin):
        return [("now", _("在任")), ("soon", _("两个月内到期")), ("over", _("已结束")), ("to_come", _("未开始"))]

    def queryset(self, request, rows):
        match self.value():
            case "now":
                return rows.in_force()
            case "soon":
                return rows.in_force().filter(ends_on__lte=today() + timedelta(days=ENDING_SOON_DAYS))
            case "over":
                return rows.exclude(ended_at=None, ends_on__gte=today()).exclude(ended_at=None, ends_on=None)
            case "to_come":
                return rows.filter(ended_at=None, starts_on__gt=today())
        return rows


class AccessFilter(admin.SimpleListFilter):
    title = _("账号")
    parameter_name = "access"

    def lookups(self, request, model_admin):
        return [("none", _("未开通")), ("first", _("待首次登录")), ("open", _("已开通")), ("closed", _("已停用"))]

    def queryset(self, request, rows):
        unusable, waiting = Q(password__startswith=UNUSABLE_PASSWORD_PREFIX), Q(first_password_until__gte=timezone.now())
        match self.value():
            case "none":
                return rows.filter(unusable, is_active=True)
            case "first":
                return rows.filter(waiting, is_active=True)
            case "open":
                return rows.filter(is_active=True, first_password_until=None).exclude(unusable)
            case "closed":
                return rows.filter(is_active=False)
        return rows
