"""The desk's pages of voices: cases, the journal, weekly reports, ratings, and what offices set."""

from cases.admin import cases, journal, ratings, reports, settings  # noqa: F401 - each registers its pages
