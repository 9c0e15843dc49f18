"""Why an entry, a case, a rating or a report was not made or changed."""

from gridparty.lib.errors import Refused


class JournalRefused(Refused):
    """The entry cannot be recorded like this."""


class CaseRefused(Refused):
    """The case cannot be opened or moved like this."""


class RatingRefused(Refused):
    """The matter cannot be rated now, or not by this one."""


class ReportRefused(Refused):
    """The report cannot be changed, sent or judged like this."""
