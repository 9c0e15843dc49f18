"""The branch as its leaders keep it from the phone: who belongs, who is due, what waits to be decided, whose day it is (C2, C4).

An organisation comes through its door once (`keep`); what is read of it after that belongs to it.
"""

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import Week, today
from members.choices import (
    PROPOSING,
    Approver,
    EntryState,
    OrganisationKind,
    Proposer,
    SchemeState,
)
from members.models import (
    Contact,
    ItemClass,
    ManagementMode,
    Member,
    PartyOrganisation,
    PointBalance,
    PointEntry,
    PointItem,
    PointScheme,
)
from members.points import (
    approved_entries,
    board,
    exempt_classes,
    in_order,
    places_of,
    places_on,
    ranked_together,
    reckon,
    rulebook,
    unnumbered,
    was_undone,
    with_groups,
)
from members.queries import ELECTION_SOON, contact_due, with_contact

DUE_SOON = timedelta(days=7)
MOST_ORGANISATIONS = 200


# --- Organisations


@dataclass(frozen=True)
class Kept:
    """An organisation within the reach of somebody, and those of its groups that are."""

    organisation: PartyOrganisation
    groups: list[PartyOrganisation]

    @property
    def keys(self) -> list[int]:
        return [self.organisation.pk, *(group.pk for group in self.groups)]


def keep(user, key: int, can: Can) -> Kept | None:
    """The organisation of this key if this capability of `user` reaches it. One query, two for who holds a seat."""
    rows = PartyOrganisation.objects.kept_by(user, can).open().filter(pk__in=with_groups(key)).select_related("community")
    found = {row.pk: row for row in rows.order_by("pk")}
    organisation = found.pop(key, None)
    return organisation and Kept(organisation, list(found.values()))


def organisations_of(user, can: Can) -> list[PartyOrganisation]:
    """Those this capability of `user` reaches, each above those under it; at most MOST_ORGANISATIONS."""
    rows = PartyOrganisation.objects.kept_by(user, can).open().select_related("community").order_by("pk")[:MOST_ORGANISATIONS]
    return sorted(rows, key=lambda row: [int(key) for key in row.path.strip("/").split("/")])


def only_one(rows: Sequence[PartyOrganisation]) -> PartyOrganisation | None:
    """The organisation all of these are: the only one, or the branch whose groups the others are."""
    first = rows[0] if rows else None
    groups = all(row.kind == OrganisationKind.GROUP and row.parent_id == first.pk for row in rows[1:])
    return first if groups else None


def is_election_due(organisation: PartyOrganisation) -> bool:
    """Within half a year, or overdue."""
    return bool(organisation.next_election_on) and organisation.next_election_on <= today() + ELECTION_SOON


# --- Members and what is due


@dataclass(frozen=True)
class Due:
    """What is to be said of the contact with a member: in words, and how it stands (good, watch, late)."""

    words: str
    state: str
    order: int  # the most urgent first

    @property
    def is_late(self) -> bool:
        return self.state == "late"


def due_of(member: Member, on: date) -> Due:
    """Of a `with_contact` row. Late once the interval of the management mode is over, or when nobody was in touch yet."""
    due = contact_due(member)
    if due is None:
        return Due(_("尚未联系"), "late", -100_000)
    left = (due - on).days
    if left < 0:
        return Due(_("联系逾期%d天") % -left, "late", left)
    if left <= DUE_SOON.days:
        return Due(_("%(month)d月%(day)d日前联系") % {"month": due.month, "day": due.day}, "watch", left)
    ago = (on - member.contacted_on).days
    return Due(_("%d天前联系过") % ago if ago else _("今天联系过"), "good", left)


def roll(keys: Iterable[int]) -> QuerySet[Member]:
    """Who belongs to these organisations, with all that a row shows and the last contact."""
    rows = Member.objects.on_roll().filter(organisation__in=keys).select_related("person", "member_class", "organisation")
    # The numbers a row does not show are not opened.
    rows = rows.defer("phone", "person__phone", "person__id_number")
    return with_contact(rows).order_by("person__pinyin", "pk")


