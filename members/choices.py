from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.choices import Role
from gridparty.lib.access import Can
from grids.choices import AreaKind


class OrganisationKind(models.TextChoices):
    WORK_COMMITTEE = "work_committee", _("党工委")
    COMMITTEE = "committee", _("党委")
    GENERAL_BRANCH = "general_branch", _("党总支")
    BRANCH = "branch", _("党支部")
    GROUP = "group", _("党小组")


# Which kind may stand under which (None: the top of a tree, or an organisation of elsewhere).
_K = OrganisationKind
ALLOWED_ABOVE: dict[str, frozenset] = {
    _K.WORK_COMMITTEE: frozenset({None, _K.WORK_COMMITTEE}),
    _K.COMMITTEE: frozenset({None, _K.WORK_COMMITTEE}),
    _K.GENERAL_BRANCH: frozenset({None, _K.WORK_COMMITTEE, _K.COMMITTEE}),
    _K.BRANCH: frozenset({None, _K.WORK_COMMITTEE, _K.COMMITTEE, _K.GENERAL_BRANCH}),
    _K.GROUP: frozenset({_K.GENERAL_BRANCH, _K.BRANCH}),
}
# On which kinds of area an organisation of the neighbourhood stands; one of a unit stands where its unit does, or nowhere.
STANDS_ON: dict[str, frozenset] = {
    _K.WORK_COMMITTEE: frozenset({AreaKind.DISTRICT, AreaKind.STREET}),
    _K.COMMITTEE: frozenset({AreaKind.STREET, AreaKind.COMMUNITY}),
    _K.GENERAL_BRANCH: frozenset({AreaKind.COMMUNITY, AreaKind.GRID}),
    _K.BRANCH: frozenset({AreaKind.STREET, AreaKind.COMMUNITY, AreaKind.GRID}),
    _K.GROUP: frozenset({AreaKind.GRID, AreaKind.BUILDING}),
}


class UnitKind(models.TextChoices):
    GOVERNMENT = "government", _("机关")
    INSTITUTION = "institution", _("事业单位")
    STATE_ENTERPRISE = "state_enterprise", _("国有企业")
    SCHOOL = "school", _("学校")
    HOSPITAL = "hospital", _("医疗机构")
    PRIVATE_ENTERPRISE = "private_enterprise", _("非公有制企业")
    SOCIAL_ORGANISATION = "social_organisation", _("社会组织")
    OTHER = "other", _("其他")


# 两新: the new economic and social bodies.
NEW_BODIES = frozenset({UnitKind.PRIVATE_ENTERPRISE, UnitKind.SOCIAL_ORGANISATION})


class SeatTitle(models.TextChoices):
    SECRETARY = "secretary", _("书记")
    DEPUTY = "deputy", _("副书记")
    ORGANISER = "organiser", _("组织委员")
    PUBLICIST = "publicist", _("宣传委员")
    DISCIPLINE = "discipline", _("纪检委员")
    COMMITTEE = "committee", _("委员")
    GROUP_LEADER = "group_leader", _("党小组长")


# The role a seat gives on its organisation.
SEAT_ROLES: dict[str, Role] = {
    SeatTitle.SECRETARY: Role.BRANCH_SECRETARY,
    SeatTitle.DEPUTY: Role.BRANCH_SECRETARY,
    SeatTitle.ORGANISER: Role.COMMITTEE_MEMBER,
    SeatTitle.PUBLICIST: Role.COMMITTEE_MEMBER,
    SeatTitle.DISCIPLINE: Role.COMMITTEE_MEMBER,
    SeatTitle.COMMITTEE: Role.COMMITTEE_MEMBER,
    SeatTitle.GROUP_LEADER: Role.GROUP_LEADER,
}
ONE_HOLDER = frozenset({SeatTitle.SECRETARY, SeatTitle.GROUP_LEADER})


class Standing(models.TextChoices):
    """Where a membership is between joining and its end."""

    PROBATIONARY = "probationary", _("预备党员")
    FULL = "full", _("正式党员")


class MemberState(models.TextChoices):
    ACTIVE = "active", _("在册")
    FLOATING = "floating", _("流出")
    LOST = "lost", _("失联")
    TRANSFERRING = "transferring", _("转出待回执")
    GONE = "gone", _("已转出")
    SETTLED = "settled", _("已转出并核实")
    LEFT = "left", _("出党")
    DIED = "died", _("去世")


