"""Posts at the desk: set up, approved, published; and what stands below one."""

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from gridparty.lib.access import Can, scope_of
from gridparty.lib.registry import Panel
from gridparty.lib.scoped_admin import two_lines
from grids.filters import WithinFilter
from people.admin.steps import Step
from people.forms import CheckedByAction, StepForm
from services import actions
from services.actions import NewPost, NewShift
from services.admin.common import AT_ONCE, HereAdmin, moment, secrets, state_badge, term, unfit, with_user
from services.choices import POST_MOVES, ClaimState, PostMove, PostState
from services.exports import PostResource, place_in_words
from services.filters import KindFilter, PlacesFilter, PostTodoFilter
from services.forms.desk import PostForm, ReasonForm, ShiftForm
from services.models import Claim, PostShift, ServicePost

POST_BADGES = {PostState.SUBMITTED: "watch", PostState.PUBLISHED: "good"}
CHANGEABLE = frozenset({PostState.DRAFT, PostState.SUBMITTED, PostState.PUBLISHED})

# --- Steps

# What follows from a move.
FOLLOWS = {
    PostMove.SUBMIT: _("由社区书记审批，同意后发布。"),
    PostMove.PUBLISH: _("“%(area)s”的党员可以在手机上认领，需要 %(places)d 人。发布后区域、岗位类型和适用类别不再更改。"),
    PostMove.RETURN: _("退回为草稿，修改后可以再提交。"),
    PostMove.DISCARD: _("不再使用，记录保留可查。"),
    PostMove.END: _("不再招募：在岗的离岗，其余认领和候补退出，并通知本人。现有 %(taken)d 人占用名额。"),
}


def _says(move: str):
    def says(post: ServicePost, user) -> list[str]:
        words = {"area": post.area.name, "places": post.places, "taken": post.taken}
        return [str(FOLLOWS[move]) % words]

    return says


def _run(move: str):
    return lambda post, data, by: actions.move_post(post=post, move=move, by=by, reason=data.get("reason", ""))


STEPS = tuple(
    Step(
        str(kind),
        PostMove(kind).label,
        _says(kind),
        _run(kind),
        ReasonForm if move.asks else StepForm,
        unfit(move, PostMove(kind).label, area=lambda post: post.area),
    )
    for kind, move in POST_MOVES.items()
)

# --- Shifts


class ShiftInline(admin.TabularInline):
    """Lines of the form; they are saved with the post by its action."""

    model = PostShift
    form = ShiftForm
    fields = ("weekday", "on", "begins", "ends")
    extra = 2
    max_num = 12
    verbose_name_plural = _("服务时间（不填由社区安排）")

    def get_queryset(self, request):
        return self.model.objects.visible_to(request.user).order_by("weekday", "on", "begins")

    def has_view_permission(self, request, obj=None) -> bool:
        return scope_of(request.user).has(self.model.edit)

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission


# --- The page

_WHEN = (("starts_on", "ends_on"), ("claim_until", "withdraw_days"))
_TYPED = (
    (_("岗位"), (("kind", "title"), "duties", "origin")),
    (_("地点"), ("area", "spot")),
    (_("任期和认领"), _WHEN),
    (_("人员"), ("places", "skills", "classes")),
)
# Once it is published: kind, area and classes stay.
_FIXED = (
    (_("岗位"), (("kind_shown", "title"), "duties", "origin")),
    (_("地点"), (("place_shown", "spot"),)),
    (_("任期和认领"), _WHEN),
    (_("人员"), ("places", "skills", "classes_shown")),
)
_READ = (("kind_shown", "title"), "duties", ("place_shown", "spot"), ("term_shown", "claim_until"), "shifts_shown")
_READ += (("places", "taken"), ("skills_shown", "classes_shown"))


