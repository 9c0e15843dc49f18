"""Scenarios of services: posts, claims, activities, hours, feedback cards (see scenarios.py)."""

from datetime import date, time, timedelta
from types import SimpleNamespace
from uuid import uuid4

from conftest import make_user
from gridparty.lib.dates import today
from gridparty.tests.contracts.scenarios import action, enrolled, fresh, in_force, page, picture, post, press
from members import actions as members
from members.models import ManagementMode, Member, PointItem
from people.actions import NewPerson
from services import actions as services
from services import demo as services_demo
from services import demo_cards as demo_cards_of
from services.feedback import CARD_LINK
from services.gatherings import CODE
from services.models import Activity, CardRule, Claim, FeedbackCard, PostKind, ServiceHours, ServicePost, SignUp, Team
from services.periods import Period


def serving_member(world) -> SimpleNamespace:
    """赵一 of 第1网格党支部, a user, scored by a scheme whose second item is fed by hours."""
    one = in_force(world)
    PointItem.objects.filter(pk=one.service.pk).update(feed="hours")
    return one


def wanted(world, **values) -> services.NewPost:
    """A post of 第1网格, from today."""
    kind = PostKind.objects.filter(name="治安巡逻").first() or PostKind.objects.create(name="治安巡逻")
    term = {"starts_on": today(), "ends_on": today() + timedelta(days=60)}
    shift = services.NewShift(weekday=0, begins=time(9), ends=time(11))
    texts = {"title": "楼院巡逻", "duties": "每周巡逻一次。"}
    given = {"area": world.areas.grid1, "kind": kind, "places": 1, "shifts": [shift]} | texts | term
    return services.NewPost(**given | values)


def drafted_post(world, **values) -> ServicePost:
    return services.draft_post(new=wanted(world, **values), by=world.cast.secretary)


def published(world, **values) -> ServicePost:
    return services.move_post(post=drafted_post(world, **values), move="publish", by=world.cast.secretary)


def claimed(world, **values) -> SimpleNamespace:
    """赵一 applied."""
    one = serving_member(world)
    one.claim = services.claim_post(post=published(world, **values), by=one.user, wish="住得近")
    return one


def in_post(world) -> SimpleNamespace:
    one = claimed(world)
    one.claim = services.move_claim(claim=one.claim, move="approve", by=world.cast.grid_leader)
    Claim.objects.filter(pk=one.claim.pk).update(started_on=today() - timedelta(days=5))
    return one


def missed(world) -> SimpleNamespace:
    one = in_post(world)
    one.absence = services.note_absence(claim=fresh(one.claim), on=today(), by=world.cast.grid_leader, note="没有到岗")
    return one


def explained(world) -> SimpleNamespace:
    one = missed(world)
    services.explain_absence(absence=one.absence, by=one.user, text="临时加班")
    return one


# --- Posts and claims


@action("services.draft_post")
def draft_post(world):
    assert drafted_post(world).state == "draft"


@action("services.change_post")
def change_post(world):
    row = drafted_post(world)
    shifts = [services.NewShift(on=today() + timedelta(days=3), begins=time(14), ends=time(16))]
    services.change_post(post=row, new=wanted(world, title="夜间巡逻", shifts=shifts), by=world.cast.secretary)


@action("services.propose_post")
def propose_post(world):
    one = enrolled(world)
    one.member.person.user = make_user(None, None, username="zhao")
    one.member.person.save()
    assert services.propose_post(new=wanted(world), by=one.member.person.user).state == "submitted"


@action("services.move_post")
def move_post(world):
    one = claimed(world)
    services.move_post(post=one.claim.post, move="end", by=world.cast.secretary, reason="任务完成")
    assert fresh(one.claim).state == "withdrawn"


@action("services.turn_terms")
def turn_terms(world):
    one = in_post(world)
    assert services.turn_terms(day=one.claim.post.ends_on + timedelta(days=1)) == {"started": 0, "ended": 1}


@action("services.claim_post")
def claim_post(world):
    assert claimed(world).claim.state == "applied"


