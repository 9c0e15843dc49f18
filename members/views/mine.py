"""Self-service of members on the phone: my points and why, proposing, appealing, my data and who looked at it.

Every row comes by own(user): nobody sees anything of others here, whatever their posts.
"""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gridparty.lib.dates import today
from gridparty.lib.doors import public
from gridparty.lib.masking import mask_id, mask_phone
from gridparty.lib.phone_forms import SentForm
from jobs.answers import answer
from members import actions
from members.actions import NewEntry
from members.choices import EntryMove
from members.forms.mine import AppealForm, ProposeForm
from members.mine import (
    account_of,
    chances_in,
    chosen,
    history_of,
    in_looks,
    in_words,
    is_open,
    last_day,
    looks_at,
    moves_of,
    proposable,
    unranked_because,
    worth,
    years_of,
)
from members.models import Contact, Member, PointBalance, PointEntry
from members.points import statement
from people.actions import reveal
from people.queries import whole_place

LOOKS_A_PAGE = 50


def my_page(view):
    """Open to everybody logged in, and never kept by a browser."""
    return public("everybody logged in sees what is about themselves, nobody else")(login_required(never_cache(view)))


# --- My points


@my_page
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """My points of a year (`year`) and why, and what can still be earned."""
    balances = years_of(request.user)
    balance = chosen(balances, request.GET.get("year", ""))
    if balance is None:
        return _nothing(request)
    told = statement(balance)
    found = chances_in(balance, told.account) if is_open(balance) else []
    context = {
        "statement": told,
        "balance": balance,
        "years": [row.year for row in balances],
        "unranked": unranked_because(balance),
        "chances": [in_words(chance, last_day(balance.year)) for chance in found],
        "proposes": bool(proposable(found)),
        "this_year": today().year,
    }
    return render(request, "members/mine/points.html", context)


def _nothing(request: HttpRequest) -> HttpResponse:
    """Who is no member, or has no points yet, is told so kindly."""
    member = Member.objects.own(request.user).select_related("organisation").first()
    return render(request, "members/mine/nothing.html", {"member": member})


# --- Proposing


def _earning(request: HttpRequest) -> PointBalance | None:
    """The own balance of the year asked for, if points can be earned in it."""
    balance = chosen(years_of(request.user), request.GET.get("year", ""))
    return balance if balance is not None and is_open(balance) else None


@my_page
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest) -> HttpResponse:
    """Propose an entry for oneself."""
    balance = _earning(request)
    if balance is None:
        return _nothing(request)
    found = proposable(chances_in(balance, account_of(balance)))
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ProposeForm(*sent, chances=found, year=balance.year, initial={"on": last_day(balance.year)})

    def act() -> tuple[str, str]:
        data = form.cleaned_data
        values = {name: data[name] for name in ("item", "on", "quantity", "note", "photo")}
        new = NewEntry(balance.member, source=f"form:{data['form_id']}", **values)
        (entry,) = actions.post_points(entries=[new], by=request.user).entries
        words = {"item": data["item"].name, "who": data["item"].get_approver_display()}
        return reverse("members:mine_entry", args=[entry.pk]), _("已申报“%(item)s”，由%(who)s审核。") % words

    done = answer(request, form, act) if sent else None
    return done or render(request, "members/mine/propose.html", {"form": form, "balance": balance, "chances": found})


@my_page
@require_safe
def what_it_is_worth(request: HttpRequest) -> HttpResponse:
    """What the entry being typed (`item`, `on`, `quantity`) would count for, as a sentence; nothing for what cannot be."""
    balance = _earning(request)
    account = account_of(balance) if balance else None
    found = proposable(chances_in(balance, account)) if balance else []
    form = ProposeForm(request.GET, chances=found, year=balance.year if balance else today().year)
    form.is_valid()
    data = form.cleaned_data
    known = {"item", "on", "quantity"} <= data.keys() and data["quantity"] > 0 and data["on"].year == balance.year
    told = worth(account, data["item"], data["on"], data["quantity"]) if known else ""
    return HttpResponse(told, content_type="text/plain; charset=utf-8")


# --- One entry


def _own_entry(request: HttpRequest, pk: int) -> PointEntry:
    rows = PointEntry.objects.own(request.user).select_related(
        *("item__category", "balance__scheme", "balance__organisation", "balance__member", "proposed_by", "decided_by"),
        *("answered_by", "reversal__decided_by", "reverses"),
    )
    return get_object_or_404(rows, pk=pk)


