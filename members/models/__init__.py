"""Party organisations, the units beside them, members, and the points members earn."""

from members.models.membership import ClassScheme, ClassUse, Contact, ManagementMode, Member, MemberClass, MemberMove
from members.models.organisations import PartyOrganisation, Seat, Unit, Zone
from members.models.points import (
    ExemptClass,
    ItemClass,
    NamedDay,
    PointBalance,
    PointCategory,
    PointEntry,
    PointItem,
    PointScheme,
)

__all__ = [
    "ClassScheme",
    "ClassUse",
    "Contact",
    "ExemptClass",
    "ItemClass",
    "ManagementMode",
    "Member",
    "MemberClass",
    "MemberMove",
    "NamedDay",
    "PartyOrganisation",
    "PointBalance",
    "PointCategory",
    "PointEntry",
    "PointItem",
    "PointScheme",
    "Seat",
    "Unit",
    "Zone",
]
