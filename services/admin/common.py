"""What the desk's pages of services have in common."""

from collections.abc import Callable

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import CHINA
from gridparty.lib.scoped_admin import badge
from members.models import Member
from people.admin.steps import StepAdmin
from services.choices import Move
from services.exports import place_in_words

EMPTY = "—"
AT_ONCE = 500  # rows decided by one click, lines shown on one page


class HereAdmin(StepAdmin):
    """Rows that are set up where one runs services: the form of who runs one area begins with it."""

    def get_changeform_initial_data(self, request):
        reaches = scope_of(request.user).reaches(Can.RUN_SERVICES)
        here = {"area": reaches[0].area_id} if len(reaches) == 1 else {}
        return here | super().get_changeform_initial_data(request)


class ReadAdmin(StepAdmin):
    """Rows that are read here, and moved on by the steps above them. `badges` is the kind of badge of each state."""

    change_form_template = "admin/services/read_only.html"
    badges: dict = {}

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def get_readonly_fields(self, request, obj=None):
        return flatten_fieldsets(self.get_fieldsets(request, obj))

    @admin.display(description=_("状态"))
    def state_shown(self, row):
        return state_badge(row, self.badges)

    @admin.display(description=_("所在区域"))
    def place_shown(self, row):
        return place_in_words(row) or EMPTY


class OfMemberAdmin(ReadAdmin):
    """Rows of a member, whose name is how they are looked for; `member_path` leads there."""

    member_path = "member"
    search_help_text = _("姓名、拼音首字母、电话后四位或完整证件号码")

    def get_queryset(self, request):
        member = self.member_path
        rows = super().get_queryset(request).select_related(f"{member}__person", f"{member}__organisation")
        return rows.defer(*secrets(f"{member}__"))

    def get_search_results(self, request, rows, term):
        if not term:
            return rows, False
        members = Member.objects.visible_to(request.user).search(term)
        return rows.filter(**{f"{self.member_path}__in": members.order_by().values("pk")}), False

    def member_of(self, row) -> Member:
        return row.member

    @admin.display(description=_("党员"))
    def member_name(self, row):
        return self.member_of(row).name

    @admin.display(description=_("所在党组织"))
    def organisation(self, row):
        return self.member_of(row).organisation.full_name


def secrets(path: str) -> list[str]:
    """Columns no list of services needs: they are deciphered where they are read."""
    return [f"{path}{name}" for name in ("phone", "person__phone", "person__id_number")]


def state_badge(row, badges: dict) -> str:
    return badge(badges.get(row.state, "quiet"), row.get_state_display())


def moment(at) -> str:
    return date_format(at.astimezone(CHINA), "Y-m-d H:i") if at else EMPTY


def term(row) -> str:
    return f"{row.starts_on} — {row.ends_on}"


def unfit(move: Move, label, *, area: Callable, own: Callable = lambda row, user: "") -> Callable:
    """Why a move of a table cannot be made from the row's present state, or not by this user.

    `area` leads from the row to where the move's capability must reach, `own` says why it is not for one's own rows.
    """

    def why(row, user) -> str:
        words = {"state": row.get_state_display(), "move": label}
        if row.state not in move.states:
            return gettext("目前为“%(state)s”，不能办理“%(move)s”。") % words
        if move.can and not scope_of(user).covers(move.can, area(row)):
            return gettext("“%(move)s”由社区书记或街道、区办理。") % words
        return own(row, user)

    return why


def not_ones_own(member: Callable) -> Callable:
    def why(row, user) -> str:
        return gettext("不能办理本人的事项，请由其他工作人员办理。") if member(row).person.user_id == user.pk else ""

    return why


def with_user(form, user):
    """A form class the desk makes without arguments, for one user."""

    class FormOf(form):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, user=user, **kwargs)

    return FormOf
