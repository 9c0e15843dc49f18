"""What offices set: the templates of agreements."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from gridparty.lib.scoped_admin import SettingAdmin
from liaison.models import AgreementTemplate

_TEXTS = ("clauses", "our_duties", "their_duties")


@admin.register(AgreementTemplate)
class AgreementTemplateAdmin(SettingAdmin):
    can_add = True
    list_display = ("name", "title", "position", "in_use")
    fieldsets = (
        (None, {"fields": (("name", "title"), ("position", "in_use"))}),
        (
            _("协议文本"),
            {"fields": _TEXTS, "description": _("文中的 {甲方}、{乙方}、{开始}、{结束} 在拟订协议时换成实际内容。")},
        ),
    )

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name in _TEXTS:
            kwargs["widget"] = forms.Textarea({"rows": 12 if db_field.name == "clauses" else 7, "cols": 90})
        return super().formfield_for_dbfield(db_field, request, **kwargs)
