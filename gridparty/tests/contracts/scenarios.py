"""One scenario for each way to write: actions, forms and buttons of the desk, and addresses that take only POST.

A new action joins with one function here, named as the action is; test_change_log says so until it has. A scenario does the work
in earnest: what it writes must be what the change log says.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from types import SimpleNamespace
from uuid import uuid4

from django.contrib.auth.hashers import make_password
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts import actions as accounts
from accounts import demo as accounts_demo
from accounts import rosters as account_rosters
from accounts.choices import EndReason, Role
from accounts.models import Appointment, RoleScheme, SchemePost, User
from cases import actions as cases
from cases import demo as cases_demo
from cases import mailbox as mailboxes
from cases.admin.moves import BY_STAFF
from cases.models import Case, Deadline, JournalEntry, ReportRule, Subject, WeeklyReport
from cases.queries import Limits
from conftest import make_user
from gridparty.lib import idnumbers
from gridparty.lib.dates import Week, today
from gridparty.lib.roster import Row, Verdict
from grids import actions as grids
from grids import rosters as grid_rosters
from grids.demo import SHOWN_COMMUNITY
from grids.models import Area, CodeRule, Norm
from grids.rosters import wide as wide_rosters
from grids.rules import NewArea
from jobs import actions as jobs
from jobs.actions import schedules as job_schedules
from jobs.kinds import KINDS
from jobs.models import Job, Notice, OutboxMessage, Schedule, SpecialDay
from members import actions as members
from members import demo_points
from members.models import (
    ClassScheme,
    ExemptClass,
    ItemClass,
    ManagementMode,
    Member,
    MemberClass,
    NamedDay,
    PointBalance,
    PointCategory,
    PointEntry,
    PointItem,
    PointScheme,
    Seat,
)
from members.rosters import buildings as building_rosters
from members.rosters import members as member_rosters
from members.rosters import organisations as organisation_rosters
from members.rosters import units as unit_rosters
from people import actions as people
from people.models import CareClass, MoveRequest, Person, Skill
from people.rosters import residents as resident_rosters
from rosters import actions as rosters
from rosters.models import Import, ImportBefore

Scenario = Callable[[SimpleNamespace], object]
ACTIONS: dict[str, Scenario] = {}
PAGES: dict[str, Scenario] = {}
# Pages of the desk that only show; whoever adds a button there takes the line out.
ONLY_SHOWN = {
    "admin:accounts_appointment_vacancies": "a list to work down; appointing happens on the add page",
    "admin:members_partyorganisation_coverage": "a list to work down; founding and enrolling happen on the add pages",
    "admin:members_partyorganisation_concurrent": "a list to look at",
    "admin:members_partyorganisation_notice": "a paper to print",
    "admin:members_pointscheme_notice": "a paper to print",
    "admin:services_feedbackcard_units": "a list of employers, each of whose cards is sent and printed on a page of its own",
    "cases:journal_entry": "its form is sent to cases:journal_case",
    "services:activity": "its form is sent to services:sign_up or services:sign_up_withdraw",
    "services:run_activity": "its forms are sent to services:run_activity_tick and its sisters",
    "people:person": "its form is sent to people:visit_person, for those who record visits",
}


def action(name: str):
    """The scenario of an action, by the action's name."""

    def register(function: Scenario) -> Scenario:
        assert name not in ACTIONS, name
        ACTIONS[name] = function
        return function

    return register


def page(name: str):
    """The scenario of a page: `admin:app_model_add`, `admin:app_model_change`, `admin:app_model_changelist#button`, a route."""

    def register(function: Scenario) -> Scenario:
        assert name not in PAGES, name
        PAGES[name] = function
        return function

    return register


def build(areas, cast) -> SimpleNamespace:
    """What the scenarios play on."""
    CodeRule.objects.bulk_create([CodeRule(kind="grid", width=3), CodeRule(kind="building", prefix="L", width=3)])
    scheme = RoleScheme.objects.create(name="一长三员")
    SchemePost.objects.create(scheme=scheme, kind="grid", role=Role.SENTIMENT_OFFICER)
    newcomer = User.objects.create(username="newcomer", name="李四", password=make_password(None), created_by=cast.secretary)
    return SimpleNamespace(areas=areas, cast=cast, scheme=scheme, newcomer=newcomer)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


# --- Areas


@action("grids.load_areas")
def load_areas(world):
    new = [
        NewArea("building", "370199001001L090", "90号楼", "90号楼", "other", "370199001001090"),
        NewArea("grid", "370199001001090", "第90网格", "第90网格", "other", "370199001001"),
        NewArea("district", "370197000000", "丁香区", "丁香区", "district", None),
    ]
    assert grids.load_areas(areas=new, by=world.cast.street_officer) == 3


@action("grids.import_areas")
def import_areas(world):
    def row(number, level, code, name, parent):
        return Row("", number, {"level": level, "code": code, "name": name, "parent_code": parent})

    rows = [
        row(2, "grid", "370199001001091", "第91网格", "370199001001"),
        row(3, "grid", world.areas.grid1.code, "东片网格", "370199001001"),
    ]
    grid_rosters.judge(rows, world.cast.street_officer)
    assert [row.verdict for row in rows] == [Verdict.NEW, Verdict.UPDATED]
    assert grid_rosters.commit(rows=rows, by=world.cast.street_officer) == 2


@action("grids.import_area_paths")
def import_area_paths(world):
    rows = [
        Row("", 2, {"community": "桃园社区", "grid": "第92网格", "building": "92号楼"}),
        Row("", 3, {"community": "桃园社区", "grid": "东片网格", "grid_code": world.areas.grid1.code}),
    ]
    wide_rosters.judge(rows, world.cast.street_officer)
    assert [row.verdict for row in rows] == [Verdict.NEW, Verdict.UPDATED]
    assert wide_rosters.commit(rows=rows, by=world.cast.street_officer) == 3


@action("grids.create_area")
def create_area(world):
    grids.create_area(kind="grid", name="第3网格", parent=world.areas.taoyuan, by=world.cast.secretary)


@action("grids.rename_area")
def rename_area(world):
    grids.rename_area(area=world.areas.grid1, name="东片", full_name="东片网格", by=world.cast.secretary)


@action("grids.move_area")
def move_area(world):
    grids.move_area(area=world.areas.taoyuan, parent=world.areas.west, by=world.cast.district_official, note="区划调整")


@action("grids.split_grid")
def split_grid(world):
    part = grids.Part("第3网格", [world.areas.building2.pk])
    revision = fresh(world.areas.grid1).revision
    grids.split_grid(grid=world.areas.grid1, parts=[part], by=world.cast.secretary, revision=revision)


@action("grids.merge_grids")
def merge_grids(world):
    grids.merge_grids(grids=[world.areas.grid2], into=world.areas.grid1, by=world.cast.secretary)


@action("grids.close_area")
def close_area(world):
    grids.close_area(area=world.areas.building1, by=world.cast.secretary)


@action("grids.repair_tree")
def repair_tree(world):
    Area.objects.filter(pk=world.areas.grid1.pk).update(level=9, street=world.areas.west)
    Appointment.objects.filter(user=world.cast.grid_leader).update(street=world.areas.west)
    assert grids.repair_tree(by=None) == {"areas": 1, "accounts.appointment": 1}


# --- Users and posts


@action("accounts.import_appointments")
def import_appointments(world):
    rows = [
        Row("", 2, {"name": world.newcomer.name, "role": Role.GRID_LEADER, "area": "第1网格", "username": "newcomer"}),
        Row("", 3, {"name": "王小明", "role": Role.GRID_LEADER, "area": "第2网格", "phone": "15400000021"}),
    ]
    account_rosters.judge(rows, world.cast.secretary)
    assert [row.verdict for row in rows] == [Verdict.NEW, Verdict.NEW]
    assert account_rosters.commit(rows=rows, by=world.cast.secretary) == 2


@action("accounts.create_users")
def create_users(world):
    new = [accounts.NewUser(f"new{n}", "王五", phone=f"1391234567{n}", email=f"new{n}@example.com") for n in range(3)]
    accounts.create_users(users=new, by=world.cast.secretary)


@action("accounts.change_user")
def change_user(world):
    user = User.objects.get(pk=world.newcomer.pk)
    accounts.change_user(user=user, name="李四光", phone="13912345678", email="li@example.com", by=world.cast.secretary)


@action("accounts.appoint")
def appoint(world):
    users = [world.newcomer, make_user(None, None, username="second")]
    posts = [accounts.Post(user, Role.SAFETY_OFFICER, world.areas.grid1, today(), duties="巡查") for user in users]
    accounts.appoint_many(posts=posts, by=world.cast.secretary)


@action("accounts.end_appointments")
def end_appointments(world):
    posts = Appointment.objects.filter(user__in=[world.cast.grid_leader, world.cast.next_grid_leader])
    assert accounts.end_appointments(appointments=posts, reason=EndReason.REMOVED, by=world.cast.secretary) == 2


@action("accounts.use_scheme")
def use_scheme(world):
    accounts.use_scheme(area=world.areas.district, scheme=world.scheme, by=world.cast.district_official)
    other = RoleScheme.objects.create(name="一片三长")
    accounts.use_scheme(area=world.areas.district, scheme=other, by=world.cast.district_official)


@action("accounts.issue_first_passwords")
def issue_first_passwords(world):
    appoint(world)
    assert len(accounts.invite(users=[fresh(world.newcomer)], by=world.cast.secretary)) == 1
    assert len(accounts.reissue(users=[fresh(world.newcomer)], by=world.cast.secretary)) == 1


@action("accounts.use_first_password")
def use_first_password(world):
    appoint(world)
    accounts.invite(users=[fresh(world.newcomer)], by=world.cast.secretary)
    accounts.use_first_password(by=fresh(world.newcomer))


@action("accounts.change_own_password")
def change_own_password(world):
    accounts.change_own_password(by=fresh(world.cast.secretary), password="another 77 word")


@action("accounts.disable_users")
def disable_users(world):
    assert accounts.disable(users=[world.cast.grid_leader, world.cast.next_grid_leader], by=world.cast.secretary) == 2


@action("accounts.enable_users")
def enable_users(world):
    disable_users(world)
    assert accounts.enable(users=[world.cast.grid_leader], by=world.cast.secretary) == 1


@action("accounts.demo_cast")
def demo_cast(world):
    Area.objects.filter(pk=world.areas.taoyuan.pk).update(name=accounts_demo.HOME)
    accounts_demo._make_cast(fresh(world.areas.district))


# --- Jobs


@action("jobs.enqueue")
def enqueue(world):
    jobs.enqueue(kind="jobs.prune", args={}, by=world.cast.system_admin, once_key="one")
    jobs.enqueue(kind="jobs.prune", args={}, by=world.cast.system_admin, once_key="one")


