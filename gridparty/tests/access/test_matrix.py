"""T1: nobody reads or changes a row outside his area, through any route."""

import pytest

from gridparty.tests.access.matrix import NOWHERE, PLAYERS, SELF, thinned
from gridparty.tests.access.visits import changes, snapshot, undone

# Pages with a form that write nothing, and why.
NEVER_WRITE = {
    "account_logout": "ends the session; no row of ours changes",
    "people:reveal": "shows a number; the view log alone is written",
    "people:rounds": "only looked at",
    "people:places": "only looked at",
    "people:place": "only looked at",
    "people:search": "keeps what was looked for in the session; no row of ours changes",
    "people:household": "only looked at; the view log alone is written",
    "people:person": "only looked at; the view log alone is written",
    "members:reveal": "shows a number; the view log alone is written",
    "members:branch": "only looked at",
    "members:branch_organisation": "only looked at",
    "members:branch_board": "only looked at",
    "members:branch_member": "only looked at",
    "members:mine": "only looked at",
    "members:mine_data": "only looked at",
    "members:mine_entry": "only looked at",
    "members:mine_worth": "only looked at",
    "members:mine_reveal": "shows a number; the view log alone is written",
    "members:mine_appeal": "the own entry of the matrix awaits a decision; members/tests/test_mine_pages does",
    "admin:members_member_changelist#reissue_passwords": "nobody of the matrix has an account of ours; members/tests does",
    "cases:hub": "only looked at",
    "cases:journal": "only looked at",
    "cases:journal_subjects": "only looked at",
    "cases:journal_entry": "only looked at",
    "cases:journal_photo": "only looked at",
    "cases:journal_reveal": "shows who told it; the view log alone is written",
    "cases:cases": "only looked at",
    "cases:case": "only looked at",
    "cases:case_photo": "only looked at",
    "cases:case_reveal": "shows who told it; the view log alone is written",
    "cases:case_slip": "only looked at",
    "cases:mailboxes": "only looked at",
    "cases:mailbox_poster": "only looked at",
    "cases:ratings": "only looked at",
    "cases:reports": "only looked at",
    "cases:report_excuse": "the grid of the matrix holds grids, which report in its place; cases/tests/test_reports_pages does",
    "cases:report": "that of the matrix was sent; cases/tests/test_reports_pages does",
    "cases:report_pdf": "only looked at; the view log alone is written",
    "cases:reports_pdf": "only looked at; the view log alone is written",
    "services:hub": "only looked at",
    "services:post": "only looked at",
    "services:my_claim": "only looked at",
    "services:run": "only looked at",
    "services:run_post": "only looked at",
    "services:run_activities": "only looked at",
    "services:run_activity": "only looked at",
    "services:run_activity_code": "only looked at",
    "services:hours": "only looked at",
    "services:my_card": "only looked at",
    "services:cards_of_unit": "only looked at",
    "services:sign_up_withdraw": "the member of the matrix has signed up for nothing; services/tests/test_activities_pages does",
    "services:run_activity_photos": "takes a file, which the matrix does not carry; services/tests/test_activities_pages does",
    "services:certificate": "only looked at; the view log alone is written",
    "services:card_print": "only looked at; the view log alone is written",
    "services:cards_of_unit_print": "only looked at; the view log alone is written",
    "liaison:agreement_scans": "takes a file, which the matrix does not carry; liaison/tests/test_scans_pages does",
    "liaison:scan": "only looked at",
    "liaison:commitment_photo": "only looked at",
    **dict.fromkeys(
        ("liaison:agreement_print", "liaison:report_print", "liaison:minutes_print", "liaison:sheet_print"),
        "only looked at; the view log alone is written",
    ),
    "rosters:imports": "takes a file, which no form of the matrix carries; rosters/tests does",
    "rosters:page": "only looked at",
    "rosters:template": "only looked at",
    "rosters:errors": "only looked at; the view log alone is written",
    "rosters:export": "only looked at; the view log alone is written",
    "rosters:rest": "goes on with what was not written, and nothing was; rosters/tests does",
    "rosters:undo": "takes back what was written, and nothing was; rosters/tests does",
}
WRITERS = ("all_districts_official", "community_secretary", "system_admin", "security_admin", "seat_holder", "nobody")


@pytest.mark.parametrize("actor", PLAYERS)
def test_every_route_with_a_foreign_row(db, matrix, actor):
    assert matrix.play(actor, thinned(matrix, actor)) == []


@pytest.mark.proof
@pytest.mark.parametrize("actor", PLAYERS)
def test_every_combination_once(db, matrix, actor):
    assert matrix.play(actor) == []


def test_there_are_thousands_of_combinations(db, matrix):
    cases = [case.key for actor in PLAYERS for case in matrix.cases(actor)]
    assert len(set(cases)) == len(cases) >= 5000


def test_what_is_sent_does_write_where_it_may(db, matrix):
    """The forms of the matrix are right: sent by somebody who may, every one of them changes something."""
    written, tried = set(), set()
    for actor in WRITERS:
        for case in matrix.cases(actor):
            if case.spot not in ("own", NOWHERE, SELF) or not matrix.sends_a_form(case):
                continue
            tried.add(case.page)
            if case.page not in written and (matrix.may_write(case) or case.spot == SELF or case.route.about.model is None):
                with undone():
                    before = snapshot()
                    matrix.visitors[actor].ask(*matrix.request(case))
                    if changes(before, snapshot()):
                        written.add(case.page)
    idle = tried - written
    assert not idle - set(NEVER_WRITE), f"{sorted(idle - set(NEVER_WRITE))}: say in TYPED (matrix.py) what makes the form right."
    assert not set(NEVER_WRITE) - idle, f"{sorted(set(NEVER_WRITE) - idle)} write: take them out of NEVER_WRITE."
