"""All routes there are, found by walking the resolver, and whose row each of them is about."""

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.db.models import Model
from django.urls import URLPattern, get_resolver, reverse
from django.urls.resolvers import RegexPattern

from accounts.models import User
from cases.models import Case, CasePhoto, JournalEntry, WeeklyReport
from gridparty.lib.access import Can
from gridparty.lib.dates import today
from gridparty.tests.access.world import OURS
from grids.models import Area
from jobs.models import Job, Notice
from liaison.models import Agreement, AgreementScan, CommitmentPhoto, Meeting, QuarterReport, Resolution
from members.models import Member, PartyOrganisation, PointEntry, Unit
from people.models import Care, Household, Person
from rosters.models import Export, Import
from services.models import Absence, Activity, ActivityPhoto, Claim, FeedbackCard, ServiceHours, ServicePost, Team


@dataclass(frozen=True)
class About:
    """What a route takes. `blind` routes answer the same whatever the row; `carries` names ids in the form.

    `writes` is the capability that lets write there, where it is not the one that changes the row itself. `own` pages are for
    whom the row is about alone, whatever else their posts let them see.
    """

    model: type[Model] | None = None
    words: dict[str, str] = field(default_factory=dict)
    carries: dict[str, type[Model]] = field(default_factory=dict)
    blind: str = ""
    writes: Can | None = None
    own: bool = False


NOBODYS = uuid.UUID(int=1)  # a key under which nothing is published

