"""What members see of themselves on the phone, read: a year's points, what something new would count for, who looked at them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Appointment
from audit.models import ViewEntry
from gridparty.lib.dates import day_of, today
from members.choices import ENTRY_MOVES, ON_ROLL, EntryMove, Proposer, SchemeState
from members.models import Member, MemberMove, NamedDay, PointBalance, PointEntry, PointItem
from members.points import (
    Account,
    Chance,
    Explained,
    approved_entries,
    chances,
    factor_on,
    period_in_words,
    plain,
    reckon,
    rulebook,
    to_half,
)

# --- The year


def years_of(user) -> list[PointBalance]:
    """One's own balances, the latest year first, with scheme, organisation and class at hand."""
    rows = PointBalance.objects.own(user).select_related("scheme", "organisation", "member_class", "member")
    return list(rows.order_by("-year"))


def chosen(balances: list[PointBalance], year: str) -> PointBalance | None:
    """That of the year asked for, else of this year, else the latest."""
    wanted = int(year) if year.isdecimal() and len(year) == 4 else today().year
    return next((row for row in balances if row.year == wanted), balances[0] if balances else None)


def is_open(balance: PointBalance) -> bool:
    """Whether the member can earn points in that year."""
    return balance.scheme.state == SchemeState.IN_FORCE and balance.ranked


def unranked_because(balance: PointBalance) -> str:
    """Why somebody takes no part, in words; empty for who does."""
    if balance.ranked:
        return ""
    if balance.member.state not in ON_ROLL:
        return _("您的组织关系已不在本组织（%(state)s），不参加排名，也不再记分。") % {
            "state": balance.member.get_state_display()
        }
    return _("按本年度积分办法，“%(name)s”不参加积分。") % {"name": balance.member_class.name}


def last_day(year: int) -> date:
    """The last day of the year on which something can have been done."""
    return min(today(), date(year, 12, 31))


# --- Proposing


def proposable(chances_of: Iterable[Chance]) -> list[Chance]:
    """Those of the chances that members propose for themselves."""
    return [chance for chance in chances_of if chance.item.proposer == Proposer.MEMBER]


def account_of(balance: PointBalance) -> Account:
    """What has been earned in that year. Two queries."""
    return reckon(balance.scheme, rulebook(balance.year), approved_entries([balance.pk]).get(balance.pk, ()))


def chances_in(balance: PointBalance, account: Account) -> list[Chance]:
    """What can still be earned in that year, beside what has been. Two queries."""
    return chances(balance, account, last_day(balance.year))


@dataclass(frozen=True)
class Left:
    """A chance in words: what one earns by it, and how much of it is left."""

    item: PointItem
    earns: str
    left: str
    is_used_up: bool


def in_words(chance: Chance, on: date) -> Left:
    item, period = chance.item, period_in_words(on, chance.item.cap_period)
    words = {"period": period, "cap": plain(item.cap), "used": plain(chance.used), "left": plain(chance.left)}
    words |= {"category": item.category.name, "all": plain(item.category.cap)}
    parts = [_("%(period)s最多%(cap)s分，已计%(used)s分") % words] if item.cap is not None else []
    if chance.left is None:
        parts.append(_("不封顶"))
    elif item.cap is None or chance.left < item.cap - chance.used:
        parts.append(_("“%(category)s”全年最多%(all)s分，还可计%(left)s分") % words)
    else:
        parts.append(_("还可计%(left)s分") % words)
    return Left(item, each(item), "，".join(parts), chance.left == 0)


def each(item: PointItem) -> str:
    """1分/小时"""
    return _("%(points)s分/%(per)s") % {"points": plain(item.points), "per": item.per}


def in_short(chance: Chance) -> str:
    """A chance as a choice: 志愿服务（1分/小时，还可计10分）"""
    words = {"name": chance.item.name, "each": each(chance.item), "left": plain(chance.left)}
    if chance.left is None:
        return _("%(name)s（%(each)s）") % words
    return (_("%(name)s（%(each)s，还可计%(left)s分）") if chance.left else _("%(name)s（%(each)s，已记满）")) % words


