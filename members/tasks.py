"""What workers do for points. Each may be delivered twice, or taken up again after a crash."""

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from jobs.kinds import job
from jobs.runs import Run
from members import actions
from members.choices import SchemeState
from members.models import PointScheme


@job("members.publish_scheme", label=_("发布积分办法"), retry_safe=True, queue="bulk")
def publish_scheme(run: Run, scheme: int) -> dict:
    row = PointScheme.objects.get(pk=scheme)
    if row.state == SchemeState.DRAFT:
        members = actions.publish_scheme(scheme=row, by=User.objects.get(pk=run.by_id), tell=run.progress)
        run.progress(members, members, gettext("%(n)d 名党员按本办法积分。") % {"n": members})
    return {"link": reverse("admin:members_pointscheme_change", args=[scheme])}