# Every route outside the model pages of the desk, which are found through the admin registry.
EXPECTED: dict[str, About] = {
    "home": About(),
    "phone": About(),
    "healthz": About(),
    "readyz": About(),
    "account_login": About(),
    "account_logout": About(),
    "account_change_password": About(),
    "accounts:me": About(),
    "accounts:elder": About(),
    "accounts:invite_users": About(carries={"ids": User}),
    "accounts:reissue_passwords": About(carries={"ids": User}),
    "accounts:photo": About(User),
    "accounts:disable_user": About(User),
    "accounts:enable_user": About(User),
    "jobs:job": About(Job),
    "jobs:notices": About(),
    "jobs:read_notices": About(),
    "jobs:receipts": About(),
    "jobs:read_notice": About(Notice, blind="marks own notices and leads back to them, whatever the number"),
    "rosters:imports": About(),
    "rosters:template": About(words={"kind": "areas"}),
    "rosters:page": About(Import),
    "rosters:match": About(Import),
    "rosters:mend": About(Import),
    "rosters:answer": About(Import),
    "rosters:confirm": About(Import),
    "rosters:rest": About(Import),
    "rosters:undo": About(Import),
    "rosters:errors": About(Import),
    "rosters:export": About(Export),
    "people:reveal": About(Person),
    "people:rounds": About(),
    "people:places": About(),
    "people:place": About(Area),
    "people:search": About(),
    "people:note_door": About(Household, writes=Can.RECORD_VISITS),
    "people:household": About(Household),
    "people:visit_household": About(Household, writes=Can.RECORD_VISITS),
    "people:person": About(Person),
    "people:visit_person": About(Person, writes=Can.RECORD_VISITS),
    "people:change_care": About(Care),
    "members:reveal": About(Member),
    "members:not_a_member": About(Person),
    "members:settle": About(Person),
    "members:public_points": About(words={"key": NOBODYS}),
    "members:public_points_branch": About(words={"key": NOBODYS, "pk": 1}),
    "members:branch": About(),
    "members:branch_organisation": About(PartyOrganisation),
    "members:branch_meeting": About(PartyOrganisation, writes=Can.PROPOSE_POINTS),
    "members:branch_contacts": About(PartyOrganisation, writes=Can.PROPOSE_POINTS),
    "members:branch_board": About(PartyOrganisation),
    "members:branch_member": About(Member),
    "members:branch_decide": About(carries={"entries": PointEntry}),
    "members:branch_appeal": About(PointEntry),
    "members:branch_entry": About(PointEntry),
    "members:mine": About(own=True),
    "members:mine_propose": About(own=True),
    "members:mine_worth": About(own=True),
    "members:mine_entry": About(PointEntry, own=True),
    "members:mine_withdraw": About(PointEntry, own=True),
    "members:mine_appeal": About(PointEntry, own=True),
    "members:mine_data": About(own=True),
    "members:mine_reveal": About(own=True),
    "members:entry_photo": About(PointEntry),
    "cases:hub": About(),
    "cases:journal": About(),
    "cases:journal_new": About(carries={"place": Area}, writes=Can.KEEP_JOURNAL),
    "cases:journal_subjects": About(),
    "cases:journal_entry": About(JournalEntry),
    "cases:journal_case": About(JournalEntry),
    "cases:journal_photo": About(JournalEntry),
    "cases:journal_reveal": About(JournalEntry),
    "cases:mailbox": About(words={"code": "nowhere"}),
    "cases:received": About(words={"receipt": "nobodys"}),
    "cases:track": About(),
    "cases:tracked": About(words={"receipt": "nobodys"}),
    "cases:rate": About(words={"token": "nobodys"}),
    "cases:reopen": About(words={"token": "nobodys"}),
    "cases:counter": About(carries={"place": Area}, writes=Can.KEEP_JOURNAL),
    "cases:case_slip": About(Case),
    "cases:mailboxes": About(),
    "cases:mailbox_poster": About(Area),
    "cases:ratings": About(),
    "cases:cases": About(),
    "cases:case_new": About(carries={"place": Area}, writes=Can.KEEP_JOURNAL),
    "cases:case_urgent": About(carries={"place": Area}, writes=Can.KEEP_JOURNAL),
    "cases:case": About(Case),
    "cases:case_move": About(Case, words={"kind": "note"}),
    "cases:case_on_spot": About(Case),
    "cases:case_rate": About(Case),
    "cases:case_reveal": About(Case),
    "cases:case_photo": About(CasePhoto),
    "cases:reports": About(),
    "cases:report": About(WeeklyReport),
    "cases:report_judge": About(WeeklyReport, writes=Can.REVIEW_REPORTS),
    "cases:report_reopen": About(WeeklyReport, writes=Can.REVIEW_REPORTS),
    "cases:report_pdf": About(WeeklyReport),
    "cases:reports_pdf": About(Area),
    "cases:report_excuse": About(carries={"areas": Area}),
    "services:hub": About(own=True),
    "services:post": About(ServicePost, own=True),
    "services:claim": About(ServicePost, own=True),
    "services:my_claim": About(Claim, own=True),
    "services:withdraw": About(Claim, own=True),
    "services:explain": About(Absence, own=True),
    "services:propose": About(own=True),
    "services:run": About(),
    "services:run_new": About(carries={"area": Area}, writes=Can.RUN_SERVICES),
    "services:run_post": About(ServicePost),
    "services:run_edit": About(ServicePost),
    "services:run_move": About(ServicePost, words={"move": "end"}),
    "services:run_claim": About(Claim, words={"move": "approve"}),
    "services:run_absent": About(Claim),
    "services:run_absence": About(Absence),
    "services:activity": About(Activity),
    "services:sign_up": About(Activity, own=True),
    "services:sign_up_withdraw": About(Activity, own=True),
    "services:activity_photo": About(ActivityPhoto),
    "services:attend": About(words={"token": "nobodys"}),
    "services:run_activities": About(),
    "services:run_activity_new": About(carries={"area": Area}, writes=Can.RUN_SERVICES),
    **{
        f"services:run_activity{page}": About(Activity) for page in ("", "_edit", "_code", "_tick", "_hold", "_cancel", "_photos")
    },
    "services:team": About(Team),
    "services:hours": About(own=True),
    "services:hours_new": About(own=True),
    "services:hours_withdraw": About(ServiceHours, own=True),
    "services:certificate": About(own=True),
    "services:run_hours": About(carries={"rows": ServiceHours}),
    "services:card_by_code": About(),
    "services:card_of_code": About(words={"code": "nobodys"}),
    "services:card_by_link": About(words={"token": "nobodys"}),
    "services:my_card": About(FeedbackCard, own=True),
    "services:card_print": About(FeedbackCard),
    "services:cards_of_unit": About(Unit, words={"period": str(today().year - 1)}),
    "services:cards_of_unit_print": About(Unit, words={"period": str(today().year - 1)}),
    "liaison:hub": About(),
    "liaison:meeting": About(Meeting, own=True),
    "liaison:resolution": About(Resolution, own=True),
    "liaison:agreement_by_link": About(words={"token": "nobodys"}),
    "liaison:commitment_by_link": About(words={"token": "nobodys", "pk": 1}),
    "liaison:report_by_link": About(words={"token": "nobodys", "pk": 1}),
    "liaison:invitation_by_link": About(words={"token": "nobodys"}),
    "liaison:resolution_by_link": About(words={"token": "nobodys", "pk": 1}),
    **{f"liaison:agreement_{page}": About(Agreement) for page in ("print", "link", "scans")},
    "liaison:scan": About(AgreementScan),
    "liaison:commitment_photo": About(CommitmentPhoto),
    "liaison:report_print": About(QuarterReport),
    **{f"liaison:{page}": About(Meeting) for page in ("run_meeting", "meeting_links", "minutes_print", "sheet_print")},
    "admin:index": About(),
    "admin:login": About(),
    "admin:logout": About(),
    "admin:password_change": About(),
    "admin:password_change_done": About(),
    "admin:autocomplete": About(),
    "admin:jsi18n": About(),
    "admin:app_list": About(words={"app_label": "grids"}),
    "/admin/(?P<url>.*)$": About(words={"url": "nowhere"}),
}
SHORT = "(short address)"  # /admin/grids/area/5/ leads to its change page


