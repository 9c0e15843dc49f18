"""The desk: Django's admin with the product's brand, the order of the work, and my worklists on its first page."""

from functools import partial, wraps

from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from gridparty.lib.registry import worklists
from gridparty.lib.scoped_admin import ScopedAdmin
from rosters.exports import export_list


class ChoicesView(AutocompleteJsonView):
    """Choices of a pop-up: an admin may name its rows at more length than their short name (社区 / 网格)."""

    def serialize_result(self, obj, to_field_name):
        return {"id": str(getattr(obj, to_field_name)), "text": getattr(self.model_admin, "choice_label", str)(obj)}


class DeskSite(admin.AdminSite):
    site_header = site_title = _("社区党建网格化管理")
    index_title = _("工作台")
    enable_nav_sidebar = True
    empty_value_display = "—"
    # 网格 · 居民 · 党员 · 服务 · 民情 · 共建 · 系统
    order = ("grids", "accounts", "people", "members", "services", "cases", "liaison", "rosters", "jobs", "audit")

    def register(self, model_or_iterable, admin_class=None, **options):
        """Ours only: the stock pages that libraries bring along know no scope."""
        if admin_class is not None and issubclass(admin_class, ScopedAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def get_urls(self):
        # "view on site" would tell whether a row exists; nothing here uses it.
        urls = [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]
        return [*map(self._export_url, self._registry.values()), *urls]

    def _export_url(self, model_admin):
        view = self.admin_view(partial(export_list, model_admin=model_admin))
        label, name = model_admin.opts.app_label, model_admin.opts.model_name
        return path(f"{label}/{name}/export/", view, name=f"{label}_{name}_export")

    def get_app_list(self, request, app_label=None):
        apps = super().get_app_list(request, app_label)
        return sorted(apps, key=lambda app: self.order.index(app["app_label"]) if app["app_label"] in self.order else 99)

    def admin_view(self, view, cacheable=False):
        """Who is logged in and has no desk is told so at once, not asked to log in again."""
        guarded = super().admin_view(view, cacheable)

        @wraps(view)
        def at_the_desk(request, *args, **kwargs):
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied
            return guarded(request, *args, **kwargs)

        return at_the_desk

    def index(self, request, extra_context=None):
        lists = [one for worklist in worklists for one in worklist(request.user)]
        return super().index(request, {"worklists": lists} | (extra_context or {}))

    def autocomplete_view(self, request):
        return ChoicesView.as_view(admin_site=self)(request)

    # One door for logging in and out and for passwords, with its slow-down: the account pages.
    def login(self, request, extra_context=None):
        if request.user.is_authenticated:
            raise PermissionDenied
        target = request.GET.get("next") or reverse("admin:index", current_app=self.name)
        return redirect(f"{reverse('account_login')}?{urlencode({'next': target})}")

    def logout(self, request, extra_context=None):
        return redirect("account_logout")

    def password_change(self, request, extra_context=None):
        return redirect("account_change_password")

    def password_change_done(self, request, extra_context=None):
        return redirect("home")
