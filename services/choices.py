"""States and allowed moves of posts, claims, hours and feedback cards."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from gridparty.lib.access import Can
from gridparty.lib.moves import Move

# --- Posts


class Origin(models.TextChoices):
    """Who found that a post is wanted."""

    NEED = "need", _("居民需要")
    PROPOSAL = "proposal", _("党员建议")
    COMMUNITY = "community", _("社区设置")


class PostState(models.TextChoices):
    """公开设岗 (FIELD.md §5): drafted, handed in, published, ended."""

    DRAFT = "draft", _("草稿")
    SUBMITTED = "submitted", _("待审批")
    PUBLISHED = "published", _("招募中")
    ENDED = "ended", _("已结束")
    DISCARDED = "discarded", _("未采用")


class PostMove(models.TextChoices):
    SUBMIT = "submit", _("提交审批")
    PUBLISH = "publish", _("发布")
    RETURN = "return", _("退回修改")
    DISCARD = "discard", _("不采用")
    END = "end", _("结束")


_P, _V = PostState, PostMove
POST_MOVES: dict[str, Move] = {
    _V.SUBMIT: Move(frozenset({_P.DRAFT}), _P.SUBMITTED, Can.RUN_SERVICES),
    _V.PUBLISH: Move(frozenset({_P.DRAFT, _P.SUBMITTED}), _P.PUBLISHED, Can.APPROVE_SERVICES),
    _V.RETURN: Move(frozenset({_P.SUBMITTED}), _P.DRAFT, Can.APPROVE_SERVICES, asks=True),
    _V.DISCARD: Move(frozenset({_P.DRAFT, _P.SUBMITTED}), _P.DISCARDED, Can.APPROVE_SERVICES, asks=True),
    _V.END: Move(frozenset({_P.PUBLISHED}), _P.ENDED, Can.RUN_SERVICES, asks=True),  # or the clock, after its last day
}


class Weekday(models.IntegerChoices):
    MONDAY = 0, _("星期一")
    TUESDAY = 1, _("星期二")
    WEDNESDAY = 2, _("星期三")
    THURSDAY = 3, _("星期四")
    FRIDAY = 4, _("星期五")
    SATURDAY = 5, _("星期六")
    SUNDAY = 6, _("星期日")


class ClaimState(models.TextChoices):
    """认领: 公开设岗→党员选岗→组织定岗→上岗 (FIELD.md §5)."""

    WAITING = "waiting", _("候补")
    APPLIED = "applied", _("待确认")
    APPROVED = "approved", _("已定岗")
    SERVING = "serving", _("在岗")
    ENDED = "ended", _("已离岗")
    WITHDRAWN = "withdrawn", _("已退出")
    REFUSED = "refused", _("未通过")


class ClaimMove(models.TextChoices):
    APPROVE = "approve", _("同意")
    REFUSE = "refuse", _("不同意")
    WITHDRAW = "withdraw", _("退出")
    RELEASE = "release", _("离岗")
    TAKE_UP = "take_up", _("候补递补")
    START = "start", _("上岗")


_C, _W = ClaimState, ClaimMove
CLAIM_MOVES: dict[str, Move] = {
    _W.APPROVE: Move(frozenset({_C.APPLIED}), _C.APPROVED, Can.RUN_SERVICES),  # serving at once where the term has begun
    _W.REFUSE: Move(frozenset({_C.APPLIED, _C.WAITING}), _C.REFUSED, Can.RUN_SERVICES, asks=True),
    _W.WITHDRAW: Move(frozenset({_C.WAITING, _C.APPLIED, _C.APPROVED}), _C.WITHDRAWN),
    _W.RELEASE: Move(frozenset({_C.APPROVED, _C.SERVING}), _C.ENDED, Can.RUN_SERVICES, asks=True),
    _W.TAKE_UP: Move(frozenset({_C.WAITING}), _C.APPLIED),
    _W.START: Move(frozenset({_C.APPROVED}), _C.SERVING),
}
HOLDING = frozenset({_C.APPLIED, _C.APPROVED, _C.SERVING})  # claims that hold a place
LIVE = HOLDING | {_C.WAITING}  # one of a member and post at a time
SERVED = frozenset({_C.SERVING, _C.ENDED})  # what a feedback card counts


class AbsenceState(models.TextChoices):
    """A no-show, and what came of the member's explanation."""

    NOTED = "noted", _("未到")
    EXPLAINED = "explained", _("已说明")
    EXCUSED = "excused", _("已谅解")
    UPHELD = "upheld", _("维持记录")


