"""The one base class of the desk: every list, form, choice, pop-up and action of the admin stays within the user's scope.

A model's `see` and `edit` capabilities decide; rows come only through visible_to and editable_by. Writes go through the app's
actions: a form's save calls `act(request, obj, form, change)`, which raises Refused with the sentence to show.
"""

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.forms import ValidationError
from django.http import Http404
from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _

from gridparty.lib.access import Can, scope_of
from gridparty.lib.change_words import in_words
from gridparty.lib.counting import COUNT_LIMIT
from gridparty.lib.errors import Refused


def badge(kind: str, word: str) -> str:
    """A state by colour (good, watch, late, quiet) and by its word."""
    return format_html('<span class="badge {}">{}</span>', kind, word)


def two_lines(first: str, second: str) -> str:
    """A cell of a list with what stands quietly below it."""
    return format_html('{}<br><span class="quiet">{}</span>', first, second)


class CappedPaginator(Paginator):
    """Counts no further than a limit: nobody pages through ten thousand rows, and counting 900,000 costs seconds."""

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by()[: COUNT_LIMIT + 1].count()


class ScopedAdmin(admin.ModelAdmin):
    """Base of every admin class of ours. Adding and deleting are off unless a subclass turns them on."""

    can_add = False
    roster = ""  # the kind of register by which rows come in from spreadsheets, offered above the list
    show_full_result_count = False
    paginator = CappedPaginator
    list_per_page = 50
    list_max_show_all = 0
    show_facets = admin.ShowFacets.NEVER  # a facet counts every choice of every filter
    actions_selection_counter = True
    save_on_top = False

    # --- Rights
    def has_module_permission(self, request) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request, obj=None) -> bool:
        return scope_of(request.user).has(self.model.see)

    def has_change_permission(self, request, obj=None) -> bool:
        if not scope_of(request.user).has(self.model.edit):
            return False
        return obj is None or self._may_edit(request, obj)

    def _may_edit(self, request, obj) -> bool:
        """Asked half a dozen times for each page, looked up once."""
        answers = request.__dict__.setdefault("_may_edit", {})
        key = (self.model, obj.pk)
        if key not in answers:
            answers[key] = self.model.objects.editable_by(request.user).filter(pk=obj.pk).exists()
        return answers[key]

    def has_add_permission(self, request) -> bool:
        return self.can_add and scope_of(request.user).has(self.model.edit)

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    # --- Rows
    def get_queryset(self, request):
        rows = self.model.objects.visible_to(request.user)
        return rows.order_by(*self.get_ordering(request)) if self.get_ordering(request) else rows

    def get_object(self, request, object_id, from_field=None):
        """404 outside the scope, the same for a row that never was: nobody learns that it exists."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        obj = super().get_object(request, unquote(object_id), from_field)
        if obj is None:
            raise Http404
        return obj

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        related = db_field.remote_field.model.objects
        if db_field.name == "area" and hasattr(related, "reached_by"):
            # A row is placed only where its own right reaches; what another role of the user sees does not count.
            kwargs.setdefault("queryset", related.reached_by(request.user, self.model.edit))
        elif hasattr(related, "visible_to") and "queryset" not in kwargs:
            kwargs["queryset"] = related.visible_to(request.user)
        formfield = super().formfield_for_foreignkey(db_field, request, **kwargs)
        chosen_from = self.admin_site._registry.get(db_field.remote_field.model)
        if formfield is not None and hasattr(chosen_from, "choice_label"):
            formfield.label_from_instance = chosen_from.choice_label
        return formfield

    def lookup_allowed(self, lookup, value, request=None) -> bool:
        """Only the filters the list shows; stock admin lets any own field be probed through the address."""
        filters = (item[0] if isinstance(item, tuple) else item for item in self.list_filter)
        declared = {getattr(item, "parameter_name", item) for item in filters}
        return lookup.split("__")[0] in declared and super().lookup_allowed(lookup, value, request)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """Choose, do not edit on the way: the little add, change and view buttons beside a choice are left out."""
        formfield = super().formfield_for_dbfield(db_field, request, **kwargs)
        if formfield is not None and isinstance(formfield.widget, RelatedFieldWidgetWrapper):
            formfield.widget = formfield.widget.widget
        return formfield

    # --- Words
    def changelist_view(self, request, extra_context=None):
        roster = self.roster if scope_of(request.user).has(Can.IMPORT_ROSTERS) else ""
        return super().changelist_view(
            request, {"title": self.opts.verbose_name_plural, "roster": roster} | (extra_context or {})
        )

    def add_view(self, request, form_url="", extra_context=None):
        title = _("新增%(what)s") % {"what": self.opts.verbose_name}
        return super().add_view(request, form_url, {"title": title} | (extra_context or {}))

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return super().change_view(request, object_id, form_url, {"title": self.opts.verbose_name} | (extra_context or {}))

    # --- Writes
    def act(self, request, obj, form):
        """Do the write through the app's action and return the row; `obj.pk` None means add. May raise Refused."""
        raise NotImplementedError

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """A refusal comes back as an error of the form: nothing is written, nothing typed is lost."""
        if request.method != "POST":  # opening a form takes no lock on SQLite
            return super().changeform_view(request, object_id, form_url, extra_context)
        try:
            with transaction.atomic():
                return super().changeform_view(request, object_id, form_url, extra_context)
        except Refused as refusal:
            request.refusal = refusal
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request, obj=None, change=False, **kwargs):
        class RefusableForm(super().get_form(request, obj, change=change, **kwargs)):
            def clean(self):
                if hasattr(request, "refusal"):
                    raise ValidationError(str(request.refusal))
                return super().clean()

        return RefusableForm

    def save_model(self, request, obj, form, change):
        obj.pk = self.act(request, obj, form).pk

    def save_related(self, request, form, formsets, change):
        """Inlines of ours are read-only."""

    # --- Our change log replaces Django's
    def log_addition(self, request, obj, message):
        pass

    def log_change(self, request, obj, message):
        pass

    def log_deletions(self, request, queryset):
        pass

    def history_view(self, request, object_id, extra_context=None):
        """The row's entries in the change log, for whoever may see the row."""
        obj = self.get_object(request, object_id)
        entries = apps.get_model("audit", "ChangeEntry").objects.filter(model=self.model._meta.label_lower, object_id=obj.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("修改记录：%(object)s") % {"object": obj},
            "entries": in_words(self.model, entries.select_related("actor").order_by("-id")[:200], request.user),
            "object": obj,
            "opts": self.opts,
        }
        return render(request, "admin/change_log.html", context)

    def run(self, request, function, success):
        """Run an action for a button or a list action: its refusal, or `success(result)`, is shown as a message."""
        try:
            result = function()
        except Refused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return None
        self.message_user(request, success(result))
        return result


class SettingAdmin(ScopedAdmin):
    """Base for default data that offices adapt: the form and its lines are saved as they are typed."""

    def act(self, request, obj, form):
        obj.save()
        return obj

    def save_related(self, request, form, formsets, change):
        for formset in formsets:
            formset.save()