@dataclass(frozen=True)
class Row:
    """One member on the page of the branch: `place` among all of the branch, None where not ranked; `waiting` proposals."""

    member: Member
    due: Due
    balance: PointBalance | None
    place: int | None
    waiting: int


def rows_of(kept: Kept, year: int, on: date) -> list[Row]:
    """By class, the most urgent contact first. Three queries."""
    members = list(roll(kept.keys))
    rows = PointBalance.objects.filter(year=year, organisation__in=ranked_together(kept.organisation))
    balances = {row.member_id: row for row in rows.defer("earned", "counted")}
    places = places_of(row.total for row in balances.values() if row.ranked)
    proposed = PointEntry.objects.filter(state=EntryState.PROPOSED, balance__in=balances.values())
    waiting = dict(proposed.order_by().values_list("balance__member").annotate(n=Count("pk")))
    found = [
        Row(
            member,
            due_of(member, on),
            (balance := balances.get(member.pk)),
            places.get(balance.total) if balance and balance.ranked else None,
            waiting.get(member.pk, 0),
        )
        for member in members
    ]
    return sorted(found, key=lambda row: (row.member.member_class_id, row.due.order))


def average_of(rows: Iterable[PointBalance | None]) -> Decimal | None:
    """Of those who take part, to the tenth."""
    totals = [row.total for row in rows if row is not None and row.ranked]
    return (sum(totals) / len(totals)).quantize(Decimal("0.1")) if totals else None


@dataclass(frozen=True)
class Scoring:
    """How many items this one proposes and that one approves."""

    proposer: str
    approver: str
    items: int


def who_scores(schemes: Iterable[int]) -> list[Scoring]:
    """Who proposes and who approves by these schemes, in the order of who is nearest to the member. One query."""
    rows = PointItem.objects.filter(category__scheme__in=set(schemes)).order_by()
    found = {(one, other): n for one, other, n in rows.values_list("proposer", "approver").annotate(n=Count("pk"))}
    pairs = [(one, other) for one in Proposer for other in Approver if (one, other) in found]
    return [Scoring(one.label, other.label, found[one, other]) for one, other in pairs]


# --- Contacts


def overdue(rows: QuerySet[Member], on: date) -> QuerySet[Member]:
    """Those whose next contact was due before `on`. One query for the management modes when it is built."""
    late = Q(contacted_on=None)
    for mode, days in ManagementMode.objects.order_by("pk").values_list("pk", "contact_days"):
        late |= Q(mode=mode, contacted_on__lt=on - timedelta(days=days))
    return with_contact(rows).filter(late)


def last_contacts(member: Member, number: int = 5) -> QuerySet[Contact]:
    return Contact.objects.filter(member=member).select_related("by").order_by("-on", "-pk")[:number]


# --- Days of the week


@dataclass(frozen=True)
class Celebration:
    """Somebody's birthday, or the day they joined: month and day, never the year."""

    member: Member
    label: str
    on: date  # this year's


def days_of(week: Week) -> list[date]:
    return [week.first_day + timedelta(days=n) for n in range(7)]


def _falls_on(path: str, days: Iterable[date]) -> Q:
    """Whose day it is; who was born on 29 February has it on the 28th where there is none."""
    found = Q(pk__in=[])
    for day in days:
        found |= Q(**{f"{path}__month": day.month, f"{path}__day": day.day})
        if (day.month, day.day) == (2, 28) and not calendar.isleap(day.year):
            found |= Q(**{f"{path}__month": 2, f"{path}__day": 29})
    return found


def birthdays(week: Week) -> Q:
    """Members whose birthday it is. Of whom others have on record, nobody here knows it."""
    return Q(_falls_on("person__born_on", days_of(week)), known_as="")


def days_of_joining(week: Week) -> Q:
    """Members whose 政治生日 it is."""
    return _falls_on("joined_on", days_of(week))


