"""What meetings hold of somebody whose personal data are to go: the texts. That a seat was taken, and when, stays."""

from gridparty.lib.dates import today
from gridparty.lib.registry import erasures
from liaison.models import Attendance, BodyMember


@erasures
def blank_places(*, person, by) -> None:
    places = BodyMember.objects.filter(person=person)
    places.current().update(left_on=today())
    places.update(name="")
    Attendance.objects.filter(body_member__person=person).update(reason="", proxy="")
