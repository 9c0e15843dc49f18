"""One scenario for each way to write: actions, forms and buttons of the desk, and addresses that take only POST.

A new action joins with one function here, named as the action is; test_change_log says so until it has. A scenario does the work
in earnest: what it writes must be what the change log says.
"""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

from django.contrib.auth.hashers import make_password
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import actions as accounts
from accounts import demo as accounts_demo
from accounts.choices import EndReason, Role
from accounts.models import Appointment, RoleScheme, SchemePost, User
from conftest import make_user
from gridparty.lib.dates import today
from gridparty.lib.roster import Row, Verdict
from grids import actions as grids
from grids import rosters as grid_rosters
from grids.models import Area, CodeRule
from grids.rules import NewArea
from jobs import actions as jobs
from jobs.actions import schedules as job_schedules
from jobs.kinds import KINDS
from jobs.models import Job, Notice, OutboxMessage, Schedule

Scenario = Callable[[SimpleNamespace], object]
ACTIONS: dict[str, Scenario] = {}
PAGES: dict[str, Scenario] = {}
# Pages of the desk that only show; whoever adds a button there takes the line out.
ONLY_SHOWN = {"admin:accounts_appointment_vacancies": "a list to work down; appointing happens on the add page"}


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


@page("jobs:read_notices")
def read_notices(world):
    notify(world)
    return post(world.cast.secretary, "jobs:read_notices")


@page("jobs:read_notice")
def read_notice(world):
    notify(world)
    return post(world.cast.secretary, "jobs:read_notice", Notice.objects.get(recipient=world.cast.secretary).pk)
