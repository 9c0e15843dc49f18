"""Feedback cards at the desk: remarks, approval, sending by link or on paper, one or many at once, and what came back."""

from dataclasses import dataclass

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from audit.actions import record_view
from audit.choices import ViewKind
from gridparty.lib.access import Can, scope_of
from gridparty.lib.codes import qr_image, spelt
from gridparty.lib.dates import today
from gridparty.lib.scoped_admin import SettingAdmin, badge, two_lines
from grids.filters import WithinFilter
from members.models import Member
from people.admin.steps import Step, StepAdmin
from people.forms import StepForm
from services import actions
from services.admin.common import EMPTY, moment, not_ones_own, state_badge, unfit
from services.card_lists import by_unit, figures_in_words, may_remark, movable, past_periods, period_of, with_names
from services.choices import CARD_MOVES, Answer, CardMove, CardState, SentBy
from services.exports import CardResource, place_in_words
from services.feedback import link_of, plain
from services.filters import CardPeriodFilter, CardTodoFilter
from services.forms.cards import PaperAnswerForm, RemarkForm, WhyForm
from services.models import CardRule, FeedbackCard
from services.papers import PRINTED
from services.periods import Period

AT_ONCE = 5_000  # cards moved by one click
M = CardMove
STATE_BADGES = {
    **dict.fromkeys((CardState.DRAFT, CardState.SUBMITTED, CardState.APPROVED, CardState.SENT), "watch"),
    CardState.ANSWERED: "good",
}
ANSWER_BADGES = {Answer.CONFIRMED: "good", Answer.REMARKED: "watch", Answer.NOT_OURS: "late"}

# --- Steps

SAYS = {
    "submit": _("评语交社区书记或街道、区审批，审批前可以退回修改。"),
    "approve": _("数字和评语就此定稿，之后发给工作单位党组织。"),
    "return": _("退回后重新填写评语，再次提交审批。"),
    "send_link": _("生成回执链接和二维码，请只发给工作单位党组织：凭链接可以看到这一张反馈卡，并回执一次。"),
    "send_paper": _("记为已发出。请打印反馈卡并加盖公章，送工作单位党组织；单位可以扫码回执，也可以退回纸质回执。"),
    "revoke": _("已发出的链接和查询码立即失效，反馈卡回到“待发出”。"),
    "drop": _("本期不向单位反馈，也不再生成。"),
    "answer": _("登记单位退回的纸质回执，登记后不能更改。"),
}


def _says(name: str):
    return lambda card, user: [str(SAYS[name])]


def _run(move: str, sent_by: str = ""):
    def run(card, data, by):
        actions.move_cards(cards=[card], move=move, by=by, reason=data.get("reason", ""), sent_by=sent_by)
        return card

    return run


def _step(name: str, label, move: str, sent_by: str = "") -> Step:
    rule = CARD_MOVES[move]
    own = not_ones_own(lambda card: card.member) if move == M.APPROVE else lambda card, user: ""
    why = unfit(rule, label, area=lambda card: card.area, own=own)
    return Step(name, label, _says(name), _run(move, sent_by), WhyForm if rule.asks else StepForm, why)


def _not_awaited(card: FeedbackCard, user) -> str:
    if card.state == CardState.SENT:
        return not_ones_own(lambda card: card.member)(card, user)
    return gettext("目前为“%(state)s”，不能登记回执。") % {"state": card.get_state_display()}


STEPS = (
    *(_step(str(move), move.label, move) for move in (M.SUBMIT, M.APPROVE, M.RETURN)),
    _step("send_link", _("发出链接"), M.SEND, SentBy.LINK),
    _step("send_paper", _("纸质发出"), M.SEND, SentBy.PAPER),
    Step(
        "answer",
        _("登记回执"),
        _says("answer"),
        lambda card, data, by: actions.answer_card(card=card, by=by, **data),
        PaperAnswerForm,
        _not_awaited,
    ),
    *(_step(str(move), move.label, move) for move in (M.REVOKE, M.DROP)),
)

# --- Many at once


@dataclass(frozen=True)
class Plan:
    """What a button over the list will do: `n` of the chosen can be moved, `left` cannot."""

    name: str
    label: str
    n: int
    left: int

    @property
    def says(self) -> str:
        return str(SAYS[self.name])


BULK = {"submit": (M.SUBMIT, ""), "approve": (M.APPROVE, ""), "send_link": (M.SEND, "link"), "send_paper": (M.SEND, "paper")}


