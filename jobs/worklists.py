"""What waits for who looks after the system: work that failed."""

from django.urls import reverse
from django.utils.translation import gettext as _

from gridparty.lib.access import Can, scope_of
from gridparty.lib.registry import Worklist, worklists
from jobs.choices import JobStatus
from jobs.models import Job


@worklists
def failed_jobs(user) -> list[Worklist]:
    if not scope_of(user).has(Can.RUN_JOBS):
        return []
    url = f"{reverse('admin:jobs_job_changelist')}?status__exact={JobStatus.FAILED}"
    return [
        Worklist(
            _("失败的任务"), Job.objects.visible_to(user).filter(status=JobStatus.FAILED).count(), url, _("可再次运行"), late=True
        )
    ]