@admin.register(ServicePost)
class ServicePostAdmin(HereAdmin):
    can_add = True
    steps = STEPS
    inlines = (ShiftInline,)
    list_display = ("called", "place_shown", "state_shown", "filled", "term_lines")
    list_display_links = ("called",)
    list_filter = (PostTodoFilter, "state", PlacesFilter, WithinFilter, KindFilter)
    search_fields = ("title",)
    search_help_text = _("岗位名称")
    ordering = ("-id",)
    autocomplete_fields = ("area",)
    export = PostResource

    def get_queryset(self, request):
        rows = super().get_queryset(request).select_related("kind", "area", "community", "published_by", "proposed_by__person")
        return rows.defer(*secrets("proposed_by__"))

    def has_change_permission(self, request, obj=None) -> bool:
        """What is over stays as it was; what was handed in is for those to change who approve it."""
        if obj is None:
            return super().has_change_permission(request, obj)
        handed_in = obj.state == PostState.SUBMITTED
        may = not handed_in or scope_of(request.user).covers(Can.APPROVE_SERVICES, obj.area)
        return may and obj.state in CHANGEABLE and super().has_change_permission(request, obj)

    # --- Columns
    @admin.display(description=_("岗位"))
    def called(self, post):
        return two_lines(post.title, post.kind.name)

    @admin.display(description=_("岗位类型"))
    def kind_shown(self, post):
        return post.kind.name

    @admin.display(description=_("所在区域"))
    def place_shown(self, post):
        return place_in_words(post)

    @admin.display(description=_("已认领／需要"))
    def filled(self, post):
        numbers = f"{post.taken}／{post.places}"
        if post.state != PostState.PUBLISHED or post.is_full:
            return numbers
        return two_lines(numbers, ngettext("缺 %(n)d 人", "缺 %(n)d 人", post.vacancies) % {"n": post.vacancies})

    @admin.display(description=_("任期"))
    def term_shown(self, post):
        return term(post)

    @admin.display(description=_("任期"))
    def term_lines(self, post):
        return two_lines(f"{post.starts_on} —", str(post.ends_on))

    @admin.display(description=_("状态"))
    def state_shown(self, post):
        return state_badge(post, POST_BADGES)

    @admin.display(description=_("服务时间"))
    def shifts_shown(self, post):
        return "；".join(map(str, post.shifts.all())) or _("由社区安排")

    @admin.display(description=_("所需特长"))
    def skills_shown(self, post):
        return "、".join(one.skill.name for one in post.skills.select_related("skill")) or _("不限")

    @admin.display(description=_("适用类别"))
    def classes_shown(self, post):
        return "、".join(one.member_class.name for one in post.classes.select_related("member_class")) or _("全部类别")

    # --- The form
    def get_fieldsets(self, request, obj=None):
        if obj and not self.has_change_permission(request, obj):
            return [(None, {"fields": _READ})]
        groups = _FIXED if obj and obj.state == PostState.PUBLISHED else _TYPED
        return [(title, {"fields": fields}) for title, fields in groups]

    def get_readonly_fields(self, request, obj=None):
        if obj and not self.has_change_permission(request, obj):
            return flatten_fieldsets(self.get_fieldsets(request, obj))
        return ("kind_shown", "place_shown", "classes_shown") if obj and obj.state == PostState.PUBLISHED else ()

    def get_inlines(self, request, obj):
        return self.inlines if obj is None or self.has_change_permission(request, obj) else ()

    def get_form(self, request, obj=None, change=False, **kwargs):
        may = obj is None or self.has_change_permission(request, obj)
        form = super().get_form(request, obj, change=change, **kwargs | {"form": PostForm if may else CheckedByAction})
        return with_user(form, request.user) if may else form

    def beside(self, request, post) -> dict:
        listed = f"{reverse('admin:services_claim_changelist')}?post={post.pk}"
        return {"links": [(gettext("认领名单"), listed)], "panels": [_handling(post), _claims(post, request.user)]}

    # --- Writes: the post and its shifts at once
    def construct_change_message(self, request, form, formsets, add=False) -> list:
        """Asked of formsets that were saved; our change log has it."""
        return []

    def save_model(self, request, obj, form, change):
        """In save_related, with the lines of shifts."""

    def save_related(self, request, form, formsets, change):
        fixed = _fixed(form.instance) if change and form.instance.state == PostState.PUBLISHED else {}
        new, by = _new_post(form.cleaned_data | fixed, formsets), request.user
        if change:
            actions.change_post(post=form.instance, new=new, by=by)
        else:
            form.instance.pk = actions.draft_post(new=new, by=by).pk


def _fixed(post: ServicePost) -> dict:
    """What the form of a published post does not ask."""
    classes = [one.member_class for one in post.classes.select_related("member_class")]
    return {"kind": post.kind, "area": post.area, "classes": classes}


def _new_post(data: dict, formsets) -> NewPost:
    names = ("area", "kind", "title", "duties", "spot", "places", "origin", "starts_on", "ends_on", "claim_until")
    lines = [line.cleaned_data for formset in formsets for line in formset.forms if line.cleaned_data.get("begins")]
    shifts = [NewShift(**{name: line[name] for name in ShiftInline.fields}) for line in lines if not line.get("DELETE")]
    values = {name: data[name] for name in (*names, "withdraw_days")}
    return NewPost(**values, skills=list(data["skills"]), classes=list(data["classes"]), shifts=shifts)


def _handling(post: ServicePost) -> Panel:
    """How far it is, and who brought it there."""
    lines = [(_("状态"), post.get_state_display(), ""), (_("设岗来源"), _origin(post), "")]
    if post.published_at:
        who = post.published_by.name if post.published_by else ""
        lines.append((_("发布"), f"{moment(post.published_at)} {who}", ""))
    if post.reason:
        lines.append((_("意见"), post.reason, ""))
    return Panel(_("办理"), lines, "")


def _origin(post: ServicePost) -> str:
    proposer = post.proposed_by.name if post.proposed_by else ""
    return " ".join(filter(None, [post.get_origin_display(), proposer]))


_ORDER = {ClaimState.APPLIED: 0, ClaimState.SERVING: 1, ClaimState.APPROVED: 2, ClaimState.WAITING: 3}


def _claims(post: ServicePost, user) -> Panel:
    """First who waits for an answer, then who serves, then those on the waiting list in its order."""
    rows = Claim.objects.visible_to(user).filter(post=post).select_related("member__person").order_by("pk")
    found = sorted(rows.defer(*secrets("member__"))[:AT_ONCE], key=lambda one: (_ORDER.get(one.state, 9), one.pk))
    lines = [(one.member.name, _claim_in_words(one), reverse("admin:services_claim_change", args=[one.pk])) for one in found]
    return Panel(_("认领"), lines, _("还没有人认领。"))


def _claim_in_words(claim: Claim) -> str:
    served = [str(day) for day in (claim.started_on, claim.ended_on) if day]
    return "　".join([claim.get_state_display(), " — ".join(served) if served else moment(claim.applied_at)])
