"""Cases on the phone: lists, a new one, one with its clocks and history, and a small page for each move."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases import actions
from cases.actions import NewCase, Said
from cases.choices import MOVES, MoveKind, Procedure, Side, Source, Who
from cases.forms.cases import PROCEDURES, CaseForm, MoveForm, OnSpotForm, RateForm, UrgentForm
from cases.forms.places import household_of, offered
from cases.handling import (
    PAGE,
    STATES,
    TABS,
    asked,
    clocks_of,
    consequence,
    history,
    in_full,
    in_order,
    in_rows,
    limits_in_words,
    may_rate,
    names_at,
    offered_moves,
    reached,
    shown,
    tabs_of,
    teller_of,
    took,
    unknown_year,
    what_was_asked,
)
from cases.journal import subjects_in_use
from cases.models import Case, CasePhoto
from cases.queries import Limits, chain_of, handlers_of, may, not_now, office_of
from gridparty.lib import photos
from gridparty.lib.access import Can, scope_of
from gridparty.lib.codes import address, qr_image, spelt
from gridparty.lib.doors import needs
from grids.models import Area
from jobs.answers import answer
from jobs.workdays import work_calendar
from people.rounds import part
from people.views.rounds import page_of

# --- Lists


@needs(Can.SEE_VOICES)
@require_safe
@never_cache
def cases(request: HttpRequest) -> HttpResponse:
    """A tab (`?show=`), narrowed by `state`, `subject`, `area`, `from` and `to`; page by page."""
    tabs, now = tabs_of(request.user), timezone.now()
    show = request.GET.get("show", tabs[0])
    show = show if show in {*TABS, "urgent", "open"} else tabs[0]
    what = asked(request.user, request.GET)
    rows = in_order(what.of(shown(request.user, show, now), now), newest=show == "all" and what.state in ("", "closed"))
    found = part(rows, page_of(request), PAGE)
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "tabs": [(key, TABS[key]) for key in tabs],
        "show": show,
        "states": STATES.items() if show == "all" else (),
        "asked": what,
        "subjects": subjects_in_use(),
        "part": found,
        "rows": in_rows(found.rows, work_calendar(), now),
        "query": query,
        "opens": scope_of(request.user).has(Can.KEEP_JOURNAL),
    }
    return render(request, "cases/case/cases.html", context)


# --- A new one


@needs(Can.KEEP_JOURNAL)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    """上报事件: what, where (`?at=` or `?household=`), who said it."""
    return _new(request, CaseForm, "cases/case/new.html")


@needs(Can.KEEP_JOURNAL)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def urgent(request: HttpRequest) -> HttpResponse:
    """紧急上报: told to the whole chain at once; the page says to whom."""
    return _new(request, UrgentForm, "cases/case/urgent.html", urgent=True)


def _new(request: HttpRequest, form_class, template: str, *, urgent: bool = False) -> HttpResponse:
    household = household_of(request.user, request.GET.get("household", ""))
    offer = offered(request.user, request.GET.get("at", ""))
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = form_class(*sent, offer=offer, household=household, subjects=list(subjects_in_use()))

    def act() -> tuple[str, str]:
        data = form.cleaned_data
        known = {name: data[name] for name in ("subject", "text", "spot", "photos", "teller", "teller_phone") if name in data}
        told = NewCase(area=form.where(), household=form.household, source=Source.FIELD, **known)
        case = actions.open_case(new=told, by=request.user, urgent=urgent)
        said = _("紧急事件已上报，已通知各级办理人员。") if urgent else _("已受理，由%s办理。") % case.holder.name
        return reverse("cases:case", args=[case.pk]), said

    done = answer(request, form, act) if sent else None
    context = {"form": form, "offer": offer, "told": _told(offer, household, request.user) if urgent else ()}
    return done or render(request, template, context)


def _told(offer, household, user) -> list[Area]:
    """The levels that hear of an urgent matter at once: where somebody beside the user handles cases."""
    at = household.area if household else offer.at or (offer.places[0] if len(offer.places) == 1 else None)
    chain = chain_of(office_of(at)) if at else []
    handlers = handlers_of(area.pk for area in chain)
    return [area for area in chain if any(one != user for one in handlers.get(area.pk, ()))]


# --- One


@needs(Can.SEE_VOICES)
@require_safe
@never_cache
def case(request: HttpRequest, pk: int) -> HttpResponse:
    """What it is, how much time is left, what happened, and what the user may do now."""
    row = get_object_or_404(in_full(request.user, pk))
    calendar, now = work_calendar(), timezone.now()
    main, others = offered_moves(row, request.user)
    keeps = reached(request.user, Can.KEEP_JOURNAL, row)
    context = {
        "case": row,
        "place": _place(row),
        "teller": teller_of(row),
        "reveals": reached(request.user, Can.REVEAL_PEOPLE, row),
        "clocks": clocks_of(row, calendar, now),
        "unknown_year": unknown_year(row, calendar),
        "took": took(row),
        "held_at": names_at(row.holder),
        "main": main and (main, MoveKind(main).label),
        "others": [(kind, MoveKind(kind).label) for kind in others],
        "on_spot": may(row, MoveKind.FILE, request.user),
        "request_waits": what_was_asked(row),
        "own_request": row.asked_by_id == request.user.pk,
        "lines": history(row),
        # That of a letter is its writer's alone: with it one rates the answer.
        "receipt": _receipt(row) if keeps and row.source != Source.MAILBOX else None,
        "rates": may_rate(row, request.user),
    }
    return render(request, "cases/case/case.html", context)


def _place(row: Case) -> str:
    names = [row.street, row.community, row.grid, row.area]
    words = dict.fromkeys(area.name for area in names if area is not None)
    return " ".join(filter(None, [*words, str(row.household) if row.household else "", row.spot]))


def _receipt(row: Case) -> dict[str, str]:
    """The code to tell the resident, as it is read out, and as a picture that leads to the page."""
    return {"code": spelt(row.receipt), "qr": qr_image(address("cases:tracked", row.receipt))}


# --- Moves


@needs(Can.HANDLE_CASES)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def move(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """What the move asks and what follows from it. Whoever may not make it (any more) reads why."""
    if kind not in MOVES or not MOVES[kind].who & {Who.HOLDER, Who.ABOVE}:
        raise Http404
    row, limits = get_object_or_404(in_full(request.user, pk)), Limits()
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = MoveForm(*sent, kind=kind, seq=row.seq)

    def act() -> tuple[str, str]:
        data = dict(form.cleaned_data)
        data.pop("form_id")
        chosen = MoveKind.ASK_APPROVAL if data.get("procedure") == Procedure.APPROVAL else kind
        moved = actions.move_case(case=row, kind=chosen, by=request.user, said=Said(**data), limits=limits)
        return reverse("cases:case", args=[pk]), _said(moved, chosen)

    done = answer(request, form, act) if sent else None
    return done or _move_page(request, row, form, kind, limits)


def _said(moved: Case, kind: str) -> str:
    if kind in (MoveKind.PASS_UP, MoveKind.PASS_DOWN):
        return _("已转给%s办理。") % moved.holder.name
    if kind == MoveKind.ASK_APPROVAL:
        return _("已报%s审批。") % moved.holder.name
    return _("已办理“%s”。") % MoveKind(kind).label


def _move_page(request: HttpRequest, row: Case, form: MoveForm, kind: str, limits: Limits) -> HttpResponse:
    allowed = may(row, kind, request.user)
    filing = allowed and kind == MoveKind.FILE
    context = {
        "case": row,
        "place": _place(row),
        "kind": kind,
        "label": MoveKind(kind).label,
        "form": form,
        "refusal": "" if allowed else not_now(row, kind),
        "consequence": consequence(row, kind, request.user, limits) if allowed else "",
        "procedures": [(Procedure(one), words, limits_in_words(one, limits)) for one, words in PROCEDURES.items()]
        if filing
        else (),
        "approver": consequence(row, MoveKind.ASK_APPROVAL, request.user, limits) if filing else "",
        "request_waits": what_was_asked(row) if MOVES[kind].other else None,
    }
    return render(request, "cases/case/move.html", context)


@needs(Can.HANDLE_CASES)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def on_spot(request: HttpRequest, pk: int) -> HttpResponse:
    """当场办结: filed, handled and answered with one form."""
    row = get_object_or_404(in_full(request.user, pk))
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = OnSpotForm(*sent, seq=row.seq)

    def act() -> tuple[str, str]:
        data = dict(form.cleaned_data)
        data.pop("form_id")
        actions.settle_on_spot(case=row, by=request.user, said=Said(**data))
        return reverse("cases:case", args=[pk]), _("已当场办结，等居民评价。")

    done = answer(request, form, act) if sent else None
    refusal = "" if may(row, MoveKind.FILE, request.user) else not_now(row, MoveKind.FILE)
    context = {"case": row, "place": _place(row), "form": form, "label": _("当场办结"), "refusal": refusal}
    context |= {"kind": "on-spot", "consequence": consequence(row, MoveKind.ANSWER, request.user, Limits())}
    return done or render(request, "cases/case/move.html", context)


@needs(Can.HANDLE_CASES)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def rate(request: HttpRequest, pk: int) -> HttpResponse:
    """The team's own rating of a matter that was answered."""
    row = get_object_or_404(in_full(request.user, pk))
    form = RateForm(request.POST if request.method == "POST" else None)

    def act() -> tuple[str, str]:
        data = form.cleaned_data
        actions.rate(case=row, side=Side.TEAM, score=data["score"], text=data["text"], by=request.user)
        return reverse("cases:case", args=[pk]), _("已自评 %d 分。") % data["score"]

    done = answer(request, form, act) if request.method == "POST" else None
    return done or render(request, "cases/case/rate.html", {"case": row, "place": _place(row), "form": form})


# --- Who said it, and pictures


@needs(Can.REVEAL_PEOPLE)
@require_POST
@never_cache
def reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """The name and phone of who said it, logged. The right to reveal must reach where the matter is."""
    rows = Case.objects.visible_to(request.user).filter(scope_of(request.user).q(Can.REVEAL_PEOPLE))
    row = get_object_or_404(rows, pk=pk)
    name, phone = actions.reveal_teller(entry=row, by=request.user)
    context = {"label": _("反映人"), "name": name, "number": phone, "call": True, "back": reverse("cases:case", args=[pk])}
    return render(request, "people/reveal.html", context)


@needs(Can.SEE_VOICES)
@require_safe
def photo(request: HttpRequest, pk: int) -> HttpResponse:
    return photos.shown(get_object_or_404(CasePhoto.objects.visible_to(request.user), pk=pk).photo)
