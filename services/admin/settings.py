"""What offices set: the kinds of posts."""

from django.contrib import admin

from gridparty.lib.scoped_admin import SettingAdmin
from services.models import PostKind


@admin.register(PostKind)
class PostKindAdmin(SettingAdmin):
    can_add = True
    list_display = ("name", "for_whom", "position", "in_use")
    fields = ("name", "for_whom", "position", "in_use")
