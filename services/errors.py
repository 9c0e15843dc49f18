"""Why a post, a claim, an activity, hours or a card were not made or changed."""

from gridparty.lib.errors import Refused


class PostRefused(Refused):
    """The post cannot be changed like this."""


class ClaimRefused(Refused):
    """The post cannot be claimed, or the claim not moved, like this."""


class ActivityRefused(Refused):
    """The activity, the team or the sign-up cannot be changed like this."""


class HoursRefused(Refused):
    """The hours cannot be entered or decided like this."""


class CardRefused(Refused):
    """The feedback card cannot be changed, sent or answered like this."""
