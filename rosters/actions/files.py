"""A file comes in, is read by a worker, and is read again when the user corrects what was made of it."""

import base64
import hashlib
import json
import tempfile
from datetime import timedelta
from pathlib import Path

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.operations import action
from gridparty.lib.access import Can, scope_of
from gridparty.lib.workbook import BROWSER, FileRefused
from grids.models import Area
from jobs.actions import enqueue
from rosters.actions.staging import keep_reading, move, owned, untold
from rosters.choices import ImportState
from rosters.engine import Chosen, read_roster, roster_of
from rosters.errors import ImportRefused
from rosters.models import Export, Import, ImportFile, Mapping
from rosters.querysets import offices
from rosters.tables import ColumnsMissing, bare

KEPT_UNWRITTEN = timedelta(days=7)
KEPT_WRITTEN = timedelta(days=30)  # so long an import can be taken back


@action("rosters.upload")
def upload(*, kind: str, file: UploadedFile, by, area: Area | None = None) -> Import:
    """Take a file in; a worker reads it. Raises ImportRefused."""
    if not scope_of(by).has(Can.IMPORT_ROSTERS):
        raise ImportRefused(_("您没有导入名单的权限。"))
    if file.size > BROWSER.packed:
        words = {"limit": BROWSER.packed // 2**20}
        raise ImportRefused(_("文件超过 %(limit)d MB。请删去图片和不用的工作表，或分成几个文件上传。") % words)
    content = file.read()
    if not content:
        raise ImportRefused(_("文件是空的，请重新选择。"))
    roster_of(kind)
    imported = Import.objects.create(
        by=by, kind=kind, area=area, file_name=file.name[-120:], digest=hashlib.sha256(content).hexdigest()
    )
    ImportFile.objects.create(of=imported, content=base64.b64encode(content).decode())
    _queue_reading(imported, by)
    return imported


def _queue_reading(imported: Import, by) -> None:
    imported.job = enqueue(kind="rosters.read", args={"of": imported.pk}, by=by)
    imported.save(update_fields=["job"])


def path_of(imported: Import, folder: str) -> Path:
    """The uploaded file, put into a folder that goes away. Its name is ours, only the ending is the user's."""
    path = Path(folder) / f"roster{Path(imported.file_name).suffix[:5]}"
    path.write_bytes(base64.b64decode(ImportFile.objects.get(of=imported).content))
    return path


def known_headings(imported: Import) -> dict[str, str]:
    """{heading: field} as the user's office has matched them before."""
    rows = Mapping.objects.filter(office__in=offices(imported.by), kind=imported.kind)
    return dict(rows.order_by("pk").values_list("heading", "field"))


def chosen_of(imported: Import) -> Chosen:
    said = json.loads(imported.chosen)
    return Chosen(tuple(said.get("sheets", ())), tuple(said.get("header_rows", ())), said.get("columns", {}))


def read_file(*, of: int, tell=untold) -> None:
    """Read an import's file and keep what was found, or why it was refused. Safe to run twice.

    `tell(done, total, message)` says how far it is.
    """
    imported = Import.objects.select_related("by", "area").get(pk=of)
    if imported.state != ImportState.READING:
        return
    tell(1, 3, _("正在读取和核对"))
    try:
        with tempfile.TemporaryDirectory() as folder:
            reading = read_roster(
                roster=roster_of(imported.kind),
                path=path_of(imported, folder),
                limits=BROWSER,
                by=imported.by,
                area=imported.area,
                chosen=chosen_of(imported),
                known=known_headings(imported),
            )
    except FileRefused as refusal:
        move(imported, ImportState.REFUSED, said=str(refusal), **_nearest(refusal))
        return
    except Exception:
        move(imported, ImportState.REFUSED, said=_("读取时出错，没有写入任何数据。请重新上传；仍不成功请联系系统管理员。"))
        raise
    tell(2, 3, _("正在整理核对结果"))
    keep_reading(imported, reading)


def _nearest(refusal: FileRefused) -> dict:
    """What was found of a header that lacks columns, so that the user can say which heading means them."""
    table = refusal.table if isinstance(refusal, ColumnsMissing) else None
    if table is None:
        return {}
    columns = {column.field: table.headings[position] for position, column in table.columns.items()}
    unmatched = [text for position, text in table.headings.items() if position not in table.columns]
    found = {"sheets": [table.sheet.name], "header_rows": table.header_rows, "columns": columns, "unmatched": unmatched}
    return {"understood": json.dumps(found | {"suggestions": refusal.suggestions, "notes": []}, ensure_ascii=False)}


@action("rosters.match_columns")
def match_columns(*, imported: Import, by, sheets: list[str], header_rows: list[int], columns: dict[str, str]) -> Import:
    """Read the file again as the user says; which heading means what is remembered for the office. Raises ImportRefused."""
    imported = owned(imported, by)
    chosen = {"sheets": sheets, "header_rows": header_rows, "columns": columns}
    if not move(imported, ImportState.READING, chosen=json.dumps(chosen, ensure_ascii=False), said=""):
        raise ImportRefused(_("这次导入现在不能再改，请重新上传。"))
    for name, heading in columns.items():
        if heading and offices(by):
            where = {"office": offices(by)[0], "kind": imported.kind, "heading": bare(heading)[:100]}
            Mapping.objects.update_or_create(**where, defaults={"field": name})
    _queue_reading(imported, by)
    return imported


@transaction.atomic
def expire() -> int:
    """Delete files, rows, journals and exported lists whose time is over; returns how many imports and exports went."""
    now = timezone.now()
    unwritten = Import.objects.exclude(state__in=(ImportState.DONE, ImportState.UNDONE))
    old = unwritten.filter(made_at__lt=now - KEPT_UNWRITTEN) | Import.objects.filter(made_at__lt=now - KEPT_WRITTEN)
    gone = old.delete()[1].get("rosters.Import", 0)
    return gone + Export.objects.filter(made_at__lt=now - KEPT_UNWRITTEN).delete()[0]
