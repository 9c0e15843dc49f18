"""What residents say and what becomes of it: journal, cases, ratings, weekly reports."""

from cases.models.cases import Case, CaseEvent, CasePhoto, Deadline
from cases.models.journal import JournalEntry, Subject
from cases.models.ratings import Rating
from cases.models.reports import ReportEvent, ReportException, ReportRule, WeeklyReport

__all__ = [
    "Case",
    "CaseEvent",
    "CasePhoto",
    "Deadline",
    "JournalEntry",
    "Rating",
    "ReportEvent",
    "ReportException",
    "ReportRule",
    "Subject",
    "WeeklyReport",
]
