"""The registers of this room."""

from people.rosters import residents

__all__ = ["residents"]
