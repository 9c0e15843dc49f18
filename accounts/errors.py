"""Why an account or an appointment was not changed."""

from gridparty.lib.errors import Refused


class UserRefused(Refused):
    """The user cannot be entered or changed like this."""


class AppointmentRefused(Refused):
    """The post cannot be given or ended like this."""


class AccessRefused(Refused):
    """The account cannot be given, renewed, closed or opened like this."""


class FirstPasswordSpent(AccessRefused):
    """The first password was used before or is past its day."""
