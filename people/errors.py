"""Why a record of a person or a household was not made or changed."""

from gridparty.lib.errors import Refused


class PersonRefused(Refused):
    """The record cannot be made or changed like this."""


class OnRecordElsewhere(PersonRefused):
    """The ID number is on record outside the writer's scope: a transfer can be asked for, nothing is told."""


class HouseholdRefused(Refused):
    """The household cannot be set up or changed like this."""


class CareRefused(Refused):
    """The care, visit or skill cannot be recorded like this."""