class MoveKind(models.TextChoices):
    ENROLLED = "enrolled", _("建档")
    CONFIRMED = "confirmed", _("转正")
    PROLONGED = "prolonged", _("延长预备期")
    RECLASSED = "reclassed", _("调整类别")
    FLOATED = "floated", _("流出")
    RETURNED = "returned", _("流回")
    LOST = "lost", _("失去联系")
    FOUND = "found", _("恢复联系")
    SENT = "sent", _("转出")
    RECEIVED = "received", _("转入")
    RECALLED = "recalled", _("撤回转出")
    REJOINED = "rejoined", _("转回")
    SETTLED = "settled", _("核实去向")
    REOPENED = "reopened", _("重新核实")
    LEFT = "left", _("出党")
    DIED = "died", _("去世")


_S, _M = MemberState, MoveKind
# From which state each move is allowed, and the state after it (None: stays).
MOVES: dict[str, tuple[frozenset, str | None]] = {
    _M.CONFIRMED: (frozenset({_S.ACTIVE, _S.FLOATING}), None),
    _M.PROLONGED: (frozenset({_S.ACTIVE, _S.FLOATING}), None),
    _M.RECLASSED: (frozenset({_S.ACTIVE, _S.FLOATING, _S.LOST}), None),
    _M.FLOATED: (frozenset({_S.ACTIVE}), _S.FLOATING),
    _M.RETURNED: (frozenset({_S.FLOATING}), _S.ACTIVE),
    _M.LOST: (frozenset({_S.ACTIVE, _S.FLOATING}), _S.LOST),
    _M.FOUND: (frozenset({_S.LOST}), _S.ACTIVE),
    _M.SENT: (frozenset({_S.ACTIVE, _S.FLOATING}), _S.TRANSFERRING),
    _M.RECEIVED: (frozenset({_S.TRANSFERRING}), _S.ACTIVE),
    _M.RECALLED: (frozenset({_S.TRANSFERRING}), _S.ACTIVE),
    _M.REJOINED: (frozenset({_S.GONE, _S.SETTLED, _S.LEFT}), _S.ACTIVE),
    _M.SETTLED: (frozenset({_S.GONE}), _S.SETTLED),
    _M.REOPENED: (frozenset({_S.SETTLED}), _S.GONE),
    _M.LEFT: (frozenset({_S.ACTIVE, _S.FLOATING, _S.LOST}), _S.LEFT),
    _M.DIED: (frozenset({_S.ACTIVE, _S.FLOATING, _S.LOST, _S.TRANSFERRING}), _S.DIED),
}


class ContactWay(models.TextChoices):
    """How somebody was in touch with a member."""

    VISIT = "visit", _("上门")
    PHONE = "phone", _("电话")
    MEETING = "meeting", _("见面")
    ONLINE = "online", _("网络")


# Who counts as a member of the organisation.
ON_ROLL = frozenset({_S.ACTIVE, _S.FLOATING, _S.LOST, _S.TRANSFERRING})


# --- Points


class SchemeState(models.TextChoices):
    """Where a year of points stands."""

    DRAFT = "draft", _("起草")
    IN_FORCE = "in_force", _("执行中")
    FROZEN = "frozen", _("已冻结")
    NOTICE = "notice", _("公示中")
    CLOSED = "closed", _("已定稿")
    SUPERSEDED = "superseded", _("已被新版取代")


class SchemeMove(models.TextChoices):
    PUBLISH = "publish", _("发布执行")
    SUPERSEDE = "supersede", _("被新版取代")
    FREEZE = "freeze", _("冻结")
    ANNOUNCE = "announce", _("公示")
    SIGN = "sign", _("定稿")
    REOPEN = "reopen", _("重新打开")


_Y, _T = SchemeState, SchemeMove
SCHEME_MOVES: dict[str, tuple[frozenset, str]] = {
    _T.PUBLISH: (frozenset({_Y.DRAFT}), _Y.IN_FORCE),
    _T.SUPERSEDE: (frozenset({_Y.IN_FORCE}), _Y.SUPERSEDED),
    _T.FREEZE: (frozenset({_Y.IN_FORCE}), _Y.FROZEN),
    _T.ANNOUNCE: (frozenset({_Y.FROZEN}), _Y.NOTICE),
    _T.SIGN: (frozenset({_Y.NOTICE}), _Y.CLOSED),
    _T.REOPEN: (frozenset({_Y.FROZEN, _Y.NOTICE, _Y.CLOSED}), _Y.IN_FORCE),
}
# The version of a scheme that counts in its area and year: there is one at most.
LIVE = frozenset({_Y.IN_FORCE, _Y.FROZEN, _Y.NOTICE, _Y.CLOSED})
# What the public page of a year shows.
PUBLISHED = frozenset({_Y.NOTICE, _Y.CLOSED})


