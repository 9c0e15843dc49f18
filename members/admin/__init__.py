"""Organisations, members, units, the ways to sort members, and their points at the desk."""

from members.admin import memberships, organisations, points, schemes, settings, units

__all__ = ["memberships", "organisations", "points", "schemes", "settings", "units"]
