"""The registers of this room."""

from members.rosters import buildings, members, organisations, points, units

__all__ = ["buildings", "members", "organisations", "points", "units"]