def worth(account: Account, item: PointItem, on: date, quantity: Decimal) -> str:
    """What something done on that day would count for if it were approved now, and why not for more, in words. One query."""
    factor = factor_on(NamedDay.objects.filter(scheme=account.scheme), on)
    points = to_half(item.points * quantity * factor)
    line = account.add(0, item.pk, on, points)
    words = {"points": plain(points), "counted": plain(line.counted), "quantity": plain(quantity), "per": item.per}
    words |= {"each": plain(item.points), "times": _("，%(n)s倍") % {"n": plain(factor)} if factor != 1 else ""}
    told = _("%(quantity)s%(per)s，每%(per)s%(each)s分%(times)s，共%(points)s分；按目前积分可计入%(counted)s分。") % words
    return told + "".join(Explained(PointEntry(on=on), account.rules[item.pk], line).why)


# --- One entry


def moves_of(entry: PointEntry, user) -> set[str]:
    """What the member may do with an entry of their own now: withdraw what they proposed, appeal against what was decided."""
    found = set()
    for move in (EntryMove.WITHDRAW, EntryMove.APPEAL):
        states, appeals, years = ENTRY_MOVES[move]
        fits = entry.state in states and entry.appeal in appeals and entry.balance.scheme.state in years
        if fits and not entry.reverses_id and not hasattr(entry, "reversal"):
            found.add(move)
    return found if entry.proposed_by_id == user.pk else found - {EntryMove.WITHDRAW}


# --- My data


def history_of(member: Member) -> QuerySet[MemberMove]:
    """The steps of a membership, the latest first."""
    return MemberMove.objects.filter(member=member).select_related("from_organisation", "to_organisation").order_by("-id")


# --- Who looked

# What the view log calls purposes.
PURPOSES = {
    "members.member": gettext_lazy("查看党员档案"),
    "members.enrol": gettext_lazy("党员建档"),
    "members.points": gettext_lazy("查看积分"),
    "people.person": gettext_lazy("查看居民档案"),
    "phone": gettext_lazy("查看联系电话"),
    "id_number": gettext_lazy("查看证件号码"),
}


@dataclass(frozen=True)
class Look:
    entry: ViewEntry
    who: str
    posts: str
    purpose: str


def looks_at(member: Member) -> QuerySet[ViewEntry]:
    """The view log about a member, the latest first; of whom others have on record only what is about the membership."""
    about = Q(model=Member._meta.label_lower, object_id=member.pk)
    if not member.known_as:
        about |= Q(model="people.person", object_id=member.person_id)
    return ViewEntry.objects.filter(about).select_related("actor").order_by("-id")


def in_looks(entries: Iterable[ViewEntry], user) -> list[Look]:
    """Entries of the view log as the member reads them, with the posts held then. One query."""
    entries = list(entries)
    posts = defaultdict(list)
    for post in Appointment.objects.filter(user__in={entry.actor_id for entry in entries}).select_related("area").order_by("pk"):
        posts[post.user_id].append(post)
    return [_look(entry, posts[entry.actor_id], user) for entry in entries]


def _look(entry: ViewEntry, posts: list[Appointment], user) -> Look:
    typed = "" if entry.purpose.isascii() else entry.purpose
    purpose = str(PURPOSES.get(entry.purpose, typed))
    if entry.actor_id == user.pk:
        return Look(entry, _("您本人"), "", purpose)
    held = [post for post in posts if _held_then(post, entry)]
    words = [f"{post.get_role_display()}（{post.area.name}）" if post.area else post.get_role_display() for post in held]
    return Look(entry, entry.actor.name if entry.actor else _("系统"), "、".join(dict.fromkeys(words)), purpose)


def _held_then(post: Appointment, entry: ViewEntry) -> bool:
    day = day_of(entry.at)
    in_term = post.starts_on <= day and (post.ends_on is None or day <= post.ends_on)
    return in_term and (post.ended_at is None or entry.at < post.ended_at)
