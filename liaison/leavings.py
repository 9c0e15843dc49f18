"""What becomes of somebody's place in a body when they die. What they took on stays open: the next meeting looks at it."""

from gridparty.lib.registry import leavings
from liaison.models import BodyMember


@leavings
def leave_bodies(*, person, on, by) -> None:
    BodyMember.objects.current().filter(person=person).update(left_on=on)
