"""Why the tree was not changed."""

from gridparty.lib.errors import Refused


class AreaRefused(Refused):
    """The change would break a rule of the tree."""


class DrawnAnew(AreaRefused):
    """Somebody else changed the area since the user looked at it."""
