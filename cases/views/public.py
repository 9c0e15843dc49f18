"""What residents do without an account: write to the mailbox, follow their case, rate it, have it taken up again.

And for the staff: the counter, what is printed, and how both sides rated in sum.
"""

from contextlib import suppress

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from cases import actions, mailbox, ratings
from cases.actions import NewCase, Said
from cases.choices import MoveKind, Side, Source, Who
from cases.errors import RatingRefused
from cases.forms.places import offered
from cases.forms.public import CounterForm, MailboxForm, RatingForm, ReopeningForm, TrackForm
from cases.mailbox import RATE_LINK, REOPEN_LINK
from cases.models import Case
from cases.queries import tracked as case_tracked
from gridparty.lib import pdf
from gridparty.lib.access import Can, scope_of
from gridparty.lib.addresses import row_named
from gridparty.lib.codes import address, qr_image, spelt
from gridparty.lib.doors import needs, public, unlisted
from gridparty.lib.limits import TooOften
from grids.models import Area
from jobs.answers import answer

_page = unlisted("cases/public")

_WRITES = ["GET", "HEAD", "POST"]


# --- The mailbox


@public("a letter to the mailbox of a grid needs no account; it shows the place and the form, no rows")
@require_http_methods(_WRITES)
@never_cache
def write(request: HttpRequest, code: str) -> HttpResponse:
    """A letter to the mailbox of a place; its QR code hangs in the stairwell."""
    area = mailbox.area_of(code)
    if area is None:
        raise Http404
    sent = request.method == "POST"
    form = MailboxForm(request.POST if sent else None, request.FILES if sent else None, subjects=mailbox.subjects())

    def act() -> tuple[str, str]:
        used = [mailbox.BY_ADDRESS.count(request)]
        try:
            used.append(mailbox.BY_AREA.count(request, str(area.pk)))
            case = actions.open_case(new=NewCase(area=area, source=Source.MAILBOX, **form.said()), by=None)
        except Exception:  # whatever it is, nothing was taken: it does not count
            for use in used:
                use.rollback()
            raise
        return reverse("cases:received", args=[case.receipt]), _("已收到您反映的事项。")

    done = answer(request, form, act) if sent else None
    context = {"area": area, "place": mailbox.place_of(area), "form": form, "photos_again": bool(request.FILES)}
    return done or _page(request, "write", context)


@public("whoever has the code of a case may follow it: steps and answers, never persons")
@require_safe
@never_cache
def received(request: HttpRequest, receipt: str) -> HttpResponse:
    """The receipt code after a letter, to be kept."""
    found, refusal = _find(request, receipt)
    if refusal:
        return refusal
    url = address("cases:tracked", found.case.receipt)
    context = {"found": found, "code": spelt(found.case.receipt), "qr": qr_image(url)}
    return _page(request, "received", context)


# --- Following a case


def _find(request: HttpRequest, typed: str):
    """(the case of a code, None), or (None, the page that says why not). Wrong codes are counted: nobody tries them out."""
    form = TrackForm({"code": typed})
    if mailbox.WRONG_CODES.is_spent(request):
        form.add_error("code", _("查询过于频繁，请一小时后再试。"))
        return None, _page(request, "track", {"search": form}, 429)
    found = case_tracked(typed)
    if found is not None:
        return found, None
    with suppress(TooOften):  # another request was faster
        mailbox.WRONG_CODES.count(request)
    form.add_error("code", _("没有这个查询码，请核对后重新填写。"))
    return None, _page(request, "track", {"search": form}, 404)


@public("whoever has the code of a case may follow it: the form to type it in")
@require_safe
@never_cache
def track(request: HttpRequest) -> HttpResponse:
    form = TrackForm(request.GET if "code" in request.GET else None)
    if form.is_valid():
        return redirect("cases:tracked", form.cleaned_data["code"])
    return _page(request, "track", {"search": form})


@public("whoever has the code of a case may follow it: steps and answers, never persons")
@require_safe
@never_cache
def tracked(request: HttpRequest, receipt: str) -> HttpResponse:
    """How far a case is, and after the answer what may be said to it."""
    found, refusal = _find(request, receipt)
    if refusal:
        return refusal
    context = {"found": found, "code": spelt(found.case.receipt), "links": mailbox.links_for(found.case)}
    return _page(request, "tracked", context)


# --- By signed links


def _gone(request: HttpRequest) -> HttpResponse:
    """A link that is forged, expired, revoked or for something else: the same page for all."""
    return _page(request, "gone", {}, 404)


