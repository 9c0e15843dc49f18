"""What waits for everybody on the phone: notices not read yet."""

from django.urls import reverse
from django.utils.translation import gettext as _

from gridparty.lib.registry import Worklist, todos
from jobs.models import Notice


@todos
def unread_notices(user) -> list[Worklist]:
    return [Worklist(_("未读通知"), Notice.objects.own(user).unread().count(), reverse("jobs:notices"))]
