"""What waits at the desk: people others ask for, visits that should have been made."""

from django.urls import reverse
from django.utils.translation import gettext as _

from gridparty.lib.access import Can, scope_of
from gridparty.lib.counting import numbers_of
from gridparty.lib.registry import Worklist, worklists
from people.models import Care, MoveRequest
from people.queries import overdue


@worklists
def people(user) -> list[Worklist]:
    if not scope_of(user).has(Can.EDIT_PEOPLE):
        return []
    requests, care = reverse("admin:people_moverequest_changelist"), reverse("admin:people_care_changelist")
    waiting = {"requests": MoveRequest.objects.visible_to(user).to_decide(user), "care": overdue(Care.objects.visible_to(user))}
    numbers = numbers_of(waiting)
    return [
        Worklist(
            _("转入申请待答复"),
            numbers["requests"],
            f"{requests}?side=decide",
            _("其他辖区申请转入本辖区登记的人员"),
            late=True,
        ),
        Worklist(
            _("关爱走访逾期"),
            numbers["care"],
            f"{care}?due=late",
            _("已过下次走访日期"),
            late=True,
        ),
    ]