@my_page
@require_safe
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry of mine: what was decided about it, what it counts for and why, what I may do."""
    row = _own_entry(request, pk)
    explained = next(one for one in statement(row.balance).entries if one.entry.pk == row.pk)
    moves = moves_of(row, request.user)
    context = {
        "entry": row,
        "explained": explained,
        "appeals": EntryMove.APPEAL in moves,
        "withdraws": EntryMove.WITHDRAW in moves,
        "form": SentForm(),
    }
    return render(request, "members/mine/entry.html", context)


@my_page
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what I proposed and nobody decided yet."""
    row, form = _own_entry(request, pk), SentForm(request.POST)
    page = reverse("members:mine_entry", args=[row.pk])

    def act() -> tuple[str, str]:
        actions.withdraw_points(entry=row, by=request.user)
        return page, _("已撤回申报。")

    if done := answer(request, form, act):
        return done
    for why in [*form.non_field_errors(), *form["form_id"].errors]:
        messages.error(request, why)
    return redirect(page)


@my_page
@require_http_methods(["GET", "HEAD", "POST"])
def appeal(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask to look again at what was refused, or counted for less than it should."""
    row = _own_entry(request, pk)
    page = reverse("members:mine_entry", args=[row.pk])
    form = AppealForm(request.POST if request.method == "POST" else None)

    def act() -> tuple[str, str]:
        actions.appeal_points(entry=row, by=request.user, text=form.cleaned_data["text"])
        return page, _("申诉已提交，答复后会显示在本页。")

    if request.method != "POST" and EntryMove.APPEAL not in moves_of(row, request.user):
        return redirect(page)
    done = answer(request, form, act) if request.method == "POST" else None
    return done or render(request, "members/mine/appeal.html", {"form": form, "entry": row})


@public("a picture is shown to the member it was sent in for and to who may see their points; anybody else gets 404")
@login_required
@require_safe
def entry_photo(request: HttpRequest, pk: int) -> HttpResponse:
    own, seen = PointEntry.objects.own(request.user), PointEntry.objects.visible_to(request.user)
    row = own.filter(pk=pk).first() or get_object_or_404(seen, pk=pk)
    if not row.photo:
        raise Http404
    try:
        file = row.photo.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    # Whatever the file is, it is only ever taken for a picture.
    headers = {"Cache-Control": "private, no-store", "Content-Security-Policy": "default-src 'none'; sandbox"}
    return FileResponse(file, content_type="image/jpeg", filename="photo.jpg", headers=headers)


# --- My data


def _own_member(request: HttpRequest) -> Member | None:
    rows = Member.objects.own(request.user).select_related(
        *("person__household", "person__area", "person__community", "organisation__community"),
        *("member_class", "mode", "employer"),
    )
    return rows.first()


@my_page
@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """What is on record of me, and who looked at it."""
    member = _own_member(request)
    if member is None:
        return _nothing(request)
    person = None if member.known_as else member.person
    page = Paginator(looks_at(member), LOOKS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "member": member,
        "person": person,
        "id_number": mask_id(person.id_number) if person else "",
        "phone": mask_phone(person.phone if person else member.phone),
        "place": whole_place(person) if person and person.area_id else "",
        "moves": history_of(member),
        "contacts": Contact.objects.own(request.user).count(),
        "years": years_of(request.user),
        "page": page,
        "looks": in_looks(page.object_list, request.user),
    }
    return render(request, "members/mine/data.html", context)


COLUMNS = {"id_number": gettext_lazy("证件号码"), "phone": gettext_lazy("联系电话")}


@my_page
@require_POST
def reveal_mine(request: HttpRequest) -> HttpResponse:
    """One of my numbers in full (`column`), logged as any look is."""
    member, column = _own_member(request), request.POST.get("column")
    if member is None or column not in COLUMNS or (member.known_as and column != "phone"):
        raise Http404
    if member.known_as:
        number = actions.reveal_phone(member=member, by=request.user)
    else:
        number = reveal(person=member.person, column=column, by=request.user)
    context = {"label": COLUMNS[column], "number": number, "back": reverse("members:mine_data")}
    return render(request, "people/reveal.html", context)
