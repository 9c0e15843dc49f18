"""The desk's pages of services: posts, claims, teams, activities, hours, feedback cards, and what offices set."""

from services.admin import activities, cards, claims, hours, posts, settings  # noqa: F401 - each registers its pages
