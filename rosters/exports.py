"""Any list of the desk as a workbook: the rows its filters leave, in its order, masked as the list shows them.

An admin class may name the columns with `export = SomeResource`: an import_export.resources.Resource whose headings a register
knows, so that the file can be edited and read in again, and whose `related` names the related rows it reads. It masks what the
list masks. Otherwise the columns are our own number of the row and those of the list.
"""

import base64
import tempfile
from collections.abc import Callable, Collection, Iterator
from copy import copy
from datetime import datetime
from functools import partial
from html import unescape
from io import BytesIO
from pathlib import Path

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db.models import BooleanField
from django.http import FileResponse, HttpRequest, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.urls import resolve, reverse
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.safestring import SafeData
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from import_export.fields import Field
from import_export.resources import Resource

from audit.actions import record_view
from audit.choices import ViewKind
from gridparty.lib.dates import CHINA
from gridparty.lib.scoped_admin import ScopedAdmin
from gridparty.lib.workbook_out import write_table
from rosters import actions
from rosters.actions.exporting import keep_file, waiting
from rosters.errors import ExportRefused
from rosters.models import Export

MOST = 20_000  # rows of a file that is written while the user waits
LONGEST = 200_000  # rows of a file a job writes
AT_ONCE = 1_000  # rows held in memory
PAGING = ("p", "all")  # of the address of a list


class DeskList:
    """A list of the desk at one address, for one reader. Raises IncorrectLookupParameters for an address nobody can read."""

    def __init__(self, request, model_admin: ScopedAdmin):
        self.request, self.model_admin = request, model_admin
        self.whole = self._made_by_the_desk()
        self.columns = resource_of(self.whole, model_admin)

    def _made_by_the_desk(self, keys: Collection | None = None):
        """With its filters, search and order and what it adds to its rows: one row, to ask it what it is, or all of `keys`."""
        part = copy(self.model_admin)  # the desk's own one serves other requests at the same time
        part.list_per_page = 1 if keys is None else AT_ONCE
        part.get_queryset = partial(self._rows_of_desk, keys)
        return part.get_changelist_instance(self.request)

    def _rows_of_desk(self, keys: Collection | None, request):
        rows = self.model_admin.get_queryset(request)
        if related := getattr(_declared(self.model_admin), "related", ()):
            rows = rows.select_related(*(self.model_admin.list_select_related or ()), *related)
        return rows if keys is None else rows.filter(pk__in=keys)

    def is_longer_than(self, most: int) -> bool:
        return self.whole.queryset.order_by()[: most + 1].count() > most

    def write(self, path: Path, progress: Callable[[int, int], None] = lambda done, total: None) -> int:
        """Write all its rows as .xlsx, never holding more than some of them. Returns how many."""
        title = str(self.model_admin.opts.verbose_name_plural)
        return write_table(path, columns=self.columns.get_export_headers(), rows=self._rows(progress), title=title)

    def _rows(self, progress) -> Iterator[list]:
        # Which rows these are is asked once: page by page, a row would come twice, or not at all, when others come and go.
        keys = list(self.whole.queryset.values_list("pk", flat=True)[:LONGEST])
        for start in range(0, len(keys), AT_ONCE):
            progress(start, len(keys))
            part = self._made_by_the_desk(keys[start : start + AT_ONCE])
            yield from map(self.columns.export_resource, part.result_list)
        progress(len(keys), len(keys))

    @property
    def filters(self) -> str:
        """The names of those in use, never their values: a value may be what somebody typed."""
        return "、".join(str(spec.title) for spec in self.whole.filter_specs if _is_used(spec))


def _is_used(spec) -> bool:
    return any(value not in (None, "", []) for value in spec.used_parameters.values())


