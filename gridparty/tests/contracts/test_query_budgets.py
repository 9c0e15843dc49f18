"""How many queries each page takes, literally, and that it takes no more of them with three rows than with one.

Every address that answers somebody with a page stands in BUDGETS, found by asking; a new one fails here until it does. Three of
the queries are always the same: the session, its user, the user's posts.
"""

from datetime import date

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.choices import Role
from accounts.models import Appointment, User
from audit.models import ViewEntry
from cases.models import Case, JournalEntry, WeeklyReport
from gridparty.lib.access import scope_of
from gridparty.tests.contracts import product
from gridparty.tests.factories import (
    FACTORIES,
    balance_of,
    entry_of,
    import_of,
    mark,
    member_who,
    notice_to,
    person_called,
    placed,
)
from gridparty.tests.factories_liaison import held, invited, running
from grids.actions import load_areas
from grids.models import Area
from grids.rules import NewArea
from jobs.models import Job
from members.models import Member, PartyOrganisation, PointEntry
from people.models import Care, Household, Person
from rosters.models import Import
from services.models import Absence, Activity, Claim, ServicePost, Team

MOST = 10
BUDGETS: dict[str, int] = {
    "account_change_password": 2,
    "account_login": 0,
    "account_logout": 2,
    "accounts:me": 4,
    "cases:hub": 5,
    "cases:journal": 5,
    "cases:journal_entry": 4,
    "cases:journal_new": 6,
    "cases:journal_subjects": 7,
    "liaison:hub": 8,
    "liaison:meeting": 5,
    "liaison:resolution": 4,
    "liaison:agreement_link": 5,
    "liaison:agreement_scans": 6,
    "liaison:run_meeting": 10,
    "liaison:meeting_links": 6,
    "admin:liaison_agreement_commit": 5,
    "admin:liaison_agreement_offer": 5,
    "admin:liaison_agreement_discard": 5,
    "admin:liaison_agreement_changelist": 6,
    "admin:liaison_agreement_add": 6,
    "admin:liaison_agreement_history": 8,
    "admin:liaison_agreement_change": 13,
    "admin:liaison_commitment_finish": 5,
    "admin:liaison_commitment_drop": 5,
    "admin:liaison_commitment_changelist": 6,
    "admin:liaison_commitment_history": 6,
    "admin:liaison_commitment_change": 6,
    "admin:liaison_body_add-members": 5,
    "admin:liaison_body_draw-members": 7,
    "admin:liaison_body_close": 5,
    "admin:liaison_body_changelist": 6,
    "admin:liaison_body_add": 4,
    "admin:liaison_body_history": 7,
    "admin:liaison_body_change": 11,
    "admin:liaison_bodymember_leave": 5,
    "admin:liaison_bodymember_changelist": 5,
    "admin:liaison_bodymember_history": 7,
    "admin:liaison_bodymember_change": 6,
    "admin:liaison_meeting_convene": 7,
    "admin:liaison_meeting_cancel": 5,
    "admin:liaison_meeting_changelist": 6,
    "admin:liaison_meeting_add": 4,
    "admin:liaison_meeting_history": 7,
    "admin:liaison_meeting_change": 8,
    "admin:liaison_quarterreport_send": 5,
    "admin:liaison_quarterreport_changelist": 6,
    "admin:liaison_quarterreport_history": 6,
    "admin:liaison_quarterreport_change": 5,
    "admin:liaison_resolution_finish": 5,
    "admin:liaison_resolution_drop": 5,
    "admin:liaison_resolution_extend": 5,
    "admin:liaison_resolution_to_case": 7,
    "admin:liaison_resolution_changelist": 6,
    "admin:liaison_resolution_history": 7,
    "admin:liaison_resolution_change": 5,
    "admin:liaison_agreementtemplate_changelist": 5,
    "admin:liaison_agreementtemplate_add": 3,
    "admin:liaison_agreementtemplate_history": 5,
    "admin:liaison_agreementtemplate_change": 5,
    "services:hub": 10,
    "services:post": 10,
    "services:propose": 6,
    "services:run": 5,
    "services:run_new": 7,
    "services:run_post": 8,
    "services:run_edit": 10,
    "services:run_absent": 4,
    "services:run_absence": 4,
    "services:activity": 9,
    "services:run_activities": 4,
    "services:run_activity_new": 5,
    "services:run_activity": 6,
    "services:run_activity_edit": 6,
    "services:run_activity_code": 4,
    "services:run_activity_hold": 4,
    "services:run_activity_cancel": 4,
    "services:team": 6,
    "services:hours": 8,
    "services:hours_new": 7,
    "services:run_hours": 4,
    "services:card_by_code": 2,
    "admin:services_team_join": 5,
    "admin:services_team_leave": 6,
    "admin:services_team_close": 5,
    "admin:services_team_changelist": 6,
    "admin:services_team_add": 4,
    "admin:services_team_history": 7,
    "admin:services_team_change": 9,
    "admin:services_activity_tick": 7,
    "admin:services_activity_hold": 6,
    "admin:services_activity_cancel": 5,
    "admin:services_activity_changelist": 6,
    "admin:services_activity_add": 5,
    "admin:services_activity_history": 7,
    "admin:services_activity_change": 9,
    "admin:services_signup_changelist": 6,
    "admin:services_signup_history": 7,
    "admin:services_signup_change": 4,
    "admin:services_feedbackcard_units": 6,
    "admin:services_feedbackcard_submit": 5,
    "admin:services_feedbackcard_approve": 5,
    "admin:services_feedbackcard_drop": 5,
    "admin:services_feedbackcard_changelist": 7,
    "admin:services_feedbackcard_history": 8,
    "admin:services_feedbackcard_change": 6,
    "admin:services_cardrule_changelist": 5,
    "admin:services_cardrule_history": 5,
    "admin:services_cardrule_change": 5,
    "admin:services_claim_approve": 5,
    "admin:services_claim_refuse": 5,
    "admin:services_claim_changelist": 7,
    "admin:services_claim_history": 7,
    "admin:services_claim_change": 7,
    "admin:services_absence_answer": 5,
    "admin:services_absence_changelist": 6,
    "admin:services_absence_history": 7,
    "admin:services_absence_change": 5,
    "admin:services_servicehours_confirm": 5,
    "admin:services_servicehours_refuse": 5,
    "admin:services_servicehours_changelist": 6,
    "admin:services_servicehours_history": 8,
    "admin:services_servicehours_change": 5,
    "admin:services_servicepost_end": 5,
    "admin:services_servicepost_changelist": 7,
    "admin:services_servicepost_add": 7,
    "admin:services_servicepost_history": 7,
    "admin:services_servicepost_change": 10,
    "admin:services_postkind_changelist": 5,
    "admin:services_postkind_add": 3,
    "admin:services_postkind_history": 5,
    "admin:services_postkind_change": 5,
    "jobs:job": 4,
    "members:branch": 7,
    "members:branch_appeal": 5,
    "members:branch_board": 6,
    "members:branch_contacts": 5,
    "members:branch_decide": 7,
    "members:branch_entry": 5,
    "members:branch_meeting": 7,
    "members:branch_member": 9,
    "members:branch_organisation": 9,
    "members:mine": 9,
    "members:mine_data": 10,
    "members:mine_entry": 7,
    "members:mine_propose": 8,
    "cases:case": 8,
    "cases:case_new": 6,
    "cases:case_on_spot": 4,
    "cases:case_rate": 4,
    "cases:case_urgent": 8,
    "cases:cases": 6,
    "cases:counter": 6,
    "cases:mailboxes": 5,
    "cases:ratings": 5,
    "cases:track": 2,
    "cases:report": 7,
    "cases:report_excuse": 6,
    "cases:report_judge": 7,
    "cases:report_reopen": 4,
    "cases:reports": 7,
    "jobs:notices": 6,
    "people:change_care": 5,
    "people:household": 7,
    "people:person": 7,
    "people:place": 10,
    "people:places": 9,
    "people:rounds": 7,
    "people:search": 3,
    "people:visit_household": 5,
    "people:visit_person": 7,
    "phone": 11,
    "rosters:imports": 6,
    "rosters:page": 8,
    "admin:index": 16,
    "admin:accounts_appointment_add": 3,
    "admin:accounts_appointment_change": 6,
    "admin:accounts_appointment_changelist": 6,
    "admin:accounts_appointment_history": 7,
    "admin:accounts_appointment_vacancies": 7,
    "admin:accounts_rolescheme_add": 3,
    "admin:accounts_rolescheme_change": 6,
    "admin:accounts_rolescheme_changelist": 5,
    "admin:accounts_rolescheme_history": 5,
    "admin:accounts_schemeuse_add": 4,
    "admin:accounts_schemeuse_change": 8,
    "admin:accounts_schemeuse_changelist": 5,
    "admin:accounts_schemeuse_history": 7,
    "admin:accounts_user_add": 3,
    "admin:accounts_user_change": 6,
    "admin:accounts_user_changelist": 6,
    "admin:accounts_user_history": 6,
    "admin:app_list": 3,
    "admin:audit_changeentry_change": 4,
    "admin:audit_changeentry_changelist": 5,
    "admin:audit_changeentry_history": 5,
    "admin:audit_viewentry_change": 4,
    "admin:audit_viewentry_changelist": 5,
    "admin:audit_viewentry_history": 5,
    "admin:cases_case_ask_approval": 5,
    "admin:cases_case_ask_remit": 5,
    "admin:cases_case_change": 7,
    "admin:cases_case_changelist": 7,
    "admin:cases_case_collect": 5,
    "admin:cases_case_file": 5,
    "admin:cases_case_history": 8,
    "admin:cases_case_note": 5,
    "admin:cases_case_pass_down": 5,
    "admin:cases_case_pass_up": 5,
    "admin:cases_case_urge": 5,
    "admin:cases_deadline_add": 3,
    "admin:cases_deadline_change": 5,
    "admin:cases_deadline_changelist": 5,
    "admin:cases_deadline_history": 5,
    "admin:cases_journalentry_case": 5,
    "admin:cases_journalentry_change": 5,
    "admin:cases_journalentry_changelist": 7,
    "admin:cases_journalentry_history": 8,
    "admin:cases_rating_change": 4,
    "admin:cases_rating_changelist": 8,
    "admin:cases_rating_history": 7,
    "admin:cases_reportexception_add": 3,
    "admin:cases_reportexception_change": 4,
    "admin:cases_reportexception_changelist": 6,
    "admin:cases_reportexception_history": 7,
    "admin:cases_reportrule_change": 5,
    "admin:cases_reportrule_changelist": 5,
    "admin:cases_reportrule_history": 5,
    "admin:cases_subject_add": 3,
    "admin:cases_subject_change": 5,
    "admin:cases_subject_changelist": 5,
    "admin:cases_subject_history": 5,
    "admin:cases_weeklyreport_change": 5,
    "admin:cases_weeklyreport_changelist": 6,
    "admin:cases_weeklyreport_history": 7,
    "admin:grids_area_add": 3,
    "admin:grids_area_change": 8,
    "admin:grids_area_changelist": 7,
    "admin:grids_area_close": 8,
    "admin:grids_area_history": 6,
    "admin:grids_area_merge": 8,
    "admin:grids_area_move": 8,
    "admin:grids_area_split": 8,
    "admin:grids_areaevent_change": 5,
    "admin:grids_areaevent_changelist": 6,
    "admin:grids_areaevent_history": 6,
    "admin:grids_coderule_change": 5,
    "admin:grids_coderule_changelist": 5,
    "admin:grids_coderule_history": 5,
    "admin:grids_norm_change": 5,
    "admin:grids_norm_changelist": 5,
    "admin:grids_norm_history": 5,
    "admin:jobs_job_change": 7,
    "admin:jobs_job_changelist": 5,
    "admin:jobs_job_history": 5,
    "admin:jobs_outboxmessage_change": 5,
    "admin:jobs_outboxmessage_changelist": 5,
    "admin:jobs_outboxmessage_history": 5,
    "admin:jobs_schedule_change": 4,
    "admin:jobs_schedule_changelist": 5,
    "admin:jobs_schedule_history": 5,
    "admin:jobs_specialday_change": 5,
    "admin:jobs_specialday_changelist": 7,
    "admin:jobs_specialday_history": 5,
    "admin:members_classscheme_add": 5,
    "admin:members_classscheme_change": 8,
    "admin:members_classscheme_changelist": 5,
    "admin:members_classscheme_history": 5,
    "admin:members_classuse_add": 4,
    "admin:members_classuse_change": 8,
    "admin:members_classuse_changelist": 5,
    "admin:members_classuse_history": 7,
    "admin:members_managementmode_add": 3,
    "admin:members_managementmode_change": 5,
    "admin:members_managementmode_changelist": 5,
    "admin:members_managementmode_history": 5,
    "admin:members_member_add": 4,
    "admin:members_member_change": 10,
    "admin:members_member_changelist": 7,
    "admin:members_member_float": 5,
    "admin:members_member_history": 10,
    "admin:members_member_leave": 5,
    "admin:members_member_lost": 5,
    "admin:members_member_reclass": 8,
    "admin:members_member_send": 5,
    "admin:members_membermove_change": 6,
    "admin:members_membermove_changelist": 5,
    "admin:members_membermove_history": 8,
    "admin:members_membermove_recall": 5,
    "admin:members_membermove_receive": 6,
    "admin:members_partyorganisation_add": 3,
    "admin:members_partyorganisation_change": 10,
    "admin:members_partyorganisation_changelist": 8,
    "admin:members_partyorganisation_close": 6,
    "admin:members_partyorganisation_concurrent": 4,
    "admin:members_partyorganisation_coverage": 7,
    "admin:members_partyorganisation_empty": 7,
    "admin:members_partyorganisation_fill": 5,
    "admin:members_partyorganisation_history": 6,
    "admin:members_partyorganisation_meeting": 9,
    "admin:members_pointbalance_change": 8,
    "admin:members_pointbalance_changelist": 8,
    "admin:members_pointbalance_history": 6,
    "admin:members_pointcategory_change": 8,
    "admin:members_pointcategory_changelist": 5,
    "admin:members_pointcategory_history": 6,
    "admin:members_pointentry_approve": 5,
    "admin:members_pointentry_change": 5,
    "admin:members_pointentry_changelist": 6,
    "admin:members_pointentry_history": 8,
    "admin:members_pointentry_refuse": 5,
    "admin:members_pointscheme_add": 5,
    "admin:members_pointscheme_change": 9,
    "admin:members_pointscheme_changelist": 6,
    "admin:members_pointscheme_discard": 5,
    "admin:members_pointscheme_history": 6,
    "admin:members_pointscheme_publish": 8,
    "admin:members_unit_add": 3,
    "admin:members_unit_change": 13,
    "admin:members_unit_changelist": 7,
    "admin:members_unit_history": 6,
    "admin:people_care_add": 4,
    "admin:people_care_change": 6,
    "admin:people_care_changelist": 7,
    "admin:people_care_end": 5,
    "admin:people_care_history": 8,
    "admin:people_careclass_add": 3,
    "admin:people_careclass_change": 5,
    "admin:people_careclass_changelist": 5,
    "admin:people_careclass_history": 5,
    "admin:people_household_add": 3,
    "admin:people_household_change": 8,
    "admin:people_household_changelist": 7,
    "admin:people_household_history": 6,
    "admin:people_household_move": 6,
    "admin:people_moverequest_change": 5,
    "admin:people_moverequest_changelist": 5,
    "admin:people_moverequest_history": 8,
    "admin:people_moverequest_withdraw": 5,
    "admin:people_person_add": 3,
    "admin:people_person_change": 14,
    "admin:people_person_changelist": 8,
    "admin:people_person_death": 4,
    "admin:people_person_erase": 4,
    "admin:people_person_history": 5,
    "admin:people_person_leave": 4,
    "admin:people_person_merge": 4,
    "admin:people_person_move": 4,
    "admin:people_personmerge_change": 5,
    "admin:people_personmerge_changelist": 5,
    "admin:people_personmerge_history": 6,
    "admin:people_personmerge_undo": 5,
    "admin:people_personskill_add": 4,
    "admin:people_personskill_change": 5,
    "admin:people_personskill_changelist": 7,
    "admin:people_personskill_history": 7,
    "admin:people_personskill_withdraw": 5,
    "admin:people_skill_add": 3,
    "admin:people_skill_change": 5,
    "admin:people_skill_changelist": 5,
    "admin:people_skill_history": 5,
    "admin:people_visit_add": 3,
    "admin:people_visit_change": 4,
    "admin:people_visit_changelist": 6,
    "admin:people_visit_history": 8,
}
# Pages over MOST, and why they may be.
HEAVY: dict[str, str] = {
    "admin:index": "the first page counts what waits in every room: one query a room, or a few",
    "phone": "the first page counts what waits in every room: one query a room, or a few",
    "admin:members_unit_change": "what every room holds of a unit: a panel of a query or two each",
    "admin:liaison_agreement_change": "a draft chooses area, unit and organisation; two sides, scans and reports stand below",
    "admin:liaison_body_change": "chooses area and organisation; its members, meetings and resolutions stand below",
    "admin:people_person_change": "what every room holds of somebody: a panel of a few queries each",
}