@public("whoever holds the signed link may rate the answer, once; it shows the subject and the answer")
@require_http_methods(_WRITES)
@never_cache
def rate(request: HttpRequest, token: str) -> HttpResponse:
    """The resident's rating. Opens as often as one likes, answers once."""
    case = mailbox.case_by(RATE_LINK, token)
    if case is None:
        return _gone(request)
    form = RatingForm(request.POST if request.method == "POST" else None)

    def act() -> tuple[str, str]:
        if scope_of(request.user).covers(Can.HANDLE_CASES, case.holder):
            raise RatingRefused(_("您是办理方，请在事件页面自评；居民的评价由居民本人填写。"))
        actions.rate(case=case, side=Side.RESIDENT, score=int(form.cleaned_data["score"]), text=form.cleaned_data["text"])
        return reverse("cases:tracked", args=[case.receipt]), _("感谢您的评价。")

    done = answer(request, form, act) if request.method == "POST" else None
    return done or _page(request, "rate", {"case": case, "form": form, "is_rated": mailbox.is_rated(case)})


@public("whoever holds the signed link may have the case taken up again, once a round")
@require_http_methods(_WRITES)
@never_cache
def reopen(request: HttpRequest, token: str) -> HttpResponse:
    case = mailbox.case_by(REOPEN_LINK, token)
    if case is None and request.method != "POST":
        return _gone(request)
    form = ReopeningForm(request.POST if request.method == "POST" else None)

    def act() -> tuple[str, str]:
        if case is None:
            raise RatingRefused(_("链接已失效，请用查询码查看办理进度。"))
        said = Said(text=form.cleaned_data["reason"])
        actions.move_case(case=case, kind=MoveKind.REOPEN, by=None, who=Who.RESIDENT, said=said)
        return reverse("cases:tracked", args=[case.receipt]), _("已重新办理，请用同一个查询码查看进度。")

    # The link dies by what it does: the same form sent again still gets its answer.
    done = answer(request, form, act) if request.method == "POST" else None
    return done or (_page(request, "reopen", {"case": case, "form": form}) if case else _gone(request))


# --- The counter, and what is printed


@needs(Can.KEEP_JOURNAL)
@require_http_methods(_WRITES)
@never_cache
def counter(request: HttpRequest) -> HttpResponse:
    """A matter told at the counter or by telephone; `?done=` is the case taken down last."""
    offer, sent = offered(request.user, request.GET.get("at", "")), request.method == "POST"
    form = CounterForm(request.POST if sent else None, request.FILES if sent else None, offer=offer, subjects=mailbox.subjects())

    def act() -> tuple[str, str]:
        case = actions.open_case(new=NewCase(area=form.where(), source=Source.COUNTER, **form.said()), by=request.user)
        said = _("已登记为 %(number)s，由%(holder)s办理。") % {"number": case.number, "holder": case.holder.name}
        return f"{reverse('cases:counter')}?done={case.pk}", said

    done = answer(request, form, act) if sent else None
    context = {"offer": offer, "form": form, "last": _taken_down(request), "photos_again": bool(request.FILES)}
    return done or render(request, "cases/counter.html", context)


def _taken_down(request: HttpRequest) -> Case | None:
    rows = Case.objects.visible_to(request.user).filter(opened_by=request.user, source=Source.COUNTER)
    return row_named(rows, request.GET.get("done"))


@needs(Can.SEE_VOICES)
@require_safe
def slip(request: HttpRequest, pk: int) -> HttpResponse:
    """The receipt for who told it. Not of letters: their code is their writers' alone."""
    rows = Case.objects.visible_to(request.user).exclude(source=Source.MAILBOX)
    case = get_object_or_404(rows.select_related("area", "subject", "community", "grid"), pk=pk)
    return pdf.download(mailbox.slip_pdf(case, by=request.user), _("受理回执 %s.pdf") % case.number)


@needs(Can.SEE_VOICES)
@require_safe
@never_cache
def mailboxes(request: HttpRequest) -> HttpResponse:
    """The places whose posters may be printed, part by part (`?at=`)."""
    offer = offered(request.user, request.GET.get("at", ""), Can.SEE_VOICES)
    places = [(area, mailbox.place_of(area)) for area in offer.places]
    return render(request, "cases/mailboxes.html", {"offer": offer, "places": places})


@needs(Can.SEE_VOICES)
@require_safe
def poster(request: HttpRequest, pk: int) -> HttpResponse:
    """The mailbox of a place within reach, for the wall."""
    rows = Area.objects.visible_to(request.user).reached_by(request.user, Can.SEE_VOICES)
    area = get_object_or_404(rows.select_related("community", "grid"), pk=pk)
    if mailbox.area_of(area.code) is None:
        raise Http404
    return pdf.download(mailbox.poster_pdf(area), _("民情信箱 %s.pdf") % mailbox.place_of(area))


# --- How both sides rated


@needs(Can.HANDLE_CASES)
@require_safe
@never_cache
def gaps(request: HttpRequest) -> HttpResponse:
    """To the rated: the averages of past quarters, from five matters up."""
    offices = ratings.offices_of(request.user)
    quarters = ratings.rating_gaps(offices, ratings.past_quarters())
    context = {
        "offices": [
            (office, [(quarter, next((gap for gap in found if gap.area == office), None)) for quarter, found in quarters.items()])
            for office in offices
        ],
        "least": ratings.LEAST,
    }
    return render(request, "cases/ratings.html", context)