@action("jobs.rerun")
def rerun(world):
    job = Job.objects.create(kind="jobs.prune", status="failed", send_again_at=timezone.now())
    jobs.rerun(job=job, by=world.cast.system_admin)


@action("jobs.ensure_schedules")
def ensure_schedules(world):
    Schedule.objects.filter(name="jobs.prune").delete()
    assert jobs.ensure_schedules() == sum(kind.schedule is not None for kind in KINDS.values())


@action("jobs.change_schedule")
def change_schedule(world):
    jobs.ensure_schedules()
    schedule = Schedule.objects.get(name="jobs.prune")
    schedule.hour = "5"
    jobs.change_schedule(schedule=schedule, by=world.cast.system_admin)


@action("jobs.run_slot")
def run_slot(world):
    jobs.ensure_schedules()
    Schedule.objects.filter(name="jobs.prune").update(next_due_at=timezone.now() - timedelta(minutes=1))
    job_schedules.run_due_schedules()
    assert Schedule.objects.get(name="jobs.prune").last_job is not None


@action("jobs.notify")
def notify(world):
    User.objects.filter(pk=world.cast.secretary.pk).update(email="secretary@example.com")
    people = [fresh(world.cast.secretary), world.cast.clerk]
    assert jobs.notify(recipients=people, subject="换届提醒", body="请办理。", link="/", by=world.cast.street_officer) == 2


@action("jobs.mark_read")
def mark_read(world):
    notify(world)
    assert jobs.mark_read(by=world.cast.secretary) == 1


@action("jobs.resend")
def resend(world):
    notify(world)
    OutboxMessage.objects.update(state="failed")
    jobs.resend(message=OutboxMessage.objects.first(), by=world.cast.system_admin)


# --- Pages


def post(user, route: str, /, *args, **typed):
    """Send a form as this user, beginning with what the page already holds; it must have been taken.

    A form that is shown again has written nothing.
    """
    client = Client()
    if user is not None:
        client.force_login(user)
    address = reverse(route, args=args)
    answer = client.post(address, held(client.get(address)) | typed)
    taken = answer.status_code == 302 or "attachment" in answer.get("Content-Disposition", "")
    assert taken, [form.errors for form in forms_on(answer)]
    return answer


def forms_on(answer) -> list:
    """The forms of a page, those of lines within it included."""
    context = answer.context or {}
    form = getattr(context.get("adminform"), "form", context.get("form"))
    lines = [lines.formset for lines in context.get("inline_admin_formsets", ())]
    return [*([form] if form else []), *(one for formset in lines for one in (formset.management_form, *formset))]


def held(answer) -> dict:
    """What the fields of a page hold, hidden ones included."""
    values = {field.html_name: field.value() for form in forms_on(answer) for field in form}
    return {name: value for name, value in values.items() if value not in (None, "") and not hasattr(value, "read")}


def press(user, button: str, rows, changelist: str, **data):
    """Use a button of a list of the desk."""
    return post(user, changelist, action=button, _selected_action=[row.pk for row in rows], **data)


@page("admin:grids_area_add")
def add_area(world):
    data = {"kind": "building", "parent": world.areas.grid1.pk, "full_name": "77号楼"}
    return post(world.cast.secretary, "admin:grids_area_add", **data)


@page("admin:grids_area_change")
def change_area(world):
    return post(world.cast.secretary, "admin:grids_area_change", world.areas.grid1.pk, full_name="东片网格", name="东片")


@page("admin:grids_area_move")
def move_area_page(world):
    return post(world.cast.secretary, "admin:grids_area_move", world.areas.building1.pk, parent=world.areas.grid2.pk, note="调整")


@page("admin:grids_area_split")
def split_area_page(world):
    children = [world.areas.building2.pk]
    return post(world.cast.secretary, "admin:grids_area_split", world.areas.grid1.pk, name="第3网格", children=children)


@page("admin:grids_area_merge")
def merge_area_page(world):
    return post(world.cast.secretary, "admin:grids_area_merge", world.areas.grid2.pk, into=world.areas.grid1.pk)


@page("admin:grids_area_close")
def close_area_page(world):
    return post(world.cast.secretary, "admin:grids_area_close", world.areas.building1.pk)


@page("admin:grids_coderule_change")
def change_code_rule(world):
    rule = CodeRule.objects.get(kind="grid")
    return post(world.cast.system_admin, "admin:grids_coderule_change", rule.pk, prefix="W", width="4")


@page("admin:accounts_user_add")
def add_user(world):
    data = {"username": "typed", "name": "王五", "phone": "13912345678"}
    return post(world.cast.secretary, "admin:accounts_user_add", **data)


@page("admin:accounts_user_change")
def change_user_page(world):
    data = {"name": "李四光", "phone": "13912345678", "email": "li@example.com"}
    return post(world.cast.secretary, "admin:accounts_user_change", world.newcomer.pk, **data)


@page("admin:accounts_user_changelist#invite")
def invite_button(world):
    appoint(world)
    return press(world.cast.secretary, "invite", [world.newcomer], "admin:accounts_user_changelist")


@page("admin:accounts_user_changelist#reissue")
def reissue_button(world):
    return press(world.cast.secretary, "reissue", [world.cast.grid_leader], "admin:accounts_user_changelist")


@page("admin:accounts_user_changelist#disable")
def disable_button(world):
    rows = [world.cast.grid_leader, world.cast.building_leader]
    return press(world.cast.secretary, "disable", rows, "admin:accounts_user_changelist")


@page("admin:accounts_user_changelist#enable")
def enable_button(world):
    disable_users(world)
    return press(world.cast.secretary, "enable", [world.cast.grid_leader], "admin:accounts_user_changelist")


@page("admin:accounts_appointment_add")
def add_appointment(world):
    data = {
        "user": world.newcomer.pk,
        "role": Role.SAFETY_OFFICER,
        "area": world.areas.grid1.pk,
        "starts_on": today().isoformat(),
    }
    data |= {"ends_on": "", "origin": "appointed", "engagement": "part_time", "duties": "巡查"}
    return post(world.cast.secretary, "admin:accounts_appointment_add", **data)


@page("admin:accounts_appointment_changelist#end")
def end_button(world):
    posts = Appointment.objects.filter(user=world.cast.grid_leader)
    return press(world.cast.secretary, "end", posts, "admin:accounts_appointment_changelist", reason="removed")


def _lines(*lines) -> dict:
    """The lines of a scheme as its form names them, new ones after those on the page."""
    return {f"posts-{n}-{name}": value for n, line in lines for name, value in line.items()} | {"posts-TOTAL_FORMS": len(lines)}


_LINE = {"kind": "grid", "role": "grid_leader", "title": "片长", "needed": 1, "origin": "elected", "duties": "统领"}


@page("admin:accounts_rolescheme_add")
def add_scheme(world):
    return post(world.cast.system_admin, "admin:accounts_rolescheme_add", name="一片三长", **_lines((0, _LINE)))


@page("admin:accounts_rolescheme_change")
def change_scheme(world):
    """Another name, one line fewer, one more."""
    lines = _lines((0, {"DELETE": "on"}), (1, _LINE))
    return post(world.cast.system_admin, "admin:accounts_rolescheme_change", world.scheme.pk, name="一长四员", **lines)


@page("admin:accounts_schemeuse_add")
def add_scheme_use(world):
    data = {"area": world.areas.district.pk, "scheme": world.scheme.pk}
    return post(world.cast.district_official, "admin:accounts_schemeuse_add", **data)


@page("admin:accounts_schemeuse_change")
def change_scheme_use(world):
    use = accounts.use_scheme(area=world.areas.taoyuan, scheme=world.scheme, by=None)
    other = RoleScheme.objects.create(name="一片三长")
    data = {"area": world.areas.taoyuan.pk, "scheme": other.pk}
    return post(world.cast.district_official, "admin:accounts_schemeuse_change", use.pk, **data)


@page("admin:jobs_specialday_change")
def change_special_day(world):
    day = SpecialDay.objects.create(on=date(2030, 10, 1), name="国庆节")
    return post(world.cast.system_admin, "admin:jobs_specialday_change", day.pk, name="国庆假期")


@page("admin:jobs_schedule_change")
def change_schedule_page(world):
    jobs.ensure_schedules()
    schedule = Schedule.objects.get(name="jobs.prune")
    return post(world.cast.system_admin, "admin:jobs_schedule_change", schedule.pk, hour="5")


@page("admin:jobs_job_changelist#run_again")
def run_again_button(world):
    job = Job.objects.create(kind="jobs.prune", status="failed", send_again_at=timezone.now())
    return press(world.cast.system_admin, "run_again", [job], "admin:jobs_job_changelist")


@page("admin:jobs_outboxmessage_changelist#send_again")
def send_again_button(world):
    notify(world)
    OutboxMessage.objects.update(state="failed")
    return press(world.cast.system_admin, "send_again", OutboxMessage.objects.all(), "admin:jobs_outboxmessage_changelist")


@page("account_login")
def log_in(world):
    return post(None, "account_login", login=world.cast.secretary.username, password="a long password")


@page("account_change_password")
def change_password_page(world):
    word = "another 77 word"
    return post(world.cast.secretary, "account_change_password", oldpassword="a long password", password1=word, password2=word)


@page("accounts:invite_users")
def invite_users(world):
    appoint(world)
    return post(world.cast.secretary, "accounts:invite_users", ids=[world.newcomer.pk])


@page("accounts:reissue_passwords")
def reissue_passwords(world):
    return post(world.cast.secretary, "accounts:reissue_passwords", ids=[world.cast.grid_leader.pk])


@page("accounts:disable_user")
def disable_user(world):
    return post(world.cast.secretary, "accounts:disable_user", world.cast.grid_leader.pk)


@page("accounts:enable_user")
def enable_user(world):
    disable_users(world)
    return post(world.cast.secretary, "accounts:enable_user", world.cast.grid_leader.pk)


@page("accounts:elder")
def elder(world):
    return post(world.cast.secretary, "accounts:elder", elder="on")


@page("jobs:read_notices")
def read_notices(world):
    notify(world)
    return post(world.cast.secretary, "jobs:read_notices")


@page("jobs:read_notice")
def read_notice(world):
    notify(world)
    return post(world.cast.secretary, "jobs:read_notice", Notice.objects.get(recipient=world.cast.secretary).pk)


# --- People


def number(serial: int) -> str:
    """An ID number like no other's; odd serials are men's."""
    return idnumbers.synthetic("370199", date(1980, 5, 1), serial)


