"""Meetings at the desk: the links of those invited, the minutes and the sheet to sign on paper."""

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from audit.actions import record_view
from audit.choices import ViewKind
from gridparty.lib import pdf
from gridparty.lib.access import Can
from gridparty.lib.addresses import row_named
from gridparty.lib.codes import qr_image
from gridparty.lib.doors import needs
from gridparty.lib.errors import Refused
from liaison.actions.meetings import revoke_invitation
from liaison.choices import INVITED_TO, Reply
from liaison.convening import invitation_link_of, replies_of, roll_of
from liaison.mine import about, reply_in_words, who_log_in
from liaison.minutes import INVITING, WRITTEN, minutes_pdf, sheet_pdf
from liaison.models import Attendance, Meeting

A_PAGE = 50


@needs(Can.RUN_LIAISON)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def links(request: HttpRequest, pk: int) -> HttpResponse:
    """Everybody invited and what they answered; a link to copy for each who cannot log in. Also after the minutes were sent:
    by it those without an account report what they took on."""
    rows = Meeting.objects.editable_by(request.user).filter(state__in=sorted(INVITED_TO)).select_related("body")
    meeting = get_object_or_404(rows, pk=pk)
    if request.method == "POST":
        return _revoke(request, meeting)
    invited = roll_of(meeting)
    users = who_log_in(invited)
    page = Paginator(invited, A_PAGE).get_page(request.GET.get("page"))
    counted = replies_of(meeting)
    context = {
        **admin.site.each_context(request),
        "title": _("通知与答复"),
        "meeting": meeting,
        "page": page,
        "lines": [_line(row, users) for row in page.object_list],
        "numbers": [(label, counted[value]) for value, label in [*Reply.choices, ("", _("未答复"))]],
        "opts": Meeting._meta,
    }
    return render(request, "admin/liaison/meeting_links.html", context)


def _line(row: Attendance, users: set[int]) -> dict:
    member = row.body_member
    has_account = member.person_id is not None and member.person.user_id in users
    link = "" if has_account else invitation_link_of(row)
    return {
        "row": row,
        "name": member.called,
        "about": about(member),
        "reply": reply_in_words(row),
        "link": link,
        "qr": qr_image(link) if link else "",
    }


def _revoke(request: HttpRequest, meeting: Meeting) -> HttpResponse:
    row = row_named(Attendance.objects.editable_by(request.user).filter(meeting=meeting), request.POST.get("attendance"))
    if row is None:
        raise Http404
    try:
        revoke_invitation(attendance=row, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("已更换链接，原链接立即作废。请把新链接发给本人。"))
    return redirect(request.get_full_path())


@needs(Can.SEE_LIAISON)
@require_safe
@never_cache
def minutes(request: HttpRequest, pk: int) -> HttpResponse:
    """The minutes on paper; before they are sent, marked as a draft."""
    row = get_object_or_404(Meeting.objects.visible_to(request.user).filter(state__in=sorted(WRITTEN)), pk=pk)
    record_view(kind=ViewKind.PRINTED, model=Meeting, object_id=row.pk)
    return pdf.download(minutes_pdf(row, by=request.user), _("会议纪要 %d.pdf") % row.pk)


@needs(Can.SEE_LIAISON)
@require_safe
@never_cache
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Meeting.objects.visible_to(request.user).filter(state__in=sorted(INVITING)), pk=pk)
    record_view(kind=ViewKind.PRINTED, model=Meeting, object_id=row.pk)
    return pdf.download(sheet_pdf(row, by=request.user), _("会议签到表 %d.pdf") % row.pk)
