"""Why a job was not run or a message not sent."""

from gridparty.lib.errors import Refused


class NotRerun(Refused):
    """The job cannot be run again now."""


class NotResent(Refused):
    """The message cannot be sent again now."""


class ScheduleRefused(Refused):
    """The schedule would never be due."""


class NotThisForm(Refused):
    """The number belongs to the form of another user or page, or was sent with something else in it."""
