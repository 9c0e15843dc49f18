"""The ledger of points at the desk: entries to decide, the board of a year, and a member's total explained."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from audit.actions import record_view
from audit.choices import ViewKind
from gridparty.lib.access import scope_of
from gridparty.lib.masking import mask_name
from gridparty.lib.registry import Panel
from gridparty.lib.scoped_admin import badge
from grids.filters import WithinFilter
from members import actions
from members.choices import ENTRY_MOVES, AppealState, EntryMove, EntryState
from members.exports import BalanceResource, EntryResource
from members.filters import (
    BelongsFilter,
    ClassFilter,
    EntryBelongsFilter,
    EntrySchemeFilter,
    EntryStateFilter,
    EntryWithinFilter,
    EntryYearFilter,
    RankedFilter,
    SchemeFilter,
    YearFilter,
)
from members.forms import AnswerForm, RefusalForm, StepReasonForm
from members.models import Member, PointBalance, PointEntry
from members.points import places_on, statement
from members.queries import full_name
from people.admin.steps import Step, StepAdmin
from people.forms import StepForm

EMPTY = "—"
AT_ONCE = 500  # entries decided by one click
STATE_BADGES = {EntryState.PROPOSED: "watch", EntryState.APPROVED: "good", EntryState.REFUSED: "late"}
APPEAL_BADGES = {AppealState.OPEN: "late", AppealState.UPHELD: "good"}
_SECRETS = tuple(f"{path}{name}" for path, name in (("", "phone"), ("person__", "phone"), ("person__", "id_number")))


def is_reversed(entry) -> bool:
    return hasattr(entry, "reversal")


# --- Steps of an entry


def _unfit(move: str):
    """Why a move of the table cannot be made from the entry's present state."""

    def unfit(entry, user) -> str:
        states, appeals, years = ENTRY_MOVES[move]
        fits = entry.state in states and entry.appeal in appeals and entry.balance.scheme.state in years
        if fits and not entry.reverses_id and not is_reversed(entry):
            return ""
        standing = gettext("已冲正") if is_reversed(entry) or entry.reverses_id else ""
        standing = standing or entry.get_appeal_display() or entry.get_state_display()
        words = {"state": standing, "year": entry.balance.scheme.get_state_display(), "move": EntryMove(move).label}
        return gettext("该记录目前为“%(state)s”，年度积分“%(year)s”，不能办理%(move)s。") % words

    return unfit


def _says(sentence):
    """One sentence in which the member, the item and the points are named."""

    def says(entry, user) -> list[str]:
        words = {"name": mask_name(entry.balance.member.name), "item": entry.item.name, "points": f"{entry.points:+f}"}
        return [str(sentence) % words]

    return says


def _decide(approve: bool):
    def run(entry, data, by):
        actions.decide_points(entries=[entry], approve=approve, reason=data.get("reason", ""), by=by)
        return entry

    return run


def _answer(entry, data, by):
    return actions.answer_appeal(entry=entry, uphold=data["uphold"], answer=data["answer"], by=by)


def _says_answer(entry, user) -> list[str]:
    upheld = gettext("申诉成立：未通过的改为记分，已扣的冲正。不成立：维持原结论。每条记录只能申诉一次。")
    return [gettext("申诉理由：%(text)s") % {"text": entry.appeal_text}, upheld]


STEPS = (
    Step(
        "approve",
        _("通过"),
        _says(_("%(name)s“%(item)s”%(points)s 分计入总分，超出封顶的部分不计。")),
        _decide(True),
        StepForm,
        _unfit(EntryMove.APPROVE),
    ),
    Step(
        "refuse",
        _("不通过"),
        _says(_("%(name)s“%(item)s”%(points)s 分不予记分，党员可以申诉一次。")),
        _decide(False),
        StepReasonForm,
        _unfit(EntryMove.REFUSE),
    ),
    Step("answer", _("答复申诉"), _says_answer, _answer, AnswerForm, _unfit(EntryMove.DISMISS)),
    Step(
        "reverse",
        _("冲正"),
        _says(_("%(name)s“%(item)s”%(points)s 分由一条相反的记录抵消，原记录保留可查。冲正后不能再改。")),
        lambda row, data, by: actions.reverse_points(entry=row, reason=data["reason"], by=by),
        StepReasonForm,
        _unfit(EntryMove.REVERSE),
    ),
)

# --- Entries


