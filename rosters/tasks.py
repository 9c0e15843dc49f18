"""What workers do for imports and exports. Each may be delivered twice, or taken up again after a crash."""

from django.utils.translation import gettext_lazy as _

from jobs.crontab import Crontab
from jobs.kinds import job
from jobs.runs import Run
from rosters import actions
from rosters.actions.mending import judge_again
from rosters.exports import write_export


def _link(of: int) -> dict:
    return {"link": f"/rosters/{of}/"}


@job("rosters.read", label=_("读取导入文件"), retry_safe=True, queue="bulk")
def read(run: Run, of: int) -> dict:
    actions.read_file(of=of, tell=run.progress)
    return _link(of)


@job("rosters.judge", label=_("核对导入内容"), retry_safe=True, queue="bulk")
def judge(run: Run, of: int) -> dict:
    judge_again(of=of)
    return _link(of)


@job("rosters.write", label=_("写入导入内容"), retry_safe=True, queue="bulk")
def write(run: Run, of: int) -> dict:
    actions.write_import(of=of, tell=run.progress)
    return _link(of)


@job("rosters.undo", label=_("撤销导入"), retry_safe=True, queue="bulk")
def undo(run: Run, of: int, overrule: list) -> dict:
    return _link(of) | {"left": actions.take_back(of=of, overrule=overrule)}


@job("rosters.export", label=_("导出名单"), retry_safe=True, queue="bulk")
def export(run: Run, of: int) -> dict:
    write_export(of=of, progress=run.progress)
    return {"link": f"/rosters/exports/{of}/"}


@job("rosters.expire", label=_("清理过期的导入和导出"), retry_safe=True, schedule=Crontab(minute="50", hour="3"))
def expire(run: Run) -> dict:
    return {"deleted": actions.expire()}
