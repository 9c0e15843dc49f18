"""What the desk's pages of agreements and meetings have in common."""

from collections.abc import Callable

from django.contrib.admin.utils import flatten_fieldsets
from django.utils.formats import date_format
from django.utils.translation import gettext

from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import CHINA
from gridparty.lib.moves import Move
from gridparty.lib.scoped_admin import badge
from people.admin.steps import StepAdmin

EMPTY = "—"
AT_ONCE = 300  # lines shown on one page


class HereAdmin(StepAdmin):
    """Rows that are set up where one runs liaison: the form of who runs one area begins with it."""

    def get_changeform_initial_data(self, request):
        reaches = scope_of(request.user).reaches(Can.RUN_LIAISON)
        here = {"area": reaches[0].area_id} if len(reaches) == 1 else {}
        return here | super().get_changeform_initial_data(request)


class ReadAdmin(StepAdmin):
    """Rows that are read here, and moved on by the steps above them."""

    change_form_template = "admin/services/read_only.html"

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def get_readonly_fields(self, request, obj=None):
        return flatten_fieldsets(self.get_fieldsets(request, obj))


def state_badge(row, badges: dict) -> str:
    return badge(badges.get(row.state, "quiet"), row.get_state_display())


def moment(at) -> str:
    return date_format(at.astimezone(CHINA), "Y-m-d H:i") if at else EMPTY


def unfit(move: Move, label, *, area: Callable) -> Callable:
    """Why a move of a table cannot be made from the row's present state, or not by this user. `area` leads from the row to where
    the move's capability must reach."""

    def why(row, user) -> str:
        words = {"state": row.get_state_display(), "move": label}
        if row.state not in move.states:
            return gettext("目前为“%(state)s”，不能办理“%(move)s”。") % words
        if move.can and not scope_of(user).covers(move.can, area(row)):
            return gettext("“%(move)s”由社区书记或街道、区办理。") % words
        return ""

    return why


def with_user(form, user):
    """A form class the desk makes without arguments, for one user."""

    class FormOf(form):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, user=user, **kwargs)

    return FormOf
