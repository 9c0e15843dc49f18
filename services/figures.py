"""What is counted of services."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from gridparty.lib.dates import start_of
from gridparty.lib.figures import Figure, figures
from services.models import ServiceHours, ServicePost


@figures
def services() -> list[Figure]:
    return [
        Figure(
            "posts_published",
            _("服务岗位招募"),
            _("个"),
            lambda a, b: ServicePost.objects.filter(
                published_at__gte=start_of(a), published_at__lt=start_of(b + timedelta(days=1))
            ),
        ),
        Figure("hours", _("服务时长登记"), _("次"), lambda a, b: ServiceHours.objects.confirmed().filter(on__range=(a, b))),
    ]
