"""Read a register from a file without the browser: check by default, write with --commit."""

import json
import sys
from pathlib import Path
from typing import NoReturn

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from audit.operations import operation
from gridparty.lib.errors import Refused
from gridparty.lib.workbook import COMMAND_LINE, FileRefused
from rosters.engine import Reading, all_rosters, commit_roster, read_roster, roster_of

SHOWN = 50  # problems printed; --json holds them all
OK, ROWS_REFUSED, FILE_REFUSED = 0, 1, 2


class Command(BaseCommand):
    help = "核对名单文件；加 --commit 写入（全部写入或全不写入）。退出码：0 无误，1 有行未通过，2 文件不能读取。"

    def add_arguments(self, parser):
        parser.add_argument("kind", choices=[roster.kind for roster in all_rosters()], help="名单种类")
        parser.add_argument("file", type=Path)
        parser.add_argument("--commit", action="store_true", help="写入")
        parser.add_argument("--user", help="以某用户的权限导入（登录名）")
        parser.add_argument("--sheet", help="工作表名称")
        parser.add_argument("--json", metavar="OUT", help="结果写入该文件，- 为标准输出")

    def handle(self, *args, kind, file, commit, user, sheet, json, **options):
        by = self._user(user)
        self._check_out(json)
        reading = Reading(roster_of(kind))
        try:
            reading = read_roster(roster=reading.roster, path=file, limits=COMMAND_LINE, by=by, sheet=sheet)
            written = self._commit(reading, by) if commit and not reading.refused else 0
        except (FileRefused, Refused) as refusal:
            self._finish(json, reading, FILE_REFUSED, str(refusal))
        except OSError as error:
            self._finish(json, reading, FILE_REFUSED, _unopened(file, error))
        if reading.refused:
            self._finish(json, reading, ROWS_REFUSED, self._problems(reading))
        self._write(json, reading)
        if options["verbosity"] and json != "-":
            self.stdout.write(self._done(reading, written) if commit else self._ready(reading))

    def _commit(self, reading: Reading, by: User | None) -> int:
        with operation("rosters.import", actor_id=by.pk if by else None):
            return commit_roster(reading=reading, by=by)

    def _ready(self, reading: Reading) -> str:
        counts = reading.counts
        return f"可以导入：新增 {counts['new']}，修改 {counts['updated']}，未变 {counts['unchanged']}。加 --commit 写入。"

    def _done(self, reading: Reading, written: int) -> str:
        return f"已写入 {written} 条，未变 {reading.counts['unchanged']} 条。"

    def _user(self, username: str | None) -> User | None:
        if username is None:
            return None
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise CommandError(f"没有登录名为“{username}”的可登录用户。", returncode=FILE_REFUSED)
        return user

    def _problems(self, reading: Reading) -> str:
        lines = [f"第 {row.number} 行“{column}”：{message}" for row in reading.refused for column, message in row.reasons]
        more = [f"……另有 {len(lines) - SHOWN} 处，可用 --json 查看全部。"] if len(lines) > SHOWN else []
        return "\n".join([*lines[:SHOWN], *more, f"共 {len(reading.refused)} 行有误，未写入任何数据。请改正后重新导入。"])

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
        "sheet": reading.sheet,
        "header_rows": [reading.header_row] if reading.header_row else [],
        "columns": reading.columns,
        "unmatched": reading.unmatched,
        "counts": reading.counts,
        "rows": [
            {
                "sheet": row.sheet,
                "row": row.number,
                "verdict": row.verdict.value,
                "reasons": [{"column": column, "message": message} for column, message in row.reasons],
                "warnings": [{"column": column, "message": message} for column, message in row.warnings],
                "values": row.values,
            }
            for row in reading.rows
        ],
    }