class CapPeriod(models.TextChoices):
    YEAR = "year", _("每年")
    QUARTER = "quarter", _("每季度")
    MONTH = "month", _("每月")


class Proposer(models.TextChoices):
    """Who may propose an entry of an item: this one and everybody named below."""

    MEMBER = "member", _("党员本人")
    LEADER = "leader", _("党小组长或支部委员")
    BRANCH = "branch", _("支部书记")
    SYSTEM = "system", _("系统自动")


class Feed(models.TextChoices):
    """What other rooms find to be earned: which item of a scheme it goes to."""

    HOURS = "hours", _("服务时长")
    ATTENDANCE = "attendance", _("参加活动")


class Approver(models.TextChoices):
    BRANCH = "branch", _("支部书记")
    OFFICE = "office", _("社区或街道")


# The capability that proposing or approving takes; None: the member, or another room of the system.
PROPOSING: dict[str, Can | None] = {
    Proposer.MEMBER: Can.PROPOSE_POINTS,
    Proposer.LEADER: Can.PROPOSE_POINTS,
    Proposer.BRANCH: Can.DECIDE_POINTS,
    Proposer.SYSTEM: None,
}
APPROVING: dict[str, Can] = {Approver.BRANCH: Can.DECIDE_POINTS, Approver.OFFICE: Can.REVIEW_POINTS}


class EntryState(models.TextChoices):
    PROPOSED = "proposed", _("待审核")
    APPROVED = "approved", _("已记分")
    REFUSED = "refused", _("未通过")
    WITHDRAWN = "withdrawn", _("已撤回")


class AppealState(models.TextChoices):
    OPEN = "open", _("申诉中")
    UPHELD = "upheld", _("申诉成立")
    DISMISSED = "dismissed", _("申诉未成立")


class EntryMove(models.TextChoices):
    APPROVE = "approve", _("通过")
    REFUSE = "refuse", _("不通过")
    WITHDRAW = "withdraw", _("撤回")
    APPEAL = "appeal", _("申诉")
    UPHOLD = "uphold", _("申诉成立")
    DISMISS = "dismiss", _("申诉不成立")
    REVERSE = "reverse", _("冲正")


_E, _A, _V = EntryState, AppealState, EntryMove
# From which state and which state of appeal a move is allowed, and in which states of the year. Who may make it stands in
# members.actions.rulings: the member withdraws and appeals; who approves decides, never on their own points, and an appeal is
# answered by somebody who did not decide the entry.
ENTRY_MOVES: dict[str, tuple[frozenset, frozenset, frozenset]] = {
    _V.APPROVE: (frozenset({_E.PROPOSED}), frozenset({""}), frozenset({_Y.IN_FORCE})),
    _V.REFUSE: (frozenset({_E.PROPOSED}), frozenset({""}), frozenset({_Y.IN_FORCE})),
    _V.WITHDRAW: (frozenset({_E.PROPOSED}), frozenset({""}), frozenset({_Y.IN_FORCE})),
    _V.APPEAL: (frozenset({_E.APPROVED, _E.REFUSED}), frozenset({""}), frozenset({_Y.IN_FORCE, _Y.FROZEN, _Y.NOTICE})),
    _V.UPHOLD: (frozenset({_E.APPROVED, _E.REFUSED}), frozenset({_A.OPEN}), frozenset({_Y.IN_FORCE, _Y.FROZEN, _Y.NOTICE})),
    _V.DISMISS: (frozenset({_E.APPROVED, _E.REFUSED}), frozenset({_A.OPEN}), frozenset({_Y.IN_FORCE, _Y.FROZEN, _Y.NOTICE})),
    _V.REVERSE: (frozenset({_E.APPROVED}), frozenset({"", _A.DISMISSED}), frozenset({_Y.IN_FORCE})),
}
