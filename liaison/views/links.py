"""The unit's contact, without an account: the agreement behind a link, what was promised, the quarter's reports."""

from datetime import timedelta
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import today
from gridparty.lib.doors import public, unlisted
from jobs.answers import answer
from liaison.actions import answer_agreement, report_commitment
from liaison.actions.reports import remark_report
from liaison.agreements import agreement_by_link, objected_by_link, party_name, term_of
from liaison.choices import AgreementState, CommitmentState, ReportState, Side
from liaison.errors import AgreementRefused
from liaison.forms.links import AgreementAnswerForm, CommitmentReportForm, ReportRemarkForm
from liaison.models import Agreement, Commitment
from services.periods import Period

_page = unlisted("liaison/agreements")

SOON = 62  # days; what is due later is folded away
RUNNING = frozenset({AgreementState.IN_FORCE, AgreementState.EXPIRED})


def _gone(request: HttpRequest) -> HttpResponse:
    """Forged, expired, revoked or made for something else: the same page for all."""
    return _page(request, "gone", {}, 404)


def _by_link(view):
    """Give the view the agreement of the link. One to which the unit objected says so until it is offered anew."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @never_cache
    @wraps(view)
    def opened(request: HttpRequest, token: str, **keys) -> HttpResponse:
        if row := agreement_by_link(token):
            return view(request, row, token, **keys)
        waiting = objected_by_link(token)
        return _page(request, "objected", {"agreement": waiting}) if waiting else _gone(request)

    return opened


def _check_not_theirs(user, agreement: Agreement) -> None:
    """Raises AgreementRefused: who keeps agreements there does not answer in the unit's place."""
    if scope_of(user).covers(Can.RUN_LIAISON, agreement.area):
        raise AgreementRefused(_("您是社区方，不能代单位填写。请把链接发给单位，由单位填写。"))


def _told(agreement: Agreement, token: str) -> dict:
    """What every page says of the agreement, and the way back to it."""
    return {
        "agreement": agreement,
        "ours": party_name(agreement),
        "term": term_of(agreement),
        "home": reverse("liaison:agreement_by_link", args=[token]),
    }


# --- The agreement


@public("whoever holds the signed link sees the one agreement it was made for and answers it for the unit, once an offer")
@_by_link
def agreement(request: HttpRequest, row: Agreement, token: str) -> HttpResponse:
    sent = request.method == "POST"
    form = AgreementAnswerForm(request.POST if sent else None)

    def act() -> tuple[str, str]:
        _check_not_theirs(request.user, row)
        answer_agreement(agreement=row, **form.said())
        return request.path, _("已收到，谢谢。")

    if sent and (done := answer(request, form, act)):
        return done
    context = _told(row, token) | {"form": form, "asks": row.state == AgreementState.OFFERED, "runs": row.state in RUNNING}
    return _page(request, "agreement", context | _promised(row, token) | _reports(row, token))


def _promised(row: Agreement, token: str) -> dict:
    """What either side promised: what is on, what is far off, what is done, each with the address of its page. One query."""
    found = list(row.commitments.exclude(state=CommitmentState.DROPPED).order_by("due_on", "pk"))
    lines = [(_timed(one), reverse("liaison:commitment_by_link", args=[token, one.pk])) for one in found]
    sides = []
    for side, label in ((Side.THEIRS, _("我方事项")), (Side.OURS, _("社区方事项"))):
        of_side = [line for line in lines if line[0].side == side]
        parts = {part: [line for line in of_side if _part(line[0]) == part] for part in ("now", "later", "done")}
        sides.append({"label": label, **parts})
    return {"commitments": found, "sides": sides}


def _timed(one: Commitment) -> Commitment:
    """With the days that have passed since it was due."""
    one.days_late = (today() - one.due_on).days
    return one


def _part(one: Commitment) -> str:
    if one.state == CommitmentState.DONE:
        return "done"
    return "later" if one.state == CommitmentState.OPEN and one.due_on > today() + timedelta(days=SOON) else "now"


def _reports(row: Agreement, token: str) -> dict:
    """Those that were sent, the latest first. One query, and none before it is signed."""
    if row.state not in RUNNING:
        return {"reports": []}
    found = row.reports.filter(state=ReportState.SENT).order_by("-from_on")
    return {
        "reports": [(one, Period.of_card(one).label, reverse("liaison:report_by_link", args=[token, one.pk])) for one in found]
    }


# --- One commitment, one report


@public("whoever holds the signed link sees what the agreement it was made for promises, and reports what the unit has done")
@_by_link
def commitment(request: HttpRequest, row: Agreement, token: str, pk: int) -> HttpResponse:
    one = row.commitments.filter(pk=pk).exclude(state=CommitmentState.DROPPED).first()
    if one is None:
        return _gone(request)
    sent = request.method == "POST"
    form = CommitmentReportForm(request.POST if sent else None, request.FILES if sent else None)
    told = _told(row, token)

    def act() -> tuple[str, str]:
        _check_not_theirs(request.user, row)
        report_commitment(commitment=one, agreement=row, **form.said())
        return told["home"], _("已收到，谢谢。等社区核实。")

    if sent and (done := answer(request, form, act)):
        return done
    waits = one.side == Side.THEIRS and one.state == CommitmentState.OPEN and row.state == AgreementState.IN_FORCE
    return _page(request, "commitment", told | {"commitment": _timed(one), "form": form, "asks": waits})


@public("whoever holds the signed link reads the quarterly reports sent under the one agreement, and remarks on each once")
@_by_link
def report(request: HttpRequest, row: Agreement, token: str, pk: int) -> HttpResponse:
    one = row.reports.filter(pk=pk, state=ReportState.SENT).first()
    if one is None or row.state not in RUNNING:
        return _gone(request)
    sent = request.method == "POST"
    form = ReportRemarkForm(request.POST if sent else None)

    def act() -> tuple[str, str]:
        _check_not_theirs(request.user, row)
        remark_report(report=one, agreement=row, **form.said())
        return request.path, _("意见已收到，谢谢。")

    if sent and (done := answer(request, form, act)):
        return done
    told = {"report": one, "quarter": Period.of_card(one).label, "form": form, "asks": one.answered_at is None}
    return _page(request, "report", _told(row, token) | told)