def family(world) -> SimpleNamespace:
    """王建国, head, and 李秀英, his wife, in 桃园 1号楼 1-101."""
    (home,) = people.open_households(households=[people.NewHousehold(world.areas.building1, "1", "101")], by=None)
    live = {"household": home, "since_on": date(2020, 1, 1)}
    new = [
        people.NewPerson("王建国", number(1), phone="15400000001", relation="head", **live),
        people.NewPerson("李秀英", number(2), phone="15400000002", relation="spouse", **live),
    ]
    head, wife = people.enter_people(people=new, by=world.cast.secretary)
    return SimpleNamespace(home=home, head=head, wife=wife)


def asked_for(world) -> MoveRequest:
    """赵六 of 柳园, whom 桃园 asks for."""
    liuyuan = world.areas.at("370199001002L001")
    (there,) = people.open_households(households=[people.NewHousehold(liuyuan, "1", "101")], by=None)
    people.enter_person(new=people.NewPerson("赵六", number(9), household=there, relation="head"), by=None)
    home, by = family(world).home, world.cast.secretary
    return people.request_move(id_number=number(9), name="赵六", household=home, relation="other", reason="购房", by=by)


def twins(world) -> SimpleNamespace:
    """王建国 once more, without an ID number, on the list of those who live alone."""
    one = family(world)
    one.twin = people.enter_person(new=people.NewPerson("王建国", area=world.areas.building2), by=world.cast.secretary)
    people.add_care(person=one.twin, care_class=alone(), by=world.cast.secretary)
    return one


def alone() -> CareClass:
    return CareClass.objects.get_or_create(name="独居老人")[0]


def cared_for(world):
    return people.add_care(person=family(world).head, care_class=alone(), by=world.cast.secretary)


def barber(world):
    skill = Skill.objects.create(name="理发")
    return people.add_skill(person=family(world).head, skill=skill, agreed_on=date(2024, 1, 1), by=world.cast.secretary)


@action("people.open_households")
def open_households(world):
    new = [people.NewHousehold(world.areas.building1, "1", room) for room in ("101", "102")]
    assert len(people.open_households(households=new, by=world.cast.secretary)) == 2


@action("people.change_household")
def change_household(world):
    new = people.NewHousehold(world.areas.building1, "2", "201", tenure="rented")
    people.change_household(household=family(world).home, new=new, by=world.cast.secretary)


@action("people.enter_people")
def enter_people(world):
    """One is new, one is on record without a residence."""
    people.enter_person(new=people.NewPerson("孙七", number(5)), by=None)
    family(world)
    new = people.NewPerson("孙七", number(5), area=world.areas.building2)
    people.enter_person(new=new, by=world.cast.secretary)


@action("people.correct_person")
def correct_person(world):
    new = people.NewPerson("李秀娟", number(4), phone="15400000009", employer="供销社", relation="other")
    people.correct_person(person=family(world).wife, new=new, by=world.cast.secretary)


@action("people.deny_membership")
def deny_membership(world):
    person = people.enter_person(new=people.NewPerson("周八", area=world.areas.building1, stated_member=True), by=None)
    people.deny_membership(person=person, by=world.cast.secretary)


@action("people.set_head")
def set_head(world):
    people.set_head(person=family(world).wife, by=world.cast.secretary)


@action("people.move_people")
def move_people(world):
    one = family(world)
    people.add_care(person=one.head, care_class=alone(), by=world.cast.secretary)
    people.move_people(people=[one.head], household=None, area=world.areas.building3, new_head=one.wife, by=world.cast.secretary)


@action("people.move_out")
def move_out(world):
    people.move_out(people=[family(world).wife], by=world.cast.secretary)


@action("people.record_death")
def record_death(world):
    care = cared_for(world)
    wife = Person.objects.get(name="李秀英")
    people.record_death(person=care.person, new_head=wife, by=world.cast.secretary)


@action("people.move_household")
def move_household(world):
    (empty,) = people.open_households(households=[people.NewHousehold(world.areas.building2, "7", "701")], by=None)
    assert len(people.move_household(household=family(world).home, to=empty, by=world.cast.secretary)) == 2


@action("people.erase_person")
def erase_person(world):
    people.erase_person(person=family(world).wife, by=world.cast.secretary)


@action("people.reveal")
def reveal(world):
    assert people.reveal(person=family(world).head, column="phone", by=world.cast.grid_leader) == "15400000001"


@action("people.add_care")
def add_care(world):
    cared_for(world)


@action("people.change_care")
def change_care(world):
    change = {"reason": "术后", "interval_days": 3, "responsible": world.cast.grid_leader}
    people.change_care(care=cared_for(world), **change, by=world.cast.secretary)


@action("people.end_care")
def end_care(world):
    people.end_care(care=cared_for(world), reason="已与子女同住", by=world.cast.secretary)


@action("people.record_visits")
def record_visits(world):
    """The care of whom was met is due anew."""
    care = cared_for(world)
    people.record_visits(visits=[people.NewVisit(person=care.person, note="一切安好")], by=world.cast.grid_leader)
    assert fresh(care).last_visit_on == today()


@action("people.note_door")
def note_door(world):
    """Who lives there alone was met; then the answer is corrected, and the care is due again."""
    (home,) = people.open_households(households=[people.NewHousehold(world.areas.building1, "1", "201")], by=None)
    person = people.enter_person(new=people.NewPerson("孙七", household=home, relation="head"), by=None)
    care = people.add_care(person=person, care_class=alone(), by=None)
    people.note_door(household=home, outcome="met", by=world.cast.grid_leader)
    assert fresh(care).last_visit_on == today()
    people.note_door(household=home, outcome="absent", by=world.cast.grid_leader)
    assert fresh(care).last_visit_on is None


@action("people.add_skill")
def add_skill(world):
    barber(world)


@action("people.withdraw_skill")
def withdraw_skill(world):
    people.withdraw_skill(skill=barber(world), by=world.cast.secretary)


@action("people.request_move")
def request_move(world):
    asked_for(world)


@action("people.decide_request")
def decide_request(world):
    people.decide_request(request=asked_for(world), agree=True, by=world.cast.street_officer)


@action("people.withdraw_request")
def withdraw_request(world):
    people.withdraw_request(request=asked_for(world), by=world.cast.secretary)


@action("people.merge_people")
def merge_people(world):
    one = twins(world)
    people.merge_people(keep=one.head, drop=one.twin, by=world.cast.secretary)


@action("people.undo_merge")
def undo_merge(world):
    one = twins(world)
    merge = people.merge_people(keep=one.head, drop=one.twin, by=world.cast.secretary)
    people.undo_merge(merge=merge, by=world.cast.secretary)


@page("admin:people_household_add")
def add_household_page(world):
    data = {"area": world.areas.building1.pk, "unit": "3", "room": "301"}
    return post(world.cast.secretary, "admin:people_household_add", **data)


@page("admin:people_household_move")
def move_household_page(world):
    (empty,) = people.open_households(households=[people.NewHousehold(world.areas.building2, "7", "701")], by=None)
    return post(world.cast.secretary, "admin:people_household_move", family(world).home.pk, to=empty.pk)


@page("admin:people_household_change")
def change_household_page(world):
    return post(world.cast.secretary, "admin:people_household_change", family(world).home.pk, tenure="rented")


@page("admin:people_person_add")
def add_person_page(world):
    data = {"household": family(world).home.pk, "relation": "child", "name": "王小明", "phone": "15400000003"}
    return post(world.cast.secretary, "admin:people_person_add", **data)


@page("admin:people_person_change")
def change_person_page(world):
    data = {"name": "王建华", "phone": "15400000007", "employer": "供销社"}
    return post(world.cast.secretary, "admin:people_person_change", family(world).head.pk, **data)


@page("admin:people_person_move")
def move_person_page(world):
    data = {"area": world.areas.building3.pk}
    return post(world.cast.secretary, "admin:people_person_move", family(world).wife.pk, **data)


@page("admin:people_person_leave")
def leave_page(world):
    one = family(world)
    return post(world.cast.secretary, "admin:people_person_leave", one.head.pk, new_head=one.wife.pk)


@page("admin:people_person_head")
def head_page(world):
    return post(world.cast.secretary, "admin:people_person_head", family(world).wife.pk)


@page("admin:people_person_death")
def death_page(world):
    return post(world.cast.secretary, "admin:people_person_death", family(world).wife.pk)


@page("admin:people_person_erase")
def erase_page(world):
    return post(world.cast.secretary, "admin:people_person_erase", family(world).wife.pk)


@page("admin:people_person_merge")
def merge_page(world):
    one = twins(world)
    return post(world.cast.secretary, "admin:people_person_merge", one.head.pk, drop=one.twin.pk)


@page("admin:people_personmerge_undo")
def undo_merge_page(world):
    one = twins(world)
    merge = people.merge_people(keep=one.head, drop=one.twin, by=world.cast.secretary)
    return post(world.cast.secretary, "admin:people_personmerge_undo", merge.pk)


@page("people:reveal")
def reveal_page(world):
    person = family(world).head
    client = Client()
    client.force_login(world.cast.secretary)
    return client.post(reverse("people:reveal", args=[person.pk]), {"column": "phone"})


@page("people:note_door")
def note_door_page(world):
    """Tapped twice by one form: one answer, one visit."""
    home, client = family(world).home, Client()
    client.force_login(world.cast.grid_leader)
    typed = {"outcome": "met", "on": today(), "form_id": uuid4()}
    answers = [client.post(reverse("people:note_door", args=[home.pk]), typed) for _n in range(2)]
    assert home.visits.count() == 1
    return answers[0]


@page("people:visit_household")
def visit_household_page(world):
    one = family(world)
    return post(world.cast.grid_leader, "people:visit_household", one.home.pk, who=one.wife.pk, note="一切安好")


@page("people:visit_person")
def visit_person_page(world):
    """Sent twice: one answer, one visit."""
    care, typed = cared_for(world), {"note": "一切安好", "form_id": uuid4()}
    answers = [post(world.cast.grid_leader, "people:visit_person", care.person_id, **typed) for _n in range(2)]
    assert care.person.visits.count() == 1
    return answers[0]


@page("people:change_care")
def change_care_on_the_phone(world):
    return post(world.cast.secretary, "people:change_care", cared_for(world).pk, reason="术后", interval_days=3)


@page("people:search")
def search_page(world):
    family(world)
    return post(world.cast.grid_leader, "people:search", term="王建国")


@page("admin:people_moverequest_agree")
def agree_page(world):
    return post(world.cast.street_officer, "admin:people_moverequest_agree", asked_for(world).pk)


@page("admin:people_moverequest_refuse")
def refuse_page(world):
    return post(world.cast.street_officer, "admin:people_moverequest_refuse", asked_for(world).pk, answer="仍居住在本社区")


@page("admin:people_moverequest_withdraw")
def withdraw_request_page(world):
    return post(world.cast.secretary, "admin:people_moverequest_withdraw", asked_for(world).pk)


