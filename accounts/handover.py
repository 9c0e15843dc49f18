"""What becomes of posts when their area closes."""

from accounts.actions import end_appointments
from accounts.choices import EndReason
from accounts.models import Appointment
from gridparty.lib.registry import handovers


@handovers
def end_posts_of_closed_area(*, area, into, by) -> None:
    """The posts of the closed area end with it: whoever leads the receiving grid leads there already."""
    posts = Appointment.objects.in_force().filter(area=area)
    end_appointments(appointments=posts, reason=EndReason.AREA_CLOSED, by=by, check=False)
