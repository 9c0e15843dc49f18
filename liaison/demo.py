"""The demo's work with units: agreements in every state, what was promised, joint meetings and what they decided.

All of it by the actions, as the people of the demo would. No name is a real person's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from accounts.choices import Role
from accounts.models import Appointment, User
from cases.models import Subject
from gridparty.lib.dates import CHINA, start_of, today
from gridparty.lib.registry import demos
from grids.choices import AreaKind
from grids.demo import SHOWN_COMMUNITY
from grids.models import Area
from liaison.actions import (
    NewAgreement,
    NewBody,
    NewBodyMember,
    NewCommitment,
    NewMeeting,
    NewResolution,
    add_body_members,
    add_commitments,
    answer_agreement,
    answer_invitation,
    check_resolution,
    draft_agreement,
    draft_reports,
    draw_members,
    found_body,
    move_agreement,
    move_commitment,
    move_meeting,
    note_item,
    pass_resolution,
    plan_meeting,
    report_commitment,
    write_minutes,
)
from liaison.agreements import filled
from liaison.choices import AgreementMove, AgreementState, BodyKind, Check, CommitmentMove, Every, MeetingMove, Reply, Side
from liaison.convening import agenda_of, roll_of
from liaison.models import Agreement, AgreementTemplate, Body, Commitment, Meeting
from members.actions import NewSeat, NewUnit, enter_units, fill_seat
from members.choices import OrganisationKind, SeatTitle, UnitKind
from members.models import Member, PartyOrganisation, Seat, Unit

M = AgreementMove
SIGNED = (M.OFFER, M.SIGN)


@dataclass(frozen=True)
class Wanted:
    """An agreement with the unit of this name: its term in days from today, how far it went, what was promised."""

    unit: str
    starts: int
    ends: int
    moves: Sequence[str]
    objects: str = ""
    ours: str = ""
    theirs: str = ""
    theirs_once: str = ""
    done: int = 0


WANTED = [
    Wanted("第一机床厂", -200, 165, SIGNED, "", "为职工提供托管咨询", "开放大会议室一次", "技术工人志愿队检修楼道灯", 3),
    Wanted("全福实验小学", -340, 25, SIGNED, "", "组织护学岗", "周末开放操场", "四点半课堂老师进社区", 5),
    Wanted("街道卫生服务中心", -60, 305, (M.OFFER,), "", "通知慢性病老人", "义诊一次"),
    Wanted("桑园农贸市场有限公司", -10, 355, (M.OFFER,), "请把停车位数量改为15个。", "整治市场周边环境", "提供停车位"),
    Wanted("阳光志愿服务中心", 5, 370, (), "", "提供活动场地", "派社工开展小组活动"),
]
# Of the other communities of the street, each has two.
NEAR = [
    NewUnit("物业服务有限公司", UnitKind.PRIVATE_ENTERPRISE, offers="保安志愿巡逻队", needs="垃圾分类宣传"),
    NewUnit("幼儿园", UnitKind.SCHOOL, offers="多功能厅", needs="门前停车秩序"),
]


@demos
def liaison() -> str:
    stage = Stage()
    if stage.keeper is None:
        return _("共建：没有可以办理的人员")
    agreements = [_agreement(stage, wanted) for wanted in WANTED if wanted.unit in stage.units]
    agreements += _near(stage)
    _part_time(stage)
    draft_reports()
    meetings = [*_joint_meetings(stage), *_grid_heads(stage)]
    return _("共建：协议 %(agreements)d 份，会议 %(meetings)d 次") % {"agreements": len(agreements), "meetings": len(meetings)}


class Stage:
    """The shown community: its units, who keeps its agreements and meetings, its members, those of the cast first."""

    def __init__(self):
        self.community = Area.objects.get(kind=AreaKind.COMMUNITY, name__startswith=SHOWN_COMMUNITY)
        self.keeper = self._holder(Role.COMMUNITY_SECRETARY, self.community)
        self.officer = self._holder(Role.STREET_OFFICER, self.community.parent)
        self.units = {unit.name: unit for unit in Unit.objects.filter(area=self.community).order_by("-pk")}
        self.template = AgreementTemplate.objects.filter(in_use=True).first()
        here = PartyOrganisation.objects.open().filter(area=self.community, kind=OrganisationKind.COMMITTEE)
        self.committee = here.order_by("pk").first()
        ours = Member.objects.on_roll().filter(organisation__community=self.community).select_related("person__user")
        named = ours.filter(person__user__username__in=("zhibu", "dangyuan"))
        self.cast = [one.person for one in named.order_by("-person__user__username")]
        self.others = ours.filter(person__user=None).order_by("-pk")

    def _holder(self, role: Role, area: Area) -> User | None:
        post = Appointment.objects.in_force().filter(role=role, area=area).select_related("user").first()
        return post and post.user


def _moment(days: int, hour: int) -> datetime:
    return start_of(today() + timedelta(days=days)).astimezone(CHINA) + timedelta(hours=hour)


# --- Agreements


def _agreement(stage: Stage, wanted: Wanted) -> Agreement:
    unit = stage.units[wanted.unit]
    row = _drafted(stage, unit, stage.community, wanted.starts, wanted.ends, stage.keeper)
    promised = [NewCommitment(Side.THEIRS, wanted.theirs, every=Every.QUARTER, who=unit.head)]
    promised.append(NewCommitment(Side.OURS, wanted.ours, every=Every.HALF, who=stage.keeper.name))
    if wanted.theirs_once:  # its day is over
        promised.append(NewCommitment(Side.THEIRS, wanted.theirs_once, due_on=today() - timedelta(days=12)))
    add_commitments(agreement=row, new=promised, by=stage.keeper)
    for move in wanted.moves:
        day = row.starts_on if move == M.SIGN else None
        row = move_agreement(agreement=row, move=move, by=stage.keeper, signed_on=day)
    if row.state == AgreementState.OFFERED:
        row = answer_agreement(agreement=row, agrees=not wanted.objects, text=wanted.objects, answerer=_("单位办公室"))
    _keep_promises(stage, row, wanted.done)
    return row


def _drafted(stage: Stage, unit: Unit, area: Area, starts: int, ends: int, by: User) -> Agreement:
    term = {"starts_on": today() + timedelta(days=starts), "ends_on": today() + timedelta(days=ends)}
    organisation = PartyOrganisation.objects.open().filter(area=area, kind=OrganisationKind.COMMITTEE).first()
    ours = organisation.full_name if organisation else area.full_name
    texts = filled(stage.template, ours=ours, theirs=unit.name, **term)
    heads = {"our_head": stage.keeper.name if by == stage.keeper else "", "their_head": unit.head}
    return draft_agreement(new=NewAgreement(area=area, unit=unit, organisation=organisation, **term, **texts, **heads), by=by)


def _keep_promises(stage: Stage, agreement: Agreement, number: int) -> None:
    """The first so many of what was due are done, as said on their day; the unit says of one more that it is, too."""
    if agreement.state != AgreementState.IN_FORCE:
        return
    due = list(Commitment.objects.filter(agreement=agreement, due_on__lt=today()).order_by("due_on", "pk"))
    for one in due[:number]:
        one.agreement = agreement
        text = _("按计划开展，%(n)d 人参加，现场有记录。") % {"n": 10 + one.pk % 25}
        move_commitment(commitment=one, move=CommitmentMove.FINISH, by=stage.keeper, text=text, done_on=one.due_on)
    coming = Commitment.objects.filter(agreement=agreement, side=Side.THEIRS, due_on__gte=today()).order_by("due_on").first()
    if coming:
        report_commitment(commitment=coming, agreement=agreement, text=_("已提前开展，到场 15 人。"), answerer=_("单位办公室"))


def _near(stage: Stage) -> list[Agreement]:
    """Two units in each other community of the street, and an agreement with one of them."""
    if stage.officer is None:
        return []
    areas = Area.objects.open().filter(parent=stage.community.parent, kind=AreaKind.COMMUNITY)
    areas = list(areas.exclude(pk=stage.community.pk).order_by("code"))
    new = [
        NewUnit(f"{area.name.removesuffix('社区')}{one.name}", one.kind, area=area, offers=one.offers, needs=one.needs)
        for area in areas
        for one in NEAR
    ]
    units = enter_units(units=new, by=None)
    made = []
    for n, (unit, area) in enumerate(zip(units[:: len(NEAR)], areas, strict=True)):
        row = _drafted(stage, unit, area, -90 - n, 275 - n, stage.officer)
        add_commitments(agreement=row, new=[NewCommitment(Side.THEIRS, "联合巡查一次", every=Every.QUARTER)], by=stage.officer)
        row = move_agreement(agreement=row, move=M.OFFER, by=stage.officer)
        made.append(move_agreement(agreement=row, move=M.SIGN, by=stage.officer, signed_on=row.starts_on))
    return made


def _part_time(stage: Stage) -> None:
    """兼职委员: the head of a unit, a member of the community, on the committee of the first branch (F6)."""
    unit = stage.units.get(WANTED[0].unit)
    seated = Seat.objects.in_force().values("person")
    member = stage.others.exclude(person__in=seated).first()
    branch = (
        PartyOrganisation.objects.open().filter(community=stage.community, kind=OrganisationKind.BRANCH).order_by("pk").first()
    )
    if unit and member and branch:
        fill_seat(new=NewSeat(branch, SeatTitle.COMMITTEE, member.person, unit=unit), by=None)


# --- Meetings


def _joint_meetings(stage: Stage) -> list[Meeting]:
    """Two that were held, with what became of the first's resolutions, and one of next week."""
    name = _("%(area)s党建联席会") % {"area": stage.community.name}
    body = found_body(new=NewBody(stage.community, BodyKind.JOINT_MEETING, name, organisation=stage.committee), by=stage.keeper)
    chair = NewBodyMember(name=stage.keeper.name, duty=_("社区党委书记"), chairs=True)
    ours = [NewBodyMember(person=person, duty=_("党员代表")) for person in stage.cast]
    members = add_body_members(body=body, new=[chair, *ours], by=stage.keeper)
    draw_members(body=body, by=stage.keeper)
    first = _held(stage, body, -28, ["商议小区东门路灯维修", "冬季义诊安排", "单位停车位错时开放"])
    due = today() + timedelta(days=20)
    lamps = Subject.objects.filter(name__contains="设施").first() or Subject.objects.first()
    decided = [
        NewResolution("社区活动室周末向驻区单位开放", members[0], today() - timedelta(days=10)),
        NewResolution("驻区单位停车位夜间错时开放", members[-1], due),
        NewResolution("东门外三盏路灯不亮，报修", members[0], due, as_case=lamps, area=stage.community),
    ]
    for new in decided:
        pass_resolution(meeting=first, new=new, by=stage.keeper)
    first = _close(stage, first)
    second = _held(stage, body, -7, ["通报共建事项进度", "元旦活动分工"])
    for item in [item for item in agenda_of(second) if item.resolution_id]:
        is_first = item.resolution.number == 1
        said = _("活动室已于周末开放，安排两人值守。") if is_first else _("正在办理。")
        check_resolution(item=item, outcome=Check.DONE if is_first else Check.GOES_ON, text=said, by=stage.keeper)
    new = NewResolution("收集各单位元旦活动节目单", members[-1], today() + timedelta(days=10))
    pass_resolution(meeting=second, new=new, by=stage.keeper)
    second = _close(stage, second)
    return [first, second, _convened(stage, body, 7, ["检查决议落实情况", "明年共建计划"])]