@admin.register(PointEntry)
class PointEntryAdmin(StepAdmin):
    steps = STEPS
    change_form_template = "admin/members/pointentry/change_form.html"
    list_display = ("on", "member_name", "organisation", "item_name", "points_shown", "state_shown", "decider")
    list_display_links = ("on", "member_name")
    list_filter = (EntryStateFilter, EntryYearFilter, EntrySchemeFilter, EntryBelongsFilter, EntryWithinFilter)
    roster = "points"
    search_fields = ("balance__member__known_as",)  # Member.objects.search decides by the shape of what is typed
    search_help_text = _("姓名、拼音首字母、电话后四位或完整证件号码")
    ordering = ("-id",)
    actions = ("approve", "refuse")
    export = EntryResource
    _about = ("year", "member_name", "organisation", "item_name", "on", "quantity", "factor", "points_shown")
    _about += ("source_shown", "note", "photo_shown")
    _decision = ("state_shown", "proposer", "proposed_at", "decider", "decided_at", "reason")
    _appeal = ("appealed_at", "appeal_text", "appeal_answer", "answerer", "answered_at")

    def get_queryset(self, request):
        rows = (
            super()
            .get_queryset(request)
            .select_related(
                *("balance__member__person", "balance__organisation__community", "balance__scheme", "item"),
                *("proposed_by", "decided_by", "answered_by", "reversal"),
            )
        )
        return rows.defer(*(f"balance__member__{name}" for name in _SECRETS))

    def get_search_results(self, request, rows, term):
        if not term:
            return rows, False
        members = Member.objects.visible_to(request.user).search(term)
        return rows.filter(balance__member__in=members.order_by().values("pk")), False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def get_actions(self, request):
        """The buttons are for those who decide."""
        return super().get_actions(request) if scope_of(request.user).has(PointEntry.edit) else {}

    def heading(self, entry) -> str:
        return f"{entry.item.name} {entry.on}"

    def get_fieldsets(self, request, obj=None):
        groups = [(_("记录"), {"fields": self._about}), (_("审核"), {"fields": self._decision})]
        return [*groups, (_("申诉"), {"fields": self._appeal})] if obj and obj.appeal else groups

    def get_readonly_fields(self, request, obj=None):
        return (*self._about, *self._decision, *self._appeal)

    def beside(self, request, entry) -> dict:
        """Where it counts, and what it reverses or is reversed by."""
        lines = []
        for other, label in ((entry.reverses_id, _("冲正的记录")), (getattr(entry, "reversal", None), _("由此冲正"))):
            if other:
                pk = getattr(other, "pk", other)
                lines.append((label, gettext("记录 %(pk)d") % {"pk": pk}, reverse("admin:members_pointentry_change", args=[pk])))
        page = reverse("admin:members_pointbalance_change", args=[entry.balance_id])
        return {"links": [(gettext("积分说明"), page)], "panels": [Panel(_("冲正"), lines, "")] if lines else []}

    # --- Columns
    @admin.display(description=_("年度"))
    def year(self, entry):
        return entry.balance.year

    @admin.display(description=_("党员"))
    def member_name(self, entry):
        return entry.balance.member.name

    @admin.display(description=_("党组织"))
    def organisation(self, entry):
        return full_name(entry.balance.organisation)

    @admin.display(description=_("项目"))
    def item_name(self, entry):
        return f"{entry.item.code} {entry.item.name}"

    @admin.display(description=_("分值"))
    def points_shown(self, entry):
        return f"{entry.points.normalize():+f}"

    # By name only: whoever entered or decided need not be the reader's to open.
    @admin.display(description=_("申报人"))
    def proposer(self, entry):
        return entry.proposed_by.name if entry.proposed_by else EMPTY

    @admin.display(description=_("审核人"))
    def decider(self, entry):
        return entry.decided_by.name if entry.decided_by else EMPTY

    @admin.display(description=_("答复人"))
    def answerer(self, entry):
        return entry.answered_by.name if entry.answered_by else EMPTY

    @admin.display(description=_("照片"))
    def photo_shown(self, entry):
        if not entry.photo:
            return EMPTY
        return format_html('<img class="entry-photo" src="{}" alt="">', reverse("members:entry_photo", args=[entry.pk]))

    @admin.display(description=_("来源"))
    def source_shown(self, entry):
        return source_in_words(entry.source)

    @admin.display(description=_("状态"))
    def state_shown(self, entry):
        shown = [badge(STATE_BADGES.get(entry.state, "quiet"), entry.get_state_display())]
        if entry.reverses_id or is_reversed(entry):
            shown = [badge("quiet", _("冲正") if entry.reverses_id else _("已冲正"))]
        if entry.appeal:
            shown.append(badge(APPEAL_BADGES.get(entry.appeal, "quiet"), entry.get_appeal_display()))
        return format_html(" ".join(["{}"] * len(shown)), *shown)

    # --- Buttons over the list
    @admin.action(description=_("通过"))
    def approve(self, request, entries):
        if self._may_decide(request, entries):
            self.run(request, lambda: actions.decide_points(entries=entries, approve=True, by=request.user), _told_decided)

    @admin.action(description=_("不通过"))
    def refuse(self, request, entries):
        if not self._may_decide(request, entries):
            return None
        form = RefusalForm(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            reason = form.cleaned_data["reason"]
            decide = {"entries": entries, "approve": False, "reason": reason, "by": request.user}
            self.run(request, lambda: actions.decide_points(**decide), _told_decided)
            return None
        context = {"title": _("不通过"), "entries": entries, "form": form, "opts": self.opts}
        return render(request, "admin/members/pointentry/refuse.html", self.admin_site.each_context(request) | context)

    def _may_decide(self, request, entries) -> bool:
        if not scope_of(request.user).has(PointEntry.edit):
            raise PermissionDenied
        if entries[: AT_ONCE + 1].count() <= AT_ONCE:
            return True
        self.message_user(request, gettext("一次最多办理 %(n)d 条，请分批办理。") % {"n": AT_ONCE}, messages.ERROR)
        return False


def _told_decided(n: int) -> str:
    return ngettext("已办理 %(n)d 条。", "已办理 %(n)d 条。", n) % {"n": n}


def source_in_words(source: str) -> str:
    """Where an entry comes from: what stands before the colon."""
    words = {
        "meeting": _("会议或活动"),
        "form": _("党员申报"),
        "reversal": _("冲正"),
        "roster": _("表格导入"),
        "undone": _("撤销导入"),
    }
    return words.get(source.partition(":")[0], _("系统"))


# --- Balances


@admin.register(PointBalance)
class PointBalanceAdmin(StepAdmin):
    """The board of a year; its rows open the explanation of a total."""

    change_form_template = "admin/members/pointbalance/change_form.html"
    list_display = ("rank", "member_name", "organisation_shown", "member_class", "total_shown", "counted_shown", "beyond")
    list_display_links = ("member_name",)
    list_filter = (YearFilter, SchemeFilter, WithinFilter, BelongsFilter, ClassFilter, RankedFilter)
    search_fields = ("member__known_as",)
    search_help_text = _("姓名、拼音首字母、电话后四位或完整证件号码")
    ordering = ("-total", "id")
    export = BalanceResource

    def get_queryset(self, request):
        rows = super().get_queryset(request).select_related("member__person", "organisation__community", "member_class", "scheme")
        return rows.defer(*(f"member__{name}" for name in _SECRETS))

    def get_search_results(self, request, rows, term):
        if not term:
            return rows, False
        members = Member.objects.visible_to(request.user).search(term)
        return rows.filter(member__in=members.order_by().values("pk")), False

    def get_changelist_instance(self, request):
        """Places are those among the rows the filters leave; of who was looked up by name nobody can tell."""
        changelist = super().get_changelist_instance(request)
        rows = list(changelist.result_list)
        if rows and not changelist.query:
            ahead = changelist.queryset.order_by().filter(total__gt=rows[0].total).count()
            before = (changelist.page_num - 1) * changelist.list_per_page
            for row, place in _placed(rows, ahead, before):
                row.place_shown = place
        changelist.result_list = rows
        return changelist

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def heading(self, balance) -> str:
        return gettext("%(name)s %(year)d年积分") % {"name": balance.member.name, "year": balance.year}

    def get_fieldsets(self, request, obj=None):
        return [(None, {"fields": ()})]

    def beside(self, request, balance) -> dict:
        """The page says how somebody did: that it was opened is logged."""
        record_view(kind=ViewKind.OPENED, model=PointBalance, object_id=balance.pk, purpose="members.points")
        return {"told": statement(balance)}

    # --- Columns
    @admin.display(description=_("名次"))
    def rank(self, balance):
        return getattr(balance, "place_shown", None)

    @admin.display(description=_("党组织"))
    def organisation_shown(self, balance):
        return full_name(balance.organisation)

    @admin.display(description=_("总分"))
    def total_shown(self, balance):
        return f"{balance.total.normalize():f}"

    @admin.display(description=_("计入／累计得分"))
    def counted_shown(self, balance):
        return f"{balance.counted.normalize():f} / {balance.earned.normalize():f}"

    @admin.display(description=_("党员"))
    def member_name(self, balance):
        return balance.member.name

    @admin.display(description=_("封顶未计"))
    def beyond(self, balance):
        return f"{balance.lost.normalize():f}"


def _placed(rows, ahead: int, before: int) -> list[tuple]:
    """(row, place): the first shares its place with those of the page before, if their totals are the same."""
    found = places_on(rows, before)
    return [(row, ahead + 1 if row.total == rows[0].total else place) for place, row in found]