# Who looks at a page: the first of these whom it answers.
LOOKERS = ("district_official", "secretary", "system_admin", "audit_admin", "security_admin", None)
# The rows of pages outside the desk.
ABOUT = {"jobs:job": Job, "accounts:photo": User, "rosters:page": Import}
BRANCH = ("members:branch_organisation", "members:branch_meeting", "members:branch_contacts", "members:branch_board")
ABOUT |= dict.fromkeys(BRANCH, PartyOrganisation)
OWN = "own"  # of the entry of who looks
ABOUT |= dict.fromkeys(("members:mine_entry", "members:mine_appeal"), OWN)
ABOUT |= dict.fromkeys(("cases:report", "cases:report_judge", "cases:report_reopen"), WeeklyReport)
ABOUT |= {"cases:journal_entry": JournalEntry}
ABOUT |= dict.fromkeys(("cases:case", "cases:case_on_spot", "cases:case_rate"), Case)
ABOUT |= {"people:place": Area, "people:change_care": Care}
ABOUT |= dict.fromkeys(("people:household", "people:visit_household"), Household)
ABOUT |= dict.fromkeys(("people:person", "people:visit_person"), Person)
ABOUT |= {"members:branch_member": Member, "members:branch_appeal": PointEntry, "members:branch_entry": PointEntry}
ABOUT |= dict.fromkeys((f"services:{page}" for page in ("post", "run_post", "run_edit")), ServicePost)
ABOUT |= {"services:run_absent": Claim, "services:run_absence": Absence, "services:team": Team}
RUN = [f"services:run_activity{page}" for page in ("", "_edit", "_code", "_hold", "_cancel")]
ABOUT |= dict.fromkeys(("services:activity", *RUN), Activity)
ABOUT |= dict.fromkeys(("liaison:agreement_link", "liaison:agreement_scans"), "running agreement")
ABOUT |= dict.fromkeys(("liaison:run_meeting", "liaison:meeting_links"), "held meeting")
ABOUT |= {"liaison:meeting": "own meeting", "liaison:resolution": "own resolution"}
MACHINES = ("healthz", "readyz", "admin:jsi18n", "admin:autocomplete")


