"""T1: every route × every actor × every place a row can stand at × every method, each combination once.

A case is judged by what posts and places allow (oracle.py). Rows out of reach: 404, or 403 where the capability is missing
altogether; no mark and no code of theirs in the answer; and nothing written, which is seen by comparing all tables.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from django.core.cache import cache
from django.db.models import Model

from accounts.models import RoleScheme
from cases.models import Subject
from gridparty.lib import idnumbers
from gridparty.lib.access import Can
from gridparty.lib.dates import today
from gridparty.tests.access.oracle import Oracle, is_unplaced
from gridparty.tests.access.routes import Route, all_routes
from gridparty.tests.access.visits import Answer, Visitor, changes, filled, forms_on, row_fields, snapshot, undone
from gridparty.tests.access.world import ACTORS, ANONYMOUS, FOREIGN, World
from grids.models import Area
from members.choices import Proposer
from members.models import ClassScheme, Member, MemberClass, PointBalance, PointEntry, PointItem
from services.models import PostKind, SignUp

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PLACES = ("own", *FOREIGN)
NOWHERE = "nowhere"  # rows that belong to no place
SELF = "self"  # the row about the actor
PLAYERS = [*ACTORS, ANONYMOUS]
# Who is shown the pages whose forms are sent: together they may use every page.
READERS = ("all_districts_official", "system_admin", "audit_admin")
MEMBER = "seat_holder"  # who is shown the pages that are for members themselves

_NO_SHIFTS = {f"day_{n}": "" for n in range(5)}
_POST = {
    "kind": lambda world: world.rows[PostKind]["own"].pk,
    "title": "岗位77",
    "duties": "每周一次",
    "places": "2",
    "starts_on": lambda world: today().isoformat(),
    "ends_on": lambda world: (today() + timedelta(days=30)).isoformat(),
    **_NO_SHIFTS,
}
_ACTIVITY = {
    "title": "活动77",
    "spot": "东门",
    "begins": "09:00",
    "ends": "11:00",
    "places": "5",
    "team": "",
    "on": lambda world: (today() + timedelta(days=3)).isoformat(),
}
_YESTERDAY = {"on": lambda world: (today() - timedelta(days=1)).isoformat(), "begins": "06:00", "ends": "07:00"}

# What a page needs beside what its own form offers, so that it writes when the right person sends it; rows by a function.
TYPED: dict[str, dict] = {
    "admin:grids_area_add": {"kind": "building", "full_name": "77号楼"},
    "admin:accounts_appointment_add": {"role": "sentiment_officer"},
    "admin:accounts_schemeuse_add": {"area": lambda world: world.at("building2").pk},
    "admin:accounts_schemeuse_change": {"scheme": lambda world: world.rows[RoleScheme]["sibling_grid"].pk},
    "admin:accounts_rolescheme_add": {"name": "方案77"},
    "admin:accounts_user_add": {"username": "typed77"},
    "admin:jobs_schedule_change": {"minute": "17"},
    "admin:accounts_appointment_changelist#end": {"reason": "removed"},
    "people:reveal": {"column": "phone"},
    "people:note_door": {"form_id": str(uuid.UUID(int=79)), "outcome": "met", "on": lambda world: today().isoformat()},
    "cases:report_judge": {"verdict": "commented", "comment": "写得实在"},
    "cases:report_reopen": {"reason": "数字有误"},
    "people:change_care": {"reason": "术后", "responsible": ""},
    "cases:journal_new": {
        "form_id": str(uuid.UUID(int=80)),
        "text": "垃圾没有清走",
        "subject": lambda world: world.rows[Subject]["own"].pk,
        "on": lambda world: today().isoformat(),
    },
    "cases:journal_case": {"form_id": str(uuid.UUID(int=81))},
    "cases:case_new": {"text": "垃圾没有清走", "subject": lambda world: world.rows[Subject]["own"].pk, "photos": ""},
    "cases:case_urgent": {"text": "燃气味道大", "subject": lambda world: world.rows[Subject]["own"].pk, "photos": ""},
    "cases:case_move": {"text": "已联系物业", "photos": ""},
    "cases:case_on_spot": {"text": "已清走", "answer": "已清走。", "photos": ""},
    "cases:case_rate": {"score": "4"},
    "cases:counter": {"text": "垃圾没有清走", "subject": lambda world: world.rows[Subject]["own"].pk, "photos": ""},
    "services:claim": {"form_id": str(uuid.UUID(int=90))},
    "services:withdraw": {"form_id": str(uuid.UUID(int=91))},
    "services:explain": {"text": "临时加班"},
    "services:propose": {**_POST, "area": lambda world: world.at("taoyuan").pk},
    "services:run_new": _POST,
    "services:run_edit": {"title": "夜间巡逻77", **_NO_SHIFTS},
    "services:run_move": {"reason": "任务完成"},
    "services:run_claim": {"form_id": str(uuid.UUID(int=92))},
    "services:run_absent": {"note": "没有到岗"},
    "services:run_absence": {"verdict": "excuse"},
    "services:sign_up": {"form_id": str(uuid.UUID(int=93))},
    "services:run_activity_new": _ACTIVITY,
    "services:run_activity_edit": {"spot": "2号楼前"},
    "services:run_activity_tick": {
        "form_id": str(uuid.UUID(int=94)),
        "came": lambda world: [world.rows[SignUp]["own"].member_id],
    },
    "services:run_activity_cancel": {"reason": "下雨"},
    "services:hours_new": {"what": lambda world: f"area-{world.at('taoyuan').pk}", "note": "扫雪", **_YESTERDAY},
    "services:hours_withdraw": {"form_id": str(uuid.UUID(int=95))},
    "services:run_hours": {"verdict": "yes"},
    "admin:services_servicepost_add": {**_POST, "origin": "community", "withdraw_days": "3"},
    "admin:services_servicepost_change": {"title": "夜间巡逻77"},
    **{f"admin:services_servicepost_{move}": {"reason": "调整安排"} for move in ("discard", "return", "end")},
    **{f"admin:services_claim_{move}": {"reason": "调整安排"} for move in ("refuse", "release")},
    "admin:services_claim_absent": {"note": "没有到岗"},
    "admin:services_absence_answer": {"excuse": "yes"},
    "admin:services_team_add": {"name": "队伍77", "leader": lambda world: world.rows[Member]["own"].pk},
    "admin:services_team_change": {"purpose": "照看老人"},
    "admin:services_team_join": {"members": lambda world: [world.variants["lost"]["own"].pk]},
    "admin:services_team_leave": {"places": lambda world: [world.variants["second in team"]["own"].pk]},
    "admin:services_activity_add": _ACTIVITY,
    "admin:services_activity_change": {"spot": "2号楼前"},
    "admin:services_activity_tick": {"there": lambda world: [world.rows[SignUp]["own"].pk]},
    "admin:services_activity_cancel": {"reason": "下雨"},
    "admin:services_servicehours_refuse": {"reason": "没有到岗"},
    "admin:services_servicehours_take_back": {"reason": "日期写错"},
    "admin:services_feedbackcard_change": {"remark": "热心参加社区服务"},
    "admin:services_feedbackcard_answer": {"answer": "confirmed"},
    **{f"admin:services_feedbackcard_{move}": {"reason": "核对"} for move in ("return", "revoke", "drop")},
    **{
        f"admin:services_feedbackcard_changelist#{move}": {"sure": "1"}
        for move in ("submit", "approve", "send_link", "send_paper")
    },
    "admin:services_postkind_add": {"name": "类型77", "position": "77"},
    "admin:services_postkind_change": {"position": "77"},
    "admin:services_cardrule_change": {"answer_days": "77"},
    "liaison:meeting": {"reply": "coming"},
    "liaison:resolution": {"text": "已清理"},
    "liaison:meeting_links": {"attendance": lambda world: world.variants["convened meeting"]["own"].attendances.get().pk},
    "liaison:run_meeting": {"part": "item", "title": "议题77", "form_id": str(uuid.UUID(int=96))},
    "admin:liaison_agreementtemplate_add": {
        "name": "模板77",
        "position": "77",
        **dict.fromkeys(("clauses", "our_duties", "their_duties"), "双方约定"),
    },
    "admin:liaison_agreementtemplate_change": {"position": "77"},
    "admin:liaison_agreement_add": {
        "starts_on": lambda world: (today() + timedelta(days=400)).isoformat(),
        "ends_on": lambda world: (today() + timedelta(days=700)).isoformat(),
    },
    "admin:liaison_agreement_change": {"our_head": "张三"},
    "admin:liaison_agreement_commit": {
        "side": "ours",
        "texts": "联谊",
        "every": "once",
        "due_on": lambda world: (today() + timedelta(days=50)).isoformat(),
    },
    **{f"admin:liaison_agreement_{move}": {"reason": "情况有变"} for move in ("recall", "discard", "end")},
    "admin:liaison_commitment_change": {
        "who": "张三",
        "due_on": lambda world: (today() + timedelta(days=7)).isoformat(),
    },
    "admin:liaison_commitment_finish": {"text": "已办理"},
    **{f"admin:liaison_commitment_{move}": {"reason": "情况有变"} for move in ("return", "reopen", "drop")},
    "admin:liaison_quarterreport_change": {"plan": "义诊77"},
    "admin:liaison_body_add": {"name": "会议77", "organisation": ""},
    "admin:liaison_body_change": {"quorum": "none"},
    "admin:liaison_body_add-members": {"name": "周老师", "members": [], "person": "", "unit": ""},
    "admin:liaison_bodymember_change": {"duty": "校长"},
    "admin:liaison_meeting_add": {
        "at_0": lambda world: (today() + timedelta(days=9)).isoformat(),
        "at_1": "10:00",
        "spot": "会议室77",
    },
    "admin:liaison_meeting_change": {
        "at_0": lambda world: (today() + timedelta(days=9)).isoformat(),
        "at_1": "10:00",
        "spot": "会议室77",
    },
    "admin:liaison_agreement_renew": {"ends_on": lambda world: (today() + timedelta(days=35)).isoformat()},
    **{f"admin:liaison_meeting_{move}": {"reason": "情况有变"} for move in ("cancel", "reopen")},
    "admin:liaison_resolution_finish": {"text": "已清理"},
    "admin:liaison_resolution_extend": {
        "reason": "雨季",
        "due_on": lambda world: (today() + timedelta(days=77)).isoformat(),
    },
    **{f"admin:liaison_resolution_{move}": {"reason": "情况有变"} for move in ("return", "reopen", "drop")},
    "rosters:match": {"header_rows": "1"},
    "rosters:mend": {"position": "1", "field": "name", "text": "第77网格"},
    "rosters:answer": {"position": "1", "choice": "who", "value": "a"},
    "rosters:confirm": {"shown": "c" * 64, "partial": "1"},
    "admin:people_person_add": {"name": "赵六", "relation": "head"},
    "admin:people_household_add": {"room": "7701"},
    "admin:people_household_move": {"to": lambda world: world.variants["empty home"]["own"].pk},
    "admin:people_person_move": {"household": "", "area": lambda world: world.at("building2").pk},
    "admin:people_person_merge": {"drop": lambda world: world.variants["unnumbered"]["own"].pk},
    "admin:people_care_add": {"person": lambda world: world.variants["housemate"]["own"].pk},
    "admin:people_visit_add": {"household": ""},
    "admin:people_personskill_add": {"person": lambda world: world.variants["housemate"]["own"].pk},
    "admin:members_partyorganisation_add": {"kind": "branch", "name": "第77支部", "parent": "", "unit": ""},
    "admin:members_partyorganisation_change": {"parent": "", "unit": ""},
    "admin:members_partyorganisation_zones": {"buildings": lambda world: [world.at("building2").pk]},
    "admin:members_partyorganisation_fill": {"title": "secretary", "person": ""},
    "admin:members_member_add": {
        "name": "赵六",
        "id_number": idnumbers.synthetic("370198", date(1970, 7, 1), 77),
        "joined_on": "2010-07-01",
        "member_class": lambda world: world.rows[MemberClass]["own"].pk,
    },
    "admin:members_member_change": {"full_on": "2011-07-01"},
    "admin:members_member_send": {"to": "", "elsewhere": "区外机关支部"},
    "admin:members_unit_add": {"name": "单位77"},
    "admin:members_classuse_add": {"area": lambda world: world.at("building2").pk},
    "admin:members_classuse_change": {"scheme": lambda world: world.rows[ClassScheme]["sibling_grid"].pk},
    "admin:members_classscheme_add": {"name": "分类77"},
    "admin:members_pointscheme_add": {"year": str(today().year + 1), "area": lambda world: world.at("east").pk},
    "admin:members_pointscheme_change": {"floor": "7"},
    "admin:members_pointscheme_announce": {"until": lambda world: (today() + timedelta(days=9)).isoformat()},
    "admin:members_pointcategory_change": {"cap": "77"},
    "admin:members_pointentry_changelist#refuse": {"reason": "没有照片"},
    "admin:members_partyorganisation_meeting": {
        "title": "党员大会",
        "item": lambda world: str(world.rows[PointEntry]["own"].item_id),
        "members": lambda world: [world.rows[Member]["own"].pk],
    },
    "admin:members_managementmode_add": {"name": "方式77", "contact_days": "30"},
    "admin:grids_norm_change": {"high": "77"},
    "admin:cases_deadline_change": {"procedure": "approval", "step": "collected"},
    "members:branch_contacts": {"names": lambda world: [world.rows[Member]["own"].pk]},
    "members:branch_meeting": {
        "form_id": str(uuid.UUID(int=77)),
        "item": lambda world: world.rows[PointEntry]["own"].item_id,
        "title": "党员大会",
        "on": lambda world: today().isoformat(),
        "names": lambda world: [world.rows[Member]["own"].pk],
    },
    "admin:members_member_changelist#give_accounts": {"sure": "1"},
    "admin:members_member_changelist#reissue_passwords": {"sure": "1"},
    "members:mine_propose": {"item": lambda world: _of_members(world).pk, "note": "义务巡逻", "photo": ""},
    "members:mine_reveal": {"column": "phone"},
    "members:mine_withdraw": {"form_id": str(uuid.UUID(int=78))},
    "members:settle": {"note": "组织关系在工作单位"},
    "members:branch_appeal": {"verdict": "no", "answer": "属实"},
    "members:branch_entry": {"reason": "记错人"},
    "account_change_password": {"oldpassword": "a long password", "password1": "another 77 word", "password2": "another 77 word"},
}
# What works on another row than most: a grid with buildings in it is not closed, an open account not opened, a scheme not
# named twice.
VARIANTS = {
    "admin:accounts_schemeuse_add": "building",
    "admin:grids_area_close": "building",
    "admin:people_household_move": "family",
    "accounts:enable_user": "closed",
    "admin:people_person_head": "housemate",
    "admin:members_partyorganisation_close": "empty group",
    "admin:members_partyorganisation_zones": "empty group",
    "admin:members_member_reclass": "sorted otherwise",
    "admin:members_member_confirm": "probationary",
    "admin:members_member_prolong": "probationary",
    "admin:members_member_return": "floating",
    "admin:members_member_found": "lost",
    "admin:members_member_reopen": "settled",
    "admin:members_classuse_add": "building",
    "admin:members_pointentry_answer": "appealed",
    "admin:members_pointentry_reverse": "counted",
    "members:settle": "gone",
    "members:branch_appeal": "appealed",
    "members:branch_entry": "counted",
    "admin:accounts_user_changelist#enable": "closed",
    "cases:report_reopen": "closed report",
    "cases:case_rate": "answered case",
    **dict.fromkeys(("admin:cases_case_close", "admin:cases_case_reopen"), "answered case"),
    **dict.fromkeys(("admin:cases_case_approve", "admin:cases_case_deny"), "case to approve"),
    **dict.fromkeys(("admin:cases_case_agree_remit", "admin:cases_case_refuse_remit"), "case to agree"),
    "admin:cases_case_handle": "filed case",
    "admin:cases_case_answer": "handled case",
    "admin:cases_case_pass_down": "case held above",
    **dict.fromkeys(("services:run_absent", "admin:services_claim_absent", "admin:services_claim_release"), "in post"),
    **dict.fromkeys(("admin:services_servicepost_submit", "admin:services_servicepost_publish"), "drafted post"),
    "admin:services_servicepost_discard": "drafted post",
    "services:claim": "open post",
    "admin:services_servicepost_return": "submitted post",
    "admin:services_servicehours_take_back": "confirmed hours",
    **dict.fromkeys((f"admin:services_feedbackcard_{move}" for move in ("return", "send_link", "send_paper")), "approved card"),
    **dict.fromkeys((f"admin:services_feedbackcard_changelist#send_{way}" for way in ("link", "paper")), "approved card"),
    **dict.fromkeys(
        ("services:card_print", "admin:services_feedbackcard_answer", "admin:services_feedbackcard_revoke"), "sent card"
    ),
    **dict.fromkeys((f"admin:liaison_agreement_{move}" for move in ("end", "renew")), "running agreement"),
    "liaison:agreement_scans": "running agreement",
    **dict.fromkeys((f"admin:liaison_agreement_{move}" for move in ("recall",)), "offered agreement"),
    **dict.fromkeys(("admin:liaison_agreement_sign", "liaison:agreement_link"), "agreed agreement"),
    **dict.fromkeys((f"admin:liaison_commitment_{move}" for move in ("confirm", "return")), "reported commitment"),
    "admin:liaison_commitment_reopen": "done commitment",
    **dict.fromkeys(("liaison:run_meeting", "liaison:minutes_print"), "held meeting"),
    **dict.fromkeys(("liaison:meeting_links", "liaison:sheet_print"), "convened meeting"),
    "admin:liaison_meeting_reopen": "closed meeting",
    **dict.fromkeys((f"admin:liaison_resolution_{move}" for move in ("confirm", "return")), "reported resolution"),
    "admin:liaison_resolution_reopen": "done resolution",
}
# What ends the actor's own session; nobody else's row may change by it.
OWN_ACCESS = {"account_logout", "account_change_password"}


@dataclass(frozen=True)
class Case:
    """One combination. `field` names the place in the form where the row stands, "" when it stands in the address."""

    route: Route
    actor: str
    spot: str
    method: str
    field: str = ""
    button: str = ""

    @property
    def key(self) -> tuple:
        return (self.route.label, self.actor, self.spot, self.method, self.field, self.button)

    @property
    def page(self) -> str:
        return f"{self.route.label}#{self.button}" if self.button else self.route.label

    def __str__(self):
        return " ".join(filter(None, [self.actor, self.method, self.route.label, self.button, self.field, f"at {self.spot}"]))


def _of_members(world: World) -> PointItem:
    """What members propose for themselves."""
    return PointItem.objects.get(category__scheme=world.about[MEMBER][PointBalance].scheme_id, proposer=Proposer.MEMBER)


class Matrix:
    def __init__(self, world: World):
        self.world, self.oracle = world, Oracle(world)
        self.routes = [route for route in all_routes() if route.about is not None]
        self.visitors = {actor: Visitor(world, actor) for actor in PLAYERS}
        self._readers = {actor: Visitor(world, actor, forms=True) for actor in (*READERS, MEMBER)}
        self.base = snapshot()
        self.allowed = {actor: (self.oracle.marks(actor), self.oracle.codes(actor)) for actor in PLAYERS}
        self._forms: dict = {}

    # --- Cases
    def cases(self, actor: str) -> Iterator[Case]:
        for route in self.routes:
            model = route.about.model
            for spot in self._spots(model, actor) if model else [NOWHERE]:
                for method in METHODS:
                    yield Case(route, actor, spot, method)
            in_forms = list(self._cases_in_forms(route, actor))
            yield from in_forms
            yield from self._cases_of_buttons(route, actor)
            offered = {case.field for case in in_forms}
            for field, carried in route.about.carries.items():
                for spot in self._spots(carried, actor) if field not in offered else ():
                    yield Case(route, actor, spot, "POST", field)

    def _spots(self, model: type[Model], actor: str) -> list[str]:
        if is_unplaced(model):
            return [NOWHERE]
        return [*PLACES, *([SELF] if model in self.world.about.get(actor, {}) else [])]

    def _cases_in_forms(self, route: Route, actor: str) -> Iterator[Case]:
        """The own row, but in the form that stands on its page a row from elsewhere."""
        for form in self.forms(route, self.home(route, actor)).forms:
            for field, choice in row_fields(form):
                for spot in self._spots(choice.queryset.model, actor):
                    yield Case(route, actor, spot, "POST", field)

    def _cases_of_buttons(self, route: Route, actor: str) -> Iterator[Case]:
        """The buttons over a list, with a row ticked that the list may not show."""
        if route.page != "changelist":
            return
        for button in route.model_admin.actions or ():
            for spot in self._spots(route.model_admin.model, actor):
                yield Case(route, actor, spot, "POST", "_selected_action", button)

    # --- Rows
    def row(self, model: type[Model], spot: str, actor: str, page: str = "") -> Model:
        if spot == SELF:
            return self.world.about[actor][model]
        if spot == "own" and "building1" in [where for _role, where in ACTORS.get(actor, ())]:
            spot = "own_building"
        spot = "own" if spot == NOWHERE else spot
        other = self.world.variants.get(VARIANTS.get(page, ""), {}).get(spot)
        return other if isinstance(other, model) else self.world.rows[model][spot]

    def target(self, route: Route, spot: str, actor: str) -> Model | None:
        """The row in the address."""
        if route.about.model is None:
            return None
        return self.row(route.about.model, spot, actor, route.label)

    def home(self, route: Route, actor: str) -> Model | None:
        model = route.about.model
        return self.target(route, NOWHERE if model and is_unplaced(model) else "own", actor) if model else None

    # --- Forms
    def forms(self, route: Route, row: Model | None) -> "Page":
        """The page as somebody sees it who may use it, read once."""
        key = (route.label, row and row.pk)
        if key not in self._forms:
            self._forms[key] = self._read_page(route, row)
        return self._forms[key]

    def _read_page(self, route: Route, row: Model | None) -> "Page":
        for actor in self._likely(route):
            answer = self._readers[actor].ask("GET", route.url(row.pk if row else None))
            if answer.status == 200 and forms_on(answer):
                return Page(actor, tuple(forms_on(answer)), self.world)
        return Page("", (), self.world)

    def _likely(self, route: Route) -> list[str]:
        if route.about.own:
            return [MEMBER]
        if route.model_admin is None:
            return ["all_districts_official"] if isinstance(route.declared, Can) else []
        can = getattr(route.model_admin.model, "edit", None) or route.model_admin.model.see
        return [actor for actor in READERS if self.oracle.has(actor, can)]

    def sends_a_form(self, case: Case) -> bool:
        """Whether the case is a page's own form or button, sent with nothing exchanged in it."""
        route = case.route
        if case.method != "POST" or case.button or case.field in route.about.carries:
            return case.method == "POST"
        if case.field or route.about.carries:
            return False
        if route.at_desk:
            return bool(self.forms(route, self.target(route, case.spot, case.actor)).data)
        own = route.about.own or route.label in OWN_ACCESS
        return isinstance(route.declared, Can) or own or bool(route.about.model and route.about.blind)

    # --- Playing
    def request(self, case: Case) -> tuple[str, str, dict | None]:
        """(method, address, data) of a case."""
        row = self.home(case.route, case.actor) if case.field else self.target(case.route, case.spot, case.actor)
        url = case.route.url(row.pk if row else None)
        if case.method == "GET":
            return case.method, url, None
        data = self.forms(case.route, row).data | self.typed(case.page)
        if case.button:
            data |= {"action": case.button, "_selected_action": self._carried(case).pk, "index": 0}
        elif case.field:
            data[case.field] = self._carried(case).pk
        return case.method, url, data

    def typed(self, page: str) -> dict:
        return {name: value(self.world) if callable(value) else value for name, value in TYPED.get(page, {}).items()}

    def _carried(self, case: Case) -> Model:
        return self.row(self.carried_model(case), case.spot, case.actor, case.page)

    def carried_model(self, case: Case) -> type[Model]:
        if case.button:
            return case.route.model_admin.model
        if case.field in case.route.about.carries:
            return case.route.about.carries[case.field]
        page = self.forms(case.route, self.home(case.route, case.actor))
        return next(choice.queryset.model for form in page.forms for name, choice in row_fields(form) if name == case.field)

    def play(self, actor: str, cases=None) -> list[str]:
        """What went wrong, in words."""
        cases = list(self.cases(actor) if cases is None else cases)
        silent = [case for case in cases if not self.may_write(case)]
        wrong = []
        with undone():
            for case in silent:
                wrong += self._judge(case, self._send(case))
            written = self._foreign_changes(actor)
        if written:
            wrong += [f"{case}: {found}" for case in silent for found in self._written_by(case)]
        for case in set(cases) - set(silent):
            with undone():
                wrong += self._judge(case, self._send(case))
                if case.route.label in OWN_ACCESS:
                    wrong += [f"{case}: wrote {change}" for change in self._foreign_changes(actor)]
        return wrong

    def _send(self, case: Case) -> Answer:
        if case.route.label in OWN_ACCESS:
            cache.clear()  # one's own password is asked for more often than anybody would; the slow-down has its own tests
        return self.visitors[case.actor].ask(*self.request(case))

    def _foreign_changes(self, actor: str) -> list:
        """What changed, but for what is the actor's own: notices read, a password, a log-in."""
        mine = {(type(row)._meta.label, row.pk) for row in self.world.about.get(actor, {}).values()}
        return [
            change for change in changes(self.base, snapshot()) if change[:2] not in mine and change[0] != "audit.ChangeEntry"
        ]

    def _written_by(self, case: Case) -> list[str]:
        with undone():
            self._send(case)
            return [f"wrote {change}" for change in self._foreign_changes(case.actor)]

    # --- Judging
    def may_write(self, case: Case) -> bool:
        """Whether the case may change anything that is not the actor's own."""
        if case.method != "POST" or case.actor == ANONYMOUS:
            return False
        if case.route.label in OWN_ACCESS:
            return True
        oracle, actor = self.oracle, case.actor
        home = self.home(case.route, actor) if case.field else self.target(case.route, case.spot, actor)
        if case.route.about.own:
            return oracle.is_about(actor, home) if home else Member in self.world.about[actor]
        if home is not None and not self._lets_write(case.route, actor, home):
            return False
        if case.button or case.field in case.route.about.carries:
            return self._lets_carry(case.route, actor, self._carried(case))
        if not case.field:
            # A page's own form carries the rows of the actor's own place.
            carried = [self.row(model, "own", actor) for model in case.route.about.carries.values()]
            may = carried and all(self._lets_carry(case.route, actor, row) for row in carried)
            return home is not None or bool(may) or self.may_add(case.route, actor)
        row = self._carried(case)
        if isinstance(row, Area):
            can = case.route.model_admin.model.edit if case.route.model_admin else case.route.declared
            return oracle.reaches(actor, can, row.pk)
        return oracle.visible(actor, row)

    def _lets_write(self, route: Route, actor: str, home: Model) -> bool:
        can = route.about.writes
        return self.oracle.editable(actor, home) if can is None else self.oracle.keeps(actor, can, home)

    def _lets_carry(self, route: Route, actor: str, row: Model) -> bool:
        """Whether the form may name this row: a place by the right to write there, not by the right to redraw it."""
        if route.about.writes is not None and isinstance(row, Area):
            return self.oracle.reaches(actor, route.about.writes, row.pk)
        return self.oracle.editable(actor, row)

    def may_add(self, route: Route, actor: str) -> bool:
        can_add = route.page == "add" and getattr(route.model_admin, "can_add", False)
        return can_add and self.oracle.has(actor, route.model_admin.model.edit)

    def _judge(self, case: Case, answer: Answer) -> list[str]:
        found = [] if answer.status in self.expected(case) else [f"answered {answer.status} {answer.location}".strip()]
        marks, codes = self.allowed[case.actor]
        found += [
            f"shows {word} of {sorted(self.world.words[word])}" for word in answer.marks - marks if word in self.world.words
        ]
        found += [f"shows the code {code}" for code in answer.codes - codes if code in self.world.areas]
        return [f"{case}: {one}" for one in found]

    def expected(self, case: Case) -> set[int]:
        """The statuses that posts and places allow."""
        route, actor, oracle = case.route, case.actor, self.oracle
        if actor == ANONYMOUS:
            if route.about.words and not route.at_desk and not isinstance(route.declared, Can):
                return {404, 405}  # a public page under a key that is nobody's
            return {302} if route.at_desk or isinstance(route.declared, Can) or route.params else {200, 302, 400, 405, 503}
        if route.at_desk and not oracle.has(actor, Can.USE_DESK):
            return {403}
        if not route.at_desk and isinstance(route.declared, Can) and not oracle.has(actor, route.declared):
            return {403}
        if route.about.blind:
            return {302, 405}
        if case.field or route.about.model is None:
            return self._expected_without_row(case)
        return self._expected_of_row(case, self.target(route, case.spot, actor))

    def _expected_without_row(self, case: Case) -> set[int]:
        route, actor = case.route, case.actor
        if route.page == "changelist":
            return {200, 302, 403} if self.oracle.lists(actor, route.model_admin.model) else {403}
        if route.page == "add":
            return {200, 302} if self.may_add(route, actor) else {403}
        return {200, 302, 403, 404, 405, 503}

    def _expected_of_row(self, case: Case, row: Model) -> set[int]:
        """Out of sight 404 (403 where the whole list is closed to the actor); in sight what the right to edit allows."""
        route, actor = case.route, case.actor
        own = self.oracle.is_about(actor, row) and not route.at_desk
        if not own and (route.about.own or not self.oracle.visible(actor, row)):
            return {403, 404} if self._is_closed(case, row) else {404, 405}
        if route.page == "delete":
            return {403}
        if route.page == "history":
            return {200}
        if route.page == "change" and (case.method != "POST" or self._changes(route, actor, row)):
            return {200, 302} if case.method == "POST" else {200}
        if route.page == "change":
            return {403}
        if route.page and not self.oracle.editable(actor, row):
            return {403}
        return {200, 302, 405}

    def _is_closed(self, case: Case, row: Model) -> bool:
        """Whether a capability is missing whatever the row: the list is not the actor's, nobody deletes, the actor edits none."""
        route, actor = case.route, case.actor
        if not route.at_desk:
            return False
        edits = hasattr(row, "edit") and self.oracle.has(actor, row.edit)
        refused = route.page == "delete" or (case.method == "POST" and not edits)
        return refused or not self.oracle.lists(actor, type(row))

    def _changes(self, route: Route, actor: str, row: Model) -> bool:
        return self.oracle.editable(actor, row) and bool(self.forms(route, row).data)


def thinned(matrix: Matrix, actor: str) -> list[Case]:
    """A third of all routes, buttons and choices of forms, for the next actor the next third.

    Each with another foreign place, turn about read and written; `make proof` plays them all.
    """
    groups: dict[tuple, dict[tuple, Case]] = {}
    for case in matrix.cases(actor):
        groups.setdefault((case.page, case.field), {})[case.spot, case.method] = case
    first = PLAYERS.index(actor)
    chosen = []
    for n, group in enumerate(groups.values(), start=first):
        if (n - first) % 3 != first % 3:
            continue
        place = FOREIGN[n // 2 % len(FOREIGN)]
        method = "POST" if n % 2 else "GET"
        wanted = [(place, method), (place, "POST"), (NOWHERE, method), (NOWHERE, "POST")]
        chosen.append(next(group[key] for key in wanted if key in group))
    return chosen


@dataclass(frozen=True)
class Page:
    """The forms of a page, and who was shown them."""

    actor: str
    forms: tuple
    world: World

    @cached_property
    def data(self) -> dict:
        sent = {}
        for form in self.forms:
            sent |= filled(form, self.world)
        return sent
