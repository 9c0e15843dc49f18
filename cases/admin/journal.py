"""The journal at the desk: read, narrowed down, exported; an entry can be taken up as a case."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.actions import make_case
from cases.admin.common import EMPTY, ToldAdmin, picture
from cases.exports import EntryResource
from cases.filters import BecameFilter, ByFilter, PeriodFilter, SubjectFilter
from cases.models import JournalEntry
from gridparty.lib.scoped_admin import badge
from grids.filters import WithinFilter
from people.admin.steps import Step


def _became(entry, user) -> str:
    return gettext("这条日志已转为事件。") if hasattr(entry, "case") else ""


def _make_case(entry: JournalEntry, data, by) -> JournalEntry:
    made = make_case(entry=entry, by=by)
    entry.told = gettext("已转为事件 %(number)s，由%(holder)s办理。") % {"number": made.number, "holder": made.holder.name}
    return entry


def _says(entry, user) -> list[str]:
    return [gettext("内容和反映人一并转为民情事件，由发生地所在网格办理；网格没有办理人员的由上级办理。日志保留。")]


@admin.register(JournalEntry)
class JournalEntryAdmin(ToldAdmin):
    steps = (Step("case", _("转为事件"), _says, _make_case, unfit=_became),)
    reveal_route = "cases:journal_reveal"
    change_form_template = "admin/cases/told.html"
    list_display = ("on", "matter", "short_text", "by_name", "case_shown")
    list_display_links = ("on",)
    list_filter = (PeriodFilter, SubjectFilter, WithinFilter, BecameFilter, ByFilter)
    ordering = ("-on", "-id")
    export = EntryResource

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("area", "community", "household", "subject", "by", "case")

    def heading(self, entry) -> str:
        return f"{entry.on} {entry.subject.name}"

    def get_fieldsets(self, request, obj=None):
        fields = [("on", "subject_name"), ("place_shown", "spot"), "text_shown", "teller_shown", ("by_shown", "written_at")]
        fields.append("case_link")
        return [(None, {"fields": [*fields, "photo_shown"] if obj and obj.photo else fields})]

    # --- Columns
    @admin.display(description=_("内容"))
    def short_text(self, entry):
        return Truncator(entry.text).chars(12)

    @admin.display(description=_("记录人"))
    def by_name(self, entry):
        return entry.by.name

    @admin.display(description=_("记录人"))
    def by_shown(self, entry):
        """Their other entries, too."""
        address = f"{reverse('admin:cases_journalentry_changelist')}?by={entry.by_id}"
        return format_html('<a href="{}">{}</a>', address, entry.by.name)

    @admin.display(description=_("转办"))
    def case_shown(self, entry):
        return badge("good", _("已转事件")) if hasattr(entry, "case") else EMPTY

    @admin.display(description=_("民情事件"))
    def case_link(self, entry):
        if not hasattr(entry, "case"):
            return EMPTY
        return format_html('<a href="{}">{}</a>', reverse("admin:cases_case_change", args=[entry.case.pk]), entry.case.number)

    @admin.display(description=_("照片"))
    def photo_shown(self, entry):
        return picture(reverse("cases:journal_photo", args=[entry.pk]))