@page("admin:people_care_add")
def add_care_page(world):
    data = {"person": family(world).head.pk, "care_class": alone().pk, "reason": "子女在外地"}
    return post(world.cast.secretary, "admin:people_care_add", **data)


@page("admin:people_care_change")
def change_care_page(world):
    return post(world.cast.secretary, "admin:people_care_change", cared_for(world).pk, interval_days=3)


@page("admin:people_care_end")
def end_care_page(world):
    return post(world.cast.secretary, "admin:people_care_end", cared_for(world).pk, reason="已与子女同住")


@page("admin:people_visit_add")
def add_visit_page(world):
    care = cared_for(world)
    return post(world.cast.secretary, "admin:people_visit_add", person=care.person_id, note="一切安好")


@page("admin:people_personskill_add")
def add_skill_page(world):
    skill = Skill.objects.create(name="理发")
    data = {"person": family(world).head.pk, "skill": skill.pk, "agreed_on": "2024-01-01"}
    return post(world.cast.secretary, "admin:people_personskill_add", **data)


@page("admin:people_personskill_withdraw")
def withdraw_skill_page(world):
    return post(world.cast.secretary, "admin:people_personskill_withdraw", barber(world).pk)


@page("admin:people_careclass_add")
def add_care_class(world):
    return post(world.cast.system_admin, "admin:people_careclass_add", name="孤寡老人", interval_days=7)


@page("admin:people_careclass_change")
def change_care_class(world):
    return post(world.cast.system_admin, "admin:people_careclass_change", alone().pk, interval_days=3)


@page("admin:people_skill_add")
def add_skill_kind(world):
    return post(world.cast.system_admin, "admin:people_skill_add", name="理发")


@page("admin:people_skill_change")
def change_skill_kind(world):
    return post(world.cast.system_admin, "admin:people_skill_change", Skill.objects.create(name="理发").pk, name="美发")


# --- Members


def parties(world) -> SimpleNamespace:
    """桃园党委, its two branches, a group of the first; one class."""
    new = members.NewOrganisation
    committee = new("committee", "桃园社区党委", world.areas.taoyuan)
    branch = new("branch", "第1网格党支部", world.areas.grid1, parent=committee)
    other = new("branch", "第2网格党支部", world.areas.grid2, parent=committee)
    group = new("group", "1号楼党小组", world.areas.building1, parent=branch)
    rows = members.found_organisations(organisations=[committee, branch, other, group], by=world.cast.secretary)
    one = SimpleNamespace(**dict(zip(("committee", "branch", "other", "group"), rows, strict=True)))
    mode = ManagementMode.objects.create(name="楼宇管", contact_days=30)
    one.scheme = ClassScheme.objects.create(name="五类党员")
    one.ordinary, one.working = (
        MemberClass.objects.create(scheme=one.scheme, name=n, mode=mode) for n in ("普通党员", "在职党员")
    )
    return one


def enrolled(world, **values):
    """赵一 of 第1网格党支部."""
    one = parties(world)
    typed = people.NewPerson("赵一", number(11), phone="15400000011")
    values = {"joined_on": date(2010, 7, 1)} | values
    one.member = members.enrol(new=members.NewMember(one.branch, one.ordinary, typed=typed, **values), by=world.cast.secretary)
    return one


def probationary(world):
    return enrolled(world, standing="probationary").member


def secretary_of_branch(world) -> Seat:
    """赵一, secretary and organiser of the branch."""
    one = enrolled(world)
    new = [members.NewSeat(one.branch, title, one.member.person) for title in ("deputy", "secretary")]
    return members.fill_seats(seats=new, by=world.cast.secretary)[0]


def on_the_way(world):
    one = enrolled(world)
    return members.send(member=one.member, to=one.other, by=world.cast.secretary)


def gone(world):
    """赵一, who lives in 桃园 and whose membership is elsewhere."""
    member = enrolled(world).member
    people.move_people(people=[member.person], household=None, area=world.areas.building1, by=world.cast.secretary)
    members.receive(move=members.send(member=member, elsewhere="市医院党支部", by=None), by=None)
    return type(member.person).objects.select_related("area").get(pk=member.person_id)


def company(world):
    new = members.NewUnit("桃园超市", "private_enterprise", world.areas.grid1, contact_phone="15400000012")
    return members.add_unit(new=new, by=world.cast.secretary)


@action("members.found_organisations")
def found_organisations(world):
    parties(world)


@action("members.change_organisation")
def change_organisation(world):
    """The branch goes to the top, its group with it."""
    one = parties(world)
    new = members.NewOrganisation("branch", "东片党支部", world.areas.grid1, elected_on=date(2025, 3, 1))
    members.change_organisation(organisation=one.branch, new=new, by=world.cast.secretary)
    assert fresh(one.group).path == f"{one.branch.pk}/{one.group.pk}/"


@action("members.close_organisation")
def close_organisation(world):
    one = parties(world)
    members.set_zones(organisation=one.group, buildings=[world.areas.building1], by=world.cast.secretary)
    members.close_organisation(organisation=one.group, by=world.cast.secretary)


@action("members.set_zones")
def set_zones(world):
    one = parties(world)
    members.set_zones(organisation=one.group, buildings=[world.areas.building1], by=world.cast.secretary)
    members.set_zones(organisation=one.group, buildings=[world.areas.building2], by=world.cast.secretary)


@action("members.fill_seats")
def fill_seats(world):
    secretary_of_branch(world)


@action("members.empty_seat")
def empty_seat(world):
    """The seat that is left takes over the appointment."""
    members.empty_seat(seat=secretary_of_branch(world), by=world.cast.secretary)


@action("members.use_classes")
def use_classes(world):
    members.use_classes(area=world.areas.taoyuan, scheme=parties(world).scheme, by=world.cast.secretary)


@action("members.add_unit")
def add_unit(world):
    company(world)


@action("members.change_unit")
def change_unit(world):
    members.change_unit(unit=company(world), new=members.NewUnit("桃园商场", area=world.areas.grid2), by=world.cast.secretary)


@action("members.enter_units")
def enter_units(world):
    new = [members.NewUnit(name, area=world.areas.grid1, contact_phone="15400000012") for name in ("桃园超市", "桃园小学")]
    return members.enter_units(units=new, by=world.cast.secretary)


@action("members.change_units")
def change_units(world):
    market, school = enter_units(world)
    changes = {
        market.pk: {"name": "桃园商场", "contact_phone": "15400000013", "staff_count": 30},
        school.pk: {"area": world.areas.grid2, "kind": "school"},
    }
    assert members.change_units(changes=changes, by=world.cast.secretary) == 2


@action("members.change_organisations")
def change_organisations(world):
    one = parties(world)
    changes = {
        one.branch.pk: {"name": "东片党支部", "elected_on": date(2025, 3, 1), "term_years": 5},
        one.other.pk: {"full_name": "中共桃园社区第2网格支部委员会", "unit": company(world)},
    }
    assert members.change_organisations(changes=changes, by=world.cast.secretary) == 2


@action("members.import_buildings")
def import_buildings(world):
    parties(world)
    names = {"community": "桃园社区", "grid": "第3网格", "branch": "第3网格党支部"}
    rows = [Row("", 2, names | {"building": "4号楼", "group": "4号楼党小组"}), Row("", 3, names | {"building": "5-6号楼"})]
    building_rosters.judge(rows, world.cast.secretary)
    assert [row.verdict for row in rows] == [Verdict.NEW, Verdict.NEW]
    assert building_rosters.commit(rows=rows, by=world.cast.secretary) == 6


@action("members.import_units")
def import_units(world):
    company(world)
    rows = [
        Row("", 2, {"name": "桃园超市", "area": "第1网格", "address": "桃园路1号"}),
        Row("", 3, {"name": "桃园小学", "kind": "school", "area": "第2网格"}),
    ]
    unit_rosters.judge(rows, world.cast.secretary)
    assert [row.verdict for row in rows] == [Verdict.UPDATED, Verdict.NEW]
    assert unit_rosters.commit(rows=rows, by=world.cast.secretary) == 2


@action("members.import_organisations")
def import_organisations(world):
    parties(world)
    rows = [
        Row("", 2, {"full_name": "第9党小组", "parent": "第9党支部", "area": "第1网格"}),
        Row("", 3, {"full_name": "第9党支部", "parent": "桃园社区党委", "area": "第1网格"}),
        Row("", 4, {"full_name": "第1网格党支部", "founded_on": date(2015, 7, 1)}),
    ]
    organisation_rosters.judge(rows, world.cast.secretary)
    assert [row.verdict for row in rows] == [Verdict.NEW, Verdict.NEW, Verdict.UPDATED]
    assert organisation_rosters.commit(rows=rows, by=world.cast.secretary) == 3


@action("members.register_members")
def register_members(world):
    """One new, one corrected and sorted anew, transferred to another branch."""
    enrolled(world)
    rows = [
        Row("", 2, {"name": "赵二", "id_number": number(12), "organisation": "第1网格党支部", "member_class": "普通党员"}),
        Row("", 3, {"name": "赵一", "id_number": number(11), "phone": "15400000099", "member_class": "在职党员"}),
    ]
    member_rosters.judge(rows, world.cast.secretary)
    assert [row.verdict for row in rows] == [Verdict.NEW, Verdict.UPDATED], [row.reasons for row in rows]
    assert member_rosters.commit(rows=rows, by=world.cast.secretary) == 2


@action("people.register_residents")
def register_residents(world):
    """A family moves, one of another house comes in, and somebody new is entered beside them."""
    home = family(world)
    rows = [
        Row("", 2, {"name": home.head.name, "id_number": home.head.id_number, "address": "3号楼2-301", "relation": "head"}),
        Row("", 3, {"name": "赵二", "id_number": number(12), "address": "3号楼2-301", "relation": "other", "tenure": "rented"}),
    ]
    resident_rosters.judge(rows, world.cast.secretary)
    assert [row.verdict for row in rows] == [Verdict.UPDATED, Verdict.NEW], [row.reasons for row in rows]
    assert resident_rosters.commit(rows=rows, by=world.cast.secretary) == 2


@action("members.enrol")
def enrol(world):
    """One on record as a resident, one new."""
    resident, one = family(world).head, parties(world)
    typed = people.NewPerson("赵一", number(11), phone="15400000011")
    new = [members.NewMember(one.branch, one.ordinary, person=resident), members.NewMember(one.branch, one.working, typed=typed)]
    members.enrol_many(members=new, by=world.cast.secretary)


@action("members.change_member")
def change_member(world):
    one = enrolled(world)
    change = {"joined_on": date(2011, 7, 1), "full_on": date(2012, 7, 1), "employer": company(world), "mode": one.working.mode}
    members.change_member(member=one.member, **change, by=world.cast.secretary)


