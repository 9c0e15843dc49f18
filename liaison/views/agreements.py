"""The desk beside an agreement: papers to print, the unit's link, scans of what was signed, pictures of what was done."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from audit.actions import record_view
from audit.choices import ViewKind
from gridparty.lib import pdf, photos
from gridparty.lib import scans as papers
from gridparty.lib.access import Can
from gridparty.lib.addresses import row_named
from gridparty.lib.codes import qr_image
from gridparty.lib.doors import needs
from gridparty.lib.errors import Refused
from jobs.answers import answer
from liaison.actions import revoke_link
from liaison.actions.scans import add_scans, remove_scan
from liaison.agreements import AGREEMENT_LINK, agreement_by_link, link_of, party_name
from liaison.choices import AgreementState
from liaison.forms.papers import ScansForm
from liaison.models import Agreement, AgreementScan, CommitmentPhoto, QuarterReport
from liaison.papers import agreement_pdf, report_pdf
from services.periods import Period

_WRITES = ["GET", "HEAD", "POST"]


def _of(rows, pk: int) -> Agreement:
    rows = rows.select_related("unit", "organisation", "area").defer("unit__contact_phone")
    return get_object_or_404(rows, pk=pk)


def _page(request: HttpRequest, name: str, row: Agreement, title: str, context: dict) -> HttpResponse:
    shown = {**admin.site.each_context(request), "title": title, "agreement": row, "opts": Agreement._meta}
    return render(request, f"admin/liaison/{name}.html", shown | context)


# --- Papers


@needs(Can.SEE_LIAISON)
@require_safe
@never_cache
def print_agreement(request: HttpRequest, pk: int) -> HttpResponse:
    row = _of(Agreement.objects.visible_to(request.user), pk)
    record_view(kind=ViewKind.PRINTED, model=Agreement, object_id=row.pk)
    return pdf.download(agreement_pdf(row, by=request.user), _("共建协议 %d.pdf") % row.pk)


@needs(Can.SEE_LIAISON)
@require_safe
@never_cache
def print_report(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(QuarterReport.objects.visible_to(request.user), pk=pk)
    record_view(kind=ViewKind.PRINTED, model=QuarterReport, object_id=row.pk)
    name = _("共建季度汇报 %(quarter)s %(pk)d.pdf") % {"quarter": Period.of_card(row).slug, "pk": row.pk}
    return pdf.download(report_pdf(row, by=request.user), name)


# --- The unit's link


@needs(Can.RUN_LIAISON)
@require_http_methods(_WRITES)
@never_cache
def link(request: HttpRequest, pk: int) -> HttpResponse:
    """The link to copy or to scan, with a text to send; a button makes a new one, and those that are out open nothing more."""
    row = _of(Agreement.objects.editable_by(request.user), pk)
    if request.method == "POST":
        try:
            revoke_link(agreement=row, by=request.user)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("旧链接已作废，新链接如下，请重新发给单位。"))
        return redirect(request.path)
    context = {}
    if agreement_by_link(AGREEMENT_LINK.token(row)):
        address = link_of(row)
        context = {"address": address, "qr": qr_image(address), "words": _words(row, address)}
    return _page(request, "link", row, _("单位链接"), context)


def _words(row: Agreement, address: str) -> str:
    """What one sends along."""
    asks = row.state == AgreementState.OFFERED
    sentence = (
        _("请打开链接查看全文，选择同意或写明修改意见：") if asks else _("请打开链接查看共建事项和季度汇报、报告完成情况：")
    )
    words = {"unit": row.unit.name, "ours": party_name(row), "title": row.title, "sentence": sentence, "address": address}
    return _("%(unit)s：这是贵单位与%(ours)s的《%(title)s》。%(sentence)s%(address)s （请勿转给无关人员）") % words


# --- Scans


@needs(Can.SEE_LIAISON)
@require_http_methods(_WRITES)
@never_cache
def scans(request: HttpRequest, pk: int) -> HttpResponse:
    """The pages of the signed paper, for who may see the agreement; put there and taken away by who keeps it."""
    row = _of(Agreement.objects.visible_to(request.user), pk)
    keeps = Agreement.objects.editable_by(request.user).filter(pk=pk).exists()
    sent = request.method == "POST"
    if sent and not keeps:
        raise PermissionDenied
    if sent and "remove" in request.POST:
        return _remove(request, row)
    form = ScansForm(request.POST if sent else None, request.FILES if sent else None)

    def act() -> tuple[str, str]:
        there = add_scans(agreement=row, files=form.cleaned_data["files"], by=request.user)
        return request.path, _("已上传，现有 %(n)d 个扫描件。") % {"n": there}

    if sent and (done := answer(request, form, act)):
        return done
    found = [(one, papers.is_pdf(one.file)) for one in row.scans.order_by("pk")]
    return _page(request, "scans", row, _("协议扫描件"), {"scans": found, "keeps": keeps, "form": form})


def _remove(request: HttpRequest, row: Agreement) -> HttpResponse:
    one = row_named(row.scans.select_related("agreement"), request.POST["remove"])
    if one is None:
        raise Http404
    try:
        remove_scan(scan=one, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("已删除一个扫描件。"))
    return redirect(request.path)


@needs(Can.SEE_LIAISON)
@require_safe
def scan(request: HttpRequest, pk: int) -> HttpResponse:
    return papers.shown(get_object_or_404(AgreementScan.objects.visible_to(request.user), pk=pk).file)


@needs(Can.SEE_LIAISON)
@require_safe
def photo(request: HttpRequest, pk: int) -> HttpResponse:
    return photos.shown(get_object_or_404(CommitmentPhoto.objects.visible_to(request.user), pk=pk).photo)
