"""Feedback cards: what the employer opens and answers without an account, what the member sees, what is printed and sent."""

from contextlib import suppress

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from audit.actions import record_view
from audit.choices import ViewKind
from gridparty.lib import pdf
from gridparty.lib.access import Can, scope_of
from gridparty.lib.codes import spelt
from gridparty.lib.doors import needs, public, unlisted
from gridparty.lib.limits import TooOften
from jobs.answers import answer
from members.views.mine import my_page
from services.actions import answer_card
from services.card_lists import WRONG_CODES, figures_in_words, period_of, with_names
from services.choices import CardState
from services.errors import CardRefused
from services.feedback import card_by_code, card_by_link, link_of
from services.forms.cards import CardAnswerForm, CardCodeForm
from services.models import FeedbackCard
from services.papers import PRINTED, card_pdf, unit_pdf
from services.periods import Period

_page = unlisted("services/cards")

_WRITES = ["GET", "HEAD", "POST"]
A_PAGE = 50


# --- The employer, without an account


@public("whoever holds the signed link sees the one card it was made for and answers it, once")
@require_http_methods(_WRITES)
@never_cache
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """The card behind a link. Forged, expired, revoked or made for something else: the same page for all."""
    card = card_by_link(token)
    return _employers(request, card) if card else _page(request, "gone", {}, 404)


@public("whoever has the code of a printed card may open it: the form to type it in")
@require_safe
@never_cache
def by_code(request: HttpRequest) -> HttpResponse:
    form = CardCodeForm(request.GET if "code" in request.GET else None)
    if form.is_valid():
        return redirect("services:card_of_code", form.cleaned_data["code"])
    return _page(request, "code", {"search": form})


@public("whoever has the code of a printed card sees that card and answers it, once; wrong codes are counted")
@require_http_methods(_WRITES)
@never_cache
def of_code(request: HttpRequest, code: str) -> HttpResponse:
    """The card of a code. Wrong ones are counted: nobody tries them out."""
    form = CardCodeForm({"code": code})
    if WRONG_CODES.is_spent(request):
        form.add_error("code", _("查询过于频繁，请一小时后再试。"))
        return _page(request, "code", {"search": form}, 429)
    if card := card_by_code(code):
        return _employers(request, card)
    with suppress(TooOften):  # another request was faster
        WRONG_CODES.count(request)
    form.add_error("code", _("没有这个查询码，或反馈卡已撤回。请核对后重新填写。"))
    return _page(request, "code", {"search": form}, 404)


def _employers(request: HttpRequest, card: FeedbackCard) -> HttpResponse:
    """The card as the employer sees it, and its answer: given once, shown ever after."""
    sent = request.method == "POST"
    form = CardAnswerForm(request.POST if sent else None)

    def act() -> tuple[str, str]:
        _check_not_theirs(request.user, card)
        answer_card(card=card, **form.said())
        return request.path, _("回执已收到，谢谢。")

    done = answer(request, form, act) if sent else None
    return done or _page(request, "card", _told(card) | {"form": form, "is_answered": card.state == CardState.ANSWERED})


def _check_not_theirs(user, card: FeedbackCard) -> None:
    """Raises CardRefused: neither who sent a card nor whom it is about answers it in the employer's place."""
    if scope_of(user).covers(Can.KEEP_CARDS, card.area):
        raise CardRefused(_("您是发出方，不能代单位回执。单位退回纸质回执的，请在反馈卡页面登记。"))
    if user.is_authenticated and FeedbackCard.objects.own(user).filter(pk=card.pk).exists():
        raise CardRefused(_("反馈卡由工作单位党组织回执，本人不能代填。请把链接转给单位党组织。"))


def _told(card: FeedbackCard) -> dict:
    """What a card tells, for its employer and its member alike."""
    return {"card": card, "period": period_of(card), "figures": figures_in_words(card), "from_whom": card.community or card.area}


# --- The member


@my_page
@require_safe
def mine(request: HttpRequest, pk: int) -> HttpResponse:
    """What my employer was told of me, and what it answered."""
    rows = FeedbackCard.objects.own(request.user).select_related("member__person", "unit", "area", "community")
    return render(request, "services/cards/mine.html", _told(get_object_or_404(rows, pk=pk)))


# --- The desk: printing, and the cards of one employer


@needs(Can.KEEP_CARDS)
@require_safe
@never_cache
def print_one(request: HttpRequest, pk: int) -> HttpResponse:
    """One card on paper; with it goes the code, so it is for who may send it."""
    rows = with_names(FeedbackCard.objects.editable_by(request.user)).filter(state__in=sorted(PRINTED))
    card = get_object_or_404(rows, pk=pk)
    record_view(kind=ViewKind.PRINTED, model=FeedbackCard, object_id=card.pk)
    return pdf.download(card_pdf(card, by=request.user), _("反馈卡 %d.pdf") % card.pk)


def _of_unit(request: HttpRequest, pk: int, slug: str):
    """(the period, the cards of this employer in it that are the reader's to keep); 404 for what is no period."""
    period = Period.of_slug(slug)
    if period is None:
        raise Http404
    rows = with_names(FeedbackCard.objects.editable_by(request.user))
    of_period = rows.filter(unit=pk, from_on=period.first, until_on=period.last)
    return period, of_period.exclude(state=CardState.DROPPED).order_by("pk")


@needs(Can.KEEP_CARDS)
@require_safe
@never_cache
def of_unit(request: HttpRequest, pk: int, period: str) -> HttpResponse:
    """The cards of one employer in a period, each with its link to copy, and all of them to print."""
    told, cards = _of_unit(request, pk, period)
    page = Paginator(cards, A_PAGE).get_page(request.GET.get("page"))
    lines = [(card, *_ways(card)) for card in page.object_list]
    if not lines:
        raise Http404
    context = {
        **admin.site.each_context(request),
        "title": _("%(unit)s %(period)s反馈卡") % {"unit": lines[0][0].unit.name, "period": told.label},
        "unit": lines[0][0].unit,
        "slug": told.slug,
        "page": page,
        "lines": lines,
        "printable": cards.filter(state__in=sorted(PRINTED)).count(),
        "opts": FeedbackCard._meta,
    }
    return render(request, "admin/services/feedbackcard/of_unit.html", context)


def _ways(card: FeedbackCard) -> tuple[str, str]:
    """(link, code) by which a card that was sent is opened."""
    return (link_of(card), spelt(card.code)) if card.state == CardState.SENT else ("", "")


@needs(Can.KEEP_CARDS)
@require_safe
@never_cache
def print_unit(request: HttpRequest, pk: int, period: str) -> HttpResponse:
    """All cards of one employer that are approved, in one file."""
    told, cards = _of_unit(request, pk, period)
    cards = list(cards.filter(state__in=sorted(PRINTED)))
    if not cards:
        raise Http404
    record_view(kind=ViewKind.PRINTED, model=FeedbackCard, rows=len(cards))
    return pdf.download(unit_pdf(cards[0].unit, cards, by=request.user), _("反馈卡 %s.pdf") % told.label)
