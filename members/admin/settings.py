"""How members are sorted and managed: modes, schemes of classes, and where which scheme counts."""

from django.contrib import admin

from gridparty.lib.scoped_admin import ScopedAdmin, SettingAdmin
from members import actions
from members.models import ClassScheme, ClassUse, ManagementMode, MemberClass


@admin.register(ManagementMode)
class ManagementModeAdmin(SettingAdmin):
    can_add = True
    list_display = ("name", "contact_days", "duty", "feeds_back")
    fields = ("name", "contact_days", "duty", "feeds_back")


class MemberClassInline(admin.TabularInline):
    model = MemberClass
    extra = 1
    fields = ("name", "mode")

    def has_view_permission(self, request, obj=None) -> bool:
        return request.user.scope.has(MemberClass.see)

    def has_change_permission(self, request, obj=None) -> bool:
        return request.user.scope.has(MemberClass.edit)

    has_add_permission = has_delete_permission = has_change_permission

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """Choose, do not edit on the way; the modes are read once for all lines."""
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)
        if formfield is not None and db_field.name == "mode":
            formfield.widget = formfield.widget.widget
            formfield.choices = list(formfield.choices)
        return formfield


@admin.register(ClassScheme)
class ClassSchemeAdmin(SettingAdmin):
    can_add = True
    list_display = ("name", "is_example", "note")
    fields = ("name", "note")
    inlines = (MemberClassInline,)


@admin.register(ClassUse)
class ClassUseAdmin(ScopedAdmin):
    can_add = True
    list_display = ("area", "scheme")
    list_select_related = ("area", "scheme")
    fields = ("area", "scheme")
    autocomplete_fields = ("area",)

    def act(self, request, obj, form):
        return actions.use_classes(area=form.cleaned_data["area"], scheme=form.cleaned_data["scheme"], by=request.user)
