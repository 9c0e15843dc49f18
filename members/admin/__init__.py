"""Organisations, members, units and the ways to sort members at the desk."""

from members.admin import memberships, organisations, settings, units

__all__ = ["memberships", "organisations", "settings", "units"]
