"""Why a record of an organisation or a member was not made or changed."""

from gridparty.lib.errors import Refused


class OrganisationRefused(Refused):
    """The organisation, unit, seat or zone cannot be changed like this."""


class MemberRefused(Refused):
    """The membership cannot be entered or changed like this."""


class PointsRefused(Refused):
    """The scheme, the entry or the closing of the year cannot be made or decided like this; `about` is what of an entry."""

    def __init__(self, message: str, about: str = ""):
        super().__init__(message)
        self.about = about  # name, item, on, quantity