@action("services.move_claim")
def move_claim(world):
    assert in_post(world).claim.state == "serving"


@action("services.note_absence")
def note_absence(world):
    missed(world)


@action("services.explain_absence")
def explain_absence(world):
    explained(world)


@action("services.answer_absence")
def answer_absence(world):
    one = explained(world)
    services.answer_absence(absence=fresh(one.absence), excuse=True, by=world.cast.secretary, text="情况属实")


# --- Teams and activities


def founded(world, leader: Member | None = None) -> Team:
    new = services.NewTeam(area=world.areas.taoyuan, name="红马甲服务队", purpose="清扫楼道", leader=leader)
    return services.found_team(new=new, by=world.cast.secretary)


@action("services.found_team")
def found_team(world):
    assert founded(world, enrolled(world).member).leader is not None


@action("services.change_team")
def change_team(world):
    new = services.NewTeam(area=world.areas.taoyuan, name="邻里服务队", purpose="照看老人", leader=None)
    services.change_team(team=founded(world), new=new, by=world.cast.secretary)


@action("services.close_team")
def close_team(world):
    services.close_team(team=founded(world, enrolled(world).member), by=world.cast.secretary)


@action("services.join_team")
def join_team(world):
    services.join_team(team=founded(world), members=[enrolled(world).member], by=world.cast.secretary)


@action("services.leave_team")
def leave_team(world):
    team = founded(world)
    services.join_team(team=team, members=[enrolled(world).member], by=world.cast.secretary)
    services.leave_team(place=team.members.get(), by=world.cast.secretary)


def cleaning(world, **values) -> services.NewActivity:
    """Today, the whole day."""
    when = {"on": today(), "begins": time(0, 30), "ends": time(23, 30)}
    given = {"area": world.areas.taoyuan, "title": "清扫楼道", "spot": "1号楼前", "places": 5} | when
    return services.NewActivity(**given | values)


def opened(world, **values) -> Activity:
    return services.open_activity(new=cleaning(world, **values), by=world.cast.secretary)


def signed_up(world, **values) -> SimpleNamespace:
    one = serving_member(world)
    one.activity = opened(world, **values)
    one.signup = services.sign_up(activity=one.activity, by=one.user)
    return one


def attended(world) -> SimpleNamespace:
    one = signed_up(world)
    services.tick_attendance(activity=one.activity, members=[one.member], by=world.cast.secretary)
    return one


@action("services.open_activity")
def open_activity(world):
    opened(world)


@action("services.change_activity")
def change_activity(world):
    new = cleaning(world, spot="2号楼前", places=6)
    services.change_activity(activity=opened(world), new=new, by=world.cast.secretary)


@action("services.cancel_activity")
def cancel_activity(world):
    services.cancel_activity(activity=signed_up(world).activity, by=world.cast.secretary, reason="下雨")


@action("services.sign_up")
def sign_up(world):
    assert signed_up(world).signup.state == "signed"


@action("services.withdraw_sign_up")
def withdraw_sign_up(world):
    one = signed_up(world)
    assert services.withdraw_sign_up(signup=one.signup, by=one.user).state == "withdrawn"


@action("services.tick_attendance")
def tick_attendance(world):
    assert fresh(attended(world).signup).attended == "tick"


@action("services.hold_activity")
def hold_activity(world):
    one = attended(world)
    services.hold_activity(activity=one.activity, by=world.cast.secretary)
    assert ServiceHours.objects.get().state == "confirmed"


@action("services.add_photos")
def add_photos(world):
    services.add_photos(activity=opened(world), photos=[picture()], by=world.cast.secretary)


# --- Hours


def entered(world) -> SimpleNamespace:
    """Two hours of 赵一 in post, yesterday."""
    one = in_post(world)
    new = services.NewHours(on=today() - timedelta(days=1), begins=time(9), ends=time(11), note="巡逻", claim=fresh(one.claim))
    one.hours = services.enter_hours(new=new, by=one.user)
    return one


@action("services.enter_hours")
def enter_hours(world):
    assert entered(world).hours.state == "proposed"