@action("members.move_member")
def move_member(world):
    members.move_member(member=enrolled(world).member, kind="floated", note="外出务工", by=world.cast.secretary)


@action("members.confirm")
def confirm(world):
    members.confirm(member=probationary(world), by=world.cast.secretary)


@action("members.prolong")
def prolong(world):
    members.prolong(member=probationary(world), note="尚需考察", by=world.cast.secretary)


@action("members.change_class")
def change_class(world):
    one = enrolled(world)
    members.change_class(member=one.member, member_class=one.working, by=world.cast.secretary)


@action("members.leave")
def leave(world):
    """The seats end with the membership."""
    seat = secretary_of_branch(world)
    members.leave(member=seat.person.member_set.get(), note="本人申请退党", by=world.cast.secretary)
    assert fresh(seat).ended_on


@action("members.send")
def send(world):
    on_the_way(world)


@action("members.receive")
def receive(world):
    members.receive(move=on_the_way(world), by=world.cast.secretary)


@action("members.settle")
def settle(world):
    members.settle(person=gone(world), note="组织关系在工作单位", by=world.cast.secretary)


@action("members.recall")
def recall(world):
    members.recall(move=on_the_way(world), by=world.cast.secretary)


@action("members.reveal_phone")
def reveal_phone(world):
    assert members.reveal_phone(member=enrolled(world).member, by=world.cast.secretary) == "15400000011"


@action("members.give_accounts")
def give_accounts(world):
    """One who has an account stays as they are; the other gets one, and the post."""
    one = enrolled(world)
    assert len(members.give_accounts(members=[one.member], by=world.cast.secretary)) == 1
    assert len(members.invite_members(members=[one.member], by=world.cast.secretary)) == 1


@action("members.note_contacts")
def note_contacts(world):
    """Once: the same contact noted again writes nothing."""
    one = {"members": [enrolled(world).member], "way": "visit", "note": "看望", "by": world.cast.secretary}
    assert [members.note_contacts(**one), members.note_contacts(**one)] == [1, 0]


# --- Points


def drafted(world) -> SimpleNamespace:
    """Those of `enrolled`, and 东街's draft for this year: two items of 3 points, the second for members to propose."""
    one = enrolled(world)
    example = PointScheme.objects.create(name="百分制", base=60, is_example=True)
    category = PointCategory.objects.create(scheme=example, name="政治学习", cap=20)
    of = {"category": category, "points": 3, "cap": 6}
    PointItem.objects.create(code="A1", name="参加三会一课", **of)
    own = PointItem.objects.create(code="A2", name="志愿服务", proposer="member", **of)
    ItemClass.objects.create(item=own, member_class=one.ordinary)
    ExemptClass.objects.create(scheme=example, member_class=one.working)
    one.draft = members.draft_scheme(source=example, area=world.areas.east, year=today().year, by=world.cast.street_officer)
    one.category = one.draft.categories.get()
    one.meeting, one.service = one.category.items.order_by("code")
    return one


def in_force(world) -> SimpleNamespace:
    """Those of `drafted`, with the scheme in force and 赵一 a user."""
    one = drafted(world)
    assert members.publish_scheme(scheme=one.draft, by=world.cast.street_officer) == 1
    one.member.person.user = one.user = make_user(None, None, username="zhao")
    one.member.person.save()
    return one


def entry(one, item: str = "meeting", **more) -> members.NewEntry:
    return members.NewEntry(one.member, getattr(one, item), today(), **{"source": "meeting:1", "note": "七月", **more})


def scored(world):
    """What 桃园's secretary entered, approved."""
    one = in_force(world)
    one.entry = members.post_points(entries=[entry(one)], by=world.cast.secretary).entries[0]
    return one


def proposed(world):
    """What 赵一 proposed for themselves."""
    one = in_force(world)
    one.entry = members.post_points(entries=[entry(one, "service")], by=one.user).entries[0]
    return one


def refused(world):
    one = proposed(world)
    members.decide_points(entries=[one.entry], approve=False, by=world.cast.secretary, reason="无照片")
    return one


def appealed(world):
    one = refused(world)
    members.appeal_points(entry=one.entry, by=one.user, text="现补照片")
    return one


def frozen(world):
    one = in_force(world)
    one.scheme = members.freeze_year(scheme=one.draft, by=world.cast.street_officer)
    return one


@action("members.post_points")
def post_points(world):
    """Two at once, one of them beyond the cap of the item."""
    one = in_force(world)
    new = [entry(one, source=f"meeting:{n}", quantity=Decimal(2 * n)) for n in (1, 2)]
    assert members.post_points(entries=new, by=world.cast.secretary).beyond == 1


@action("members.award_points")
def award_points(world):
    """Delivered twice."""
    one, found = in_force(world), []
    for _n in range(2):
        found += members.award_points(entries=[entry(one, "service")], by=world.cast.secretary).entries
    assert len(found) == 1


@action("members.follow")
def follow(world):
    """A membership that went elsewhere without its balance."""
    one = in_force(world)
    Member.objects.filter(pk=one.member.pk).update(organisation=one.other)
    assert members.follow(members=[one.member.pk], by=world.cast.secretary) == 1


@action("members.decide_points")
def decide_points(world):
    one = proposed(world)
    assert members.decide_points(entries=[one.entry], approve=True, by=world.cast.secretary) == 1


@action("members.withdraw_points")
def withdraw_points(world):
    one = proposed(world)
    members.withdraw_points(entry=one.entry, by=one.user)


@action("members.appeal_points")
def appeal_points(world):
    appealed(world)


@action("members.answer_appeal")
def answer_appeal(world):
    """Of a deduction upheld it would be a reversal, of a refusal it is an approval."""
    one = appealed(world)
    members.answer_appeal(entry=one.entry, uphold=True, by=world.cast.street_officer, answer="属实")


@action("members.reverse_points")
def reverse_points(world):
    one = scored(world)
    members.reverse_points(entry=one.entry, by=world.cast.secretary, reason="记错人")


@action("members.take_back_points")
def take_back_points(world):
    """One that counts and one that waits, which came by a list."""
    one = in_force(world)
    counts = members.post_points(entries=[entry(one)], by=world.cast.secretary).entries
    waits = members.post_points(entries=[entry(one, source="meeting:2")], by=world.cast.clerk).entries
    assert members.take_back_points(keys=[row.pk for row in counts], by=world.cast.secretary) == {}
    assert members.take_back_points(keys=[row.pk for row in waits], by=world.cast.clerk) == {}


@action("members.rebuild_points")
def rebuild_points(world):
    scored(world)
    PointBalance.objects.update(total=99)
    assert len(members.rebuild_points(by=None, write=True)) == 1
    assert members.rebuild_points(by=None) == []


@action("members.draft_scheme")
def draft_revision(world):
    """The draft of a revision, from the version in force."""
    one = in_force(world)
    members.draft_scheme(source=one.draft, area=world.areas.east, year=today().year, by=world.cast.street_officer)


@action("members.change_scheme")
def change_draft(world):
    members.change_scheme(scheme=drafted(world).draft, by=world.cast.street_officer, base=50, ceiling=120, note="试行")


@action("members.set_scheme_classes")
def set_scheme_classes(world):
    one = drafted(world)
    members.set_scheme_classes(scheme=one.draft, classes=[one.ordinary], by=world.cast.street_officer)


@action("members.save_parts")
def save_parts(world):
    """One item changed, one gone, a day and a category more."""
    one = drafted(world)
    one.meeting.points = 2
    day = NamedDay(scheme=one.draft, name="七一", first_on=date(2026, 7, 1), last_on=date(2026, 7, 1), factor=2)
    new = [one.meeting, day, PointCategory(scheme=one.draft, name="服务群众")]
    members.save_parts(scheme=one.draft, saved=new, removed=[one.service], by=world.cast.street_officer)


@action("members.set_item_classes")
def set_item_classes(world):
    one = drafted(world)
    members.set_item_classes(item=one.service, classes=[one.working], by=world.cast.street_officer)


@action("members.discard_scheme")
def discard_scheme(world):
    """With everything in it."""
    one = drafted(world)
    members.discard_scheme(scheme=one.draft, by=world.cast.street_officer)
    assert not PointItem.objects.filter(pk=one.meeting.pk).exists()


@action("members.publish_scheme")
def publish_scheme(world):
    """A revision in the middle of the year, by which less counts."""
    one = scored(world)
    new = members.draft_scheme(source=one.draft, area=world.areas.east, year=today().year, by=world.cast.street_officer)
    PointItem.objects.filter(category__scheme=new).update(cap=1)
    members.publish_scheme(scheme=new, by=world.cast.street_officer)
    assert one.member.balances.get().total == 61


@action("members.freeze_year")
def freeze_year(world):
    frozen(world)


def announced(world):
    one = frozen(world)
    one.scheme = members.announce_year(scheme=one.scheme, by=world.cast.street_officer, until=today() + timedelta(days=7))
    return one


@action("members.announce_year")
def announce_year(world):
    announced(world)


@action("members.sign_year")
def sign_year(world):
    one = announced(world)
    PointScheme.objects.filter(pk=one.scheme.pk).update(notice_until=today() - timedelta(days=1))
    members.sign_year(scheme=one.scheme, by=world.cast.street_officer)


@action("members.ask_to_reopen")
def ask_to_reopen(world):
    members.ask_to_reopen(scheme=frozen(world).scheme, by=world.cast.street_officer, reason="漏记一次活动")


@action("members.reopen_year")
def reopen_year(world):
    one = frozen(world)
    members.ask_to_reopen(scheme=one.scheme, by=world.cast.street_officer, reason="漏记一次活动")
    members.reopen_year(scheme=one.scheme, by=world.cast.district_official)


@page("admin:grids_norm_change")
def change_norm(world):
    norm = Norm.objects.create(kind="people_per_grid", low=1000, high=1500)
    return post(world.cast.system_admin, "admin:grids_norm_change", norm.pk, low="800")


ORGANISATION, MEMBER, MOVE = "admin:members_partyorganisation", "admin:members_member", "admin:members_membermove"


@page(f"{ORGANISATION}_add")
def add_organisation_page(world):
    data = {"kind": "group", "name": "2号楼党小组", "area": world.areas.building2.pk, "parent": parties(world).branch.pk}
    return post(world.cast.secretary, f"{ORGANISATION}_add", **data)


@page(f"{ORGANISATION}_change")
def change_organisation_page(world):
    data = {"name": "东片党支部", "elected_on": "2025-03-01"}
    return post(world.cast.secretary, f"{ORGANISATION}_change", parties(world).branch.pk, **data)


