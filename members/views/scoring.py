"""Points given from the phone: a whole meeting by ticking names, proposals decided, appeals answered, entries taken back."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from gridparty.lib.access import Can
from gridparty.lib.dates import today
from gridparty.lib.doors import needs
from jobs.answers import answer
from members import actions
from members.actions import NewEntry, Posted
from members.branch import (
    Kept,
    Name,
    is_attendance,
    judged_by,
    names_for,
    offers,
    rights,
    scored_from,
    to_answer,
    to_decide,
    weighed,
    with_names,
)
from members.choices import APPROVING, ENTRY_MOVES, EntryMove
from members.errors import PointsRefused
from members.forms.branch import AnswerForm, DecideForm, MeetingForm, ReverseForm
from members.models import Member, PointEntry, PointItem
from members.points import meeting_source
from members.views.branch import kept_or_404, picked

ENTRIES_ON_A_PAGE = 40


# --- A meeting


@needs(Can.PROPOSE_POINTS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def meeting(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose an item (`?item=`), then who was there; `?member=` scores one member alone."""
    kept = kept_or_404(request, pk, Can.PROPOSE_POINTS)
    cans = rights(request.user, kept.organisation)
    offered = offers(kept, cans)
    items = {str(item.pk): item for offer in offered for item in offer.items}
    item = items.get(request.POST.get("item") or request.GET.get("item", ""))
    if item is None:
        alone = request.GET.get("member", "")
        alone = alone if alone.isdecimal() else ""
        for one in items.values():
            one.address = f"?item={one.pk}&member={alone}" if alone else f"?item={one.pk}"
        return render(request, "members/branch/items.html", {"kept": kept, "offers": offered, "alone": alone})
    return _Meeting(request, kept, item, approves=APPROVING[item.approver] in cans).answer()


@dataclass
class _Meeting:
    """One item scored for those ticked."""

    request: HttpRequest
    kept: Kept
    item: PointItem
    approves: bool

    def answer(self) -> HttpResponse:
        self.names = names_for(self.kept, self.item, today(), self.request.user)
        self.alone = self._alone()
        can_be = [name.member for name in self.names if not name.reason]
        self.form = MeetingForm(self.request.POST or None, item=self.item, members=can_be, initial=self._initial())
        self.again: list[Member] = []
        done = answer(self.request, self.form, self._act) if self.request.method == "POST" else None
        return done or render(self.request, "members/branch/meeting.html", self._context())

    def _alone(self) -> Name | None:
        asked = self.request.GET.get("member", "")
        return next((name for name in self.names if str(name.member.pk) == asked), None)

    def _initial(self) -> dict:
        """Of what a branch attends, all are ticked but who was scored that day; of anything else, nobody."""
        year, all_of_them = self.item.category.scheme.year, is_attendance(self.item) or "all" in self.request.GET
        ticked = [name.member.pk for name in self.names if not name.reason and not name.is_scored] if all_of_them else []
        ticked = [] if "none" in self.request.GET else ticked
        ticked = [self.alone.member.pk] if self.alone else ticked
        on = today() if today().year == year else today().replace(year=year, month=12, day=31)
        return {"names": ticked, "item": self.item.pk, "on": on}

    def _act(self) -> tuple[str, str]:
        data, source = self.form.cleaned_data, meeting_source(self.form.cleaned_data["on"], self.form.cleaned_data["title"])
        self.again = scored_from(source, self.item, data["names"])
        members = [member for member in data["names"] if member not in self.again]
        if self.again and not (data["leave_out"] and members):
            names = _("、").join(member.name for member in self.again)
            raise PointsRefused(_("这次会议已按“%(item)s”给%(names)s记过分。") % {"item": self.item.name, "names": names})
        more = {"quantity": data["quantity"]} if "quantity" in data else {}
        entries = [NewEntry(member, self.item, data["on"], source, note=data["title"], **more) for member in members]
        posted = actions.post_points(entries=entries, by=self.request.user)
        return reverse("members:branch_organisation", args=[self.kept.organisation.pk]), self._said(posted)

    def _said(self, posted: Posted) -> str:
        """How many counted, wait, are beyond a cap; that one's own waits for somebody else."""
        words = {"item": self.item.name, "all": len(posted.entries), "beyond": posted.beyond, "waiting": posted.waiting}
        words["counted"] = words["all"] - words["waiting"]
        said = [_("“%(item)s”%(all)d 人：%(counted)d 人已计分，%(waiting)d 人待审核。") % words]
        own = [one for one in posted.entries if one.balance.member.person.user_id == self.request.user.pk]
        if own:
            said.append(_("您本人的积分由支部其他负责人或上级审核。"))
        if posted.beyond:
            said.append(_("%(beyond)d 人超出封顶，只计到封顶为止。") % words)
        if self.again:
            said.append(_("先前已记过分的 %d 人没有重复记。") % len(self.again))
        return "".join(said)

    def _context(self) -> dict:
        return {
            "kept": self.kept,
            "item": self.item,
            "form": self.form,
            "names": [self.alone] if self.alone else self.names,
            "alone": self.alone,
            "picked": picked(self.form),
            "again": self.again,
            "rest": len(picked(self.form)) - len(self.again),
            "approves": self.approves,
        }


