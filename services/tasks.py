"""What workers do for posts and feedback cards. Each may be delivered twice, or taken up again after a crash."""

from django.utils.translation import gettext_lazy as _

from jobs.crontab import Crontab
from jobs.kinds import job
from jobs.runs import Run
from services import actions


@job("services.draft_cards", label=_("生成反馈卡"), retry_safe=True, queue="bulk", schedule=Crontab(minute="10", hour="2"))
def draft_cards(run: Run) -> dict:
    """Every night; only in the two weeks after a period there is anything to do."""
    return {"drafted": actions.draft_cards()}


@job("services.remind_cards", label=_("催办反馈卡回执"), retry_safe=True, schedule=Crontab(minute="30", hour="8"))
def remind_cards(run: Run) -> dict:
    return {"reminded": actions.remind_cards()}


@job("services.turn_terms", label=_("岗位上岗与到期"), retry_safe=True, schedule=Crontab(minute="5", hour="0"))
def turn_terms(run: Run) -> dict:
    """And who has left the roll keeps no place."""
    released = actions.release_gone()
    return actions.turn_terms() | {"released": released}
