"""What workers do for agreements and resolutions. Each may be delivered twice, or taken up again after a crash."""

from django.utils.translation import gettext_lazy as _

from gridparty.lib.dates import today
from jobs.crontab import Crontab
from jobs.kinds import job
from jobs.runs import Run
from liaison.actions import clocks, reports
from services.choices import PeriodKind
from services.periods import Period

DRAFTING_DAYS = 14  # of a quarter: so long reports of the one before are drafted


@job("liaison.turn_terms", label=_("共建协议到期"), retry_safe=True, schedule=Crontab(minute="10", hour="0"))
def turn_terms(run: Run) -> dict:
    return {"expired": clocks.expire_agreements()}


@job("liaison.remind", label=_("共建和决议提醒"), retry_safe=True, schedule=Crontab(minute="20", hour="8"))
def remind(run: Run) -> dict:
    return clocks.remind()


@job("liaison.draft_reports", label=_("生成共建季度汇报"), retry_safe=True, queue="bulk", schedule=Crontab(minute="40", hour="2"))
def draft_reports(run: Run) -> dict:
    """Every night; only in the first two weeks of a quarter there is anything to do."""
    day = today()
    days = (day - Period.before(PeriodKind.QUARTER, day).last).days
    return {"drafted": reports.draft_reports(day=day) if days <= DRAFTING_DAYS else 0}
