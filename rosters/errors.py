from gridparty.lib.errors import Refused


class ImportRefused(Refused):
    """What was asked of an import cannot be done; the message says why."""


class ExportRefused(Refused):
    """The list cannot go out; the message says why."""
