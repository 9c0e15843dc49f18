"""Scenarios of liaison: agreements, commitments, reports, bodies, meetings, resolutions (see scenarios.py)."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from types import SimpleNamespace
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from cases.models import Case, Subject
from gridparty.lib.dates import CHINA, today
from gridparty.tests.contracts.scenarios import action, enrolled, fresh, page, picture, post, secretary_of_branch
from liaison.actions import agreements, bodies, clocks, commitments, meetings, reports, resolutions, scans
from liaison.agreements import AGREEMENT_LINK
from liaison.convening import INVITATION_LINK
from liaison.models import Agreement, AgreementScan, AgreementTemplate, Attendance, Body, Commitment, Meeting, QuarterReport
from members import actions as members
from members.models import Unit


def days(number: int):
    return today() + timedelta(days=number)


# --- Agreements


SCHOOL = members.NewUnit(name="市第一中学", kind="school", contact_name="周老师")


def school(world) -> Unit:
    known = Unit.objects.filter(name=SCHOOL.name).first()
    return known or members.add_unit(new=replace(SCHOOL, area=world.areas.taoyuan), by=world.cast.secretary)


def wanted_agreement(world, **values) -> agreements.NewAgreement:
    texts = {
        "title": "结对共建协议书",
        "clauses": "每季度一次联席会。",
        "our_duties": "提供服务。",
        "their_duties": "开放会议室。",
    }
    given = {"area": world.areas.taoyuan, "unit": school(world), "starts_on": days(-100), "ends_on": days(265)} | texts
    return agreements.NewAgreement(**given | values)


def drafted_agreement(world, **values) -> Agreement:
    return agreements.draft_agreement(new=wanted_agreement(world, **values), by=world.cast.clerk)


def offered_agreement(world) -> Agreement:
    return agreements.move_agreement(agreement=drafted_agreement(world), move="offer", by=world.cast.clerk)


def agreed_agreement(world) -> Agreement:
    return agreements.answer_agreement(agreement=offered_agreement(world), agrees=True, answerer="周老师")


def signed_agreement(world) -> Agreement:
    return agreements.move_agreement(agreement=agreed_agreement(world), move="sign", by=world.cast.secretary, signed_on=days(-99))


def promised(world, **values) -> Commitment:
    """By the school, in an agreement in force."""
    new = commitments.NewCommitment(**{"side": "theirs", "text": "开放会议室", "due_on": days(-1), "who": "周老师"} | values)
    return commitments.add_commitments(agreement=signed_agreement(world), new=[new], by=world.cast.clerk)[0]


def reported(world) -> Commitment:
    row = promised(world)
    return commitments.report_commitment(
        commitment=row, agreement=fresh(row.agreement), text="已开放，到场 12 人。", answerer="周老师", photos=[picture()]
    )


@action("liaison.draft_agreement")
def draft_agreement(world):
    assert drafted_agreement(world).state == "draft"


@action("liaison.change_agreement")
def change_agreement(world):
    new = wanted_agreement(world, title="共建协议", their_head="周校长")
    agreements.change_agreement(agreement=drafted_agreement(world), new=new, by=world.cast.clerk)


@action("liaison.move_agreement")
def move_agreement(world):
    row = signed_agreement(world)
    assert agreements.move_agreement(agreement=row, move="end", by=world.cast.secretary, reason="单位搬迁").state == "ended"


@action("liaison.answer_agreement")
def answer_agreement(world):
    row = agreements.answer_agreement(agreement=offered_agreement(world), agrees=False, text="会议室改为每月", answerer="周老师")
    assert row.state == "draft"


@action("liaison.revoke_link")
def revoke_link(world):
    agreements.revoke_link(agreement=offered_agreement(world), by=world.cast.clerk)


@action("liaison.renew_agreement")
def renew_agreement(world):
    row = promised(world).agreement
    assert agreements.renew_agreement(agreement=row, ends_on=days(700), by=world.cast.clerk).commitments.count() == 1


@action("liaison.add_commitments")
def add_commitments(world):
    new = [commitments.NewCommitment("ours", "联谊活动", every="quarter"), commitments.NewCommitment("theirs", "义诊", days(9))]
    assert len(commitments.add_commitments(agreement=drafted_agreement(world), new=new, by=world.cast.clerk)) > 3


@action("liaison.change_commitment")
def change_commitment(world):
    new = commitments.NewCommitment("theirs", "开放图书馆", days(5))
    commitments.change_commitment(commitment=promised(world), new=new, by=world.cast.clerk)


@action("liaison.move_commitment")
def move_commitment(world):
    said = {"text": "已办理。", "photos": [picture()]}
    assert commitments.move_commitment(commitment=promised(world), move="finish", by=world.cast.clerk, **said).state == "done"


@action("liaison.report_commitment")
def report_commitment(world):
    assert reported(world).state == "reported"


def scanned(world) -> AgreementScan:
    pdf = SimpleUploadedFile("signed.pdf", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF", "application/pdf")
    row = signed_agreement(world)
    assert scans.add_scans(agreement=row, files=[pdf, picture()], by=world.cast.clerk) == 2
    return row.scans.order_by("pk").first()


@action("liaison.add_scans")
def add_scans(world):
    scanned(world)


@action("liaison.remove_scan")
def remove_scan(world):
    scans.remove_scan(scan=scanned(world), by=world.cast.clerk)


def drafted_report(world) -> QuarterReport:
    commitments.move_commitment(commitment=reported(world), move="confirm", by=world.cast.clerk, done_on=days(-95))
    assert reports.draft_reports() == 1
    return QuarterReport.objects.get()


def sent_report(world) -> QuarterReport:
    row = drafted_report(world)
    row = reports.write_report(report=row, done="开放会议室一次。", trouble="无", plan="义诊", by=world.cast.clerk)
    return reports.send_report(report=row, by=world.cast.clerk)


@action("liaison.draft_reports")
def draft_reports(world):
    drafted_report(world)


@action("liaison.write_report")
def write_report(world):
    reports.write_report(report=drafted_report(world), done="开放会议室。", trouble="无", plan="义诊", by=world.cast.clerk)


@action("liaison.send_report")
def send_report(world):
    assert sent_report(world).state == "sent"


@action("liaison.reopen_report")
def reopen_report(world):
    reports.reopen_report(report=sent_report(world), by=world.cast.clerk)


@action("liaison.remark_report")
def remark_report(world):
    row = sent_report(world)
    reports.remark_report(report=row, agreement=fresh(row.agreement), text="同意", answerer="周老师")


# --- Bodies


def founded_body(world, **values) -> Body:
    """The joint meeting of 桃园."""
    given = {"area": world.areas.taoyuan, "kind": "joint_meeting", "name": "桃园社区党建联席会"} | values
    return bodies.found_body(new=bodies.NewBody(**given), by=world.cast.secretary)


def manned(world) -> SimpleNamespace:
    """赵一, a user, takes the chair; 周老师 comes for the school."""
    person = fresh(secretary_of_branch(world).person)
    body = founded_body(world)
    new = [
        bodies.NewBodyMember(person=person, duty="书记", chairs=True),
        bodies.NewBodyMember(unit=school(world), name="周老师", duty="校长"),
    ]
    chair, guest = bodies.add_body_members(body=body, new=new, by=world.cast.secretary)
    return SimpleNamespace(body=body, user=person.user, chair=chair, guest=guest)


@action("liaison.found_body")
def found_body(world):
    founded_body(world)


@action("liaison.change_body")
def change_body(world):
    new = bodies.NewBody(world.areas.taoyuan, "joint_meeting", "桃园社区联席会议", quorum="none")
    bodies.change_body(body=founded_body(world), new=new, by=world.cast.secretary)


@action("liaison.close_body")
def close_body(world):
    bodies.close_body(body=manned(world).body, by=world.cast.secretary)


@action("liaison.add_body_members")
def add_body_members(world):
    manned(world)


@action("liaison.change_body_member")
def change_body_member(world):
    new = bodies.NewBodyMember(name="周校长", duty="校长", chairs=True)
    bodies.change_body_member(member=manned(world).guest, new=new, by=world.cast.secretary)


@action("liaison.leave_body")
def leave_body(world):
    bodies.leave_body(member=manned(world).guest, by=world.cast.secretary)


@action("liaison.draw_members")
def draw_members(world):
    one = enrolled(world)
    values = {"kind": "congress", "name": "党员大会", "area": world.areas.grid1, "organisation": one.branch}
    body = founded_body(world, **values)
    assert bodies.draw_members(body=body, by=world.cast.secretary) == 1


# --- Meetings


def wanted_meeting(one, **values) -> meetings.NewMeeting:
    """Of today, at whatever hour it is."""
    at = datetime.combine(today(), time(10), CHINA)
    return meetings.NewMeeting(**{"body": one.body, "at": at, "spot": "社区会议室", "items": ["楼道清理", "义诊"]} | values)


def planned(world) -> SimpleNamespace:
    one = manned(world)
    one.meeting = meetings.plan_meeting(new=wanted_meeting(one), by=world.cast.secretary)
    return one


def convened(world) -> SimpleNamespace:
    one = planned(world)
    one.meeting = meetings.move_meeting(meeting=one.meeting, move="convene", by=world.cast.secretary)
    one.seat = Attendance.objects.get(body_member=one.chair)
    one.link = Attendance.objects.get(body_member=one.guest)
    return one


def held_meeting(world) -> SimpleNamespace:
    one = convened(world)
    one.meeting = meetings.move_meeting(
        meeting=one.meeting, move="hold", by=world.cast.secretary, came=[one.seat.pk, one.link.pk]
    )
    return one


def resolved(world, **values) -> SimpleNamespace:
    one = held_meeting(world)
    new = resolutions.NewResolution(**{"text": "清理楼道堆物", "owner": one.chair, "due_on": days(9)} | values)
    one.resolution = resolutions.pass_resolution(meeting=one.meeting, new=new, by=world.cast.secretary)
    return one


def minuted(world, **values) -> SimpleNamespace:
    one = resolved(world, **values)
    meetings.write_minutes(meeting=one.meeting, minutes="会议讨论了楼道清理。", recorder="李四", by=world.cast.secretary)
    one.meeting = meetings.move_meeting(meeting=one.meeting, move="close", by=world.cast.secretary)
    one.resolution = fresh(one.resolution)
    return one


@action("liaison.plan_meeting")
def plan_meeting(world):
    assert planned(world).meeting.agenda.count() == 2


@action("liaison.change_meeting")
def change_meeting(world):
    one = convened(world)
    new = wanted_meeting(one, spot="二楼会议室", items=["义诊", "读书角"])
    meetings.change_meeting(meeting=one.meeting, new=new, by=world.cast.secretary)


@action("liaison.move_meeting")
def move_meeting(world):
    assert minuted(world).meeting.state == "closed"


@action("liaison.answer_invitation")
def answer_invitation(world):
    one = convened(world)
    meetings.answer_invitation(attendance=one.link, reply="excused", reason="出差")
    meetings.answer_invitation(attendance=one.seat, reply="coming", by=one.user)


@action("liaison.revoke_invitation")
def revoke_invitation(world):
    meetings.revoke_invitation(attendance=convened(world).link, by=world.cast.secretary)


@action("liaison.add_item")
def add_item(world):
    meetings.add_item(meeting=held_meeting(world).meeting, title="停车", by=world.cast.secretary)


@action("liaison.note_item")
def note_item(world):
    item = held_meeting(world).meeting.agenda.first()
    meetings.note_item(item=item, text="由物业牵头。", by=world.cast.secretary)


@action("liaison.write_minutes")
def write_minutes(world):
    one = held_meeting(world)
    meetings.write_minutes(meeting=one.meeting, minutes="会议讨论了楼道清理。", recorder="李四", by=world.cast.secretary)


# --- Resolutions


def subject() -> Subject:
    return Subject.objects.get_or_create(name="环境卫生")[0]


@action("liaison.pass_resolution")
def pass_resolution(world):
    one = resolved(world, as_case=subject(), area=world.areas.grid1)
    assert one.resolution.case.source == "meeting"


@action("liaison.change_resolution")
def change_resolution(world):
    one = resolved(world)
    new = resolutions.NewResolution("清理全部楼道堆物", one.guest, days(5))
    resolutions.change_resolution(resolution=one.resolution, new=new, by=world.cast.secretary)


@action("liaison.withdraw_resolution")
def withdraw_resolution(world):
    resolutions.withdraw_resolution(resolution=resolved(world).resolution, reason="没有形成一致", by=world.cast.secretary)


@action("liaison.move_resolution")
def move_resolution(world):
    one = minuted(world)
    resolutions.move_resolution(resolution=one.resolution, move="extend", by=world.cast.secretary, reason="雨季", due_on=days(20))
    resolutions.move_resolution(resolution=one.resolution, move="finish", by=world.cast.secretary, text="已清理")


@action("liaison.report_resolution")
def report_resolution(world):
    one = minuted(world)
    assert resolutions.report_resolution(resolution=one.resolution, text="已清理", by=one.user).state == "reported"


@action("liaison.resolution_to_case")
def resolution_to_case(world):
    row = minuted(world).resolution
    resolutions.resolution_to_case(resolution=row, subject=subject(), area=world.areas.grid1, by=world.cast.secretary)
    assert Case.objects.count() == 1


@action("liaison.check_resolution")
def check_resolution(world):
    """At the next meeting."""
    one = minuted(world)
    Meeting.objects.filter(pk=one.meeting.pk).update(at=timezone.now() - timedelta(days=9))
    one.meeting = meetings.plan_meeting(new=wanted_meeting(one), by=world.cast.secretary)
    one.meeting = meetings.move_meeting(meeting=one.meeting, move="convene", by=world.cast.secretary)
    came = Attendance.objects.filter(meeting=one.meeting).values_list("pk", flat=True)
    meetings.move_meeting(meeting=one.meeting, move="hold", by=world.cast.secretary, came=list(came))
    item = one.meeting.agenda.exclude(resolution=None).get()
    resolutions.check_resolution(item=item, outcome="goes_on", text="再清一次", by=world.cast.secretary, due_on=days(30))


# --- The clock


@action("liaison.expire_agreements")
def expire_agreements(world):
    row = signed_agreement(world)
    assert clocks.expire_agreements(day=row.ends_on + timedelta(days=1)) == 1


@action("liaison.remind_agreements")
def remind_agreements(world):
    row = signed_agreement(world)
    assert clocks.remind_agreements(day=row.ends_on - timedelta(days=20)) > 0


@action("liaison.remind_commitments")
def remind_commitments(world):
    promised(world)
    assert clocks.remind_commitments(day=today()) > 0


@action("liaison.remind_owners")
def remind_owners(world):
    assert clocks.remind_owners(day=minuted(world).resolution.due_on) == 1


@action("liaison.remind_chairs")
def remind_chairs(world):
    assert clocks.remind_chairs(day=minuted(world).resolution.due_on + timedelta(days=1)) == 1


@action("liaison.remind_cases")
def remind_cases(world):
    one = minuted(world, as_case=subject(), area=world.areas.grid1)
    closed = {"step": "closed", "outcome": "solved", "answer": "已清理。", "closed_at": timezone.now()}
    Case.objects.filter(pk=one.resolution.case_id).update(**closed)
    assert clocks.remind_cases(day=today()) == 1


@action("liaison.correct_attendance")
def correct_attendance(world):
    one = held_meeting(world)
    meetings.correct_attendance(meeting=one.meeting, by=world.cast.secretary, came=[one.seat.pk], gone=[one.link.pk])


# --- Those who hold a link


@page("liaison:agreement_by_link")
def agreement_link_page(world):
    token = AGREEMENT_LINK.token(offered_agreement(world))
    return post(None, "liaison:agreement_by_link", token, answer="agree", answerer="周老师")


@page("liaison:commitment_by_link")
def commitment_link_page(world):
    row = promised(world)
    token = AGREEMENT_LINK.token(fresh(row.agreement))
    return post(None, "liaison:commitment_by_link", token, row.pk, text="已开放。", answerer="周老师", photos=picture())


@page("liaison:report_by_link")
def report_link_page(world):
    row = sent_report(world)
    token = AGREEMENT_LINK.token(fresh(row.agreement))
    return post(None, "liaison:report_by_link", token, row.pk, text="同意", answerer="周老师")


@page("liaison:invitation_by_link")
def invitation_link_page(world):
    return post(None, "liaison:invitation_by_link", INVITATION_LINK.token(convened(world).link), reply="coming")


@page("liaison:resolution_by_link")
def resolution_link_page(world):
    one = minuted(world)
    row = resolutions.move_resolution(resolution=one.resolution, move="drop", by=world.cast.secretary, reason="换人办理")
    type(row).objects.filter(pk=row.pk).update(state="open", owner=one.guest)
    return post(None, "liaison:resolution_by_link", INVITATION_LINK.token(fresh(one.link)), row.pk, text="已清理")


# --- Who takes part


@page("liaison:meeting")
def my_meeting_page(world):
    one = convened(world)
    return post(one.user, "liaison:meeting", one.meeting.pk, reply="excused", reason="出差")


@page("liaison:resolution")
def my_resolution_page(world):
    one = minuted(world)
    return post(one.user, "liaison:resolution", one.resolution.pk, text="已清理")


# --- At the desk


@page("liaison:agreement_link")
def renew_link_page(world):
    return post(world.cast.clerk, "liaison:agreement_link", offered_agreement(world).pk)


@page("liaison:agreement_scans")
def scans_page(world):
    return post(world.cast.clerk, "liaison:agreement_scans", signed_agreement(world).pk, files=picture())


@page("liaison:meeting_links")
def links_page(world):
    one = convened(world)
    return post(world.cast.secretary, "liaison:meeting_links", one.meeting.pk, attendance=one.link.pk)


@page("liaison:run_meeting")
def run_page(world):
    """One part of it; the others are the actions above."""
    one = convened(world)
    typed = {"part": "attend", "came": [one.seat.pk, one.link.pk], "form_id": uuid4()}
    return post(world.cast.secretary, "liaison:run_meeting", one.meeting.pk, **typed)


@page("admin:liaison_agreementtemplate_add")
def add_template(world):
    texts = dict.fromkeys(("clauses", "our_duties", "their_duties"), "双方约定。")
    return post(world.cast.system_admin, "admin:liaison_agreementtemplate_add", name="与学校", position="9", **texts)


@page("admin:liaison_agreementtemplate_change")
def change_template(world):
    return post(world.cast.system_admin, "admin:liaison_agreementtemplate_change", template().pk, position="7")


def template() -> AgreementTemplate:
    texts = dict.fromkeys(("clauses", "our_duties", "their_duties"), "{甲方}与{乙方}约定。")
    return AgreementTemplate.objects.create(name="与单位", **texts)


@page("admin:liaison_agreement_add")
def add_agreement(world):
    typed = {"area": world.areas.taoyuan.pk, "unit": school(world).pk, "starts_on": days(1), "ends_on": days(365)}
    return post(world.cast.clerk, "admin:liaison_agreement_add", template=template().pk, **typed)


@page("admin:liaison_agreement_change")
def change_agreement_page(world):
    return post(world.cast.clerk, "admin:liaison_agreement_change", drafted_agreement(world).pk, title="共建协议")


WHY = {"reason": "情况有变"}
# {a page of the desk with steps: {a step: what it is made of, what is typed}}; all by the secretary.
STEPS = {
    "agreement": {
        "offer": (drafted_agreement, {}),
        "recall": (offered_agreement, WHY),
        "sign": (agreed_agreement, {"signed_on": today()}),
        "discard": (drafted_agreement, WHY),
        "end": (signed_agreement, WHY),
        "commit": (drafted_agreement, {"side": "ours", "texts": "联谊\n体检", "every": "quarter"}),
        "renew": (signed_agreement, {}),
    },
    "commitment": {
        "confirm": (reported, {}),
        "return": (reported, WHY),
        "finish": (promised, {"text": "已办理"}),
        "reopen": (lambda world: finished(world), WHY),
        "drop": (promised, WHY),
    },
    "quarterreport": {"send": (drafted_report, {}), "reopen": (sent_report, {})},
    "body": {
        "add-members": (founded_body, {"name": "周老师", "duty": "校长"}),
        "draw-members": (lambda world: allied(world), {}),
        "close": (founded_body, {}),
    },
    "bodymember": {"leave": (lambda world: manned(world).guest, {})},
    "meeting": {
        "convene": (lambda world: planned(world).meeting, {}),
        "cancel": (lambda world: planned(world).meeting, WHY),
        "reopen": (lambda world: minuted(world).meeting, WHY),
    },
    "resolution": {
        "confirm": (lambda world: told_done(world), {}),
        "return": (lambda world: told_done(world), WHY),
        "finish": (lambda world: minuted(world).resolution, {"text": "已清理"}),
        "reopen": (lambda world: dropped(world), WHY),
        "drop": (lambda world: minuted(world).resolution, WHY),
        "extend": (lambda world: minuted(world).resolution, WHY | {"due_on": days(30)}),
        "to_case": (lambda world: minuted(world).resolution, {"subject": lambda: subject().pk}),
    },
}


def finished(world) -> Commitment:
    return commitments.move_commitment(commitment=promised(world), move="finish", by=world.cast.clerk, text="已办理")


def allied(world) -> Body:
    """A joint meeting without members, and a unit with an agreement in force."""
    signed_agreement(world)
    members.change_unit(unit=school(world), new=replace(SCHOOL, area=world.areas.taoyuan), by=world.cast.secretary)
    return founded_body(world)


def told_done(world):
    one = minuted(world)
    return resolutions.report_resolution(resolution=one.resolution, text="已清理", by=one.user)


def dropped(world):
    return resolutions.move_resolution(resolution=minuted(world).resolution, move="drop", by=world.cast.secretary, reason="不办")


def step(model: str, name: str):
    made, typed = STEPS[model][name]

    def scenario(world):
        row = made(world)
        values = {key: value() if callable(value) else value for key, value in typed.items()}
        return post(world.cast.secretary, f"admin:liaison_{model}_{name}", row.pk, **values)

    return scenario


for model, steps in STEPS.items():
    for name in steps:
        page(f"admin:liaison_{model}_{name}")(step(model, name))


@page("admin:liaison_commitment_change")
def change_commitment_page(world):
    return post(world.cast.clerk, "admin:liaison_commitment_change", promised(world).pk, text="开放图书馆")


@page("admin:liaison_quarterreport_change")
def change_report_page(world):
    return post(world.cast.clerk, "admin:liaison_quarterreport_change", drafted_report(world).pk, plan="义诊")


@page("admin:liaison_body_add")
def add_body(world):
    typed = {"area": world.areas.taoyuan.pk, "kind": "joint_meeting", "name": "联席会", "quorum": "half"}
    return post(world.cast.secretary, "admin:liaison_body_add", **typed)


@page("admin:liaison_body_change")
def change_body_page(world):
    return post(world.cast.secretary, "admin:liaison_body_change", founded_body(world).pk, quorum="two_thirds")


@page("admin:liaison_bodymember_change")
def change_member_page(world):
    return post(world.cast.secretary, "admin:liaison_bodymember_change", manned(world).guest.pk, duty="副校长")


@page("admin:liaison_meeting_add")
def add_meeting(world):
    typed = {"body": manned(world).body.pk, "at_0": days(3), "at_1": "10:00", "spot": "社区会议室", "items": "义诊\n读书角"}
    return post(world.cast.secretary, "admin:liaison_meeting_add", **typed)


@page("admin:liaison_meeting_change")
def change_meeting_page(world):
    row = planned(world).meeting
    return post(world.cast.secretary, "admin:liaison_meeting_change", row.pk, spot="二楼", at_0=days(3), at_1="10:00")
