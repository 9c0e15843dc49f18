"""What waits at the desk: posts that stand empty, terms that end."""

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Appointment
from accounts.queries import ending_soon, number_of_vacancies
from gridparty.lib.access import scope_of
from gridparty.lib.registry import Worklist, worklists


@worklists
def posts(user) -> list[Worklist]:
    if not scope_of(user).has(Appointment.see):
        return []
    listed = reverse("admin:accounts_appointment_changelist")
    return [
        Worklist(
            _("空缺岗位"),
            number_of_vacancies(user),
            reverse("admin:accounts_appointment_vacancies"),
            _("按岗位方案应配未配"),
            late=True,
        ),
        Worklist(_("任期将满"), ending_soon(user).count(), f"{listed}?term=soon", _("两个月内到期")),
    ]
