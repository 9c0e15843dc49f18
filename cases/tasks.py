"""What workers do for cases and reports. Each may be delivered twice, or taken up again after a crash."""

from django.utils.translation import gettext_lazy as _

from cases import actions
from jobs.crontab import Crontab
from jobs.kinds import job
from jobs.runs import Run


@job("cases.clocks", label=_("事件提醒、升级与结案"), retry_safe=True, schedule=Crontab(minute="*/5"))
def clocks(run: Run) -> dict:
    return actions.watch_clocks()


@job("cases.draft_reports", label=_("生成本周周报"), retry_safe=True, schedule=Crontab(minute="10", hour="0"))
def draft_reports(run: Run) -> dict:
    """Every night: grids that were drawn in the week get theirs, too."""
    return {"drafted": actions.draft_reports()}


@job("cases.remind_reports", label=_("提醒提交周报"), retry_safe=True, schedule=Crontab(minute="5", hour="9-21"))
def remind_reports(run: Run) -> dict:
    """Every hour of the day: who was told is not told again, and the hour at which reports are due is the office's."""
    return {"told": actions.remind_reports()}


@job("cases.close_reports", label=_("周报关账"), retry_safe=True, schedule=Crontab(minute="50", hour="23"))
def close_reports(run: Run) -> dict:
    return {"closed": actions.close_reports()}