class CardButtons:
    """The buttons over the list: of those chosen, or all the filters leave, the ones that can be moved are."""

    actions = tuple(BULK)

    def has_keep_permission(self, request) -> bool:
        return scope_of(request.user).has(Can.KEEP_CARDS)

    def has_approve_permission(self, request) -> bool:
        return scope_of(request.user).has(Can.APPROVE_SERVICES)

    @admin.action(description=_("提交审批"), permissions=["keep"])
    def submit(self, request, cards):
        return self._move(request, cards, "submit")

    @admin.action(description=_("审批通过"), permissions=["approve"])
    def approve(self, request, cards):
        return self._move(request, cards, "approve")

    @admin.action(description=_("发出链接"), permissions=["keep"])
    def send_link(self, request, cards):
        return self._move(request, cards, "send_link")

    @admin.action(description=_("纸质发出"), permissions=["keep"])
    def send_paper(self, request, cards):
        return self._move(request, cards, "send_paper")

    def _move(self, request, cards, name: str):
        move, sent_by = BULK[name]
        able = movable(cards, move, request.user)
        n = able.order_by().count()
        plan = Plan(name, str(self.get_actions(request)[name][2]), n, cards.order_by().count() - n)
        if n > AT_ONCE:
            self.message_user(request, gettext("一次最多办理 %(n)d 张，请先筛选，分批办理。") % {"n": AT_ONCE}, messages.ERROR)
            return None
        if request.POST.get("sure") != str(n) or not n:  # also where others were faster: it is said again what will happen
            return self._say_what(request, plan)
        words = {"cards": list(able), "move": move, "sent_by": sent_by, "by": request.user}
        self.run(request, lambda: actions.move_cards(**words), _told)
        return None

    def _say_what(self, request, plan: Plan):
        across = request.POST.get("select_across") == "1"
        chosen = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)
        context = {
            **self.admin_site.each_context(request),
            "title": plan.label,
            "plan": plan,
            "chosen": chosen[:1] if across else chosen,
            "across": "1" if across else "0",
            "back": request.get_full_path(),
            "opts": self.opts,
        }
        return render(request, "admin/services/feedbackcard/move.html", context)


def _told(n: int) -> str:
    return ngettext("已办理 %(n)d 张反馈卡。", "已办理 %(n)d 张反馈卡。", n) % {"n": n}


# --- Cards


