"""Service teams: founded, changed, closed; who joins and leaves. A team's leader is one of its members."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _

from audit.operations import action
from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import today
from grids.actions import place
from grids.models import Area
from members.models import Member
from services.choices import ActivityState
from services.errors import ActivityRefused
from services.gatherings import leads, members_at
from services.models import Team, TeamMember


@dataclass(frozen=True)
class NewTeam:
    area: Area
    name: str
    purpose: str = ""
    leader: Member | None = field(default=None, repr=False)
    founded_on: date | None = None


@action("services.found_team")
def found_team(*, new: NewTeam, by) -> Team:
    """Raises ActivityRefused."""
    team = Team()
    _fill(team, new, by)
    team.save()
    _join(team, [new.leader] if new.leader else [])
    return team


@action("services.change_team")
def change_team(*, team: Team, new: NewTeam, by) -> Team:
    """Who led it stays a member. Raises ActivityRefused."""
    team = _held(team)
    _check_runs(team.area, by)
    _fill(team, new, by)
    team.save()
    _join(team, [new.leader] if new.leader else [])
    return team


@action("services.close_team")
def close_team(*, team: Team, by) -> Team:
    """The team ends today, and with it the places of its members. Raises ActivityRefused while activities of it are open."""
    team = _held(team)
    _check_runs(team.area, by)
    if number := team.activities.filter(state=ActivityState.OPEN).count():
        raise ActivityRefused(_("“%(team)s”还有 %(n)d 个没有办结的活动，请先办结或取消。") % {"team": team.name, "n": number})
    team.closed_on = today()
    team.save()
    team.members.filter(left_on=None).update(left_on=today())
    return team


@action("services.join_team")
def join_team(*, team: Team, members: Iterable[Member], by) -> int:
    """Add members; who is one already stays it. Returns how many are new. By who runs services there, or the leader.

    Raises ActivityRefused.
    """
    team = _held(team)
    if by is not None and not leads(team, by):
        _check_runs(team.area, by)
    return _join(team, list(members))


@action("services.leave_team")
def leave_team(*, place: TeamMember, by) -> TeamMember:
    """A member leaves: by themselves, the leader, or who runs services there. Raises ActivityRefused."""
    team = _held(place.team)
    place = TeamMember.objects.select_related("member__person").get(pk=place.pk)
    if by is not None and by.pk != place.member.person.user_id and not leads(team, by):
        _check_runs(team.area, by)
    if place.left_on is not None:
        return place
    if place.member_id == team.leader_id:
        raise ActivityRefused(_("%(name)s是队长，请先改选队长再退出。") % {"name": place.member.name})
    place.left_on = today()
    place.save()
    return place


def _held(team: Team) -> Team:
    """The row as it is now, locked."""
    Team.objects.select_for_update().filter(pk=team.pk).values_list("pk", flat=True).get()
    team = Team.objects.select_related("area", "leader__person").get(pk=team.pk)
    if team.closed_on is not None:
        raise ActivityRefused(_("“%(team)s”已撤销，不能再修改。") % {"team": team.name})
    return team


def _check_runs(area: Area, by) -> None:
    if by is not None and not scope_of(by).covers(Can.RUN_SERVICES, area):
        raise ActivityRefused(_("“%(area)s”不在您的管理范围内，请选择本辖区。") % {"area": area.name})


def _fill(team: Team, new: NewTeam, by) -> None:
    _check_runs(new.area, by)
    name = new.name.strip()
    if not name:
        raise ActivityRefused(_("请填写队伍名称。"))
    if Team.objects.open().filter(area=new.area, name=name).exclude(pk=team.pk).exists():
        raise ActivityRefused(_("%(area)s已有“%(team)s”，请换一个名称。") % {"area": new.area.name, "team": name})
    if new.founded_on and new.founded_on > today():
        raise ActivityRefused(_("成立日期在今天之后，请核对。"))
    place(row=team, area=new.area)
    team.name, team.purpose, team.leader, team.founded_on = name, new.purpose.strip(), new.leader, new.founded_on


def _join(team: Team, members: list[Member]) -> int:
    known = set(team.members.filter(member__in=members, left_on=None).values_list("member", flat=True))
    new = {member.pk: member for member in members if member.pk not in known}
    there = set(members_at(team.area).filter(pk__in=new).values_list("pk", flat=True))
    for pk, member in new.items():
        if pk not in there:
            words = {"name": member.name, "area": team.area.name}
            raise ActivityRefused(_("%(name)s不是居住在%(area)s或组织关系在当地的在册党员，不能加入。") % words)
    TeamMember.objects.bulk_create(TeamMember(team=team, member_id=pk, joined_on=today()) for pk in sorted(new))
    return len(new)
