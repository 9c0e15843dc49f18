"""What is counted of visits and of who came and went."""

from django.utils.translation import gettext_lazy as _

from gridparty.lib.figures import Figure, figures
from people.choices import MoveKind, VisitOutcome
from people.models import Residence, Visit


@figures
def rounds() -> list[Figure]:
    visits, stays = Visit.objects, Residence.objects
    return [
        Figure("visits", _("走访"), _("次"), lambda a, b: visits.filter(on__range=(a, b))),
        Figure("visits_met", _("走访见到"), _("次"), lambda a, b: visits.filter(on__range=(a, b), outcome=VisitOutcome.MET)),
        Figure("moved_in", _("新增居民"), _("人"), lambda a, b: stays.filter(from_on__range=(a, b))),
        Figure(
            "moved_out", _("迁出居民"), _("人"), lambda a, b: stays.filter(until_on__range=(a, b)).exclude(went=MoveKind.DIED)
        ),
    ]
