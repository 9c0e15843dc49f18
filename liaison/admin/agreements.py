"""Agreements at the desk: drawn up from a template, offered, signed, renewed; and what is promised in them, until it is done."""

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from gridparty.lib.dates import today
from gridparty.lib.scoped_admin import badge, two_lines
from grids.filters import WithinFilter
from liaison import actions
from liaison.actions.agreements import RENEWABLE
from liaison.actions.commitments import OPEN_TO_CHANGE, SETTLED_IN
from liaison.admin import agreement_panels as beside
from liaison.admin.common import EMPTY, HereAdmin, state_badge, unfit, with_user
from liaison.agreements import with_progress
from liaison.choices import (
    AGREEMENT_MOVES,
    COMMITMENT_MOVES,
    REMIND_DAYS,
    WITH_THE_UNIT,
    AgreementMove,
    AgreementState,
    CommitmentMove,
)
from liaison.exports import AgreementResource, CommitmentResource, place_in_words
from liaison.filters import AgreementFilter, AgreementTodoFilter, CommitmentTodoFilter, UnitFilter, WithinAgreementFilter
from liaison.forms.agreements import (
    AgreementForm,
    CommitForm,
    CommitmentForm,
    DraftForm,
    FinishForm,
    RenewForm,
    SignForm,
    WhyForm,
)
from liaison.models import Agreement, Commitment
from people.admin.steps import Step, StepAdmin
from people.forms import CheckedByAction, StepForm

AGREEMENT_BADGES = {
    **dict.fromkeys((AgreementState.OFFERED, AgreementState.AGREED), "watch"),
    AgreementState.IN_FORCE: "good",
}

# --- Steps of agreements

_A, _D = AgreementMove, CommitmentMove
# What follows from a move.
FOLLOWS = {
    _A.OFFER: _("发送前请核对文本和共建事项。发送后不能修改，请把协议链接发给“%(unit)s”联系人确认。"),
    _A.RECALL: _("退回为草稿，可以修改；单位暂时打不开链接，已有的答复作废。"),
    _A.SIGN: _("双方已在纸质协议上签字盖章的，登记签订日期。协议期为 %(first)s 至 %(last)s，之后逐项办理共建事项。"),
    _A.DISCARD: _("不再签订，记录保留可查。"),
    _A.END: _("提前终止，单位不能再打开链接，未完成的共建事项不再提醒。"),
}


def _agreement_says(move: str):
    def says(agreement: Agreement, user) -> list[str]:
        words = {"unit": agreement.unit.name, "first": agreement.starts_on, "last": agreement.ends_on}
        return [str(FOLLOWS[move]) % words]

    return says


def _move_agreement(move: str):
    return lambda agreement, data, by: actions.move_agreement(agreement=agreement, move=move, by=by, **data)


def _agreement_step(kind: str) -> Step:
    rule, label = AGREEMENT_MOVES[kind], AgreementMove(kind).label
    form = SignForm if kind == _A.SIGN else WhyForm if rule.asks else StepForm
    why = unfit(rule, label, area=lambda agreement: agreement.area)
    return Step(str(kind), label, _agreement_says(kind), _move_agreement(kind), form, why)


def _no_commitments(agreement: Agreement, user) -> str:
    if agreement.state in OPEN_TO_CHANGE:
        return ""
    return gettext("目前为“%(state)s”，不能增加共建事项。") % {"state": agreement.get_state_display()}


def _commit(agreement: Agreement, data: dict, by) -> Agreement:
    made = actions.add_commitments(agreement=agreement, new=CommitForm.new_of(data), by=by)
    agreement.told = ngettext("已增加 %(n)d 项共建事项。", "已增加 %(n)d 项共建事项。", len(made)) % {"n": len(made)}
    return agreement


def _not_renewed(agreement: Agreement, user) -> str:
    if agreement.state not in RENEWABLE:
        return gettext("目前为“%(state)s”，不能续签。") % {"state": agreement.get_state_display()}
    return gettext("该协议已有续签的协议。") if beside.renewal_of(agreement) else ""


def _renew(agreement: Agreement, data: dict, by) -> Agreement:
    row = actions.renew_agreement(agreement=agreement, ends_on=data["ends_on"], by=by)
    row.told = gettext("已生成续签草稿，请核对文本和共建事项。")
    return row


AGREEMENT_STEPS = (
    Step(
        "commit",
        _("增加事项"),
        lambda agreement, user: [
            gettext("协议期 %(first)s 至 %(last)s，完成期限应在其内。")
            % {"first": agreement.starts_on, "last": agreement.ends_on}
        ],
        _commit,
        CommitForm,
        _no_commitments,
    ),
    *(_agreement_step(kind) for kind, rule in AGREEMENT_MOVES.items() if rule.can),
    Step(
        "renew",
        _("续签"),
        lambda agreement, user: [
            gettext("从 %(day)s 的次日起另拟一份草稿，文本和共建事项照原协议，完成期限顺延。") % {"day": agreement.ends_on}
        ],
        _renew,
        RenewForm,
        _not_renewed,
    ),
)

# --- Agreements