def celebrations(members: Iterable[Member], week: Week) -> list[Celebration]:
    """Of these members, in the order of the days."""
    days, found = days_of(week), []
    for member in members:
        born_on = None if member.known_as else member.person.born_on
        for label, kept in ((_("生日"), born_on), (_("政治生日"), member.joined_on)):
            found += [Celebration(member, label, day) for day in days if kept and _same_day(kept, day)]
    return sorted(found, key=lambda one: one.on)


def _same_day(kept: date, day: date) -> bool:
    moved = (kept.month, kept.day) == (2, 29) and not calendar.isleap(day.year)
    return (day.month, day.day) == ((2, 28) if moved else (kept.month, kept.day))


# --- The board


@dataclass(frozen=True)
class Board:
    """Those of an organisation who take part in a year, each with the place, and their average."""

    rows: list[tuple[int, PointBalance]]
    average: Decimal | None
    name: str = ""


def years_of(kept: Kept) -> list[int]:
    """The years in which members of it have points, the last first."""
    rows = PointBalance.objects.filter(organisation__in=kept.keys).order_by("-year")
    return list(rows.values_list("year", flat=True).distinct())


def boards(kept: Kept, year: int) -> list[Board]:
    """The board of all, and where there are several, of each class. One query."""
    rows = PointBalance.objects.filter(organisation__in=kept.keys)
    rows = rows.select_related("member__person", "member_class", "organisation")
    rows = list(board(rows.defer("member__phone", "member__person__phone", "member__person__id_number"), year))
    classes: dict[int, list[PointBalance]] = {}
    for row in rows:
        classes.setdefault(row.member_class_id, []).append(row)
    parts = [_board(some, some[0].member_class.name) for some in classes.values()] if len(classes) > 1 else []
    return [_board(rows, _("全部")), *sorted(parts, key=lambda part: -len(part.rows))]


def _board(rows: list[PointBalance], name: str) -> Board:
    return Board(places_on(rows), average_of(rows), name)


# --- A meeting


@dataclass(frozen=True)
class Offer:
    """A scheme in force for the organisation and its items that somebody may propose."""

    scheme: PointScheme
    items: list[PointItem]


def rights(user, organisation: PartyOrganisation) -> set[Can]:
    """What `user`, who may propose there, may do with points of the organisation. One query a right, two for a seat's."""
    rows = PartyOrganisation.objects
    more = [can for can in (Can.DECIDE_POINTS, Can.REVIEW_POINTS) if scope_of(user).has(can)]
    reached = (can for can in more if rows.kept_by(user, can).filter(pk=organisation.pk).exists())
    return {Can.PROPOSE_POINTS, *reached}


def offers(kept: Kept, cans: set[Can]) -> list[Offer]:
    """What members of the organisation may be scored by with these rights, the last year first. One query."""
    by = [proposer for proposer, can in PROPOSING.items() if can in cans]
    balances = PointBalance.objects.filter(organisation__in=kept.keys, scheme__state=SchemeState.IN_FORCE)
    rows = PointItem.objects.filter(category__scheme__in=balances.values("scheme"), proposer__in=by)
    found: dict[int, Offer] = {}
    for item in in_order(rows.select_related("category__scheme")):
        found.setdefault(item.category.scheme_id, Offer(item.category.scheme, [])).items.append(item)
    return sorted(found.values(), key=lambda offer: -offer.scheme.year)


def is_attendance(item: PointItem) -> bool:
    """What most of a branch earns at once by being there: entered by the leader, counted by the occasion."""
    return item.points > 0 and item.proposer == Proposer.LEADER and item.per == PointItem._meta.get_field("per").default


@dataclass(frozen=True)
class Name:
    """A member on the list of a meeting: why they cannot be scored, whether they were by the same item on that day."""

    member: Member
    reason: str
    is_scored: bool
    is_own: bool