# --- Activities and hours


class ActivityState(models.TextChoices):
    OPEN = "open", _("报名中")
    HELD = "held", _("已举办")
    CANCELLED = "cancelled", _("已取消")


class SignUpState(models.TextChoices):
    WAITING = "waiting", _("候补")
    SIGNED = "signed", _("已报名")
    WITHDRAWN = "withdrawn", _("已退出")


class Attended(models.TextChoices):
    QR = "qr", _("扫码")
    TICK = "tick", _("现场勾选")


class HoursState(models.TextChoices):
    PROPOSED = "proposed", _("待确认")
    CONFIRMED = "confirmed", _("已确认")
    REFUSED = "refused", _("不予确认")
    WITHDRAWN = "withdrawn", _("已撤回")
    TAKEN_BACK = "taken_back", _("已更正")


STANDING_HOURS = frozenset({HoursState.PROPOSED, HoursState.CONFIRMED})  # what other hours may not overlap


# --- Feedback cards


class PeriodKind(models.TextChoices):
    YEAR = "year", _("每年")
    HALF = "half", _("每半年")
    QUARTER = "quarter", _("每季度")


class CardState(models.TextChoices):
    DRAFT = "draft", _("待填评语")
    SUBMITTED = "submitted", _("待审批")
    APPROVED = "approved", _("待发出")
    SENT = "sent", _("待单位回执")
    ANSWERED = "answered", _("已回执")
    DROPPED = "dropped", _("不反馈")


class CardMove(models.TextChoices):
    SUBMIT = "submit", _("提交审批")
    APPROVE = "approve", _("审批通过")
    RETURN = "return", _("退回修改")
    SEND = "send", _("发出")
    REVOKE = "revoke", _("撤回重发")
    DROP = "drop", _("不反馈")


_K, _D = CardState, CardMove
CARD_MOVES: dict[str, Move] = {
    _D.SUBMIT: Move(frozenset({_K.DRAFT}), _K.SUBMITTED, Can.KEEP_CARDS),
    _D.APPROVE: Move(frozenset({_K.DRAFT, _K.SUBMITTED}), _K.APPROVED, Can.APPROVE_SERVICES),
    _D.RETURN: Move(frozenset({_K.SUBMITTED, _K.APPROVED}), _K.DRAFT, Can.APPROVE_SERVICES, asks=True),
    _D.SEND: Move(frozenset({_K.APPROVED}), _K.SENT, Can.KEEP_CARDS),
    _D.REVOKE: Move(frozenset({_K.SENT}), _K.APPROVED, Can.KEEP_CARDS, asks=True),  # its links and codes end
    _D.DROP: Move(frozenset({_K.DRAFT, _K.SUBMITTED, _K.APPROVED}), _K.DROPPED, Can.KEEP_CARDS, asks=True),
}


class SentBy(models.TextChoices):
    LINK = "link", _("链接")
    PAPER = "paper", _("纸质")


class Answer(models.TextChoices):
    CONFIRMED = "confirmed", _("已知悉")
    REMARKED = "remarked", _("有意见")
    NOT_OURS = "not_ours", _("已不在本单位")


SHOWN = frozenset({_K.SENT, _K.ANSWERED})  # cards that the employer, and so the member, may see