@require_safe
@never_cache
def export_list(request, *, model_admin: ScopedAdmin):
    """The list at this address as .xlsx, noted in the view log; a long one by a job; or back to the list with what is wrong."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    request.GET = request.GET.copy()
    for name in PAGING:
        request.GET.pop(name, None)
    try:
        listed = DeskList(request, model_admin)
        if listed.is_longer_than(MOST):
            return redirect("jobs:job", _queued(listed).job_id)
    except IncorrectLookupParameters:
        return HttpResponseRedirect(f"{_address(model_admin)}?e=1")
    except ExportRefused as refusal:
        model_admin.message_user(request, str(refusal), messages.ERROR)
        return HttpResponseRedirect(f"{_address(model_admin)}?{request.GET.urlencode()}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.xlsx"
        rows = listed.write(path)
        return _file(path.read_bytes(), model_admin.model, rows=rows, filters=listed.filters, at=timezone.now())


def _address(model_admin: ScopedAdmin) -> str:
    return reverse(f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_changelist")


def _file(content: bytes, model, *, rows: int, filters: str, at: datetime) -> FileResponse:
    purpose = _("筛选：%(filters)s") % {"filters": filters} if filters else ""
    record_view(kind=ViewKind.EXPORTED, model=model, rows=rows, purpose=purpose[:200])
    name = f"{model._meta.verbose_name_plural} {at.astimezone(CHINA):%Y-%m-%d}.xlsx"
    return FileResponse(BytesIO(content), as_attachment=True, filename=name)


# --- By a job


def _queued(listed: DeskList) -> Export:
    _check_length(listed)
    request = listed.request
    words = {"model": listed.model_admin.model, "query": request.GET.urlencode(), "filters": listed.filters}
    return actions.export(**words, by=request.user)


def _check_length(listed: DeskList) -> None:
    if listed.is_longer_than(LONGEST):
        sentence = _("名单超过 %(most)d 条，一个文件放不下。请先用筛选或搜索缩小范围，再分几次导出。")
        raise ExportRefused(sentence % {"most": LONGEST})


def write_export(*, of: int, progress: Callable[[int, int], None]) -> None:
    """Write a queued list with the rights its reader has now. Raises ExportRefused; safe to run twice."""
    export = waiting(of=of)
    if export is None:
        raise ExportRefused(_("这次导出已过期清理，请在名单页面重新导出。"))
    if export.done_at:
        return
    listed = _asked_for(export)
    _check_length(listed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.xlsx"
        rows = listed.write(path, progress)
        keep_file(of=export, path=path, rows=rows)


def _asked_for(export: Export) -> DeskList:
    """The list as the reader's browser would get it now."""
    model_admin = admin.site.get_model_admin(apps.get_model(export.model))
    request = HttpRequest()
    request.method, request.path, request.user = "GET", _address(model_admin), export.by
    request.GET, request.resolver_match = QueryDict(export.query), resolve(request.path)
    if not (export.by.is_staff and model_admin.has_view_permission(request)):
        raise ExportRefused(_("您现在没有查看这个名单的权限，没有导出。如需要，请联系管理员核对您的职务和任期。"))
    try:
        return DeskList(request, model_admin)
    except IncorrectLookupParameters as error:
        raise ExportRefused(_("筛选条件已失效，没有导出。请在名单页面重新筛选后再导出。")) from error


def fetch(export: Export) -> FileResponse:
    """The workbook a job wrote, noted in the view log like one that was waited for."""
    content = base64.b64decode(export.content)
    return _file(content, apps.get_model(export.model), rows=export.rows, filters=export.filters, at=export.done_at)


# --- Columns


def resource_of(changelist, model_admin: ScopedAdmin) -> Resource:
    """The columns the admin class declares, or those of the list."""
    declared = _declared(model_admin)
    return declared() if declared else ListResource(changelist)


def _declared(model_admin: ScopedAdmin) -> type[Resource] | None:
    return getattr(model_admin, "export", None)


class ListResource(Resource):
    """The columns of a list of the desk, each cell as the list shows it."""

    def __init__(self, changelist):
        super().__init__()
        model_admin = changelist.model_admin
        self.fields["pk"] = Field("pk", _("编号"))  # by which a register finds the row again
        for name in changelist.list_display:
            if name != "action_checkbox":
                label = label_for_field(name, changelist.model, model_admin)
                self.fields[str(name)] = Field(column_name=label, dehydrate_method=partial(shown, name, model_admin))

    def get_field_name(self, field):
        """Asked for every cell, and of no matter here: no method of this class goes by the name of a field."""
        return "any"


def shown(name: str, model_admin, row) -> str:
    """What the list shows of a row in this column, as text."""
    try:
        field, attribute, value = lookup_field(name, row, model_admin)
    except ObjectDoesNotExist:
        return ""
    if field is not None and field.remote_field:
        value = getattr(row, field.name)
    elif field is not None and field.flatchoices:
        value = dict(field.flatchoices).get(value, value)
    if getattr(attribute, "boolean", False) or isinstance(field, BooleanField) or isinstance(value, bool):
        value = {True: _("是"), False: _("否")}.get(value, "")
    elif isinstance(value, datetime) and timezone.is_aware(value):
        value = value.astimezone(CHINA).replace(tzinfo=None, microsecond=0)
    elif isinstance(value, SafeData):
        value = " ".join(unescape(strip_tags(value)).split())
    return "" if value is None or value == model_admin.get_empty_value_display() else value