@pytest.fixture
def shown(areas, cast):
    """One row of every model at a grid, and a way to make two more."""
    made = {model: [] for model in FACTORIES}

    def grow(*places):
        for place in places:
            for model, make in FACTORIES.items():
                made[model].append(make(place))
            notice_to(cast.district_official, f"通知 {place.code}")
            made[Import].insert(0, import_of(cast.district_official, mark(Import, f"own {place.code}")))
            placed(Appointment, place, user=cast.district_official, role=Role.MEMBER, starts_on=date(2024, 1, 1))

    grow(areas.grid1)
    own = member_who(person_called("own", areas.grid2, user=cast.district_official), areas.grid2)
    ViewEntry.objects.create(kind="opened", model="members.member", object_id=own.pk, actor=cast.secretary)
    coming, took_on = invited(areas.grid2, own.person, "own")
    made |= {"running agreement": [running(areas.grid1)], "held meeting": [held(areas.grid1)]}
    made |= {"own meeting": [coming], "own resolution": [took_on]}
    made[OWN] = [entry_of(balance_of(own, areas.grid2), areas.grid2, mark(PointEntry, OWN))]
    return made, grow


def more_areas(areas):
    """Two more of every kind, beside those there are."""

    def new(kind, code, parent):
        return [NewArea(kind, code.format(n), f"丁香{n}", f"丁香{n}", "other", parent and parent.code) for n in (4, 5)]

    load_areas(
        areas=[
            *new("district", "37018{}000000", None),
            *new("street", "37019900{}000", areas.district),
            *new("community", "37019900100{}", areas.east),
            *new("grid", "37019900100100{}", areas.taoyuan),
            *new("building", "370199001001L00{}", areas.grid1),
        ],
        by=None,
    )


