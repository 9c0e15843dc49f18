"""States and allowed moves of agreements, commitments, reports, meetings and resolutions."""

from math import ceil

from django.db import models
from django.utils.translation import gettext_lazy as _

from gridparty.lib.access import Can
from gridparty.lib.moves import Move

# --- Agreements


class Side(models.TextChoices):
    """Whose duty it is: the party organisation of the neighbourhood (甲方), or the unit (乙方)."""

    OURS = "ours", _("社区方")
    THEIRS = "theirs", _("单位方")


class AgreementState(models.TextChoices):
    DRAFT = "draft", _("草稿")
    OFFERED = "offered", _("待对方确认")
    AGREED = "agreed", _("待签订")
    IN_FORCE = "in_force", _("履行中")
    EXPIRED = "expired", _("已到期")
    ENDED = "ended", _("已终止")
    DISCARDED = "discarded", _("未签订")


class AgreementMove(models.TextChoices):
    OFFER = "offer", _("送对方确认")
    AGREE = "agree", _("对方同意")
    OBJECT = "object", _("对方提出修改")
    RECALL = "recall", _("撤回修改")
    SIGN = "sign", _("登记签订")
    DISCARD = "discard", _("不再签订")
    END = "end", _("提前终止")
    EXPIRE = "expire", _("到期")


_A, _M = AgreementState, AgreementMove
AGREEMENT_MOVES: dict[str, Move] = {
    _M.OFFER: Move(frozenset({_A.DRAFT}), _A.OFFERED, Can.RUN_LIAISON),
    _M.AGREE: Move(frozenset({_A.OFFERED}), _A.AGREED),  # the unit, by its link
    _M.OBJECT: Move(frozenset({_A.OFFERED}), _A.DRAFT, asks=True),  # the unit, by its link
    _M.RECALL: Move(frozenset({_A.OFFERED, _A.AGREED}), _A.DRAFT, Can.RUN_LIAISON, asks=True),
    _M.SIGN: Move(frozenset({_A.OFFERED, _A.AGREED}), _A.IN_FORCE, Can.SIGN_AGREEMENTS),  # on paper, so without the link too
    _M.DISCARD: Move(frozenset({_A.DRAFT, _A.OFFERED, _A.AGREED}), _A.DISCARDED, Can.RUN_LIAISON, asks=True),
    _M.END: Move(frozenset({_A.IN_FORCE}), _A.ENDED, Can.SIGN_AGREEMENTS, asks=True),
    _M.EXPIRE: Move(frozenset({_A.IN_FORCE}), _A.EXPIRED),  # the clock, after the last day
}
# Of one area and unit no two of these may share a day; a draft is checked when it is offered.
BINDING = frozenset({_A.OFFERED, _A.AGREED, _A.IN_FORCE})
WITH_THE_UNIT = BINDING  # what its link opens
REMIND_DAYS = (60, 30, 7)  # before the last day


class Every(models.TextChoices):
    """A commitment that comes again: one row for each time within the term."""

    ONCE = "once", _("一次")
    MONTH = "month", _("每月")
    QUARTER = "quarter", _("每季度")
    HALF = "half", _("每半年")
    YEAR = "year", _("每年")


class CommitmentState(models.TextChoices):
    OPEN = "open", _("待完成")
    REPORTED = "reported", _("待核实")
    DONE = "done", _("已完成")
    DROPPED = "dropped", _("不再办理")


class CommitmentMove(models.TextChoices):
    REPORT = "report", _("报告完成")
    CONFIRM = "confirm", _("核实通过")
    RETURN = "return", _("退回")
    FINISH = "finish", _("登记完成")
    REOPEN = "reopen", _("重新办理")
    DROP = "drop", _("不再办理")


_C, _D = CommitmentState, CommitmentMove
COMMITMENT_MOVES: dict[str, Move] = {
    _D.REPORT: Move(frozenset({_C.OPEN}), _C.REPORTED),  # the unit, by its link, of its own side
    _D.CONFIRM: Move(frozenset({_C.REPORTED}), _C.DONE, Can.RUN_LIAISON),
    _D.RETURN: Move(frozenset({_C.REPORTED}), _C.OPEN, Can.RUN_LIAISON, asks=True),
    _D.FINISH: Move(frozenset({_C.OPEN}), _C.DONE, Can.RUN_LIAISON),  # what was done is said, as evidence
    _D.REOPEN: Move(frozenset({_C.DONE, _C.DROPPED}), _C.OPEN, Can.RUN_LIAISON, asks=True),
    _D.DROP: Move(frozenset({_C.OPEN, _C.REPORTED}), _C.DROPPED, Can.RUN_LIAISON, asks=True),
}


