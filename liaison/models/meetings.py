"""Bodies that meet, their meetings, and the resolutions that are followed until they are done (F3)."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audit.models import Audited
from cases.choices import Outcome, Step
from gridparty.lib.access import Can
from gridparty.lib.dates import today
from grids.models import LEVELS, Placed
from grids.querysets import OfPlacedQuerySet
from liaison.choices import BodyKind, Check, MeetingState, Quorum, Reply, ResolutionState
from liaison.querysets import AttendanceQuerySet, BodyMemberQuerySet, BodyQuerySet, MeetingQuerySet, ResolutionQuerySet


class Body(Placed):
    """What meets: the joint meeting, the grid organisation heads' weekly meeting, the members' congress."""

    see = Can.SEE_LIAISON
    edit = Can.RUN_LIAISON
    moves_with_merge = False  # liaison.handover takes along what goes on

    kind = models.CharField(_("会议类型"), max_length=14, choices=BodyKind)
    name = models.CharField(_("名称"), max_length=60)
    organisation = models.ForeignKey(
        "members.PartyOrganisation",
        models.PROTECT,
        verbose_name=_("召集党组织"),
        null=True,
        blank=True,
        related_name="+",
        help_text=_("党员大会必填：其党员即会议成员。"),
    )
    quorum = models.CharField(_("到会要求"), max_length=12, choices=Quorum, default=Quorum.HALF)
    closed_on = models.DateField(_("撤销日期"), null=True, blank=True, editable=False)

    objects = BodyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("会议机制")
        indexes = [models.Index(fields=[level, "id"], name=f"body_{level}") for level in LEVELS]
        constraints = [models.UniqueConstraint(fields=["area", "name"], condition=Q(closed_on=None), name="body_once")]

    def __str__(self):
        return self.name


class BodyMember(Audited):
    """Who belongs to a body: a person on record, or whoever a unit sends. Rows that left stay for the meetings they were at."""

    see = Can.SEE_LIAISON
    edit = Can.RUN_LIAISON
    masked_fields = frozenset({"name"})

    body = models.ForeignKey(Body, models.PROTECT, verbose_name=_("会议机制"), related_name="members", db_index=False)
    person = models.ForeignKey(
        "people.Person", models.PROTECT, verbose_name=_("在案人员"), null=True, blank=True, related_name="body_places"
    )
    unit = models.ForeignKey(
        "members.Unit", models.PROTECT, verbose_name=_("单位"), null=True, blank=True, related_name="body_places"
    )
    name = models.CharField(_("姓名"), max_length=60, blank=True)  # of whom no record is kept
    duty = models.CharField(_("职务"), max_length=40, blank=True)
    chairs = models.BooleanField(_("召集人"), default=False)
    votes = models.BooleanField(_("有表决权"), default=True)  # False: 列席
    joined_on = models.DateField(_("加入日期"), default=today)
    left_on = models.DateField(_("退出日期"), null=True, blank=True, editable=False)

    objects = BodyMemberQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("会议成员")
        indexes = [models.Index(fields=["body", "left_on"], name="body_member_body")]
        constraints = [
            models.CheckConstraint(condition=~Q(person=None) | ~Q(name=""), name="body_member_is_somebody"),
            models.UniqueConstraint(fields=["body", "person"], condition=Q(left_on=None), name="body_member_once"),
            models.UniqueConstraint(fields=["body"], condition=Q(left_on=None, chairs=True), name="body_one_chair"),
        ]

    def __str__(self):
        return str(self.pk)

    @property
    def called(self) -> str:
        """The person, if their row was joined, or the name that was typed; never of a row that was not read along."""
        return self.name or (self.person.name if self.person else "")


class Meeting(Placed):
    """One meeting of a body. Placed where the body is. Moved by choices.MEETING_MOVES."""

    see = Can.SEE_LIAISON
    edit = Can.RUN_LIAISON
    moves_with_merge = False
    derived_fields = frozenset({*LEVELS, "voters", "present"})

    body = models.ForeignKey(Body, models.PROTECT, verbose_name=_("会议机制"), related_name="meetings", db_index=False)
    title = models.CharField(_("会议名称"), max_length=80)
    at = models.DateTimeField(_("开会时间"))
    spot = models.CharField(_("开会地点"), max_length=60)
    note = models.CharField(_("通知说明"), max_length=300, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=MeetingState, default=MeetingState.PLANNED, editable=False)
    reason = models.CharField(_("原因"), max_length=200, blank=True, editable=False)
    minutes = models.TextField(_("会议综述"), max_length=3000, blank=True)  # beside what is noted under each item
    recorder = models.CharField(_("记录人"), max_length=60, blank=True)
    # With a vote: on the list, and there. Fixed when attendance is entered.
    voters = models.PositiveIntegerField(_("应到"), default=0, editable=False)
    present = models.PositiveIntegerField(_("实到"), default=0, editable=False)
    closed_at = models.DateTimeField(_("纪要发出时间"), null=True, editable=False)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("会议")
        indexes = [
            *(models.Index(fields=[level, "-at"], name=f"meeting_{level}") for level in LEVELS),
            models.Index(fields=["body", "-at"], name="meeting_body"),
        ]

    def __str__(self):
        return self.title

    @property
    def needed(self) -> int:
        """How many with a vote had to be there. Asks for the body's row."""
        return Quorum(self.body.quorum).of(self.voters)

    @property
    def is_quorate(self) -> bool:
        return self.present >= self.needed