def pages(made, cast) -> dict[str, tuple]:
    """{name of a route: its address, a client of the first whom it answers with a page}, about the first row of its model."""
    clients = {who: Client() for who in LOOKERS}
    for who, client in clients.items():
        if who:
            client.force_login(getattr(cast, who))
    models = {f"admin:{model._meta.app_label}_{model._meta.model_name}": model for model in admin.site._registry}
    found = {}
    for name, address in product.routes().items():
        if name in MACHINES:
            continue
        model = ABOUT.get(name) or next((one for stem, one in models.items() if name.startswith(f"{stem}_")), None)
        if model and "/1/" in address:
            address = reverse(name, args=[made[model][0].pk])
        lookers = sorted(LOOKERS, key=lambda who: not may_edit(model, who and getattr(cast, who)))
        client = next((clients[who] for who in lookers if is_page(clients[who].get(address))), None)
        if client:
            found[name] = address, client
    return found


def may_edit(model, user) -> bool:
    """Forms are counted as those see them who may send them."""
    return model is not None and scope_of(user).has(model.edit) if hasattr(model, "edit") else False


def is_page(answer) -> bool:
    if answer.streaming:
        answer.getvalue()  # closes the file; close() would close the database, too
    return answer.status_code == 200 and "html" in answer["Content-Type"]


def queries(client, address: str) -> list[str]:
    client.get(address)  # what a process learns once is not counted
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


def test_pages_keep_to_their_budgets(areas, cast, shown):
    made, grow = shown
    found = pages(made, cast)
    one = {name: queries(client, address) for name, (address, client) in found.items()}
    grow(areas.grid2, areas.building1)
    more_areas(areas)
    three = {name: queries(client, address) for name, (address, client) in found.items()}
    tell(one, three)
    assert {name: len(sql) for name, sql in one.items()} == BUDGETS
    assert {name: len(sql) for name, sql in three.items()} == BUDGETS


def tell(one, three) -> None:
    """What a page that is over, or grows, asks."""
    for name, budget in ((name, BUDGETS.get(name)) for name in one):
        counts = len(one[name]), len(three[name])
        if counts != (budget, budget):
            print(f"\n{name}: {counts[0]} with one row, {counts[1]} with three, budget {budget}", *three[name], sep="\n  ")


def test_no_budget_is_over_the_most_without_a_reason():
    assert {name for name, budget in BUDGETS.items() if budget > MOST} == set(HEAVY)


def test_areas_have_more_of_every_kind(areas):
    before = Area.objects.count()
    more_areas(areas)
    assert Area.objects.count() == before + 10