def names_for(kept: Kept, item: PointItem, on: date, user) -> list[Name]:
    """Who can be scored by an item on that day, and why the others cannot. Five queries."""
    scheme = item.category.scheme
    balances = {row.member_id: row for row in PointBalance.objects.filter(organisation__in=kept.keys, year=scheme.year)}
    exempt = {one for _scheme, one in exempt_classes([scheme])}
    only = set(ItemClass.objects.filter(item=item).values_list("member_class", flat=True))
    same = PointEntry.objects.filter(item=item, on=on, balance__in=balances.values(), reverses=None, reversal=None)
    scored = set(same.filter(state__in=(EntryState.PROPOSED, EntryState.APPROVED)).values_list("balance__member", flat=True))
    return [
        Name(
            member,
            _why_not(balances.get(member.pk), scheme, exempt, only),
            member.pk in scored,
            member.person.user_id == user.pk,
        )
        for member in roll(kept.keys)
    ]


def _why_not(balance: PointBalance | None, scheme: PointScheme, exempt: set[int], only: set[int]) -> str:
    if balance is None or balance.scheme_id != scheme.pk:
        return _("不适用这个积分办法")
    if balance.member_class_id in exempt:
        return _("所属类别不参加积分")
    return _("本项不适用于所属类别") if only and balance.member_class_id not in only else ""


def scored_from(source: str, item: PointItem, members: Iterable[Member]) -> list[Member]:
    """Those of these who have an entry of the item from this source, but for what was withdrawn or taken back with its list."""
    members = list(members)
    rows = PointEntry.objects.filter(source__startswith=source, item=item, balance__member__in=members, reverses=None)
    rows = rows.exclude(state=EntryState.WITHDRAWN).values_list("balance__member", "source", "reversal__source")
    known = {member for member, one, back in rows if unnumbered(one) == source and not was_undone(back or "")}
    return [member for member in members if member.pk in known]


# --- What waits to be decided


def judged_by(user) -> QuerySet[PointEntry]:
    """Entries whose item is `user`'s to approve: those of the branch, those that go up. Never on their own points."""
    return PointEntry.objects.judged_by(user)


def to_decide(user) -> QuerySet[PointEntry]:
    return PointEntry.objects.to_decide(user)


def to_answer(user) -> QuerySet[PointEntry]:
    return PointEntry.objects.to_answer(user)


def waiting_for(user) -> QuerySet[PointEntry]:
    """Proposals and appeals that wait for `user`, wherever they stand."""
    return to_decide(user) | to_answer(user)


def with_names(rows: QuerySet[PointEntry]) -> QuerySet[PointEntry]:
    """With all a page says of an entry and its member."""
    rows = rows.select_related("item__category", "proposed_by", "decided_by", "balance__scheme", "balance__organisation")
    rows = rows.select_related("balance__member__person", "balance__member_class")
    return rows.defer("balance__member__phone", "balance__member__person__phone", "balance__member__person__id_number")


@dataclass(frozen=True)
class Waiting:
    """A proposal and what it would count for, those before it approved."""

    entry: PointEntry
    counts: Decimal
    total: Decimal  # what the member would have then

    @property
    def is_cut(self) -> bool:
        return self.counts != self.entry.points


def weighed(entries: Iterable[PointEntry]) -> list[tuple[Member, list[Waiting]]]:
    """Proposals by member, in the order of their days, each with what approving all up to it would add. Two queries."""
    by_balance: dict[PointBalance, list[PointEntry]] = {}
    for entry in sorted(entries, key=lambda entry: (entry.on, entry.pk)):
        by_balance.setdefault(entry.balance, []).append(entry)
    approved = approved_entries(balance.pk for balance in by_balance)
    rules = {year: rulebook(year) for year in {balance.year for balance in by_balance}}
    found = []
    for balance, some in by_balance.items():
        account, waiting = reckon(balance.scheme, rules[balance.year], approved.get(balance.pk, ())), []
        for entry in some:
            line = account.add(entry.pk, entry.item_id, entry.on, entry.points)
            waiting.append(Waiting(entry, line.counted, account.total))
        found.append((balance.member, waiting))
    return found