# --- Deciding


@needs(Can.DECIDE_POINTS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def decide(request: HttpRequest) -> HttpResponse:
    """Proposals and appeals that wait for the user, by member; several proposals are decided at once."""
    form = DecideForm(request.POST or None, entries=judged_by(request.user))

    def act() -> tuple[str, str]:
        data = form.cleaned_data
        number = actions.decide_points(entries=data["entries"], approve=form.approves, reason=data["reason"], by=request.user)
        said = _("通过 %d 项，已计入积分。") if form.approves else _("%d 项不通过，申报人会看到原因。")
        return reverse("members:branch_decide"), said % number

    done = answer(request, form, act) if request.method == "POST" else None
    return done or render(request, "members/branch/decide.html", _to_judge(request, form))


def _to_judge(request: HttpRequest, form: DecideForm) -> dict:
    proposals = to_decide(request.user).order_by("balance__member", "on", "pk")
    entries = list(with_names(proposals)[: ENTRIES_ON_A_PAGE + 1])
    return {
        "form": form,
        "members": weighed(entries[:ENTRIES_ON_A_PAGE]),
        "more": len(entries) > ENTRIES_ON_A_PAGE,
        "appeals": with_names(to_answer(request.user)).order_by("appealed_at", "pk")[:ENTRIES_ON_A_PAGE],
        "picked": {int(key) for key in form["entries"].value() or () if str(key).isdecimal()},
        "all": "all" in request.GET,
    }


@needs(Can.DECIDE_POINTS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def appeal(request: HttpRequest, pk: int) -> HttpResponse:
    """One appeal and its answer: by who may approve the item, did not decide the entry and is not the member."""
    row = get_object_or_404(with_names(PointEntry.objects.visible_to(request.user)), pk=pk)
    form = AnswerForm(request.POST or None)

    def act() -> tuple[str, str]:
        actions.answer_appeal(entry=row, uphold=form.upholds, answer=form.cleaned_data["answer"], by=request.user)
        said = _("已答复：申诉成立，积分已更正。") if form.upholds else _("已答复：申诉不成立，积分不变。")
        return reverse("members:branch_decide"), said

    done = answer(request, form, act) if request.method == "POST" else None
    answers = to_answer(request.user).filter(pk=pk).exists()
    context = {"form": form, "entry": row, "answers": answers}
    return done or render(request, "members/branch/appeal.html", context)


# --- One entry


@needs(Can.SEE_MEMBERS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry in full; who may approve it may take it back, with the reason."""
    row = get_object_or_404(with_names(PointEntry.objects.visible_to(request.user)), pk=pk)
    form = ReverseForm(request.POST or None)
    above = reverse("members:branch_member", args=[row.balance.member_id])

    def act() -> tuple[str, str]:
        actions.reverse_points(entry=row, reason=form.cleaned_data["reason"], by=request.user)
        return above, _("已冲正，原记录保留。")

    done = answer(request, form, act) if request.method == "POST" else None
    states, appeals, years = ENTRY_MOVES[EntryMove.REVERSE]
    counts = row.state in states and row.appeal in appeals and row.balance.scheme.state in years
    taken_back = row.reverses_id is not None or PointEntry.objects.visible_to(request.user).filter(reverses=row).exists()
    context = {
        "form": form,
        "entry": row,
        "above": above,
        "taken_back": taken_back,
        "reverses": counts and not taken_back and judged_by(request.user).filter(pk=pk).exists(),
    }
    return done or render(request, "members/branch/entry.html", context)