_PARTIES = (("area", "unit"), "organisation", ("starts_on", "ends_on"), ("our_head", "their_head"))
_DRAFTED = (
    (_("双方和协议期"), _PARTIES),
    (_("协议文本"), ("title", "clauses", "our_duties", "their_duties")),
)
_READ = (("title", "place_shown"), ("unit_name", "organisation_name"), ("our_head", "their_head"))
_READ += ("clauses", ("our_duties", "their_duties"))


@admin.register(Agreement)
class AgreementAdmin(HereAdmin):
    can_add = True
    steps = AGREEMENT_STEPS
    list_display = ("unit_shown", "place_shown", "term_shown", "state_shown", "progress", "late_shown")
    list_display_links = ("unit_shown",)
    list_filter = (AgreementTodoFilter, "state", WithinFilter, UnitFilter)
    search_fields = ("unit__name__startswith", "title__startswith")
    search_help_text = _("单位名称或协议标题开头")
    ordering = ("-ends_on", "-id")
    autocomplete_fields = ("area", "unit", "organisation")
    export = AgreementResource

    def get_queryset(self, request):
        rows = super().get_queryset(request).select_related("unit", "organisation", "area", "community")
        return with_progress(rows).defer("unit__contact_phone")

    def has_change_permission(self, request, obj=None) -> bool:
        """What was offered stays as it is; it is recalled to be changed."""
        return (obj is None or obj.state == AgreementState.DRAFT) and super().has_change_permission(request, obj)

    def heading(self, agreement) -> str:
        """Short: the buttons stand beside it."""
        return agreement.unit.name

    # --- Columns
    @admin.display(description=_("共建单位"))
    def unit_shown(self, agreement):
        return two_lines(agreement.unit.name, agreement.title)

    @admin.display(description=_("共建单位"))
    def unit_name(self, agreement):
        return agreement.unit.name

    @admin.display(description=_("甲方党组织"))
    def organisation_name(self, agreement):
        return agreement.organisation.full_name if agreement.organisation else EMPTY

    @admin.display(description=_("所在区域"))
    def place_shown(self, agreement):
        return place_in_words(agreement)

    @admin.display(description=_("协议期"))
    def term_shown(self, agreement):
        return two_lines(f"{agreement.starts_on} —", str(agreement.ends_on))

    @admin.display(description=_("状态"))
    def state_shown(self, agreement):
        if agreement.state == AgreementState.DRAFT and agreement.answered_at:
            return badge("watch", _("单位提出修改"))
        left = (agreement.ends_on - today()).days
        if agreement.state == AgreementState.IN_FORCE and 0 <= left <= max(REMIND_DAYS):
            said = ngettext("%(n)d 天后到期", "%(n)d 天后到期", left) % {"n": left} if left else gettext("今天到期")
            return format_html("{}<br>{}", state_badge(agreement, AGREEMENT_BADGES), badge("watch", said))
        return state_badge(agreement, AGREEMENT_BADGES)

    @admin.display(description=_("完成／全部"))
    def progress(self, agreement):
        numbers = f"{agreement.done}／{agreement.promised}"
        if not agreement.to_confirm:
            return numbers
        waiting = ngettext("待核实 %(n)d", "待核实 %(n)d", agreement.to_confirm) % {"n": agreement.to_confirm}
        return two_lines(numbers, waiting)

    @admin.display(description=_("逾期"))
    def late_shown(self, agreement):
        if not agreement.late:
            return EMPTY
        said = ngettext("%(n)d 项", "%(n)d 项", agreement.late) % {"n": agreement.late}
        return format_html('<a href="{}">{}</a>', beside.listed(agreement, todo="late"), badge("late", said))

    # --- The form
    def get_fieldsets(self, request, obj=None):
        if obj is None:
            return [(None, {"fields": ("template", *_PARTIES)})]
        if not self.has_change_permission(request, obj):
            return [(None, {"fields": _READ})]
        return [(title, {"fields": fields}) for title, fields in _DRAFTED]

    def get_readonly_fields(self, request, obj=None):
        read = obj and not self.has_change_permission(request, obj)
        return flatten_fieldsets(self.get_fieldsets(request, obj)) if read else ()

    def get_form(self, request, obj=None, change=False, **kwargs):
        if obj and not self.has_change_permission(request, obj):
            return super().get_form(request, obj, change=change, **kwargs | {"form": CheckedByAction})
        form = AgreementForm if obj else DraftForm
        return with_user(super().get_form(request, obj, change=change, **kwargs | {"form": form}), request.user)

    def beside(self, request, agreement) -> dict:
        keeps = self.may_step(request, agreement)
        links = [(_("打印"), reverse("liaison:agreement_print", args=[agreement.pk]))]
        if keeps and agreement.state in WITH_THE_UNIT:
            links.append((_("单位链接"), reverse("liaison:agreement_link", args=[agreement.pk])))
        if keeps:
            links.append((_("扫描件"), reverse("liaison:agreement_scans", args=[agreement.pk])))
        return {"links": links, "panels": beside.of_agreement(agreement)}

    def act(self, request, obj, form):
        if obj.pk:
            return actions.change_agreement(agreement=obj, new=form.new(), by=request.user)
        return actions.draft_agreement(new=form.new(), by=request.user)


