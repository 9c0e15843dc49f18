"""Agreements, joint meetings, councils, evaluation of units. Not built yet."""