@page(f"{ORGANISATION}_fill")
def fill_page(world):
    one = enrolled(world)
    return post(world.cast.secretary, f"{ORGANISATION}_fill", one.branch.pk, title="secretary", member=one.member.pk)


@page(f"{ORGANISATION}_empty")
def empty_page(world):
    seat = secretary_of_branch(world)
    return post(world.cast.secretary, f"{ORGANISATION}_empty", seat.organisation_id, seat=seat.pk)


@page(f"{ORGANISATION}_zones")
def zones_page(world):
    buildings = [world.areas.building1.pk, world.areas.building2.pk]
    return post(world.cast.secretary, f"{ORGANISATION}_zones", parties(world).group.pk, buildings=buildings)


@page(f"{ORGANISATION}_close")
def close_page(world):
    return post(world.cast.secretary, f"{ORGANISATION}_close", parties(world).group.pk)


@page(f"{MEMBER}_add")
def add_member_page(world):
    one = parties(world)
    data = {"name": "赵一", "id_number": number(11), "phone_number": "15400000011", "standing": "full", "joined_on": "2010-07-01"}
    data |= {"organisation": one.branch.pk, "member_class": one.ordinary.pk}
    return post(world.cast.secretary, f"{MEMBER}_add", **data)


@page(f"{MEMBER}_change")
def change_member_page(world):
    return post(world.cast.secretary, f"{MEMBER}_change", enrolled(world).member.pk, full_on="2011-07-01")


@page(f"{MEMBER}_confirm")
def confirm_page(world):
    return post(world.cast.secretary, f"{MEMBER}_confirm", probationary(world).pk)


@page(f"{MEMBER}_prolong")
def prolong_page(world):
    return post(world.cast.secretary, f"{MEMBER}_prolong", probationary(world).pk, note="尚需考察")


@page(f"{MEMBER}_reclass")
def reclass_page(world):
    one = enrolled(world)
    return post(world.cast.secretary, f"{MEMBER}_reclass", one.member.pk, member_class=one.working.pk)


@page(f"{MEMBER}_float")
def float_page(world):
    return post(world.cast.secretary, f"{MEMBER}_float", enrolled(world).member.pk, note="外出务工")


@page(f"{MEMBER}_return")
def return_page(world):
    member = enrolled(world).member
    members.move_member(member=member, kind="floated", by=world.cast.secretary)
    return post(world.cast.secretary, f"{MEMBER}_return", member.pk)


@page(f"{MEMBER}_lost")
def lost_page(world):
    return post(world.cast.secretary, f"{MEMBER}_lost", enrolled(world).member.pk)


@page(f"{MEMBER}_found")
def found_page(world):
    member = enrolled(world).member
    members.move_member(member=member, kind="lost", by=world.cast.secretary)
    return post(world.cast.secretary, f"{MEMBER}_found", member.pk)


@page(f"{MEMBER}_reopen")
def reopen_page(world):
    person = gone(world)
    members.settle(person=person, note="组织关系在工作单位", by=world.cast.secretary)
    return post(world.cast.secretary, f"{MEMBER}_reopen", person.member_set.get().pk)


@page(f"{MEMBER}_send")
def send_page(world):
    one = enrolled(world)
    return post(world.cast.secretary, f"{MEMBER}_send", one.member.pk, to=one.other.pk)


@page(f"{MEMBER}_leave")
def leave_membership_page(world):
    return post(world.cast.secretary, f"{MEMBER}_leave", enrolled(world).member.pk, note="本人申请退党")


@page("members:not_a_member")
def not_a_member_page(world):
    person = people.enter_person(new=people.NewPerson("周八", area=world.areas.building1, stated_member=True), by=None)
    return post(world.cast.secretary, "members:not_a_member", person.pk, page="1", within=world.areas.taoyuan.pk)


@page("members:settle")
def settle_page(world):
    return post(world.cast.secretary, "members:settle", gone(world).pk, note="组织关系在工作单位")


@page("members:reveal")
def reveal_member_page(world):
    client = Client()
    client.force_login(world.cast.secretary)
    return client.post(reverse("members:reveal", args=[enrolled(world).member.pk]))


@page("members:branch_meeting")
def meeting_page(world):
    """Entered twice: one answer, one entry."""
    one = in_force(world)
    typed = {"item": one.meeting.pk, "title": "七月党员大会", "on": today(), "names": [one.member.pk], "form_id": uuid4()}
    answers = [post(world.cast.secretary, "members:branch_meeting", one.branch.pk, **typed) for _n in range(2)]
    assert PointEntry.objects.count() == 1
    return answers[0]


@page("members:branch_contacts")
def contacts_page(world):
    one = enrolled(world)
    return post(world.cast.secretary, "members:branch_contacts", one.branch.pk, names=[one.member.pk], way="phone")


@page("members:branch_decide")
def decide_page(world):
    return post(world.cast.secretary, "members:branch_decide", entries=[proposed(world).entry.pk])


@page("members:branch_appeal")
def answer_appeal_page(world):
    """By the street: the secretary refused."""
    one = appealed(world)
    return post(world.cast.street_officer, "members:branch_appeal", one.entry.pk, verdict="yes", answer="属实")


@page("members:branch_entry")
def reverse_page(world):
    return post(world.cast.secretary, "members:branch_entry", scored(world).entry.pk, reason="记错人")


@page(f"{MEMBER}_changelist#give_accounts")
def give_accounts_page(world):
    return hand_out(world, "give_accounts", enrolled(world).member)


@page(f"{MEMBER}_changelist#reissue_passwords")
def reissue_to_members_page(world):
    one = enrolled(world)
    members.give_accounts(members=[one.member], by=world.cast.secretary)
    return hand_out(world, "reissue_passwords", one.member)


def hand_out(world, button: str, member):
    client = Client()
    client.force_login(world.cast.secretary)
    chosen = {"action": button, "_selected_action": [member.pk], "index": 0, "sure": "1"}
    answer = client.post(reverse(f"{MEMBER}_changelist"), chosen)
    assert answer["Content-Type"] == "application/pdf"
    return answer


@page("members:mine_propose")
def propose_page(world):
    """Sent twice: one answer, one entry."""
    one = in_force(world)
    typed = {"item": one.service.pk, "quantity": "1.5", "note": "义务巡逻", "form_id": uuid4()}
    answers = [post(one.user, "members:mine_propose", **typed) for _n in range(2)]
    assert PointEntry.objects.count() == 1
    return answers[0]


@page("members:mine_withdraw")
def withdraw_page(world):
    one, client = proposed(world), Client()
    client.force_login(one.user)
    answer = client.post(reverse("members:mine_withdraw", args=[one.entry.pk]), {"form_id": uuid4()})
    assert fresh(one.entry).state == "withdrawn"
    return answer


@page("members:mine_appeal")
def appeal_page(world):
    one = refused(world)
    return post(one.user, "members:mine_appeal", one.entry.pk, text="现补照片")


@page("members:mine_reveal")
def reveal_mine_page(world):
    one, client = in_force(world), Client()
    client.force_login(one.user)
    return client.post(reverse("members:mine_reveal"), {"column": "phone"})


@page(f"{MOVE}_receive")
def receive_page(world):
    return post(world.cast.secretary, f"{MOVE}_receive", on_the_way(world).pk)


@page(f"{MOVE}_recall")
def recall_page(world):
    return post(world.cast.secretary, f"{MOVE}_recall", on_the_way(world).pk, note="填写有误")


@page("admin:members_unit_add")
def add_unit_page(world):
    data = {"name": "桃园超市", "kind": "private_enterprise", "area": world.areas.grid1.pk, "contact_phone": "15400000012"}
    return post(world.cast.secretary, "admin:members_unit_add", **data)


@page("admin:members_unit_change")
def change_unit_page(world):
    return post(world.cast.secretary, "admin:members_unit_change", company(world).pk, staff_count=12)


@page("admin:members_managementmode_add")
def add_mode(world):
    return post(world.cast.system_admin, "admin:members_managementmode_add", name="直管", contact_days=30)


@page("admin:members_managementmode_change")
def change_mode(world):
    mode = parties(world).ordinary.mode
    return post(world.cast.system_admin, "admin:members_managementmode_change", mode.pk, contact_days=60)


def _classes(*lines) -> dict:
    """The lines of a scheme of classes as its form names them."""
    typed = {f"classes-{n}-{name}": value for n, line in lines for name, value in line.items()}
    return typed | {"classes-TOTAL_FORMS": len(lines)}


@page("admin:members_classscheme_add")
def add_class_scheme(world):
    mode = parties(world).ordinary.mode
    line = {"name": "老党员", "mode": mode.pk}
    return post(world.cast.system_admin, "admin:members_classscheme_add", name="三类党员", **_classes((0, line)))


@page("admin:members_classscheme_change")
def change_class_scheme(world):
    """One class fewer, one with another name, one more."""
    one = parties(world)
    lines = _classes((0, {"DELETE": "on"}), (1, {"name": "双重管理党员"}), (2, {"name": "老党员", "mode": one.ordinary.mode.pk}))
    return post(world.cast.system_admin, "admin:members_classscheme_change", one.scheme.pk, name="三类党员", **lines)


@page("admin:members_classuse_add")
def add_class_use(world):
    data = {"area": world.areas.taoyuan.pk, "scheme": parties(world).scheme.pk}
    return post(world.cast.secretary, "admin:members_classuse_add", **data)


@page("admin:members_classuse_change")
def change_class_use(world):
    use = members.use_classes(area=world.areas.taoyuan, scheme=parties(world).scheme, by=None)
    other = ClassScheme.objects.create(name="五管合一")
    return post(world.cast.secretary, "admin:members_classuse_change", use.pk, scheme=other.pk)


# --- Imports

ROLL = """姓名,身份证号码,与户主关系,家庭住址
赵大伟,{},户主,3号楼2单元301室
孙远,1,户主,3号楼2单元302室"""


def uploaded(world) -> Import:
    """A list of two residents of 桃园, the second without a proper number, read and waiting."""
    file = SimpleUploadedFile("居民.csv", ROLL.format(number(31)).encode())
    return worked(rosters.upload(kind="residents", file=file, by=world.cast.clerk, area=world.areas.taoyuan))


def worked(imported: Import) -> Import:
    """The import after its job was done."""
    jobs.run_job(job_id=fresh(imported).job_id)
    return fresh(imported)


def confirmed(world) -> Import:
    imported = uploaded(world)
    return rosters.confirm(imported=imported, shown=imported.checked, partial=True, by=world.cast.clerk)


@action("rosters.upload")
def upload_roster(world):
    assert uploaded(world).counts["refused"] == 1


@action("rosters.match_columns")
def match_columns(world):
    said = {"sheets": [], "header_rows": [1], "columns": {"address": "家庭住址"}}
    assert worked(rosters.match_columns(imported=uploaded(world), by=world.cast.clerk, **said)).counts["new"] == 1