@action("services.decide_hours")
def decide_hours(world):
    one = entered(world)
    assert services.decide_hours(rows=[one.hours], confirm=True, by=world.cast.grid_leader) == 1


@action("services.withdraw_hours")
def withdraw_hours(world):
    one = entered(world)
    services.withdraw_hours(hours=one.hours, by=one.user)


@action("services.take_back_hours")
def take_back_hours(world):
    one = entered(world)
    services.decide_hours(rows=[one.hours], confirm=True, by=world.cast.grid_leader)
    services.take_back_hours(hours=fresh(one.hours), by=world.cast.secretary, reason="日期写错")


# --- Feedback cards

LAST_YEAR = Period("year", date(today().year - 1, 1, 1), date(today().year - 1, 12, 31))


def cards_of(world) -> FeedbackCard:
    """Last year's card of 周五, who is in service and lives in 1号楼."""
    CardRule.objects.create(name="反馈卡")
    one = enrolled(world)
    ManagementMode.objects.filter(pk=one.working.mode_id).update(feeds_back=True)
    school = members.add_unit(new=members.NewUnit(name="市第一中学", kind="institution"), by=None)
    lives = NewPerson("周五", "", born_on=date(1980, 5, 1), area=world.areas.building1)
    new = members.NewMember(one.branch, one.working, typed=lives, employer=school)
    members.enrol_many(members=[new], by=world.cast.secretary, numbered=False)
    assert services.draft_cards(period=LAST_YEAR) == 1
    return FeedbackCard.objects.get()


def approved_card(world) -> FeedbackCard:
    card = cards_of(world)
    services.move_cards(cards=[card], move="approve", by=world.cast.secretary)
    return fresh(card)


def sent_card(world) -> FeedbackCard:
    card = approved_card(world)
    services.move_cards(cards=[card], move="send", by=world.cast.secretary, sent_by="link")
    return fresh(card)


@action("services.draft_cards")
def draft_cards(world):
    cards_of(world)


@action("services.remark_card")
def remark_card(world):
    services.remark_card(card=cards_of(world), remark="热心参加社区服务。", by=world.cast.clerk)


@action("services.move_cards")
def move_cards(world):
    assert sent_card(world).state == "sent"


@action("services.answer_card")
def answer_card(world):
    assert services.answer_card(card=sent_card(world), answer="confirmed", answerer="郑七").state == "answered"


@action("services.remind_cards")
def remind_cards(world):
    card = sent_card(world)
    assert services.remind_cards(day=card.answer_by + timedelta(days=1)) == 1


# --- The demo's own


@action("services.attend_by_code")
def attend_by_code(world):
    one = signed_up(world)
    signup = services.attend_by_code(token=CODE.token(one.activity), by=one.user)
    assert signup.attended == "qr"


@action("services.demo_past")
def demo_posts(world):
    one = in_post(world)
    ServicePost.objects.filter(pk=one.claim.post_id).update(starts_on=today() - timedelta(days=40))
    services_demo._put_in_the_past(None, [one.claim.post])


@action("services.demo_day")
def demo_day(world):
    services_demo._has_been(signed_up(world).activity, today() - timedelta(days=3))


@action("services.demo_hours")
def demo_hours(world):
    one = in_post(world)
    stage = SimpleNamespace(clerk=world.cast.clerk, secretary=world.cast.secretary)
    row = services_demo._row(stage, one.member, today(), (time(9), time(11)), area=world.areas.grid1, claim=fresh(one.claim))
    services_demo._note_hours([row])


@action("services.demo_cards_past")
def demo_cards(world):
    card = sent_card(world)
    demo_cards_of._long_ago(FeedbackCard.objects.filter(pk=card.pk))
    assert fresh(card).reminded == 2


@action("services.release_gone")
def release_gone(world):
    one = signed_up(world)
    Member.objects.filter(pk=one.member.pk).update(state="gone")
    assert services.release_gone() == 1


# --- On the phone: posts and claims