@dataclass(frozen=True)
class Route:
    """`label` is its name, or its pattern where it has none; `page` the kind of page among a model's pages at the desk."""

    label: str
    pattern: str
    params: tuple[str, ...]
    view: Callable
    model_admin: ModelAdmin | None = None
    page: str = ""

    @property
    def about(self) -> About | None:
        if self.model_admin is None:
            return EXPECTED.get(self.label)
        if self.model_admin.model._meta.app_label not in OURS:
            return None
        blind = "leads to the change page, whatever the number" if self.page == SHORT else ""
        return About(self.model_admin.model if self.params else None, blind=blind)

    @property
    def at_desk(self) -> bool:
        return self.pattern.startswith("/admin/")

    @property
    def declared(self):
        """What the view says of itself (gridparty.lib.doors)."""
        return getattr(self.view, "needs", None) or getattr(self.view, "public", None)

    def url(self, pk: int | None = None) -> str:
        """The address; where the route takes a row, of the row with this key."""
        about = self.about
        words = about.words if about.model is None else dict.fromkeys(self.params, pk) | about.words
        if self.page == SHORT or "(?P<" in self.label:
            return re.sub(r"<[^<>]*>|\(\?P<url>\.\*\)\$", lambda _param: str(pk or words["url"]), self.pattern)
        return reverse(self.label, kwargs=words)


def _walk(resolver, prefix: str = "", spaces: tuple[str, ...] = ()) -> Iterator[tuple[str, str, URLPattern]]:
    for entry in resolver.url_patterns:
        pattern = f"{prefix}{str(entry.pattern).removeprefix('^')}"
        if isinstance(entry, URLPattern):
            yield ":".join([*spaces, entry.name]) if entry.name else "", pattern, entry
        else:
            yield from _walk(entry, pattern, (*spaces, entry.namespace) if entry.namespace else spaces)


def _params(pattern) -> tuple[str, ...]:
    return tuple(pattern.regex.groupindex) if isinstance(pattern, RegexPattern) else tuple(pattern.converters)


def _model_page(label: str, entry: URLPattern) -> tuple[ModelAdmin | None, str]:
    """("grids_area_move" → the admin of areas, "move"); the short address of a row has no name."""
    name = label.removeprefix("admin:")
    for model, model_admin in admin.site._registry.items():
        stem = f"{model._meta.app_label}_{model._meta.model_name}_"
        if label.startswith("admin:") and name.startswith(stem):
            return model_admin, name.removeprefix(stem)
    if not label and hasattr(entry.callback, "model_admin"):
        return entry.callback.model_admin, SHORT
    return None, ""


@lru_cache(maxsize=1)
def all_routes() -> tuple[Route, ...]:
    found = []
    for name, pattern, entry in _walk(get_resolver(), "/"):
        model_admin, page = _model_page(name, entry)
        label = f"admin:{model_admin.opts.label_lower} {SHORT}" if page == SHORT else name or pattern
        found.append(Route(label, pattern, _params(entry.pattern), entry.callback, model_admin, page))
    return tuple(found)


def route(label: str) -> Route:
    return next(one for one in all_routes() if one.label == label)
