"""What becomes of agreements and meetings when their area closes."""

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from gridparty.lib.registry import handovers
from grids.models import LEVELS, Area
from liaison.agreements import term_of
from liaison.choices import BINDING, AgreementState
from liaison.errors import AgreementRefused, MeetingRefused
from liaison.models import Agreement, Body, Meeting

GOING_ON = BINDING | {AgreementState.DRAFT}


@handovers
def agreements_of_closed_area(*, area, into, by) -> None:
    """What goes on goes to the receiving area, or to the one above; what is over stays as history."""
    to = into or area.parent
    ours = Agreement.objects.filter(area=area, state__in=sorted(GOING_ON))
    there = Agreement.objects.binding().filter(area=to, unit=OuterRef("unit"))
    there = there.filter(starts_on__lte=OuterRef("ends_on"), ends_on__gte=OuterRef("starts_on"))
    if twice := ours.binding().filter(Exists(there)).select_related("unit").defer("unit__contact_phone").first():
        words = {"into": to.name, "unit": twice.unit.name, "term": term_of(twice)}
        raise AgreementRefused(_("“%(into)s”与“%(unit)s”已有同期的共建协议（%(term)s），请先终止或撤回其中一份。") % words)
    ours.update(**_place(to))


@handovers
def bodies_of_closed_area(*, area, into, by) -> None:
    """Bodies go on elsewhere with all their meetings: what these resolved is looked at when the body meets again."""
    to = into or area.parent
    ours = Body.objects.open().filter(area=area)
    there = Body.objects.open().filter(area=to, name=OuterRef("name"))
    if twice := ours.filter(Exists(there)).first():
        words = {"into": to.name, "name": twice.name}
        raise MeetingRefused(_("“%(into)s”已有同名的会议机制“%(name)s”，请先更改其中一个的名称。") % words)
    Meeting.objects.filter(area=area, body__in=ours).update(**_place(to))
    ours.update(**_place(to))


def _place(to: Area) -> dict:
    return {"area": to, **{f"{level}_id": getattr(to, f"{level}_id") for level in LEVELS}}
