"""The registers of this room."""

from members.rosters import buildings, members, organisations, units

__all__ = ["buildings", "members", "organisations", "units"]