@action("rosters.mend")
def mend_row(world):
    rosters.mend(imported=uploaded(world), position=1, field="id_number", text=number(33), by=world.cast.clerk)


@action("rosters.answer")
def answer_remark(world):
    rosters.answer(imported=moved_in_a_list(world), choice="move", value="stay", by=world.cast.clerk)


def moved_in_a_list(world) -> Import:
    """王建国 of 1号楼, whom a list has in 3号楼."""
    family(world)
    file = SimpleUploadedFile("居民.csv", ROLL.replace("赵大伟", "王建国").format(number(1)).encode())
    return worked(rosters.upload(kind="residents", file=file, by=world.cast.clerk, area=world.areas.taoyuan))


@action("rosters.confirm")
def confirm_import(world):
    confirmed(world)


@action("rosters.import")
def write_import(world):
    assert worked(confirmed(world)).written == 1


@action("rosters.undo")
def undo_import(world):
    rosters.undo(imported=worked(confirmed(world)), by=world.cast.clerk)


@action("rosters.carry_on")
def carry_import_on(world):
    assert rosters.carry_on(imported=partly_written(world), by=world.cast.clerk).counts["refused"] == 1


def partly_written(world) -> Import:
    imported = uploaded(world)
    Import.objects.filter(pk=imported.pk).update(state="done")
    return imported


@action("rosters.take_back")
def take_import_back(world):
    before = Person.objects.count()
    worked(rosters.undo(imported=worked(confirmed(world)), by=world.cast.clerk))
    assert Person.objects.count() == before


@action("rosters.export")
def export_list(world):
    rosters.export(model=Person, query="q=王", filters="", by=world.cast.clerk)


@page("rosters:imports")
def upload_page(world):
    file = SimpleUploadedFile("居民.csv", ROLL.format(number(31)).encode())
    return post(world.cast.clerk, "rosters:imports", kind="residents", file=file)


@page("rosters:match")
def match_page(world):
    return post(world.cast.clerk, "rosters:match", uploaded(world).pk, header_rows="1")


@page("rosters:mend")
def mend_page(world):
    return post(world.cast.clerk, "rosters:mend", uploaded(world).pk, position=1, field="id_number", text=number(33))


@page("rosters:answer")
def answer_page(world):
    return post(world.cast.clerk, "rosters:answer", moved_in_a_list(world).pk, choice="move", value="stay")


@page("rosters:confirm")
def confirm_import_page(world):
    imported = uploaded(world)
    return post(world.cast.clerk, "rosters:confirm", imported.pk, shown=imported.checked, partial="1")


@page("rosters:rest")
def rest_page(world):
    return post(world.cast.clerk, "rosters:rest", partly_written(world).pk)


@page("rosters:undo")
def undo_page(world):
    imported = uploaded(world)
    ImportBefore.objects.create(of=imported, position=0, model="people.person", object_id=1)
    Import.objects.filter(pk=imported.pk).update(state="done")
    return post(world.cast.clerk, "rosters:undo", imported.pk)


# --- Points at the desk

SCHEMES, ENTRIES = "admin:members_pointscheme", "admin:members_pointentry"


@action("members.demo_cast")
def demo_members(world):
    """The first of a branch of the shown community becomes 支部书记, the fourth 党员."""
    names = {"zhibu": "支部书记", "dangyuan": "党员"}
    for username, name in names.items():
        make_user(None, None, username=username, name=name)
    world.areas.taoyuan.name = SHOWN_COMMUNITY
    Area.objects.filter(pk=world.areas.taoyuan.pk).update(name=SHOWN_COMMUNITY)
    one = parties(world)
    people_typed = [people.NewPerson(f"钱{n}", number(60 + n)) for n in range(4)]
    new = [members.NewMember(one.branch, one.ordinary, typed=typed) for typed in people_typed]
    demo_points.link_cast(members.enrol_many(members=new, by=None))
    assert set(User.objects.filter(username__in=names).values_list("name", flat=True)) == {"钱0", "钱3"}


@action("members.demo_year")
def demo_year(world):
    demo_points._close(members.freeze_year(scheme=fresh(in_force(world).draft), by=None))


@page(f"{SCHEMES}_add")
def add_point_scheme(world):
    source = drafted(world).draft
    PointScheme.objects.filter(pk=source.pk).update(state="in_force")
    data = {"source": source.pk, "area": world.areas.east.pk, "year": today().year + 1, "name": ""}
    return post(world.cast.street_officer, f"{SCHEMES}_add", **data)


@page(f"{SCHEMES}_change")
def change_point_scheme(world):
    """Another base, a category changed, one more, a day; other classes take no part."""
    one = drafted(world)
    data = {"base": "70", "exempt": [one.ordinary.pk], "categories-0-cap": "15", "categories-1-name": "服务群众"}
    data |= {"categories-1-position": "1", "days-0-name": "七一", "days-0-first_on": "2026-07-01"}
    data |= {"days-0-last_on": "2026-07-01", "days-0-factor": "2"}
    return post(world.cast.street_officer, f"{SCHEMES}_change", one.draft.pk, **data)


@page("admin:members_pointcategory_change")
def change_point_category(world):
    """An item changed with its classes, another gone."""
    one = drafted(world)
    data = {"cap": "15", "items-0-points": "2", "items-0-classes": [str(one.working.pk)], "items-1-DELETE": "on"}
    return post(world.cast.street_officer, "admin:members_pointcategory_change", one.category.pk, **data)


@page(f"{SCHEMES}_publish")
def publish_step(world):
    return post(world.cast.street_officer, f"{SCHEMES}_publish", drafted(world).draft.pk)


@page(f"{SCHEMES}_revise")
def revise_step(world):
    return post(world.cast.street_officer, f"{SCHEMES}_revise", in_force(world).draft.pk)


@page(f"{SCHEMES}_discard")
def discard_step(world):
    return post(world.cast.street_officer, f"{SCHEMES}_discard", drafted(world).draft.pk)


@page(f"{SCHEMES}_freeze")
def freeze_step(world):
    return post(world.cast.street_officer, f"{SCHEMES}_freeze", in_force(world).draft.pk)


@page(f"{SCHEMES}_announce")
def announce_step(world):
    scheme = members.freeze_year(scheme=in_force(world).draft, by=None)
    return post(world.cast.street_officer, f"{SCHEMES}_announce", scheme.pk, until=today() + timedelta(days=9))


@page(f"{SCHEMES}_sign")
def sign_step(world):
    scheme = members.freeze_year(scheme=in_force(world).draft, by=None)
    scheme = members.announce_year(scheme=scheme, until=today() + timedelta(days=9), by=None)
    PointScheme.objects.filter(pk=scheme.pk).update(notice_until=today() - timedelta(days=1))
    return post(world.cast.street_officer, f"{SCHEMES}_sign", scheme.pk)


@page(f"{SCHEMES}_ask")
def ask_step(world):
    scheme = members.freeze_year(scheme=in_force(world).draft, by=None)
    return post(world.cast.street_officer, f"{SCHEMES}_ask", scheme.pk, reason="漏记")


@page(f"{SCHEMES}_reopen")
def reopen_step(world):
    scheme = members.freeze_year(scheme=in_force(world).draft, by=None)
    members.ask_to_reopen(scheme=scheme, reason="漏记", by=world.cast.street_officer)
    return post(world.cast.district_official, f"{SCHEMES}_reopen", scheme.pk)


@page(f"{ENTRIES}_approve")
def approve_step(world):
    return post(world.cast.secretary, f"{ENTRIES}_approve", proposed(world).entry.pk)


@page(f"{ENTRIES}_refuse")
def refuse_step(world):
    return post(world.cast.secretary, f"{ENTRIES}_refuse", proposed(world).entry.pk, reason="没有照片")


@page(f"{ENTRIES}_answer")
def answer_step(world):
    data = {"uphold": "yes", "answer": "属实"}
    return post(world.cast.street_officer, f"{ENTRIES}_answer", appealed(world).entry.pk, **data)


@page(f"{ENTRIES}_reverse")
def reverse_step(world):
    return post(world.cast.secretary, f"{ENTRIES}_reverse", scored(world).entry.pk, reason="记错人")


@page(f"{ENTRIES}_changelist#approve")
def approve_entries(world):
    return press(world.cast.secretary, "approve", [proposed(world).entry], f"{ENTRIES}_changelist")


@page(f"{ENTRIES}_changelist#refuse")
def refuse_entries(world):
    return press(world.cast.secretary, "refuse", [proposed(world).entry], f"{ENTRIES}_changelist", reason="没有照片")


@page("admin:members_partyorganisation_meeting")
def meeting_step(world):
    one = in_force(world)
    data = {"title": "党员大会", "item": str(one.meeting.pk), "members": [one.member.pk]}
    return post(world.cast.secretary, "admin:members_partyorganisation_meeting", one.branch.pk, **data)


# --- The journal


def written(world, **values):
    """A new entry of 1号楼 as it is handed to the action."""
    subject, _new = Subject.objects.get_or_create(name="环境卫生")
    return cases.NewEntry(subject, "垃圾没有清走", world.areas.building1, teller="王小明", teller_phone="15400000001", **values)


def kept_entry(world):
    return cases.keep_journal(new=written(world), by=world.cast.grid_leader)[0]


@action("cases.keep_journal")
def keep_journal(world):
    _entry, case = cases.keep_journal(new=written(world, spot="东门"), by=world.cast.grid_leader, becomes_case=True)
    assert case.holder == world.areas.grid1


@action("cases.make_case")
def make_case(world):
    assert cases.make_case(entry=kept_entry(world), by=world.cast.secretary).source == "journal"


@page("cases:journal_new")
def journal_page(world):
    """Sent twice: one answer, one entry and one case."""
    subject = Subject.objects.create(name="环境卫生")
    typed = {"subject": subject.pk, "text": "垃圾没有清走", "becomes_case": "on", "form_id": uuid4()}
    answers = [post(world.cast.grid_leader, "cases:journal_new", **typed) for _time in range(2)]
    assert JournalEntry.objects.count() == Case.objects.count() == 1
    return answers[0]


@page("cases:journal_case")
def make_case_page(world):
    client = Client()
    client.force_login(world.cast.grid_leader)
    return client.post(reverse("cases:journal_case", args=[kept_entry(world).pk]), {"form_id": uuid4()})


@page("cases:journal_reveal")
def reveal_teller_page(world):
    client = Client()
    client.force_login(world.cast.grid_leader)
    return client.post(reverse("cases:journal_reveal", args=[kept_entry(world).pk]))


# --- The mailbox


