"""Claims at the desk: who wants a post, who serves in it, and days on which somebody did not come."""

from django.contrib import admin
from django.db.models import Sum
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gridparty.lib.dates import day_of
from gridparty.lib.masking import mask_name
from gridparty.lib.registry import Panel
from gridparty.lib.scoped_admin import two_lines
from people.admin.steps import Step
from people.forms import StepForm
from services import actions
from services.admin.common import EMPTY, OfMemberAdmin, moment, not_ones_own, unfit
from services.choices import CLAIM_MOVES, SERVED, AbsenceState, ClaimMove, ClaimState
from services.exports import ClaimResource, place_in_words
from services.filters import (
    AbsenceStateFilter,
    AbsenceTodoFilter,
    ClaimKindFilter,
    ClaimTodoFilter,
    PostFilter,
    WithinClaimFilter,
    WithinPostFilter,
)
from services.forms.desk import AbsenceForm, AnswerForm, ReasonForm
from services.models import Absence, Claim, ServiceHours

CLAIM_BADGES = {
    ClaimState.WAITING: "watch",
    ClaimState.APPLIED: "watch",
    ClaimState.APPROVED: "good",
    ClaimState.SERVING: "good",
}
ABSENCE_BADGES = {AbsenceState.NOTED: "watch", AbsenceState.EXPLAINED: "watch", AbsenceState.UPHELD: "late"}

# --- Steps of a claim

BY_STAFF = {kind: move for kind, move in CLAIM_MOVES.items() if move.can}
FOLLOWS = {
    ClaimMove.APPROVE: _("%(name)s定岗“%(post)s”，任期 %(term)s；任期已经开始的即日上岗。系统通知本人。"),
    ClaimMove.REFUSE: _("%(name)s不在“%(post)s”定岗，名额由候补依次递补。系统通知本人。"),
    ClaimMove.RELEASE: _("%(name)s离开“%(post)s”，服务时长保留，名额由候补依次递补。"),
}


def _says(sentence):
    """One sentence in which the member and the post are named."""

    def says(claim: Claim, user) -> list[str]:
        post = claim.post
        words = {"name": mask_name(claim.member.name), "post": post.title, "term": f"{post.starts_on} — {post.ends_on}"}
        return [str(sentence) % words]

    return says


def _run(move: str):
    return lambda claim, data, by: actions.move_claim(claim=claim, move=move, by=by, reason=data.get("reason", ""))


def _move(kind: str, move) -> Step:
    label, form = ClaimMove(kind).label, ReasonForm if move.asks else StepForm
    own = not_ones_own(lambda claim: claim.member)
    why = unfit(move, label, area=lambda claim: claim.post.area, own=own)
    return Step(str(kind), label, _says(FOLLOWS[kind]), _run(kind), form, why)


def _not_serving(claim: Claim, user) -> str:
    return "" if claim.state in SERVED else gettext("还没有上岗，不能登记未到。")


def _note_absence(claim: Claim, data, by) -> Claim:
    actions.note_absence(claim=claim, on=data["on"], note=data["note"], by=by)
    return claim


STEPS = (
    *(_move(kind, move) for kind, move in BY_STAFF.items()),
    Step(
        "absent",
        _("登记未到"),
        _says(_("记%(name)s一天未到岗“%(post)s”。本人可以说明原因，由工作人员答复。")),
        _note_absence,
        AbsenceForm,
        _not_serving,
    ),
)


@admin.register(Claim)
class ClaimAdmin(OfMemberAdmin):
    steps = STEPS
    badges = CLAIM_BADGES
    list_display = ("member_name", "post_shown", "place_shown", "state_shown", "applied_on", "served_shown")
    list_display_links = ("member_name",)
    list_filter = (ClaimTodoFilter, "state", PostFilter, ClaimKindFilter, WithinPostFilter)
    search_fields = ("member__known_as",)  # Member.objects.search decides by the shape of what is typed
    ordering = ("-id",)
    export = ClaimResource
    _about = (("member_name", "organisation"), ("post_link", "place_shown"), ("state_shown", "applied_shown"), "wish_shown")
    _decision = (("decider", "decided_shown"), ("started_on", "ended_on"), "reason_shown")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("post__kind", "post__area", "post__community", "decided_by")

    def heading(self, claim) -> str:
        return f"{claim.member.name} {claim.post.title}"

    def get_fieldsets(self, request, obj=None):
        return [(_("认领"), {"fields": self._about}), (_("办理"), {"fields": self._decision})]

    def beside(self, request, claim) -> dict:
        return {"panels": [_served(claim, request.user), _absences(claim, request.user)]}

    # --- Columns
    @admin.display(description=_("岗位"))
    def post_shown(self, claim):
        return two_lines(claim.post.title, claim.post.kind.name)

    @admin.display(description=_("岗位"))
    def post_link(self, claim):
        address = reverse("admin:services_servicepost_change", args=[claim.post_id])
        return format_html('<a href="{}">{}</a>', address, claim.post.title)

    @admin.display(description=_("所在区域"))
    def place_shown(self, claim):
        return place_in_words(claim.post)

    @admin.display(description=_("认领时间"))
    def applied_shown(self, claim):
        return moment(claim.applied_at)

    @admin.display(description=_("认领日期"))
    def applied_on(self, claim):
        return str(day_of(claim.applied_at))

    @admin.display(description=_("上岗、离岗"))
    def served_shown(self, claim):
        return two_lines(str(claim.started_on), str(claim.ended_on or "")) if claim.started_on else EMPTY

    @admin.display(description=_("说明"))
    def wish_shown(self, claim):
        return claim.wish or EMPTY

    @admin.display(description=_("确认人"))
    def decider(self, claim):
        return claim.decided_by.name if claim.decided_by else EMPTY

    @admin.display(description=_("确认时间"))
    def decided_shown(self, claim):
        return moment(claim.decided_at)

    @admin.display(description=_("原因"))
    def reason_shown(self, claim):
        return claim.reason or EMPTY


