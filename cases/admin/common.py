"""What the pages of journal entries and of cases have in common: who told it, masked until asked for."""

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from gridparty.lib.access import Can, scope_of
from gridparty.lib.masking import mask_name, mask_phone
from gridparty.lib.scoped_admin import two_lines
from people.admin.steps import StepAdmin
from people.queries import whole_place

EMPTY = "—"


class ToldAdmin(StepAdmin):
    """Rows are read, and moved on by the steps above them; `reveal_route` shows who told it and writes that down."""

    reveal_route = ""

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def get_readonly_fields(self, request, obj=None):
        return flatten_fieldsets(self.get_fieldsets(request, obj))

    def beside(self, request, row) -> dict:
        told = bool(row.teller or row.teller_phone)
        row.revealable = told and scope_of(request.user).covers(Can.REVEAL_PEOPLE, row.area)
        return {"reveal": reverse(self.reveal_route, args=[row.pk]) if row.revealable else ""}

    # --- Columns
    @admin.display(description=_("地点"))
    def place_shown(self, row):
        return whole_place(row)

    @admin.display(description=_("类别"))
    def subject_name(self, row):
        return row.subject.name

    @admin.display(description=_("类别、地点"))
    def matter(self, row):
        return two_lines(row.subject.name, whole_place(row))

    @admin.display(description=_("内容"))
    def text_shown(self, row):
        return row.text

    @admin.display(description=_("反映人"))
    def teller_shown(self, row):
        masked = " ".join(filter(None, [mask_name(row.teller), mask_phone(row.teller_phone)]))
        if not getattr(row, "revealable", False):
            return masked or EMPTY
        return format_html('{} <button class="button-quiet" type="submit" form="reveal">{}</button>', masked, _("显示"))


def picture(address: str) -> str:
    return format_html('<a href="{0}"><img class="entry-photo" src="{0}" alt="{1}"></a>', address, _("照片"))