def from_mailbox(world, *, answered: bool = False):
    """A resident's letter, settled by the grid if asked for."""
    subject, _new = Subject.objects.get_or_create(name="环境卫生")
    case = cases.open_case(new=cases.NewCase(area=world.areas.grid1, subject=subject, text="垃圾没有清走"), by=None)
    said = cases.Said(text="已清走", answer="已清走。")
    return cases.settle_on_spot(case=case, by=world.cast.grid_leader, said=said) if answered else case


@action("cases.rate")
def rate_answer(world):
    assert cases.rate(case=from_mailbox(world, answered=True), side="team", score=4, by=world.cast.grid_leader).score == 4


@page("cases:mailbox")
def write_to_mailbox_page(world):
    """Sent twice: one answer, one case."""
    subject = Subject.objects.create(name="环境卫生")
    typed = {"subject": subject.pk, "text": "垃圾没有清走", "form_id": uuid4()}
    answers = [post(None, "cases:mailbox", world.areas.grid1.code, **typed) for _time in range(2)]
    assert Case.objects.filter(subject=subject).count() == 1
    return answers[0]


@page("cases:rate")
def rate_by_link_page(world):
    return post(None, "cases:rate", mailboxes.RATE_LINK.token(from_mailbox(world, answered=True)), score="4")


@page("cases:reopen")
def reopen_by_link_page(world):
    return post(None, "cases:reopen", mailboxes.REOPEN_LINK.token(from_mailbox(world, answered=True)), reason="还没清走")


@page("cases:counter")
def counter_page(world):
    subject = Subject.objects.create(name="环境卫生")
    typed = {"subject": subject.pk, "text": "垃圾没有清走", "place": world.areas.grid1.pk}
    return post(world.cast.clerk, "cases:counter", **typed)


# --- Cases


def picture() -> SimpleUploadedFile:
    file = BytesIO()
    Image.new("RGB", (8, 6)).save(file, "JPEG")
    return SimpleUploadedFile("photo.jpg", file.getvalue(), "image/jpeg")


def found(world, **values) -> Case:
    """A case of the grid."""
    subject, _new = Subject.objects.get_or_create(name="环境卫生")
    new = cases.NewCase(area=world.areas.grid1, subject=subject, text="垃圾没有清走", teller="王小明", **values)
    return cases.open_case(new=new, by=world.cast.grid_leader)


@action("cases.open_case")
def open_case(world):
    assert found(world, photos=[picture()]).holder == world.areas.grid1


@action("cases.move_case")
def move_case(world):
    said = cases.Said(text="需社区协调", photos=[picture()])
    moved = cases.move_case(case=found(world), kind="pass_up", by=world.cast.grid_leader, said=said)
    assert moved.holder == world.areas.taoyuan


@action("cases.settle_on_spot")
def settle_on_spot(world):
    said = cases.Said(text="已清走", answer="已清走。")
    assert cases.settle_on_spot(case=found(world), by=world.cast.grid_leader, said=said).step == "answered"


@action("cases.remind")
def remind_of_case(world):
    cases.remind(case=found(world))


@action("cases.escalate")
def escalate_case(world):
    case = found(world)
    cases.escalate(case=case, limits=Limits())
    assert fresh(case).supervisor == world.areas.taoyuan


@action("cases.follow_area")
def follow_area(world):
    case = found(world)
    grids.place(row=case, area=world.areas.grid2)
    case.save()
    cases.follow_area(case=case)
    assert fresh(case).holder == world.areas.grid2


@page("cases:case_new")
def new_case_page(world):
    subject = Subject.objects.create(name="环境卫生")
    typed = {"subject": subject.pk, "text": "垃圾没有清走", "place": world.areas.grid1.pk}
    return post(world.cast.grid_leader, "cases:case_new", **typed, photos=picture())


@page("cases:case_urgent")
def urgent_case_page(world):
    subject = Subject.objects.create(name="安全隐患")
    typed = {"subject": subject.pk, "text": "燃气味道很大", "place": world.areas.grid1.pk}
    return post(world.cast.grid_leader, "cases:case_urgent", **typed)


@page("cases:case_move")
def move_case_page(world):
    """Sent twice: one answer, one move."""
    case, typed = found(world), {"seq": 1, "text": "已联系物业", "form_id": uuid4()}
    answers = [post(world.cast.grid_leader, "cases:case_move", case.pk, "note", **typed) for _time in range(2)]
    assert fresh(case).seq == 2
    return answers[0]


@page("cases:case_on_spot")
def on_spot_page(world):
    return post(world.cast.grid_leader, "cases:case_on_spot", found(world).pk, seq=1, text="已清走", answer="已清走。")


@page("cases:case_rate")
def rate_own_work_page(world):
    return post(world.cast.grid_leader, "cases:case_rate", from_mailbox(world, answered=True).pk, score="4")


@page("cases:case_reveal")
def reveal_teller_of_case_page(world):
    client = Client()
    client.force_login(world.cast.grid_leader)
    return client.post(reverse("cases:case_reveal", args=[found(world).pk]))


# --- Weekly reports


def drafted_report(world) -> WeeklyReport:
    """This week's report of the grid leader's grid."""
    cases.draft_reports(week=Week.of(today()))
    return WeeklyReport.objects.get(area=world.areas.grid1)


def reported(world) -> WeeklyReport:
    return cases.send_report(report=drafted_report(world), written=cases.Written(done="清理楼道"), by=world.cast.grid_leader)


def closed_report(world) -> WeeklyReport:
    row = reported(world)
    cases.close_reports(day=row.lock_on)
    return row


@action("cases.draft_reports")
def draft_reports(world):
    drafted_report(world)


@action("cases.remind_reports")
def remind_reports(world):
    assert cases.remind_reports(now=drafted_report(world).due_at - timedelta(hours=2)) == 2


@action("cases.close_reports")
def close_reports(world):
    assert cases.close_reports(day=drafted_report(world).lock_on) == WeeklyReport.objects.count()


@action("cases.send_report")
def send_report(world):
    assert reported(world).state == "sent"


@action("cases.return_report")
def return_report(world):
    cases.return_report(report=reported(world), reason="补充走访", by=world.cast.secretary)


@action("cases.accept_report")
def accept_report(world):
    cases.accept_report(report=reported(world), comment="写得实在", by=world.cast.secretary)


@action("cases.comment_report")
def comment_report(world):
    cases.comment_report(report=reported(world), comment="写得实在", by=world.cast.secretary)


@action("cases.reopen_report")
def reopen_report(world):
    cases.reopen_report(report=closed_report(world), reason="数字有误", by=world.cast.secretary)


@action("cases.excuse")
def excuse_grids(world):
    drafted_report(world)
    cases.excuse(areas=[world.areas.grid1], from_on=today(), until_on=today(), reason="换届", by=world.cast.secretary)


@page("cases:report")
def report_page(world):
    """Sent twice: one answer, one report."""
    row, form_id = drafted_report(world), uuid4()
    answers = [post(world.cast.grid_leader, "cases:report", row.pk, done="清理楼道", form_id=form_id) for _time in range(2)]
    assert fresh(row).seq == 1
    return answers[0]


@page("cases:report_judge")
def judge_report_page(world):
    return post(world.cast.secretary, "cases:report_judge", reported(world).pk, verdict="accepted", comment="写得实在")


@page("cases:report_reopen")
def reopen_report_page(world):
    return post(world.cast.secretary, "cases:report_reopen", closed_report(world).pk, reason="数字有误")


@page("cases:report_excuse")
def excuse_page(world):
    drafted_report(world)
    sent = {"areas": [world.areas.grid1.pk], "from_on": today(), "until_on": today(), "reason": "换届"}
    return post(world.cast.secretary, "cases:report_excuse", **sent)


# --- Voices at the desk

# {a move: those before it, by the leader of the grid}; the secretary makes the move itself.
BEFORE = {
    "approve": ("ask_approval",),
    "deny": ("ask_approval",),
    "handle": ("file",),
    "answer": ("file", "handle"),
    "close": ("file", "handle", "answer"),
    "reopen": ("file", "handle", "answer"),
    "pass_down": ("pass_up",),
    "agree_remit": ("ask_remit",),
    "refuse_remit": ("ask_remit",),
}
SAID = {"text": "已核实", "answer": "已清走。", "procedure": "coordinated"}


def desk_move(kind: str):
    """The scenario of a move at the desk."""

    def scenario(world):
        case = found(world)
        for earlier in BEFORE.get(kind, ()):
            case = cases.move_case(case=case, kind=earlier, by=world.cast.grid_leader, said=cases.Said(**SAID))
        return post(world.cast.secretary, f"admin:cases_case_{kind}", case.pk, seq=case.seq, **SAID)

    return scenario


for move in BY_STAFF:
    page(f"admin:cases_case_{move}")(desk_move(move))


@page("admin:cases_journalentry_case")
def desk_make_case_page(world):
    return post(world.cast.secretary, "admin:cases_journalentry_case", kept_entry(world).pk)


@page("admin:cases_reportexception_add")
def desk_excuse_page(world):
    drafted_report(world)
    sent = {"area": world.areas.taoyuan.pk, "from_on": today(), "until_on": today(), "reason": "换届"}
    return post(world.cast.secretary, "admin:cases_reportexception_add", **sent)


@page("admin:cases_subject_add")
def add_subject_page(world):
    return post(world.cast.system_admin, "admin:cases_subject_add", name="电梯", position=3)


@page("admin:cases_subject_change")
def change_subject_page(world):
    pk = Subject.objects.create(name="路灯").pk
    return post(world.cast.system_admin, "admin:cases_subject_change", pk, name="路灯照明", position=3)


@page("admin:cases_deadline_add")
def add_deadline_page(world):
    return post(world.cast.system_admin, "admin:cases_deadline_add", procedure="urgent", step="filed", amount=4, unit="hours")


@page("admin:cases_deadline_change")
def change_deadline_page(world):
    pk = Deadline.objects.create(procedure="urgent", step="filed", amount=2, unit="hours").pk
    changed = {"procedure": "urgent", "step": "filed", "amount": 4, "unit": "hours"}
    return post(world.cast.system_admin, "admin:cases_deadline_change", pk, **changed)


@page("admin:cases_reportrule_change")
def change_report_rule_page(world):
    pk = ReportRule.objects.create(name="周报").pk
    return post(world.cast.system_admin, "admin:cases_reportrule_change", pk, name="周报", due_hour=17)


@action("cases.demo_past")
def demo_cases(world):
    told = cases.move_case(case=found(world), kind="collect", by=world.cast.grid_leader)
    way = cases_demo.Way(("collect",), 3, 1)
    cases_demo.put_in_the_past(happened=[cases_demo.Happened(told, way, timezone.now())])


@action("cases.demo_weeks")
def demo_reports(world):
    reported(world)
    cases_demo.report_in_the_past(weeks=[Week.of(today())])