# --- Steps of commitments

COMMITMENT_FOLLOWS = {
    _D.CONFIRM: _("记为已完成，计入季度汇报。"),
    _D.RETURN: _("退回单位重新办理，单位会看到原因。"),
    _D.FINISH: _("记为已完成，计入季度汇报。单位方的事项也可以由社区登记。"),
    _D.REOPEN: _("回到“待完成”，原完成日期作废。"),
    _D.DROP: _("不再办理，记录保留可查，不计入全部事项。"),
}
_COMMITMENT_FORMS = {_D.FINISH: FinishForm}


def _move_commitment(move: str):
    return lambda row, data, by: actions.move_commitment(commitment=row, move=move, by=by, **data)


def _commitment_unfit(kind: str, rule, label):
    of_state = unfit(rule, label, area=lambda row: row.agreement.area)

    def why(row: Commitment, user) -> str:
        state = row.agreement.state
        if state not in SETTLED_IN and (state, kind) != (AgreementState.DRAFT, _D.DROP):
            return gettext("协议现为“%(state)s”，签订以后才能办理。") % {"state": row.agreement.get_state_display()}
        return of_state(row, user)

    return why


COMMITMENT_STEPS = tuple(
    Step(
        str(kind),
        CommitmentMove(kind).label,
        lambda row, user, kind=kind: [str(COMMITMENT_FOLLOWS[kind])],
        _move_commitment(kind),
        _COMMITMENT_FORMS.get(kind, WhyForm if rule.asks else StepForm),
        _commitment_unfit(kind, rule, CommitmentMove(kind).label),
    )
    for kind, rule in COMMITMENT_MOVES.items()
    if rule.can
)

# --- Commitments

_TYPED = (("side", "due_on"), "text", "who")
_SHOWN = (("side_shown", "due_shown"), "text", ("who", "state_shown"))


@admin.register(Commitment)
class CommitmentAdmin(StepAdmin):
    """What is promised comes in with its agreement; here it is found by what is due, and brought to its end."""

    steps = COMMITMENT_STEPS
    list_display = ("text_shown", "side_listed", "due_shown", "state_shown", "done_shown")
    list_display_links = ("text_shown",)
    list_filter = (CommitmentTodoFilter, "side", "state", WithinAgreementFilter, AgreementFilter)
    search_fields = ("agreement__unit__name__startswith", "text__contains")
    search_help_text = _("单位名称开头，或事项中的文字")
    export = CommitmentResource

    def get_ordering(self, request):
        """What waits: the oldest first."""
        return ("due_on", "id") if request.GET.get("todo") else ("-due_on", "-id")

    def get_queryset(self, request):
        where = ("unit", "area", "community", "organisation")
        rows = super().get_queryset(request).select_related(*(f"agreement__{name}" for name in where), "done_by")
        texts = (f"agreement__{name}" for name in ("clauses", "our_duties", "their_duties", "unit__contact_phone"))
        return rows.defer(*texts)

    def has_change_permission(self, request, obj=None) -> bool:
        may = obj is None or (obj.state == "open" and obj.agreement.state in OPEN_TO_CHANGE)
        return may and super().has_change_permission(request, obj)

    def heading(self, row) -> str:
        return f"{row.agreement.unit.name}：{row.text}"

    # --- Columns
    @admin.display(description=_("事项"))
    def text_shown(self, row):
        return two_lines(row.text, f"{row.agreement.unit.name}　{place_in_words(row.agreement)}")

    @admin.display(description=_("责任方"))
    def side_shown(self, row):
        return row.get_side_display()

    @admin.display(description=_("责任方、责任人"))
    def side_listed(self, row):
        return two_lines(row.get_side_display(), row.who)

    @admin.display(description=_("完成期限"))
    def due_shown(self, row):
        return beside.due(row)

    @admin.display(description=_("状态"))
    def state_shown(self, row):
        return state_badge(row, beside.COMMITMENT_BADGES)

    @admin.display(description=_("完成情况"))
    def done_shown(self, row):
        return two_lines(str(row.done_on), row.done_text) if row.done_on else EMPTY

    # --- The form
    def get_fieldsets(self, request, obj=None):
        may = obj is None or self.has_change_permission(request, obj)
        return [(None, {"fields": _TYPED if may else _SHOWN})]

    def get_readonly_fields(self, request, obj=None):
        may = obj is None or self.has_change_permission(request, obj)
        return () if may else flatten_fieldsets(self.get_fieldsets(request, obj))

    def get_form(self, request, obj=None, change=False, **kwargs):
        may = obj is None or self.has_change_permission(request, obj)
        form = CommitmentForm if may else CheckedByAction
        return super().get_form(request, obj, change=change, **kwargs | {"form": form})

    def beside(self, request, row) -> dict:
        links = [(_("所在协议"), reverse("admin:liaison_agreement_change", args=[row.agreement_id]))]
        return {"links": links, "panels": beside.of_commitment(row)}

    def act(self, request, obj, form):
        return actions.change_commitment(commitment=obj, new=form.new(), by=request.user)
