"""Every write to people, households and what is noted of them."""

from people.actions.care import (
    NewVisit,
    add_care,
    add_skill,
    change_care,
    end_care,
    note_door,
    record_visits,
    withdraw_skill,
)
from people.actions.entry import NewPerson, correct_person, deny_membership, enter_people, enter_person, reveal
from people.actions.erasing import erase_person
from people.actions.homes import (
    NewHousehold,
    change_household,
    move_household,
    move_out,
    move_people,
    open_households,
    record_death,
    set_head,
)
from people.actions.merging import merge_people, undo_merge
from people.actions.requests import decide_request, request_move, withdraw_request

__all__ = [
    "NewHousehold",
    "NewPerson",
    "NewVisit",
    "add_care",
    "add_skill",
    "change_care",
    "change_household",
    "correct_person",
    "decide_request",
    "deny_membership",
    "end_care",
    "enter_people",
    "enter_person",
    "erase_person",
    "merge_people",
    "move_household",
    "move_out",
    "move_people",
    "note_door",
    "open_households",
    "record_death",
    "record_visits",
    "request_move",
    "reveal",
    "set_head",
    "undo_merge",
    "withdraw_request",
    "withdraw_skill",
]
