"""The same for who has no account: the invitation, the minutes and what one took on, by the link of an invitation."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from gridparty.lib.access import Can, scope_of
from gridparty.lib.doors import public, unlisted
from jobs.answers import answer
from liaison.actions.meetings import answer_invitation
from liaison.actions.resolutions import report_resolution
from liaison.convening import invitation_by_link
from liaison.errors import ResolutionRefused
from liaison.forms.resolutions import ReplyForm, ReportForm
from liaison.mine import of_invitation, open_of_invitation, told_of
from liaison.models import Attendance
from liaison.views.mine import WRITES, told_of_resolution

_page = unlisted("liaison/meetings")


def _gone(request: HttpRequest) -> HttpResponse:
    """Forged, expired, revoked or made for something else: the same page for all."""
    return _page(request, "gone", {}, 404)


@public("whoever holds the signed link of an invitation sees that meeting and answers for whom it was made")
@require_http_methods(WRITES)
@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """The meeting behind a link: when and where, what about; later the minutes, and what was taken on."""
    attendance = invitation_by_link(token)
    if attendance is None:
        return _gone(request)
    sent = request.method == "POST"
    form = ReplyForm(request.POST if sent else None, attendance=attendance)

    def act() -> tuple[str, str]:
        answer_invitation(attendance=attendance, **form.said())
        return request.path, _("已答复，开会前可以更改。")

    done = answer(request, form, act) if sent else None
    told = told_of(attendance) | {"form": form, "token": token, "earlier": open_of_invitation(attendance)}
    return done or _page(request, "invitation", told)


@public("whoever holds the signed link of an invitation reports of what its member took on")
@require_http_methods(WRITES)
@never_cache
def resolution(request: HttpRequest, token: str, pk: int) -> HttpResponse:
    """A resolution of that body, if whoever was invited took it on."""
    attendance = invitation_by_link(token)
    one = of_invitation(attendance, pk) if attendance else None
    if one is None:
        return _gone(request)
    sent = request.method == "POST"
    form = ReportForm(request.POST if sent else None, resolution=one.row)

    def act() -> tuple[str, str]:
        _check_not_the_keeper(request.user, attendance)
        report_resolution(resolution=one.row, text=form.cleaned_data["text"], attendance=attendance)
        return request.path, _("已报告，等待社区核实。")

    done = answer(request, form, act) if sent else None
    told = told_of_resolution(one.row) | {"form": form, "token": token, "attendance": attendance}
    return done or _page(request, "invited_resolution", told | {"from_whom": one.row.meeting.community or one.row.meeting.area})


def _check_not_the_keeper(user, attendance: Attendance) -> None:
    """Raises ResolutionRefused: who confirms reports does not make them."""
    if scope_of(user).covers(Can.RUN_LIAISON, attendance.meeting.area):
        raise ResolutionRefused(_("您是管理会议的工作人员，不能代责任人报告；请在工作台的决议页面登记落实。"))
