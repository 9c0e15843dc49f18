"""The two logs, for audit administrators to read."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from audit.models import ChangeEntry, ViewEntry
from gridparty.lib.scoped_admin import ScopedAdmin


class LogAdmin(ScopedAdmin):
    """Read only, newest first."""

    ordering = ("-id",)
    list_select_related = ("actor",)

    def has_change_permission(self, request, obj=None) -> bool:
        return False


@admin.register(ChangeEntry)
class ChangeEntryAdmin(LogAdmin):
    list_display = ("at", "actor", "operation", "model", "object_id", "kind", "what")
    list_filter = ("kind",)
    search_fields = ("=operation", "=model", "=request_id")
    search_help_text = _("操作、对象类型或请求编号")
    fields = ("at", "actor", "operation", "operation_id", "request_id", "model", "object_id", "kind", "changes")

    @admin.display(description=_("内容"))
    def what(self, entry) -> str:
        return "；".join(f"{name}：{old} → {new}" for name, (old, new) in list(entry.changes.items())[:4])


@admin.register(ViewEntry)
class ViewEntryAdmin(LogAdmin):
    list_display = ("at", "actor", "kind", "model", "object_id", "rows", "purpose")
    list_filter = ("kind",)
    search_fields = ("=model", "=request_id")