def _served(claim: Claim, user) -> Panel:
    rows = ServiceHours.objects.visible_to(user).filter(claim=claim)
    total = rows.confirmed().aggregate(total=Sum("hours"))["total"]
    lines = [(_("已确认时长"), gettext("%(n)s 小时") % {"n": total.normalize() if total else 0}, "")]
    return Panel(_("服务时长"), lines, "")


def _absences(claim: Claim, user) -> Panel:
    rows = Absence.objects.visible_to(user).filter(claim=claim).order_by("on")
    page = "admin:services_absence_change"
    lines = [(str(one.on), one.get_state_display(), reverse(page, args=[one.pk])) for one in rows]
    return Panel(_("未到岗记录"), lines, _("没有。"))


# --- Absences


def _not_explained(absence: Absence, user) -> str:
    if absence.state != AbsenceState.EXPLAINED:
        return gettext("目前为“%(state)s”，本人说明后才能答复。") % {"state": absence.get_state_display()}
    return not_ones_own(lambda one: one.claim.member)(absence, user)


def _says_answer(absence: Absence, user) -> list[str]:
    return [gettext("本人说明：%(text)s") % {"text": absence.explanation}, gettext("答复后不能再改。")]


def _answer(absence: Absence, data, by) -> Absence:
    return actions.answer_absence(absence=absence, excuse=data["excuse"], text=data["text"], by=by)


@admin.register(Absence)
class AbsenceAdmin(OfMemberAdmin):
    steps = (Step("answer", _("答复说明"), _says_answer, _answer, AnswerForm, _not_explained),)
    badges = ABSENCE_BADGES
    member_path = "claim__member"
    list_display = ("on", "member_name", "post_shown", "place_shown", "state_shown", "noter")
    list_display_links = ("on", "member_name")
    list_filter = (AbsenceTodoFilter, AbsenceStateFilter, WithinClaimFilter)
    search_fields = ("claim__member__known_as",)
    ordering = ("-id",)
    _noted = (("member_name", "post_shown"), ("on", "noter"), "note_shown")
    _answered = ("state_shown", ("explanation_shown", "explained_shown"), ("answer_shown", "answerer"))

    def get_queryset(self, request):
        rows = super().get_queryset(request).select_related("claim__post__area", "claim__post__community")
        return rows.select_related("noted_by", "answered_by")

    def heading(self, absence) -> str:
        return f"{absence.claim.member.name} {absence.on}"

    def get_fieldsets(self, request, obj=None):
        return [(_("未到岗"), {"fields": self._noted}), (_("说明和答复"), {"fields": self._answered})]

    def beside(self, request, absence) -> dict:
        return {"links": [(gettext("岗位认领"), reverse("admin:services_claim_change", args=[absence.claim_id]))]}

    def member_of(self, absence):
        return absence.claim.member

    # --- Columns
    @admin.display(description=_("岗位"))
    def post_shown(self, absence):
        return absence.claim.post.title

    @admin.display(description=_("所在区域"))
    def place_shown(self, absence):
        return place_in_words(absence.claim.post)

    @admin.display(description=_("登记人"))
    def noter(self, absence):
        return absence.noted_by.name

    @admin.display(description=_("情况"))
    def note_shown(self, absence):
        return absence.note or EMPTY

    @admin.display(description=_("本人说明"))
    def explanation_shown(self, absence):
        return absence.explanation or EMPTY

    @admin.display(description=_("说明时间"))
    def explained_shown(self, absence):
        return moment(absence.explained_at)

    @admin.display(description=_("答复"))
    def answer_shown(self, absence):
        return absence.answer or EMPTY

    @admin.display(description=_("答复人"))
    def answerer(self, absence):
        return absence.answered_by.name if absence.answered_by else EMPTY
