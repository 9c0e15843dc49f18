"""A job's progress and the notices of whoever is logged in."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from gridparty.lib.doors import public
from jobs import actions
from jobs.models import FormReceipt, Job, Notice

REFRESH_SECONDS = 3
NOTICES_ON_A_PAGE = 30


@public("any user: jobs one asked for oneself, all jobs only with RUN_JOBS (Job.objects.visible_to)")
@login_required
@require_safe
def job_page(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a job is; the browser asks again by itself while it is open."""
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    response = render(request, "jobs/job.html", {"job": job, "link": _link(job)})
    if job.is_open:
        response["Refresh"] = str(REFRESH_SECONDS)
    return response


def _link(job: Job) -> str:
    """Where the result is looked at: a handler may return {"link": path}."""
    link = job.result.get("link", "") if isinstance(job.result, dict) else ""
    return link if link.startswith("/") and not link.startswith("//") else ""


@public("any user: the notices sent to oneself (Notice.objects.own)")
@login_required
@require_safe
@never_cache
def notices(request: HttpRequest) -> HttpResponse:
    own = Notice.objects.own(request.user)
    page = Paginator(own.order_by("-id"), NOTICES_ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "jobs/notices.html", {"page": page, "unread": own.unread().exists()})


@public("any user: marks own notices only (actions.mark_read)")
@login_required
@require_POST
def read_notices(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Mark one notice, or all, as read."""
    actions.mark_read(by=request.user, notice_id=pk)
    return redirect("jobs:notices")


@public("any user: what became of the form one sent oneself (FormReceipt.objects.own)")
@login_required
@require_safe
@never_cache
def receipts(request: HttpRequest) -> HttpResponse:
    """For static/js/phone.js: whether the form `?form=` has arrived (the address it was answered with, or null), who is logged
    in, and the token to send with.
    """
    try:
        form_id = UUID(request.GET.get("form", ""))
    except ValueError:
        raise Http404 from None
    receipt = FormReceipt.objects.own(request.user).filter(form_id=form_id).first()
    return JsonResponse(
        {"address": receipt.address if receipt else None, "user": str(request.user.pk), "token": get_token(request)}
    )