def typed_post(world, **values) -> dict:
    kind = PostKind.objects.filter(name="治安巡逻").first() or PostKind.objects.create(name="治安巡逻")
    term = {"starts_on": today(), "ends_on": today() + timedelta(days=60)}
    texts = {"title": "夜间巡逻", "duties": "每晚巡逻一次。", "places": "2"}
    return {"area": world.areas.grid1.pk, "kind": kind.pk} | texts | term | values


@page("services:propose")
def propose_page(world):
    one = serving_member(world)
    return post(one.user, "services:propose", **typed_post(world, area=world.areas.taoyuan.pk))


@page("services:claim")
def claim_page(world):
    one, row = serving_member(world), published(world)
    form = {"form_id": uuid4()}
    answers = [post(one.user, "services:claim", row.pk, **form) for _time in range(2)]
    assert Claim.objects.get().state == "applied"
    return answers[0]


@page("services:withdraw")
def withdraw_page(world):
    one = claimed(world)
    return post(one.user, "services:withdraw", one.claim.pk, form_id=uuid4())


@page("services:explain")
def explain_page(world):
    one = missed(world)
    return post(one.user, "services:explain", one.absence.pk, text="临时加班")


@page("services:run_new")
def new_post_page(world):
    return post(world.cast.secretary, "services:run_new", **typed_post(world))


@page("services:run_edit")
def edit_post_page(world):
    return post(world.cast.secretary, "services:run_edit", drafted_post(world).pk, title="夜间巡逻")


@page("services:run_move")
def move_post_page(world):
    return post(world.cast.secretary, "services:run_move", published(world).pk, "end", reason="任务完成")


@page("services:run_claim")
def move_claim_page(world):
    return post(world.cast.secretary, "services:run_claim", claimed(world).claim.pk, "approve", form_id=uuid4())


@page("services:run_absent")
def absent_page(world):
    return post(world.cast.secretary, "services:run_absent", in_post(world).claim.pk, on=today(), note="没有到岗")


@page("services:run_absence")
def answer_absence_page(world):
    return post(world.cast.secretary, "services:run_absence", explained(world).absence.pk, verdict="excuse", text="情况属实")


# --- On the phone: activities and hours


def typed_activity(world, **values) -> dict:
    when = {"on": today(), "begins": "00:30", "ends": "23:30"}
    return {"area": world.areas.taoyuan.pk, "title": "清扫楼道", "spot": "1号楼前", "places": "5"} | when | values


@page("services:sign_up")
def sign_up_page(world):
    one = serving_member(world)
    answers = [post(one.user, "services:sign_up", opened(world).pk, form_id=uuid4())]
    assert SignUp.objects.get().state == "signed"
    return answers[0]


@page("services:sign_up_withdraw")
def withdraw_sign_up_page(world):
    one = signed_up(world)
    return post(one.user, "services:sign_up_withdraw", one.activity.pk, form_id=uuid4())


@page("services:attend")
def attend_page(world):
    one = signed_up(world)
    return post(one.user, "services:attend", CODE.token(one.activity))


@page("services:run_activity_new")
def new_activity_page(world):
    return post(world.cast.secretary, "services:run_activity_new", **typed_activity(world))


@page("services:run_activity_edit")
def edit_activity_page(world):
    return post(world.cast.secretary, "services:run_activity_edit", opened(world).pk, spot="2号楼前")


@page("services:run_activity_tick")
def tick_page(world):
    one = signed_up(world)
    answer = post(
        world.cast.secretary, "services:run_activity_tick", one.activity.pk, form_id=uuid4(), came=[one.signup.member_id]
    )
    assert fresh(one.signup).attended == "tick"
    return answer


@page("services:run_activity_hold")
def hold_page(world):
    return post(world.cast.secretary, "services:run_activity_hold", attended(world).activity.pk)


@page("services:run_activity_cancel")
def cancel_page(world):
    return post(world.cast.secretary, "services:run_activity_cancel", signed_up(world).activity.pk, reason="下雨")


@page("services:run_activity_photos")
def photos_page(world):
    return post(world.cast.secretary, "services:run_activity_photos", opened(world).pk, form_id=uuid4(), photos=picture())


