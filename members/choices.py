from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.choices import Role
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
    _M.REJOINED: (frozenset({_S.GONE, _S.LEFT}), _S.ACTIVE),
    _M.LEFT: (frozenset({_S.ACTIVE, _S.FLOATING, _S.LOST}), _S.LEFT),
    _M.DIED: (frozenset({_S.ACTIVE, _S.FLOATING, _S.LOST, _S.TRANSFERRING}), _S.DIED),
}
# Who counts as a member of the organisation.
ON_ROLL = frozenset({_S.ACTIVE, _S.FLOATING, _S.LOST, _S.TRANSFERRING})
