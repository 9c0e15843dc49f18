"""What becomes of households and requests when an area closes."""

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from gridparty.lib.registry import handovers
from grids.models import LEVELS
from people.choices import RequestState
from people.errors import HouseholdRefused
from people.models import Household, MoveRequest
from people.queries import door


@handovers
def doors_of_closed_area(*, area, into, by) -> None:
    """Households go along; a door that the receiving area has already would be there twice."""
    there = Household.objects.filter(area=into, unit=OuterRef("unit"), room=OuterRef("room"))
    twice = Household.objects.filter(Exists(there), area=area).select_related("area").order_by("unit", "room").first()
    if into is not None and twice is not None:
        words = {"door": door(twice), "into": into.name}
        raise HouseholdRefused(_("“%(into)s”已有同号住户（%(door)s），请先更改其中一户的单元或室号。") % words)


@handovers
def requests_of_closed_area(*, area, into, by) -> None:
    """Requests for a place that closes are for the receiving one; without one they are taken back. The other side follows."""
    rows = MoveRequest.objects.filter(state=RequestState.OPEN)
    if into is None:
        rows.filter(area=area).update(state=RequestState.WITHDRAWN, decided_at=timezone.now())
        return
    twice = rows.filter(area=into, person=OuterRef("person"))
    rows.filter(Exists(twice), area=area).update(state=RequestState.WITHDRAWN, decided_at=timezone.now())
    rows.filter(area=area).update(area=into, **{f"{level}_id": getattr(into, f"{level}_id") for level in LEVELS})
    rows.filter(held_area=area).update(held_area=into)