@page("services:hours_new")
def hours_page(world):
    one = in_post(world)
    yesterday = today() - timedelta(days=1)
    sent = {"what": f"claim-{one.claim.pk}", "on": yesterday, "begins": "09:00", "ends": "11:00"}
    return post(one.user, "services:hours_new", **sent)


@page("services:hours_withdraw")
def withdraw_hours_page(world):
    one = entered(world)
    return post(one.user, "services:hours_withdraw", one.hours.pk, form_id=uuid4())


@page("services:run_hours")
def confirm_hours_page(world):
    return post(world.cast.secretary, "services:run_hours", rows=[entered(world).hours.pk], verdict="yes")


# --- Feedback cards, by their employers


@page("services:card_by_link")
def link_page(world):
    token = CARD_LINK.token(sent_card(world))
    return post(None, "services:card_by_link", token, answer="confirmed", answerer="郑七")


@page("services:card_of_code")
def code_page(world):
    return post(None, "services:card_of_code", sent_card(world).code, answer="not_ours")


# --- At the desk


@page("admin:services_postkind_add")
def add_post_kind(world):
    return post(world.cast.system_admin, "admin:services_postkind_add", name="邻里调解", position="30")


@page("admin:services_postkind_change")
def change_post_kind(world):
    row = PostKind.objects.create(name="邻里调解")
    return post(world.cast.system_admin, "admin:services_postkind_change", row.pk, for_whom="在职党员")


@page("admin:services_cardrule_change")
def change_card_rule(world):
    row = CardRule.objects.create(name="反馈卡")
    return post(world.cast.system_admin, "admin:services_cardrule_change", row.pk, answer_days="20")


@page("admin:services_servicepost_add")
def add_service_post(world):
    lines = {"shifts-TOTAL_FORMS": "1", "shifts-INITIAL_FORMS": "0"}
    lines |= {"shifts-0-weekday": "0", "shifts-0-begins": "09:00", "shifts-0-ends": "11:00"}
    more = {"origin": "community", "withdraw_days": "3"}
    return post(world.cast.secretary, "admin:services_servicepost_add", **typed_post(world) | lines | more)


@page("admin:services_servicepost_change")
def change_service_post(world):
    return post(world.cast.secretary, "admin:services_servicepost_change", drafted_post(world).pk, title="夜间巡逻")


# {a move of a post at the desk: those before it}
POST_MOVES_BEFORE = {"submit": (), "publish": (), "discard": (), "return": ("submit",), "end": ("publish",)}


def desk_post_move(name: str):
    def scenario(world):
        row = drafted_post(world)
        for earlier in POST_MOVES_BEFORE[name]:
            row = services.move_post(post=row, move=earlier, by=world.cast.secretary)
        return post(world.cast.secretary, f"admin:services_servicepost_{name}", row.pk, reason="调整安排")

    return scenario


for name in POST_MOVES_BEFORE:
    page(f"admin:services_servicepost_{name}")(desk_post_move(name))


@page("admin:services_claim_approve")
def desk_approve_claim(world):
    return post(world.cast.secretary, "admin:services_claim_approve", claimed(world).claim.pk)


@page("admin:services_claim_refuse")
def desk_refuse_claim(world):
    return post(world.cast.secretary, "admin:services_claim_refuse", claimed(world).claim.pk, reason="名额调整")


@page("admin:services_claim_release")
def desk_release_claim(world):
    return post(world.cast.secretary, "admin:services_claim_release", in_post(world).claim.pk, reason="迁出本社区")


@page("admin:services_claim_absent")
def desk_note_absence(world):
    return post(world.cast.secretary, "admin:services_claim_absent", in_post(world).claim.pk, on=today(), note="没有到岗")


@page("admin:services_absence_answer")
def desk_answer_absence(world):
    return post(world.cast.secretary, "admin:services_absence_answer", explained(world).absence.pk, excuse="yes", text="属实")


@page("admin:services_team_add")
def add_team(world):
    typed = {"area": world.areas.taoyuan.pk, "name": "红马甲服务队", "leader": enrolled(world).member.pk}
    return post(world.cast.secretary, "admin:services_team_add", **typed)


