"""The two doors Celery knows, and the jobs of this app."""

from celery import shared_task
from django.core.management import call_command
from django.utils.translation import gettext_lazy as _

from jobs import actions
from jobs.crontab import Crontab
from jobs.kinds import job
from jobs.runs import Run


@shared_task(name="jobs.run")
def run(job_id: int) -> None:
    actions.run_job(job_id=job_id)


@shared_task(name="jobs.tick")
def tick() -> None:
    actions.tick()


@job("jobs.prune", label=_("清理旧任务记录"), retry_safe=True, schedule=Crontab(minute="30", hour="3"))
def prune(run: Run) -> dict:
    return {"deleted": actions.prune_jobs(), "receipts": actions.prune_receipts()}


@job("jobs.clear_sessions", label=_("清理过期登录"), retry_safe=True, schedule=Crontab(minute="40", hour="3"))
def clear_sessions(run: Run) -> None:
    call_command("clearsessions")
