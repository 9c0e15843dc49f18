"""Read a register from a file without the browser: check by default, write with --commit."""

import json
import sys
from pathlib import Path
from typing import NoReturn

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from gridparty.lib.errors import Refused
from gridparty.lib.roster import Row
from gridparty.lib.workbook import COMMAND_LINE, FileRefused
from grids.models import Area
from rosters.actions import note_import
from rosters.engine import Reading, all_rosters, read_roster, roster_of, told
from rosters.models import Import
from rosters.tables import Chosen

SHOWN = 50  # problems printed; --json holds them all
OK, ROWS_REFUSED, FILE_REFUSED = 0, 1, 2


class Command(BaseCommand):
    help = (
        "核对名单文件；加 --commit 写入（全部写入或全不写入），再加 --partial 只写入无误的行。"
        "退出码：0 无误，1 有行未通过，2 文件不能读取。"
    )

    def add_arguments(self, parser):
        parser.add_argument("kind", choices=[roster.kind for roster in all_rosters()], help="名单种类")
        parser.add_argument("file", type=Path)
        parser.add_argument("--commit", action="store_true", help="写入")
        parser.add_argument("--partial", action="store_true", help="有行未通过时写入其余的行")
        parser.add_argument("--user", help="以某用户的权限导入（登录名）")
        parser.add_argument("--area", metavar="CODE", help="名单所属区域的编码：名单里的地名先在其中查找")
        parser.add_argument("--sheet", help="工作表名称")
        parser.add_argument("--map", action="append", default=[], metavar="FIELD=HEADER", help="某项对应的表头，可多次使用")
        parser.add_argument("--json", metavar="OUT", help="结果写入该文件，- 为标准输出")

    def handle(self, *args, kind, file, commit, partial, json, **options):
        by, area = self._user(options["user"]), self._area(options["area"])
        sheets = (options["sheet"],) if options["sheet"] is not None else ()
        chosen = Chosen(sheets=sheets, columns=self._map(kind, options["map"]))
        self._check_out(json)
        reading, done = Reading(roster_of(kind)), None
        try:
            reading = read_roster(roster=reading.roster, path=file, limits=COMMAND_LINE, by=by, area=area, chosen=chosen)
            if commit and (partial or not reading.refused) and reading.has_work:
                done = note_import(reading=reading, by=by, area=area)
        except (FileRefused, Refused) as refusal:
            self._finish(json, reading, FILE_REFUSED, str(refusal))
        except OSError as error:
            self._finish(json, reading, FILE_REFUSED, _unopened(file, error))
        said = self._done(reading, done) if commit else self._ready(reading)
        if reading.refused:
            said = said if done else "未写入任何数据，请改正后重新导入。"
            self._finish(json, reading, ROWS_REFUSED, f"{self._problems(reading)}\n{said}")
        self._write(json, reading)
        if options["verbosity"] and json != "-":
            self.stdout.write("\n".join([*reading.notes, said]))

    def _ready(self, reading: Reading) -> str:
        counts = reading.counts
        kinds = f"新增 {counts['new']}，修改 {counts['updated']}，未变 {counts['unchanged']}，跳过 {counts['skipped']}"
        return f"可以导入：{kinds}。加 --commit 写入。"

    def _done(self, reading: Reading, done: Import | None) -> str:
        counts, taken = reading.counts, f"撤销：manage.py undo_import {done.pk}" if done else "没有需要写入的行。"
        others = f"未变 {counts['unchanged']} 条，跳过 {counts['skipped']} 条，未通过 {counts['refused']} 条"
        return f"已写入 {done.written if done else 0} 条，{others}。{taken}"

    def _user(self, username: str | None) -> User | None:
        if username is None:
            return None
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise CommandError(f"没有登录名为“{username}”的可登录用户。", returncode=FILE_REFUSED)
        return user

    def _area(self, code: str | None) -> Area | None:
        area = Area.objects.filter(code=code, closed_on=None).first() if code else None
        if code and area is None:
            raise CommandError(f"没有编码为 {code} 的现有区域。", returncode=FILE_REFUSED)
        return area

    def _map(self, kind: str, pairs: list[str]) -> dict[str, str]:
        roster = roster_of(kind)
        fields = {column.field for form in (roster, roster.wide) if form for column in form.columns}
        columns = dict(pair.partition("=")[::2] for pair in pairs)
        if unknown := sorted(columns.keys() - fields):
            known = "、".join(sorted(fields))
            raise CommandError(f"--map：没有 {unknown[0]} 这一项，可用的有 {known}。", returncode=FILE_REFUSED)
        return columns

    def _problems(self, reading: Reading) -> str:
        lines = [f"{_place(row)}“{column}”：{message}" for row in reading.refused for column, message in row.reasons]
        more = [f"……另有 {len(lines) - SHOWN} 处，可用 --json 查看全部。"] if len(lines) > SHOWN else []
        return "\n".join([*lines[:SHOWN], *more, f"共 {len(reading.refused)} 行有误。"])

    def _check_out(self, out: str | None) -> None:
        """Before anything is written: a result that cannot be told is worse than none."""
        if out not in (None, "-"):
            try:
                Path(out).write_text("", encoding="utf-8")
            except OSError as error:
                raise CommandError(f"不能写入结果文件 {out}（{error.strerror}）。", returncode=FILE_REFUSED) from error

    def _write(self, out: str | None, reading: Reading, refused: str | None = None) -> None:
        if out is None:
            return
        text = json.dumps({"file_refused": refused} | as_json(reading), ensure_ascii=False)
        if out == "-":
            self.stdout.write(text)
        else:
            Path(out).write_text(text, encoding="utf-8")

    def _finish(self, out: str | None, reading: Reading, code: int, message: str) -> NoReturn:
        """End the command with the code that says how it went."""
        self._write(out, reading, message if code == FILE_REFUSED else None)
        self.stderr.write(message)
        sys.exit(code)


def _place(row) -> str:
    return f"工作表“{row.sheet}”第 {row.number} 行" if row.sheet else f"第 {row.number} 行"


_UNOPENED = {
    FileNotFoundError: "没有这个文件，请核对路径",
    IsADirectoryError: "这是文件夹，请指明其中的文件",
    PermissionError: "没有读取这个文件的权限",
}


def _unopened(file: Path, error: OSError) -> str:
    return f"不能打开 {file}：{_UNOPENED.get(type(error), error.strerror)}。"


def as_json(reading: Reading) -> dict:
    """The whole answer as the command gives it out."""
    return {
        "sheet": reading.sheets[0] if reading.sheets else "",
        "header_rows": reading.header_rows,
        "columns": reading.columns,
        "unmatched": reading.unmatched,
        "counts": reading.counts,
        "rows": [_row(row) for row in reading.rows],
    }


def _row(row: Row) -> dict:
    said = told(row)
    said.pop("changes")
    return {"sheet": row.sheet, "row": row.number, "verdict": row.verdict.value, **said}
