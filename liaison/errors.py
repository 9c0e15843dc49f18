"""Why an agreement, a meeting or a resolution was not made or changed."""

from gridparty.lib.errors import Refused


class AgreementRefused(Refused):
    """The agreement, one of its commitments or reports cannot be changed or answered like this."""


class MeetingRefused(Refused):
    """The body or its meeting cannot be changed or answered like this."""


class ResolutionRefused(Refused):
    """The resolution cannot be passed or moved on like this."""
