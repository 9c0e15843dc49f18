"""Steps, procedures and allowed moves of cases; states of reports."""

from dataclasses import dataclass, field
from enum import Enum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Step(models.TextChoices):
    """发现—收集—立案—处理—反馈—结案 (S2); `approving` stands between collected and filed in the fourth procedure (S1)."""

    FOUND = "found", _("发现")
    COLLECTED = "collected", _("收集")
    APPROVING = "approving", _("待审批")
    FILED = "filed", _("立案")
    HANDLED = "handled", _("处理")
    ANSWERED = "answered", _("反馈")
    CLOSED = "closed", _("结案")


class Procedure(models.TextChoices):
    """The four procedures of S1, chosen when a case is filed."""

    ON_SPOT = "on_spot", _("现场办结")
    COORDINATED = "coordinated", _("协调办理")
    URGENT = "urgent", _("紧急办理")
    APPROVAL = "approval", _("审批办理")


class Source(models.TextChoices):
    FIELD = "field", _("网格上报")
    JOURNAL = "journal", _("民情日志")
    MAILBOX = "mailbox", _("民情信箱")
    COUNTER = "counter", _("窗口登记")
    MEETING = "meeting", _("会议决议")


class Outcome(models.TextChoices):
    SOLVED = "solved", _("已办结")
    OUT_OF_REMIT = "out_of_remit", _("职责范围外")


class Who(Enum):
    """Who may make a move, seen from the case."""

    HOLDER = "holder"  # who handles cases where it is held: the post there, or one above
    ABOVE = "above"  # who handles cases above where it is held
    RESIDENT = "resident"  # by the receipt code or the signed link
    CLOCK = "clock"  # the system, when a time has passed


OPEN = frozenset(Step) - {Step.CLOSED}
WORKED = frozenset({Step.FOUND, Step.COLLECTED, Step.FILED, Step.HANDLED})  # while somebody has to do something


@dataclass(frozen=True)
class Move:
    """One allowed move: from which steps, to which (None: the step stays), by whom, and what must be said."""

    label: str
    steps: frozenset
    who: frozenset
    to: Step | None = None
    asks: frozenset = field(default_factory=frozenset)  # of "text", "answer", "procedure": what cannot be left out
    other: str = ""  # the column of the user who asked: somebody else decides
    waits: bool | None = None  # True: only while a request to close as out of remit waits; False: only while none does


_H, _A, _R, _C = (frozenset({who}) for who in (Who.HOLDER, Who.ABOVE, Who.RESIDENT, Who.CLOCK))
_EARLY = frozenset({Step.FOUND, Step.COLLECTED})


class MoveKind(models.TextChoices):
    OPENED = "opened", _("受理")
    COLLECT = "collect", _("核实收集")
    FILE = "file", _("立案")
    ASK_APPROVAL = "ask_approval", _("报请审批")
    APPROVE = "approve", _("审批同意")
    DENY = "deny", _("审批不同意")
    HANDLE = "handle", _("处理完毕")
    ANSWER = "answer", _("反馈答复")
    CLOSE = "close", _("结案")
    REOPEN = "reopen", _("重新办理")
    PASS_UP = "pass_up", _("上报上级")
    PASS_DOWN = "pass_down", _("交办下级")
    NOTE = "note", _("办理进展")
    ASK_REMIT = "ask_remit", _("申请按职责外结案")
    AGREE_REMIT = "agree_remit", _("同意职责外结案")
    REFUSE_REMIT = "refuse_remit", _("不同意职责外结案")
    URGE = "urge", _("督办")
    REMIND = "remind", _("到期提醒")
    ESCALATE = "escalate", _("逾期升级")


