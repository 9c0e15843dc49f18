"""What becomes of places somebody held when they die."""

from gridparty.lib.registry import leavings
from services.actions.leaving import release_gone


@leavings
def free_places(*, person, on, by) -> None:
    release_gone(person=person, day=on)