class ReportState(models.TextChoices):
    """季度书面汇报 (FIELD.md §6)."""

    DRAFT = "draft", _("待提交")
    SENT = "sent", _("已提交")


# --- Meetings


class BodyKind(models.TextChoices):
    JOINT_MEETING = "joint_meeting", _("党建联席会")
    GRID_HEADS = "grid_heads", _("网格党组织负责人例会")
    CONGRESS = "congress", _("党员大会")


class Quorum(models.TextChoices):
    """How many of those with a vote must be there for resolutions to be passed."""

    NONE = "none", _("不要求")
    HALF = "half", _("过半数")
    TWO_THIRDS = "two_thirds", _("三分之二以上")
    FOUR_FIFTHS = "four_fifths", _("五分之四以上")

    def of(self, voters: int) -> int:
        """The least number that must be there."""
        least = {Quorum.HALF: voters // 2 + 1, Quorum.TWO_THIRDS: ceil(voters * 2 / 3), Quorum.FOUR_FIFTHS: ceil(voters * 4 / 5)}
        return least.get(self, 0) if voters else 0


class MeetingState(models.TextChoices):
    PLANNED = "planned", _("筹备中")
    CONVENED = "convened", _("已通知")
    HELD = "held", _("已召开")
    CLOSED = "closed", _("纪要已发")
    CANCELLED = "cancelled", _("已取消")


class MeetingMove(models.TextChoices):
    CONVENE = "convene", _("发出通知")
    HOLD = "hold", _("登记到会")
    CLOSE = "close", _("发出纪要")
    REOPEN = "reopen", _("更正纪要")
    CANCEL = "cancel", _("取消会议")


_T, _V = MeetingState, MeetingMove
MEETING_MOVES: dict[str, Move] = {
    _V.CONVENE: Move(frozenset({_T.PLANNED}), _T.CONVENED, Can.RUN_LIAISON),
    _V.HOLD: Move(frozenset({_T.CONVENED}), _T.HELD, Can.RUN_LIAISON),  # on its day or later
    _V.CLOSE: Move(frozenset({_T.HELD}), _T.CLOSED, Can.RUN_LIAISON),  # every earlier resolution on the agenda was checked
    _V.REOPEN: Move(frozenset({_T.CLOSED}), _T.HELD, Can.RUN_LIAISON, asks=True),
    _V.CANCEL: Move(frozenset({_T.PLANNED, _T.CONVENED}), _T.CANCELLED, Can.RUN_LIAISON, asks=True),
}
INVITED_TO = frozenset({_T.CONVENED, _T.HELD, _T.CLOSED})  # what those invited see


class Reply(models.TextChoices):
    COMING = "coming", _("参加")
    PROXY = "proxy", _("委托他人参加")
    EXCUSED = "excused", _("请假")


class Check(models.TextChoices):
    """What a later meeting found of an earlier resolution."""

    GOES_ON = "goes_on", _("继续办理")
    DONE = "done", _("已落实")
    DROPPED = "dropped", _("不再办理")


class ResolutionState(models.TextChoices):
    OPEN = "open", _("办理中")
    REPORTED = "reported", _("待核实")
    DONE = "done", _("已落实")
    DROPPED = "dropped", _("不再办理")


class ResolutionMove(models.TextChoices):
    REPORT = "report", _("报告办结")
    CONFIRM = "confirm", _("核实通过")
    RETURN = "return", _("退回")
    FINISH = "finish", _("登记落实")
    REOPEN = "reopen", _("重新办理")
    DROP = "drop", _("不再办理")
    EXTEND = "extend", _("延期")


_R, _W = ResolutionState, ResolutionMove
RESOLUTION_MOVES: dict[str, Move] = {
    _W.REPORT: Move(frozenset({_R.OPEN}), _R.REPORTED),  # the owner
    _W.CONFIRM: Move(frozenset({_R.REPORTED}), _R.DONE, Can.RUN_LIAISON),
    _W.RETURN: Move(frozenset({_R.REPORTED}), _R.OPEN, Can.RUN_LIAISON, asks=True),
    _W.FINISH: Move(frozenset({_R.OPEN}), _R.DONE, Can.RUN_LIAISON),  # what was done is said
    _W.REOPEN: Move(frozenset({_R.DONE, _R.DROPPED}), _R.OPEN, Can.RUN_LIAISON, asks=True),
    _W.DROP: Move(frozenset({_R.OPEN, _R.REPORTED}), _R.DROPPED, Can.RUN_LIAISON, asks=True),
    _W.EXTEND: Move(frozenset({_R.OPEN}), _R.OPEN, Can.RUN_LIAISON, asks=True),
}
OPEN_RESOLUTIONS = frozenset({_R.OPEN, _R.REPORTED})
