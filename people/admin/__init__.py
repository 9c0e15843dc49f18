"""People at the desk."""

from people.admin import care, households, persons, requests

__all__ = ["care", "households", "persons", "requests"]