def _grid_heads(stage: Stage) -> list[Meeting]:
    """The weekly meeting of the heads of the grids' organisations: last week's, and the next."""
    new = NewBody(stage.community, BodyKind.GRID_HEADS, _("网格党组织负责人例会"), organisation=stage.committee)
    body = found_body(new=new, by=stage.keeper)
    if not draw_members(body=body, by=stage.keeper):
        return []
    held = _held(stage, body, -5, ["各网格本周走访情况", "独居老人走访"])
    pass_resolution(
        meeting=held,
        new=NewResolution("入户走访独居老人一遍，登记需求", body.members.order_by("pk").first(), today() + timedelta(days=9)),
        by=stage.keeper,
    )
    return [_close(stage, held), _convened(stage, body, 2, ["各网格本周走访情况"])]


def _convened(stage: Stage, body: Body, days: int, items: Sequence[str]) -> Meeting:
    """One answers that they come, one that they cannot."""
    new = NewMeeting(body, _moment(days, 14), _("社区二楼会议室"), items=items, note=_("请提前十分钟到会。"))
    meeting = plan_meeting(new=new, by=stage.keeper)
    meeting = move_meeting(meeting=meeting, move=MeetingMove.CONVENE, by=stage.keeper)
    roll = roll_of(meeting)
    answers = [(Reply.COMING, ""), (Reply.EXCUSED, _("外出培训"))]
    for attendance, (reply, reason) in zip(roll, answers[: 2 if len(roll) > 2 else 1], strict=False):  # more than half come
        answer_invitation(attendance=attendance, reply=reply, reason=reason, by=None)
    return meeting


def _held(stage: Stage, body: Body, days: int, items: Sequence[str]) -> Meeting:
    """All came but who was excused and, where there are more than four, the last of the list."""
    meeting = _convened(stage, body, days, items)
    roll = roll_of(meeting)
    came = [one.pk for one in (roll[:-1] if len(roll) > 4 else roll) if one.reply != Reply.EXCUSED]
    return move_meeting(meeting=meeting, move=MeetingMove.HOLD, by=stage.keeper, came=came)


def _close(stage: Stage, meeting: Meeting) -> Meeting:
    for item in agenda_of(meeting):
        if not item.resolution_id:
            note_item(item=item, text=_("与会人员讨论后意见一致，由责任人按期落实。"), by=stage.keeper)
    words = _("会议由%(name)s主持，逐项讨论了各议题，形成决议，请责任人按期办理。") % {"name": stage.keeper.name}
    meeting = write_minutes(meeting=meeting, minutes=words, recorder=stage.keeper.name, by=stage.keeper)
    return move_meeting(meeting=meeting, move=MeetingMove.CLOSE, by=stage.keeper)
