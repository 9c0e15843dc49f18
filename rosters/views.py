"""Imports at the desk: upload, what was understood, what will happen to every row, mend, write, take back.

Writes come back to the page they were sent from: the query in their address says which rows were looked at.
"""

import json
import tempfile
from pathlib import Path

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.actions import record_view
from audit.choices import ViewKind
from gridparty.lib.access import Can
from gridparty.lib.dates import today
from gridparty.lib.doors import needs
from gridparty.lib.errors import Refused
from gridparty.lib.workbook import BROWSER, FileRefused
from gridparty.lib.workbook_out import write_template
from rosters import actions
from rosters.actions.files import KEPT_UNWRITTEN, KEPT_WRITTEN
from rosters.actions.staging import cause_of, register_of
from rosters.choices import ImportState
from rosters.engine import all_rosters, roster_of
from rosters.error_book import write_error_book
from rosters.exports import fetch
from rosters.forms import MatchForm, UploadForm
from rosters.models import Export, Import
from rosters.queries import SHOWS, causes, rows_shown
from rosters.showing import main_columns, shown_left, shown_rows

REFRESH_SECONDS = 3
IMPORTS_ON_A_PAGE = 20
SUMMARY = {
    "new": gettext_lazy("新增 %d 行"),
    "updated": gettext_lazy("更新 %d 行"),
    "unchanged": gettext_lazy("与在案一致、不必写入 %d 行"),
    "skipped": gettext_lazy("跳过 %d 行"),
}
# What an uploader is told beside the file: gridparty.lib.workbook refuses what is beyond.
LIMITS = {"size": BROWSER.packed // 2**20, "rows": BROWSER.rows, "columns": BROWSER.columns, "sheets": BROWSER.sheets}


def _mine(request: HttpRequest, pk: int) -> Import:
    return get_object_or_404(Import.objects.visible_to(request.user).select_related("job", "area"), pk=pk)


def _desk(request: HttpRequest, title: str, context: dict) -> dict:
    return {**admin.site.each_context(request), "title": title, **context}


def _labels() -> dict[str, str]:
    return {roster.kind: str(roster.label) for roster in all_rosters()}


# --- All imports, and a new one


@needs(Can.IMPORT_ROSTERS)
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """One's own imports, and the form for a new one; what was chosen stays when the file is refused."""
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = UploadForm(*sent, user=request.user, initial={"kind": request.GET.get("kind", "")})
    if sent and form.is_valid():
        try:
            imported = actions.upload(**form.cleaned_data, by=request.user)
        except Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            return redirect("rosters:page", imported.pk)
    rows = Import.objects.visible_to(request.user).order_by("-id").defer("understood", "chosen")
    page, labels = Paginator(rows, IMPORTS_ON_A_PAGE).get_page(request.GET.get("page")), _labels()
    for one in page:
        one.label, one.until = labels.get(one.kind, one.kind), _until(one)
    context = {"form": form, "imports": page, "labels": labels, "limits": LIMITS}
    return render(request, "rosters/imports.html", _desk(request, _("从表格导入"), context))


def _until(imported: Import):
    """Until when it is kept; a written one can be taken back so long."""
    written = imported.state in (ImportState.DONE, ImportState.UNDONE)
    return imported.made_at + (KEPT_WRITTEN if written else KEPT_UNWRITTEN)


@needs(Can.IMPORT_ROSTERS)
@require_safe
def template(request: HttpRequest, kind: str) -> HttpResponse:
    """The empty form of a register."""
    if kind not in _labels():
        raise Http404
    roster = roster_of(kind)
    return _file(_("%(label)s导入模板.xlsx") % {"label": roster.label}, lambda path: write_template(path, roster=roster))


def _file(name: str, write) -> FileResponse:
    with tempfile.TemporaryDirectory() as folder:  # it goes at once; the open file is read to its end
        path = Path(folder) / "roster.xlsx"
        write(path)
        return FileResponse(path.open("rb"), as_attachment=True, filename=name)


# --- One import


@needs(Can.IMPORT_ROSTERS)
@require_safe
@never_cache
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the import is; its preview; what it did; what taking it back left."""
    return _page(request, _mine(request, pk))


def _page(request: HttpRequest, imported: Import, match_form: MatchForm | None = None) -> HttpResponse:
    context = {"imported": imported, "label": _labels().get(imported.kind, imported.kind), "until": _until(imported)}
    working = imported.is_busy and (imported.job is None or imported.job.is_open)
    if imported.state in (ImportState.READY, ImportState.REFUSED):
        context |= _understood(imported, match_form)
    if imported.state in (ImportState.READY, ImportState.DONE):
        context |= _preview(request, imported)
    context["reversal"] = roster_of(imported.kind).reversal
    if imported.state == ImportState.UNDONE:
        context["left"], context["left_count"] = shown_left(imported, request.user)
    context |= {"working": working, "counts": imported.counts, "back": request.GET.urlencode()}
    title = _("导入%(label)s") % {"label": context["label"]}
    response = render(request, "rosters/page.html", _desk(request, title, context))
    if working:
        # With its address: a browser that came to #row-5 would only scroll there again.
        response["Refresh"] = f"{REFRESH_SECONDS}; url={request.get_full_path()}"
    return response


def _understood(imported: Import, match_form: MatchForm | None) -> dict:
    understood = json.loads(imported.understood)
    register = register_of(imported, understood)
    form = match_form or MatchForm(imported=imported, register=register, understood=understood)
    columns = understood.get("columns", {})
    matched = [(column.label, columns[column.field]) for column in register.columns if column.field in columns]
    return {"understood": understood, "matched": matched, "match_form": form}


def _preview(request: HttpRequest, imported: Import) -> dict:
    """Counts, causes and one page of rows, in a number of queries and of rows that does not grow with the file."""
    register, every = register_of(imported), causes(imported, cause_of)
    main = main_columns(register, json.loads(imported.understood))
    show, chosen = request.GET.get("show"), request.GET.get("cause")
    show = show if show in SHOWS else ("problems" if every.count else "all")
    found = every.get_page(request.GET.get("causes") or every.page_of(chosen))
    cause = next((one for one in found if one.key == chosen), None)
    rows = rows_shown(imported, show, cause).get_page(request.GET.get("page"))
    counts = imported.counts
    total = sum(counts.get(name, 0) for name in ("new", "updated", "unchanged", "skipped", "refused"))
    numbers = counts | {"all": total, "problems": None}
    return {
        "causes": found,
        "cause": cause,
        "show": "" if cause else show,
        "tabs": [(name, label, numbers.get(name)) for name, label in SHOWS.items() if numbers.get(name) != 0],
        "page": rows,
        "rows": shown_rows(list(rows), register, main),
        "main": main,
        "columns": register.columns,
        "writable": imported.writable,
        "summary": "，".join(str(words) % counts[name] for name, words in SUMMARY.items() if counts.get(name)),
        "several_sheets": len(json.loads(imported.understood).get("sheets", ())) > 1,
    }


# --- What the user does to it


def _back(request: HttpRequest, pk: int, anchor: str = "") -> HttpResponse:
    """To the page of the import, where the user was."""
    query = request.GET.urlencode()
    return redirect(f"{reverse('rosters:page', args=[pk])}{'?' if query else ''}{query}{anchor and f'#{anchor}'}")


def _do(request: HttpRequest, imported: Import, function, **arguments) -> bool:
    """Call an action; a refusal becomes a message. What was sent twice, and is being done already, is none."""
    try:
        function(imported=imported, by=request.user, **arguments)
    except Refused as refusal:
        imported.refresh_from_db()
        if not imported.is_busy:
            messages.error(request, str(refusal))
        return False
    return True


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Http404
    return int(text)


@needs(Can.IMPORT_ROSTERS)
@require_POST
def match(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which sheets, which header and which columns are meant; the file is read again."""
    imported = _mine(request, pk)
    understood = json.loads(imported.understood)
    register = register_of(imported, understood)
    form = MatchForm(request.POST, imported=imported, register=register, understood=understood)
    if not form.is_valid():
        return _page(request, imported, form)
    _do(request, imported, actions.match_columns, **form.corrections)
    return redirect("rosters:page", pk)


@needs(Can.IMPORT_ROSTERS)
@require_POST
def mend(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a text into the cell `field` of the row at `position`."""
    imported, position = _mine(request, pk), _number(request, "position")
    text = request.POST.get("text", "").strip()
    if not text:
        messages.error(request, _("没有填写内容。没有可填的内容时请填“无”。"))
    elif _do(request, imported, actions.mend, position=position, field=request.POST.get("field", ""), text=text):
        messages.success(request, _("已改动并重新核对。"))
    return _back(request, pk, f"row-{position}")


@needs(Can.IMPORT_ROSTERS)
@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer a remark at one row (`position`), or wherever it is made."""
    imported = _mine(request, pk)
    position = _number(request, "position") if "position" in request.POST else None
    given = {name: request.POST.get(name, "") for name in ("choice", "value")}
    if _do(request, imported, actions.answer, position=position, **given):
        messages.success(request, _("已按您的选择重新核对。"))
    return _back(request, pk, "causes" if position is None else f"row-{position}")


@needs(Can.IMPORT_ROSTERS)
@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Write what was `shown`; with `partial` only the rows that passed."""
    imported = _mine(request, pk)
    _do(request, imported, actions.confirm, shown=request.POST.get("shown", ""), partial="partial" in request.POST)
    return redirect("rosters:page", pk)


@needs(Can.IMPORT_ROSTERS)
@require_POST
def rest(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on with the rows that were not written."""
    try:
        fresh = actions.carry_on(imported=_mine(request, pk), by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("rosters:page", pk)
    return redirect("rosters:page", fresh.pk)


@needs(Can.IMPORT_ROSTERS)
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it back; `overrule` names an entry whose later change goes, too."""
    imported = _mine(request, pk)
    overrule = [_number(request, "overrule")] if "overrule" in request.POST else []
    _do(request, imported, actions.undo, overrule=overrule)
    return redirect("rosters:page", pk)


@needs(Can.IMPORT_ROSTERS)
@require_safe
@never_cache
def errors(request: HttpRequest, pk: int) -> HttpResponse:
    """The user's own workbook with what is wrong in it, noted in the view log."""
    imported = _mine(request, pk)
    if not imported.counts.get("refused"):
        raise Http404
    counted = []
    try:
        response = _file(
            _("导入错误清单 %(day)s.xlsx") % {"day": today()}, lambda path: counted.append(write_error_book(imported, path))
        )
    except FileRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("rosters:page", pk)
    record_view(kind=ViewKind.EXPORTED, model=Import, object_id=imported.pk, rows=counted[0])
    return response


# --- A list on its way out


@needs(Can.USE_DESK)
@require_safe
@never_cache
def export(request: HttpRequest, pk: int) -> HttpResponse:
    """The workbook of a long list, one's own."""
    return fetch(get_object_or_404(Export.objects.visible_to(request.user).ready_for(request.user), pk=pk))
