"""Every write to the journal, cases, ratings and weekly reports."""

from cases.actions.cases import NewCase, Said, move_case, open_case, settle_on_spot
from cases.actions.clocks import escalate, follow_area, remind, watch_clocks
from cases.actions.journal import NewEntry, keep_journal, make_case, reveal_teller
from cases.actions.ratings import rate
from cases.actions.reports import (
    REOPENED_DAYS,
    Written,
    accept_report,
    close_reports,
    comment_report,
    draft_reports,
    excuse,
    remind_reports,
    reopen_report,
    return_report,
    send_report,
)

__all__ = [
    "REOPENED_DAYS",
    "NewCase",
    "NewEntry",
    "Said",
    "Written",
    "accept_report",
    "close_reports",
    "comment_report",
    "draft_reports",
    "escalate",
    "excuse",
    "follow_area",
    "keep_journal",
    "make_case",
    "move_case",
    "open_case",
    "rate",
    "remind",
    "remind_reports",
    "reopen_report",
    "return_report",
    "reveal_teller",
    "send_report",
    "settle_on_spot",
    "watch_clocks",
]
