"""The desk's pages of liaison: agreements and what is promised in them, bodies, meetings, resolutions, what offices set."""

from liaison.admin import agreements, bodies, meetings, reports, resolutions, settings  # noqa: F401 - each registers its pages