_TEXT, _PROCEDURE = frozenset({"text"}), frozenset({"procedure"})
M = MoveKind
MOVES: dict[str, Move] = {
    M.COLLECT: Move(M.COLLECT.label, frozenset({Step.FOUND}), _H, Step.COLLECTED),
    M.FILE: Move(M.FILE.label, _EARLY, _H, Step.FILED, _PROCEDURE, waits=False),
    M.ASK_APPROVAL: Move(M.ASK_APPROVAL.label, _EARLY, _H, Step.APPROVING, _TEXT, waits=False),
    M.APPROVE: Move(M.APPROVE.label, frozenset({Step.APPROVING}), _H, Step.FILED, other="asked_by"),
    M.DENY: Move(M.DENY.label, frozenset({Step.APPROVING}), _H, Step.COLLECTED, _TEXT, other="asked_by"),
    M.HANDLE: Move(M.HANDLE.label, frozenset({Step.FILED}), _H, Step.HANDLED, _TEXT, waits=False),
    M.ANSWER: Move(M.ANSWER.label, frozenset({Step.HANDLED}), _H, Step.ANSWERED, frozenset({"answer"})),
    M.CLOSE: Move(M.CLOSE.label, frozenset({Step.ANSWERED}), _H | _C, Step.CLOSED),
    M.REOPEN: Move(M.REOPEN.label, frozenset({Step.ANSWERED, Step.CLOSED}), _H | _R, Step.FILED, _TEXT),
    M.PASS_UP: Move(M.PASS_UP.label, WORKED, _H, asks=_TEXT, waits=False),
    M.PASS_DOWN: Move(M.PASS_DOWN.label, WORKED, _H, asks=_TEXT, waits=False),
    M.NOTE: Move(M.NOTE.label, OPEN, _H, asks=_TEXT),
    M.ASK_REMIT: Move(M.ASK_REMIT.label, WORKED - {Step.HANDLED}, _H, asks=_TEXT, waits=False),
    M.AGREE_REMIT: Move(M.AGREE_REMIT.label, WORKED - {Step.HANDLED}, _H, Step.CLOSED, other="asked_by", waits=True),
    M.REFUSE_REMIT: Move(M.REFUSE_REMIT.label, WORKED - {Step.HANDLED}, _H, asks=_TEXT, other="asked_by", waits=True),
    M.URGE: Move(M.URGE.label, OPEN, _A, asks=_TEXT),
    M.REMIND: Move(M.REMIND.label, OPEN, _C),
    M.ESCALATE: Move(M.ESCALATE.label, OPEN, _C),
}
# What who asks by a receipt code sees of the history, and of which moves also the words.
TOLD = frozenset({M.ANSWER, M.NOTE})
PUBLIC = frozenset({M.OPENED, M.COLLECT, M.FILE, M.HANDLE, M.ANSWER, M.CLOSE, M.REOPEN, M.PASS_UP, M.PASS_DOWN})
REOPEN_DAYS = 10  # after the answer; then the case closes by itself
RATE_DAYS = 30  # after the answer


class Unit(models.TextChoices):
    """How a time limit is counted: by the work calendar, or by the clock, day and night."""

    WORKDAYS = "workdays", _("个工作日")
    HOURS = "hours", _("小时")


class Side(models.TextChoices):
    RESIDENT = "resident", _("居民")
    TEAM = "team", _("办理方")


class ReportState(models.TextChoices):
    DRAFT = "draft", _("待提交")
    SENT = "sent", _("已提交")
    RETURNED = "returned", _("退回修改")
    ACCEPTED = "accepted", _("已阅")


class ReportEventKind(models.TextChoices):
    SENT = "sent", _("提交")
    RETURNED = "returned", _("退回修改")
    ACCEPTED = "accepted", _("已阅")
    COMMENTED = "commented", _("批注")
    CLOSED = "closed", _("关账")
    REOPENED = "reopened", _("重新打开")


# Which state a report moves to, and from which.
REPORT_MOVES: dict[str, tuple[frozenset, ReportState]] = {
    ReportEventKind.SENT: (frozenset({ReportState.DRAFT, ReportState.RETURNED}), ReportState.SENT),
    ReportEventKind.RETURNED: (frozenset({ReportState.SENT, ReportState.ACCEPTED}), ReportState.RETURNED),
    ReportEventKind.ACCEPTED: (frozenset({ReportState.SENT}), ReportState.ACCEPTED),
}
