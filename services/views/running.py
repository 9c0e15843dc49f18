"""Posts for who runs them: by state, one with its claims, setting and changing one, and a small page for each decision."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from gridparty.lib.access import Can, scope_of
from gridparty.lib.doors import needs
from gridparty.lib.phone_forms import SentForm
from jobs.answers import answer
from people.rounds import part
from people.views.rounds import page_of
from services import actions
from services.choices import CLAIM_MOVES, POST_MOVES, AbsenceState, ClaimMove, PostMove, PostState
from services.forms.claims import AbsentForm, AnswerForm, ReasonForm
from services.forms.posts import PostForm, as_typed
from services.models import Absence, Claim, ServicePost
from services.offers import (
    TABS,
    absences_of,
    claim_moves,
    claims_of,
    classes_in_use,
    kinds_in_use,
    listed,
    may_note_absence,
    offered,
    places_to_run,
    post_moves,
    skills_in_use,
)

FORM = ["GET", "HEAD", "POST"]


def _page(pk: int) -> str:
    return reverse("services:run_post", args=[pk])


# --- Lists


@needs(Can.SEE_SERVICES)
@require_safe
@never_cache
def posts(request: HttpRequest) -> HttpResponse:
    """A tab (`?show=`); without one, what waits for my approval, or else what is open."""
    show = request.GET.get("show", "")
    if show not in TABS:
        waiting = ServicePost.objects.to_approve(request.user).visible_to(request.user).exists()
        show = PostState.SUBMITTED if waiting else PostState.PUBLISHED
    context = {
        "tabs": [(state, PostState(state).label) for state in TABS],
        "show": show,
        "part": part(listed(request.user, show), page_of(request)),
        "query": f"show={show}",
        "runs": scope_of(request.user).has(Can.RUN_SERVICES),
    }
    return render(request, "services/running/posts.html", context)


# --- Setting and changing


@needs(Can.RUN_SERVICES)
@require_http_methods(FORM)
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    def act(form: PostForm) -> ServicePost:
        return actions.draft_post(new=form.new(), by=request.user)

    return _edit(request, None, act, _("已存为草稿。"))


@needs(Can.RUN_SERVICES)
@require_http_methods(FORM)
@never_cache
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(ServicePost.objects.editable_by(request.user).select_related("area", "kind"), pk=pk)

    def act(form: PostForm) -> ServicePost:
        return actions.change_post(post=row, new=form.new(), by=request.user)

    return _edit(request, row, act, _("已保存修改。"))


def _edit(request: HttpRequest, row: ServicePost | None, act: Callable, said: str) -> HttpResponse:
    fixed = row is not None and row.state == PostState.PUBLISHED
    options = {
        "areas": places_to_run(request.user, row),
        "kinds": kinds_in_use(row),
        "skills": skills_in_use(),
        "classes": classes_in_use(),
        "fixed": fixed,
    }
    sent = request.POST if request.method == "POST" else None
    offer = offered([row])[0] if row else None
    options |= {"initial": as_typed(offer), "shifts": len(offer.shifts)} if offer else {}
    form = PostForm(sent, **options)

    def done() -> tuple[str, str]:
        return _page(act(form).pk), said

    arrived = answer(request, form, done) if sent is not None else None
    return arrived or render(request, "services/running/edit.html", {"form": form, "post": row, "fixed": fixed})


# --- One


@needs(Can.SEE_SERVICES)
@require_safe
@never_cache
def post(request: HttpRequest, pk: int) -> HttpResponse:
    """What it is, who claimed it and what is to be decided, and what I may do now."""
    rows = ServicePost.objects.visible_to(request.user)
    rows = rows.select_related("kind", "area", "street", "community", "grid", "proposed_by__person", "published_by")
    row = get_object_or_404(rows, pk=pk)
    claims = Claim.objects.visible_to(request.user).filter(post=row)
    found = part(claims_of(claims), page_of(request))
    context = {
        "post": row,
        "offer": offered([row])[0],
        "part": found,
        "rows": _rows(found.rows, row, request.user),
        "moves": [(move, PostMove(move).label) for move in post_moves(row, request.user)],
        "edits": scope_of(request.user).covers(_editing(row), row.area) and row.state in _CHANGEABLE,
    }
    return render(request, "services/running/post.html", context)


_CHANGEABLE = (PostState.DRAFT, PostState.SUBMITTED, PostState.PUBLISHED)


def _editing(row: ServicePost) -> Can:
    return Can.APPROVE_SERVICES if row.state == PostState.SUBMITTED else Can.RUN_SERVICES


def _rows(claims: list[Claim], row: ServicePost, user) -> list[dict]:
    absences, runs = absences_of(claims), scope_of(user).covers(Can.RUN_SERVICES, row.area)
    found = []
    for claim in claims:
        claim.post = row
        own = claim.member.person.user_id == user.pk
        found.append(
            {
                "claim": claim,
                "own": own,
                "moves": [] if own else [(move, ClaimMove(move).label) for move in claim_moves(claim, user)],
                "absences": [(one, runs and not own and one.state == AbsenceState.EXPLAINED) for one in absences[claim.pk]],
                "notes": runs and not own and may_note_absence(claim),
                "form": SentForm(auto_id=False),
            }
        )
    return found


# --- Decisions, a small page each


def _decision(request: HttpRequest, form: SentForm, act: Callable, context: dict) -> HttpResponse:
    """A form that decides something about the post of `context`, and leads back to it."""

    def done() -> tuple[str, str]:
        return _page(context["post"].pk), act(form.cleaned_data) or _("已办理“%s”。") % context["label"]

    arrived = answer(request, form, done) if request.method == "POST" else None
    return arrived or render(request, "services/running/decide.html", context | {"form": form})


def _sent(request: HttpRequest) -> list:
    return [request.POST] if request.method == "POST" else []


@needs(Can.RUN_SERVICES)
@require_http_methods(FORM)
@never_cache
def move_post(request: HttpRequest, pk: int, move: str) -> HttpResponse:
    if move not in POST_MOVES:
        raise Http404
    row = get_object_or_404(ServicePost.objects.editable_by(request.user).select_related("area", "community"), pk=pk)

    def act(data: dict) -> None:
        actions.move_post(post=row, move=move, by=request.user, reason=data.get("reason", ""))

    context = {"post": row, "label": PostMove(move).label, "consequence": _CONSEQUENCES[move]}
    context["refusal"] = "" if move in post_moves(row, request.user) else _not_now(row)
    return _decision(request, ReasonForm(*_sent(request), asks=POST_MOVES[move].asks), act, context)


_CONSEQUENCES = {
    PostMove.SUBMIT: "",
    PostMove.PUBLISH: gettext_lazy("发布后符合条件的党员即可认领，地点、类型和适用类别不能再改。"),
    PostMove.RETURN: gettext_lazy("退回为草稿，修改后重新提交。"),
    PostMove.DISCARD: gettext_lazy("不采用的岗位不能恢复。"),
    PostMove.END: gettext_lazy("在岗的党员即日离岗，未上岗的认领全部退出，并通知本人。不能恢复。"),
}


def _not_now(row: ServicePost | Claim) -> str:
    return _("现为“%(state)s”，或不由您办理。请返回查看。") % {"state": row.get_state_display()}


def _claim(request: HttpRequest, pk: int) -> Claim:
    rows = Claim.objects.editable_by(request.user)
    people = ("member__person", "member__organisation", "post__area", "post__community")
    return get_object_or_404(rows.select_related(*people).defer("member__phone"), pk=pk)


@needs(Can.RUN_SERVICES)
@require_http_methods(FORM)
@never_cache
def move_claim(request: HttpRequest, pk: int, move: str) -> HttpResponse:
    """Approve, refuse or release; only by somebody else."""
    if move not in CLAIM_MOVES or CLAIM_MOVES[move].can is None:
        raise Http404
    row = _claim(request, pk)

    def act(data: dict) -> None:
        actions.move_claim(claim=row, move=move, by=request.user, reason=data.get("reason", ""))

    context = {"post": row.post, "claim": row, "label": ClaimMove(move).label}
    context["refusal"] = "" if move in claim_moves(row, request.user) else _not_now(row)
    return _decision(request, ReasonForm(*_sent(request), asks=CLAIM_MOVES[move].asks), act, context)


@needs(Can.RUN_SERVICES)
@require_http_methods(FORM)
@never_cache
def absent(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody in post did not come."""
    row = _claim(request, pk)

    def act(data: dict) -> str:
        actions.note_absence(claim=row, on=data["on"], by=request.user, note=data["note"])
        return _("已登记，本人可以说明。")

    context = {"post": row.post, "claim": row, "label": _("登记未到")}
    return _decision(request, AbsentForm(*_sent(request)), act, context)


@needs(Can.RUN_SERVICES)
@require_http_methods(FORM)
@never_cache
def answer_absence(request: HttpRequest, pk: int) -> HttpResponse:
    """What the member said about it, and the answer."""
    rows = Absence.objects.editable_by(request.user)
    people = ("claim__member__person", "claim__member__organisation", "claim__post__area", "claim__post__community")
    row = get_object_or_404(rows.select_related(*people).defer("claim__member__phone"), pk=pk)

    def act(data: dict) -> str:
        excuse = data["verdict"] == "excuse"
        actions.answer_absence(absence=row, excuse=excuse, by=request.user, text=data["text"])
        return _("已答复，已通知本人。")

    context = {"post": row.claim.post, "claim": row.claim, "absence": row, "label": _("答复说明")}
    return _decision(request, AnswerForm(*_sent(request)), act, context)