@page("admin:services_team_change")
def change_team_page(world):
    return post(world.cast.secretary, "admin:services_team_change", founded(world, enrolled(world).member).pk, purpose="照看老人")


@page("admin:services_team_close")
def close_team_page(world):
    return post(world.cast.secretary, "admin:services_team_close", founded(world).pk)


@page("admin:services_team_join")
def join_team_page(world):
    team, one = founded(world), enrolled(world)
    return post(world.cast.secretary, "admin:services_team_join", team.pk, members=[one.member.pk])


@page("admin:services_team_leave")
def leave_team_page(world):
    team = founded(world)
    services.join_team(team=team, members=[enrolled(world).member], by=world.cast.secretary)
    return post(world.cast.secretary, "admin:services_team_leave", team.pk, places=[team.members.get().pk])


@page("admin:services_activity_add")
def add_activity(world):
    return post(world.cast.secretary, "admin:services_activity_add", **typed_activity(world))


@page("admin:services_activity_change")
def change_activity_page(world):
    return post(world.cast.secretary, "admin:services_activity_change", opened(world).pk, spot="2号楼前")


@page("admin:services_activity_tick")
def desk_tick(world):
    one = signed_up(world)
    return post(world.cast.secretary, "admin:services_activity_tick", one.activity.pk, there=[one.signup.pk])


@page("admin:services_activity_hold")
def desk_hold(world):
    return post(world.cast.secretary, "admin:services_activity_hold", attended(world).activity.pk)


@page("admin:services_activity_cancel")
def desk_cancel(world):
    return post(world.cast.secretary, "admin:services_activity_cancel", signed_up(world).activity.pk, reason="下雨")


@page("admin:services_servicehours_confirm")
def desk_confirm_hours(world):
    return post(world.cast.secretary, "admin:services_servicehours_confirm", entered(world).hours.pk)


@page("admin:services_servicehours_refuse")
def desk_refuse_hours(world):
    return post(world.cast.secretary, "admin:services_servicehours_refuse", entered(world).hours.pk, reason="没有到岗")


@page("admin:services_servicehours_take_back")
def desk_take_back_hours(world):
    one = entered(world)
    services.decide_hours(rows=[one.hours], confirm=True, by=world.cast.grid_leader)
    return post(world.cast.secretary, "admin:services_servicehours_take_back", one.hours.pk, reason="日期写错")


@page("admin:services_servicehours_changelist#confirm")
def confirm_hours_button(world):
    return press(world.cast.secretary, "confirm", [entered(world).hours], "admin:services_servicehours_changelist")


@page("admin:services_feedbackcard_change")
def remark_card_page(world):
    return post(world.cast.secretary, "admin:services_feedbackcard_change", cards_of(world).pk, remark="热心参加社区服务。")


CARD_STEPS = {  # {a step: what it is made of, and what is typed}
    "submit": (cards_of, {}),
    "approve": (cards_of, {}),
    "return": (approved_card, {"reason": "补充评语"}),
    "send_link": (approved_card, {}),
    "send_paper": (approved_card, {}),
    "answer": (sent_card, {"answer": "remarked", "text": "希望参加更多活动"}),
    "revoke": (sent_card, {"reason": "发错单位"}),
    "drop": (cards_of, {"reason": "已调离"}),
}


def card_step(name: str):
    made, typed = CARD_STEPS[name]
    return lambda world: post(world.cast.secretary, f"admin:services_feedbackcard_{name}", made(world).pk, **typed)


for name in CARD_STEPS:
    page(f"admin:services_feedbackcard_{name}")(card_step(name))


def card_button(name: str):
    made = approved_card if name.startswith("send") else cards_of
    return lambda world: press(world.cast.secretary, name, [made(world)], "admin:services_feedbackcard_changelist", sure="1")


for name in ("submit", "approve", "send_link", "send_paper"):
    page(f"admin:services_feedbackcard_changelist#{name}")(card_button(name))