class Attendance(Audited):
    """The invitation of one member of the body, what they answered, and whether they came."""

    see = Can.SEE_LIAISON
    edit = Can.RUN_LIAISON
    derived_fields = frozenset({"link_key"})
    masked_fields = frozenset({"reason", "proxy"})

    meeting = models.ForeignKey(Meeting, models.PROTECT, verbose_name=_("会议"), related_name="attendances", db_index=False)
    body_member = models.ForeignKey(BodyMember, models.PROTECT, verbose_name=_("会议成员"), related_name="attendances")
    reply = models.CharField(_("答复"), max_length=8, choices=Reply, blank=True)
    reason = models.CharField(_("请假事由"), max_length=100, blank=True)
    proxy = models.CharField(_("受委托人"), max_length=60, blank=True)
    replied_at = models.DateTimeField(_("答复时间"), null=True)
    came = models.BooleanField(_("到会"), null=True)  # None: not entered yet
    link_key = models.UUIDField(default=uuid.uuid4, editable=False)  # changed to revoke links

    objects = AttendanceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("参会人员")
        constraints = [models.UniqueConstraint(fields=["meeting", "body_member"], name="attendance_once")]

    def __str__(self):
        return str(self.pk)


class Resolution(Audited):
    """What a meeting decided: who sees to it, by when. Moved by choices.RESOLUTION_MOVES; one that became a case is done when
    its case is solved."""

    see = Can.SEE_LIAISON
    edit = Can.RUN_LIAISON

    meeting = models.ForeignKey(Meeting, models.PROTECT, verbose_name=_("会议"), related_name="resolutions", db_index=False)
    number = models.PositiveSmallIntegerField(_("序号"))
    text = models.CharField(_("决议内容"), max_length=300)
    owner = models.ForeignKey(BodyMember, models.PROTECT, verbose_name=_("责任人"), related_name="resolutions")
    due_on = models.DateField(_("完成期限"))
    state = models.CharField(_("状态"), max_length=10, choices=ResolutionState, default=ResolutionState.OPEN, editable=False)
    reason = models.CharField(_("意见"), max_length=200, blank=True, editable=False)  # of the last return, extension or dropping
    done_on = models.DateField(_("落实日期"), null=True, editable=False)
    done_text = models.CharField(_("落实情况"), max_length=500, blank=True, editable=False)
    case = models.OneToOneField(
        "cases.Case", models.PROTECT, verbose_name=_("民情事件"), null=True, editable=False, related_name="resolution"
    )

    objects = ResolutionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("会议决议")
        indexes = [models.Index(fields=["due_on"], condition=Q(state=ResolutionState.OPEN), name="resolution_open")]
        constraints = [
            models.UniqueConstraint(fields=["meeting", "number"], name="resolution_number_once"),
            models.CheckConstraint(
                condition=~Q(state=ResolutionState.DONE) | (~Q(done_text="") & ~Q(done_on=None)), name="resolution_done_somehow"
            ),
        ]

    def __str__(self):
        return self.text

    @property
    def is_done(self) -> bool:
        """Asks for the case's row where it became one."""
        by_case = self.case and (self.case.step, self.case.outcome) == (Step.CLOSED, Outcome.SOLVED)
        return self.state == ResolutionState.DONE or bool(by_case and self.state != ResolutionState.DROPPED)

    @property
    def is_late(self) -> bool:
        return self.state == ResolutionState.OPEN and not self.is_done and self.due_on < today()


class AgendaItem(Audited):
    """What a meeting deals with: earlier resolutions first, each to be checked; then what is new."""

    see = Can.SEE_LIAISON
    edit = Can.RUN_LIAISON

    meeting = models.ForeignKey(Meeting, models.PROTECT, verbose_name=_("会议"), related_name="agenda", db_index=False)
    position = models.PositiveSmallIntegerField(_("序号"))
    title = models.CharField(_("议题"), max_length=200)
    text = models.TextField(_("讨论情况"), max_length=2000, blank=True)
    resolution = models.ForeignKey(
        Resolution, models.PROTECT, verbose_name=_("待检查的决议"), null=True, editable=False, related_name="checks"
    )
    outcome = models.CharField(_("检查结果"), max_length=8, choices=Check, blank=True, editable=False)

    objects = OfPlacedQuerySet.of("meeting__")

    class Meta:
        verbose_name = verbose_name_plural = _("议题")
        ordering = ["meeting", "position"]
        constraints = [
            models.UniqueConstraint(fields=["meeting", "resolution"], name="agenda_checks_once"),
            models.CheckConstraint(condition=Q(outcome="") | ~Q(resolution=None), name="agenda_outcome_of_a_check"),
        ]
        indexes = [models.Index(fields=["meeting", "position"], name="agenda_meeting")]

    def __str__(self):
        return self.title
