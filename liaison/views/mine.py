"""Meetings on the phone, for who takes part: what one is invited to, the minutes, what one took on. Rows come by own(user)."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from jobs.answers import answer
from liaison.actions.meetings import answer_invitation
from liaison.actions.resolutions import report_resolution
from liaison.choices import ResolutionState
from liaison.forms.resolutions import ReplyForm, ReportForm
from liaison.mine import chaired, coming, followed, gone, invitation_of, reply_in_words, taken_on, told_of, with_all
from liaison.models import Resolution
from members.views.mine import my_page

WRITES = ["GET", "HEAD", "POST"]


@my_page
@require_safe
def hub(request: HttpRequest) -> HttpResponse:
    """Meetings to answer and to come, what one took on, what others have to see to of the meetings one chairs."""
    to_do, done = taken_on(request.user)
    context = {
        "coming": [(row, reply_in_words(row)) for row in coming(request.user)],
        "gone": gone(request.user),
        "to_do": to_do,
        "done": done,
        "chaired": chaired(request.user),
    }
    return render(request, "liaison/meetings/hub.html", context)


@my_page
@require_http_methods(WRITES)
def meeting(request: HttpRequest, pk: int) -> HttpResponse:
    """The invitation with its agenda and one's answer; once they were sent, the minutes."""
    attendance = invitation_of(request.user, pk)
    if attendance is None:
        raise Http404
    sent = request.method == "POST"
    form = ReplyForm(request.POST if sent else None, attendance=attendance)

    def act() -> tuple[str, str]:
        answer_invitation(attendance=attendance, by=request.user, **form.said())
        return request.path, _("已答复，开会前可以更改。")

    done = answer(request, form, act) if sent else None
    return done or render(request, "liaison/meetings/meeting.html", told_of(attendance) | {"form": form})


@my_page
@require_http_methods(WRITES)
def resolution(request: HttpRequest, pk: int) -> HttpResponse:
    """What I took on; to report that it is done."""
    row = get_object_or_404(with_all(Resolution.objects.own(request.user)), pk=pk)
    sent = request.method == "POST"
    form = ReportForm(request.POST if sent else None, resolution=row)

    def act() -> tuple[str, str]:
        report_resolution(resolution=row, text=form.cleaned_data["text"], by=request.user)
        return request.path, _("已报告，等待核实。")

    done = answer(request, form, act) if sent else None
    return done or render(request, "liaison/meetings/resolution.html", told_of_resolution(row) | {"form": form})


def told_of_resolution(row: Resolution) -> dict:
    """What its owner sees of a resolution, by the account or by the link."""
    by_case = bool(row.case_id) and (row.case.is_open or row.is_done)
    meeting = reverse("liaison:meeting", args=[row.meeting_id])
    return {
        "one": followed(row),
        "row": row,
        "meeting_url": meeting,
        "reports": row.state == ResolutionState.OPEN and not by_case,
    }
