"""Posts for who claims them: what is open, one's own claims, proposing a post. Every row comes by own(user)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import today
from gridparty.lib.phone_forms import SentForm
from jobs.answers import answer
from members.views.mine import my_page
from people.rounds import part
from people.views.rounds import page_of
from services import actions
from services.choices import LIVE, ClaimState
from services.forms.claims import ClaimForm, ExplainForm
from services.forms.posts import ProposeForm
from services.models import Absence, Activity, Claim, ServicePost
from services.offers import (
    absences_of,
    choice,
    choices_for,
    communities_of,
    hours_of,
    kinds_in_use,
    last_withdrawal_on,
    may_withdraw,
    membership_of,
    offered,
    place_in_line,
    taker_of,
)
from services.views.steps import pressed

# --- What is open


@my_page
@require_safe
def hub(request: HttpRequest) -> HttpResponse:
    """What I took on and posts still open, first those I may claim; by `show`, activities or what I took on before."""
    show = request.GET.get("show", "")
    number, user = page_of(request), request.user
    context = {"show": show, "runs": scope_of(user).has(Can.SEE_SERVICES)}
    if show == "activities":
        rows = Activity.objects.own(user).open().filter(on__gte=today()).order_by("on", "pk")
        context["part"] = part(rows, number)
    elif show == "past":
        rows = Claim.objects.own(user).exclude(state__in=sorted(LIVE)).select_related("post").order_by("-pk")
        context["part"] = part(rows, number)
    elif taker := taker_of(user):
        context |= {"taker": taker, "part": part(choices_for(user, taker), number)}
    return render(request, "services/mine/hub.html", context)


def _post(request: HttpRequest, pk: int) -> ServicePost:
    rows = ServicePost.objects.own(request.user).select_related("kind", "area", "street", "community", "grid")
    return get_object_or_404(rows, pk=pk)


@my_page
@require_safe
def post(request: HttpRequest, pk: int) -> HttpResponse:
    return _post_page(request, _post(request, pk), ClaimForm())


def _post_page(request: HttpRequest, row: ServicePost, form: ClaimForm) -> HttpResponse:
    """What, where, when, how many places are left, and why I cannot claim it."""
    (offer,), taker = offered([row]), taker_of(request.user)
    context = {
        "post": row,
        "choice": choice(offer, taker),
        "claim": taker.claim_on(row) if taker else None,
        "last_withdrawal_on": last_withdrawal_on(row),
        "today": today(),
        "form": form,
    }
    return render(request, "services/mine/post.html", context)


@my_page
@require_POST
def claim(request: HttpRequest, pk: int) -> HttpResponse:
    """The third tap. Where all places were taken meanwhile, the page offers to wait."""
    row, form = _post(request, pk), ClaimForm(request.POST)

    def act() -> tuple[str, str]:
        data = form.cleaned_data
        done = actions.claim_post(post=row, by=request.user, wish=data["wish"], wait=data["wait"])
        waits = done.state == ClaimState.WAITING
        said = _("已加入候补，有空缺时依次递补。") if waits else _("已认领，等社区确认。")
        return reverse("services:my_claim", args=[done.pk]), said

    return answer(request, form, act) or _post_page(request, _post(request, pk), form)


# --- My claim


def _claim(request: HttpRequest, pk: int) -> Claim:
    rows = Claim.objects.own(request.user).select_related("post__area", "post__community", "post__kind", "decided_by")
    return get_object_or_404(rows, pk=pk)


@my_page
@require_safe
def my_claim(request: HttpRequest, pk: int) -> HttpResponse:
    """How it stands with it, hours so far, days on which I did not come, and the way out while there is one."""
    row = _claim(request, pk)
    context = {
        "claim": row,
        "post": row.post,
        "offer": offered([row.post])[0],
        "place": place_in_line(row) if row.state == ClaimState.WAITING else None,
        "hours": hours_of(row),
        "absences": absences_of([row])[row.pk],
        "withdraws": may_withdraw(row),
        "last_withdrawal_on": last_withdrawal_on(row.post),
        "form": SentForm(),
    }
    return render(request, "services/mine/claim.html", context)


@my_page
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    row = _claim(request, pk)
    page = reverse("services:my_claim", args=[pk])

    def act() -> tuple[str, str]:
        actions.move_claim(claim=row, move="withdraw", by=request.user)
        return page, _("已退出。")

    return pressed(request, act, page)


@my_page
@require_http_methods(["GET", "HEAD", "POST"])
def explain(request: HttpRequest, pk: int) -> HttpResponse:
    """Why I did not come."""
    rows = Absence.objects.own(request.user).select_related("claim__post")
    row = get_object_or_404(rows, pk=pk)
    form = ExplainForm(request.POST if request.method == "POST" else None)

    def act() -> tuple[str, str]:
        actions.explain_absence(absence=row, by=request.user, text=form.cleaned_data["text"])
        return reverse("services:my_claim", args=[row.claim_id]), _("已提交说明，答复后会通知您。")

    done = answer(request, form, act) if request.method == "POST" else None
    return done or render(request, "services/mine/explain.html", {"form": form, "absence": row})


# --- Proposing a post


@my_page
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest) -> HttpResponse:
    """What I see is wanted, handed in to those who approve posts."""
    member = membership_of(request.user)
    areas = communities_of(member) if member else []
    sent = request.method == "POST"
    form = ProposeForm(request.POST if sent else None, areas=areas, kinds=kinds_in_use())

    def act() -> tuple[str, str]:
        row = actions.propose_post(new=form.new(), by=request.user)
        return reverse("services:post", args=[row.pk]), _("已提交建议，由社区审批。")

    done = answer(request, form, act) if sent else None
    return done or render(request, "services/mine/propose.html", {"form": form, "member": member, "areas": areas})
