"""Every write to posts, claims, teams, activities, hours and feedback cards."""

from services.actions.absences import answer_absence, explain_absence, note_absence
from services.actions.activities import (
    NewActivity,
    add_photos,
    cancel_activity,
    change_activity,
    open_activity,
    sign_up,
    withdraw_sign_up,
)
from services.actions.attendance import Held, attend_by_code, hold_activity, tick_attendance
from services.actions.cards import answer_card, draft_cards, move_cards, remark_card, remind_cards
from services.actions.claims import claim_post, move_claim
from services.actions.hours import NewHours, decide_hours, enter_hours, take_back_hours, withdraw_hours
from services.actions.leaving import release_gone
from services.actions.posts import NewPost, NewShift, change_post, draft_post, move_post, propose_post, turn_terms
from services.actions.teams import NewTeam, change_team, close_team, found_team, join_team, leave_team

__all__ = [
    "Held",
    "NewActivity",
    "NewHours",
    "NewPost",
    "NewShift",
    "NewTeam",
    "add_photos",
    "answer_absence",
    "answer_card",
    "attend_by_code",
    "cancel_activity",
    "change_activity",
    "change_post",
    "change_team",
    "claim_post",
    "close_team",
    "decide_hours",
    "draft_cards",
    "draft_post",
    "enter_hours",
    "explain_absence",
    "found_team",
    "hold_activity",
    "join_team",
    "leave_team",
    "move_cards",
    "move_claim",
    "move_post",
    "note_absence",
    "open_activity",
    "propose_post",
    "release_gone",
    "remark_card",
    "remind_cards",
    "sign_up",
    "take_back_hours",
    "tick_attendance",
    "turn_terms",
    "withdraw_hours",
    "withdraw_sign_up",
]