@admin.register(FeedbackCard)
class FeedbackCardAdmin(CardButtons, StepAdmin):
    steps = STEPS
    form = RemarkForm
    change_form_template = "admin/services/feedbackcard/change_form.html"
    list_display = ("member_shown", "unit_listed", "figures_shown", "state_listed")
    list_display_links = ("member_shown",)
    list_filter = (CardTodoFilter, CardPeriodFilter, "state", "answer", WithinFilter)
    search_fields = ("member__known_as",)  # see get_search_results
    search_help_text = _("姓名、拼音首字母，或工作单位名称开头")
    ordering = ("-from_on", "-state", "-id")
    export = CardResource
    _about = (("member_name", "organisation"), ("unit_shown", "period_shown"), ("place_shown", "state_shown"))
    _figures = (("posts", "hours_shown"), ("activities", "entries"), "points_shown")
    _sent = (("approver", "approved"), ("sent_by", "sent"), ("answer_by", "reminded"))
    _answered = (("answer_shown", "answered"), "answer_text", "answerer")

    def get_urls(self):
        page = path("units/", self.admin_site.admin_view(self.units), name="services_feedbackcard_units")
        return [page, *super().get_urls()]

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"units": self.has_keep_permission(request)} | (extra_context or {}))

    def units(self, request):
        """The employers of a period (`?period=`): how many cards each, what came back, and where they are printed and sent."""
        if not self.has_keep_permission(request):
            raise PermissionDenied
        periods = past_periods()
        period = Period.of_slug(request.GET.get("period", "")) or periods[0]
        rows = by_unit(FeedbackCard.objects.editable_by(request.user), period)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("按单位办理"),
            "periods": periods,
            "period": period,
            "page": Paginator(rows, self.list_per_page).get_page(request.GET.get("page")),
            "opts": self.opts,
        }
        return render(request, "admin/services/feedbackcard/units.html", context)

    def get_queryset(self, request):
        keeps = ExpressionWrapper(scope_of(request.user).q(Can.KEEP_CARDS), BooleanField())
        return with_names(super().get_queryset(request)).select_related("approved_by").annotate(keeps=keeps)

    def get_search_results(self, request, rows, term):
        if not (term := term.strip()):
            return rows, False
        members = Member.objects.visible_to(request.user).search(term)
        return rows.filter(Q(member__in=members.order_by().values("pk")) | Q(unit__name__startswith=term)), False

    def has_change_permission(self, request, obj=None) -> bool:
        return super().has_change_permission(request) and (obj is None or may_remark(obj, request.user))

    def heading(self, card) -> str:
        return gettext("%(name)s %(period)s反馈卡") % {"name": card.member.name, "period": period_of(card)}

    def get_fieldsets(self, request, obj=None):
        shown = [(None, {"fields": self._about}), (_("本期情况"), {"fields": self._figures})]
        words = ("suggestion", "remark", "reason") if obj and obj.reason else ("suggestion", "remark")
        shown.append((_("评语"), {"fields": words}))
        if obj and obj.approved_at:
            shown.append((_("审批与发出"), {"fields": self._sent}))
        return [*shown, (_("单位回执"), {"fields": self._answered})] if obj and obj.answer else shown

    def get_readonly_fields(self, request, obj=None):
        fields = flatten_fieldsets(self.get_fieldsets(request, obj))
        return [name for name in fields if name != "remark"] if obj and may_remark(obj, request.user) else fields

    def beside(self, request, card) -> dict:
        """The page says how somebody did: that it was opened is logged. Its link is for who may send it."""
        record_view(kind=ViewKind.OPENED, model=FeedbackCard, object_id=card.pk)
        if not card.keeps:
            return {}
        links = [(_("打印"), reverse("services:card_print", args=[card.pk]))] if card.state in PRINTED else []
        if card.unit_id:
            links.append((_("该单位的反馈卡"), _of_unit(card)))
        if card.state != CardState.SENT:
            return {"links": links}
        address = link_of(card)
        return {"links": links, "address": address, "qr": qr_image(address), "code": spelt(card.code)}

    def act(self, request, obj, form):
        actions.remark_card(card=obj, remark=form.cleaned_data["remark"], by=request.user)
        return obj

    # --- Columns
    @admin.display(description=_("党员、党组织"))
    def member_shown(self, card):
        return two_lines(card.member.name, card.member.organisation.full_name)

    @admin.display(description=_("姓名"))
    def member_name(self, card):
        return card.member.name

    @admin.display(description=_("所在党组织"))
    def organisation(self, card):
        return card.member.organisation.full_name

    @admin.display(description=_("所在区域"))
    def place_shown(self, card):
        return place_in_words(card)

    @admin.display(description=_("工作单位"))
    def unit_shown(self, card):
        return card.unit.name if card.unit else badge("late", _("未登记"))

    @admin.display(description=_("工作单位、期间"))
    def unit_listed(self, card):
        unit = self.unit_shown(card)
        if card.unit and card.keeps:
            unit = format_html('<a href="{}">{}</a>', _of_unit(card), card.unit.name)
        return two_lines(unit, period_of(card))

    @admin.display(description=_("期间"))
    def period_shown(self, card):
        return period_of(card)

    @admin.display(description=_("本期情况"))
    def figures_shown(self, card):
        posts, hours, activities, _entries, points = (f"{label} {value}" for label, value in figures_in_words(card))
        return two_lines(f"{posts}，{hours}", f"{activities}，{points}")

    @admin.display(description=_("服务时长"))
    def hours_shown(self, card):
        return _("%(n)s 小时") % {"n": plain(card.hours)}

    @admin.display(description=_("积分"))
    def points_shown(self, card):
        return plain(card.points)

    @admin.display(description=_("状态"))
    def state_shown(self, card):
        if card.state == CardState.SENT and card.answer_by and card.answer_by < today():
            return badge("late", _("逾期未回执"))
        return state_badge(card, STATE_BADGES)

    @admin.display(description=_("状态、回执"))
    def state_listed(self, card):
        return two_lines(self.state_shown(card), card.get_answer_display())

    @admin.display(description=_("单位回执"))
    def answer_shown(self, card):
        return badge(ANSWER_BADGES[card.answer], card.get_answer_display()) if card.answer else EMPTY

    @admin.display(description=_("审批人"))
    def approver(self, card):
        return card.approved_by.name if card.approved_by else EMPTY

    @admin.display(description=_("审批时间"))
    def approved(self, card):
        return moment(card.approved_at)

    @admin.display(description=_("发出时间"))
    def sent(self, card):
        return moment(card.sent_at)

    @admin.display(description=_("回执时间"))
    def answered(self, card):
        return moment(card.answered_at)


def _of_unit(card: FeedbackCard) -> str:
    return reverse("services:cards_of_unit", args=[card.unit_id, Period.of_card(card).slug])


@admin.register(CardRule)
class CardRuleAdmin(SettingAdmin):
    list_display = ("name", "period", "draft_after_days", "answer_days", "remind_every_days")
    fields = ("name", "period", "draft_after_days", "answer_days", "remind_every_days")
