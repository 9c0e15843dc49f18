"""T39: whatever is entered, decided, appealed, reversed, moved and revised, in any order, the ledger and its totals hold.

Hypothesis plays stories of a year with four members. After every step all balances are reckoned again by another way than the
product's: a sum for each item and period, cut to its cap, a sum of these for each category, cut to its own, all of it between
floor and ceiling. `make proof` plays 10,000 stories.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from types import SimpleNamespace

import pytest
from django.db import transaction
from django.db.models import F
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from gridparty.lib.dates import today
from members.actions import (
    NewEntry,
    answer_appeal,
    appeal_points,
    ask_to_reopen,
    award_points,
    change_class,
    decide_points,
    draft_scheme,
    freeze_year,
    post_points,
    publish_scheme,
    rebuild_points,
    receive,
    reopen_year,
    reverse_points,
    save_parts,
    send,
    take_back_points,
    withdraw_points,
)
from members.errors import PointsRefused
from members.models import (
    ExemptClass,
    Member,
    NamedDay,
    PartyOrganisation,
    PointBalance,
    PointCategory,
    PointEntry,
    PointItem,
    PointScheme,
)
from members.points import statement

YEAR = today().year - 1  # all of it is past
SOURCES = [f"meeting:{n}" for n in range(4)]
# (code, category, points, cap, period, proposer, approver)
ITEMS = [
    ("A1", "学习", "2", "4", "month", "member", "branch"),
    ("A2", "学习", "3", "7.5", "quarter", "leader", "branch"),
    ("A3", "学习", "-3", None, "year", "leader", "branch"),
    ("B1", "服务", "5", "10", "year", "member", "office"),
    ("B2", "服务", "1.5", None, "year", "member", "branch"),
    ("C1", "扣分", "-2", "4", "month", "leader", "branch"),
    ("C2", "扣分", "-9", None, "year", "branch", "branch"),
]
CAPS = {"学习": "12", "服务": None, "扣分": None}


def number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


@pytest.fixture
def year(areas, cast, parties, ledger) -> SimpleNamespace:
    """Last year by a tight scheme of 东街's own: base 10, between 0 and 30."""
    example = ledger.scheme
    draft = draft_scheme(source=example, area=areas.east, year=YEAR, by=cast.street_officer)
    PointCategory.objects.filter(scheme=draft).delete()
    PointScheme.objects.filter(pk=draft.pk).update(base=10, floor=0, ceiling=30)
    categories = {name: PointCategory.objects.create(scheme=draft, name=name, cap=number(cap)) for name, cap in CAPS.items()}
    for code, category, points, cap, period, proposer, approver in ITEMS:
        how = {"cap": number(cap), "cap_period": period, "proposer": proposer, "approver": approver}
        PointItem.objects.create(category=categories[category], code=code, name=code, points=Decimal(points), **how)
    ExemptClass.objects.create(scheme=draft, member_class=parties.classes["流动党员"])
    july = date(YEAR, 7, 1)
    NamedDay.objects.create(scheme=draft, name="七一", first_on=july, last_on=july, factor=2)
    publish_scheme(scheme=draft, by=cast.street_officer)
    balances = {row.member_id: row.pk for row in PointBalance.objects.filter(year=YEAR)}
    users = {ledger.zhao: ledger.zhao_user, ledger.qian: ledger.organiser, ledger.li: ledger.branch_secretary}
    return SimpleNamespace(
        version=Version.of(draft),
        user_of={balances[member.pk]: user for member, user in users.items()},
        members=[ledger.zhao, ledger.qian, ledger.li, ledger.sun],
        users=[ledger.zhao_user, ledger.organiser, ledger.branch_secretary, cast.secretary, cast.street_officer, cast.clerk],
        secretary=cast.secretary,
        street_officer=cast.street_officer,
        district_official=cast.district_official,
        classes=[parties.ordinary, parties.classes["流动党员"]],
        branches=[parties.branch1, parties.branch2],
    )


class Story(RuleBasedStateMachine):
    """Told in a savepoint on a year that was built once. A refusal is part of a story: then nothing may have changed."""

    year: SimpleNamespace
    numbers = count(1)
    told = 0

    @initialize()
    def begin(self):
        type(self).told += 1
        self.savepoint = transaction.savepoint()
        self.version = self.year.version
        self.seen: dict[int, dict] = {}
        self.now = look()
        self.checked = None

    def teardown(self):
        try:
            self.every_total_is_explained()
        finally:
            transaction.savepoint_rollback(self.savepoint)

    # --- What happens

    quantities = st.sampled_from(["1", "0.5", "2", "3", "7"])
    days = st.one_of(st.integers(0, 364), st.integers(180, 182))  # around the named day
    members = st.lists(st.integers(0, 3), min_size=1, max_size=3, unique=True)
    whom, which, entry = st.integers(0, 5), st.integers(0, 8), st.integers(0, 40)
    newly = st.sampled_from(["3", "6", None])
    sources = st.sampled_from([*SOURCES, "", "", ""])

    @rule(members=members, item=which, day=days, quantity=quantities, source=sources, by=whom)
    def post(self, members, item, day, quantity, source, by):
        new = self._new(members, item, day, quantity, source)
        self._attempt(lambda: post_points(entries=new, by=self.year.users[by]))

    @rule(members=members, item=which, day=days, quantity=quantities)
    def post_what_counts(self, members, item, day, quantity):
        """Without the wrong people, so that caps are met."""
        new = self._new(members, item, day, quantity, "")
        self._attempt(lambda: post_points(entries=new, by=self.year.street_officer))

    @rule(members=members, item=which, day=days, source=sources)
    def award(self, members, item, day, source):
        """Delivered twice."""
        new = self._new(members, item, day, "1", source)
        for _time in range(2):
            self._attempt(lambda: award_points(entries=new, by=self.year.secretary))

    @rule(entry=entry, approve=st.booleans(), by=whom)
    def decide(self, entry, approve, by):
        if rows := self._pick(entry):
            act = {"approve": approve, "by": self.year.users[by], "reason": "已核对"}
            self._attempt(lambda: decide_points(entries=rows, **act))

    @rule(approve=st.booleans())
    def decide_all(self, approve):
        rows = [
            PointEntry(pk=pk, balance_id=row["balance_id"]) for pk, row in self.now.lines.items() if row["state"] == "proposed"
        ]
        self._attempt(lambda: decide_points(entries=rows, approve=approve, by=self.year.street_officer, reason="已核对"))

    @rule(entry=entry, by=whom)
    def withdraw(self, entry, by):
        for row in self._pick(entry):
            self._attempt(
                lambda row=row: withdraw_points(entry=row, by=self.year.user_of.get(row.balance_id) or self.year.users[by])
            )

    @rule(entry=entry, by=whom)
    def reverse(self, entry, by):
        for row in self._pick(entry):
            self._attempt(lambda row=row: reverse_points(entry=row, by=self.year.users[by], reason="记错"))

    @rule(members=members, item=which, day=days, source=sources, by=st.integers(3, 5), later=entry)
    def a_list_is_taken_back(self, members, item, day, source, by, later):
        """With something done to one of its lines before, perhaps; a second time nothing happens."""
        new, by, posted = self._new(members, item, day, "1", source), self.year.users[by], []
        if not self._attempt(lambda: posted.extend(post_points(entries=new, by=by).entries)):
            return
        keys = [row.pk for row in posted]
        if later < len(keys):
            self.reverse(sorted(self.now.lines).index(keys[later]), later + 3)
        self._attempt(lambda: take_back_points(keys=keys, by=by))
        assert len(take_back_points(keys=keys, by=by)) == len(keys)
        assert look() == self.now

    @rule(entry=entry, uphold=st.booleans(), answered=st.booleans(), by=st.integers(3, 5))
    def appeal(self, entry, uphold, answered, by):
        for row in self._pick(entry):
            own = self.year.user_of.get(row.balance_id) or self.year.users[by]
            self._attempt(lambda row=row, own=own: appeal_points(entry=row, by=own, text="请核实"))
            if answered:
                act = {"uphold": uphold, "by": self.year.users[by], "answer": "已核实"}
                self._attempt(lambda row=row, act=act: answer_appeal(entry=row, **act))

    @rule(member=st.integers(0, 3), exempt=st.booleans())
    def sort_anew(self, member, exempt):
        one = self._member(member)
        if one.member_class_id != self.year.classes[exempt].pk:
            change_class(member=one, member_class=self.year.classes[exempt], by=self.year.secretary)

    @rule(member=st.sampled_from([0, 3]))
    def transfer(self, member):
        """To the other branch."""
        one = self._member(member)
        to = next(branch for branch in self.year.branches if branch.pk != one.organisation_id)
        move = send(member=one, to=PartyOrganisation.objects.get(pk=to.pk), by=self.year.secretary)
        receive(move=move, by=self.year.secretary)

    @precondition(lambda self: self.version.scheme.version < 4)
    @rule(gone=st.sets(st.integers(0, 6), max_size=3), anew=st.integers(0, 6), caps=st.tuples(newly, newly))
    def revise(self, gone, anew, caps):
        """A version with other caps and without some items."""
        before, by = self.version.scheme, self.year.street_officer
        draft = draft_scheme(source=before, area=before.area, year=YEAR, by=by)
        items = list(PointItem.objects.filter(category__scheme=draft).select_related("category").order_by("code"))
        removed = [item for n, item in enumerate(items) if n in gone][: len(items) - 1]
        changed = [item for n, item in enumerate(items) if item not in removed and n >= anew][:1]
        for item in changed:
            item.cap, item.cap_period = number(caps[0]), ("year", "month", "quarter", "year")[len(gone)]
        category = items[-1].category
        category.cap = number(caps[1])
        save_parts(scheme=draft, saved=[category, *changed], removed=removed, by=by)
        publish_scheme(scheme=draft, by=by)
        self.version = Version.of(draft, self.version)

    @rule(item=which)
    def freeze_and_reopen(self, item):
        """In a frozen year nothing is entered."""
        scheme, by = self.version.scheme, self.year.street_officer
        if self._attempt(lambda: freeze_year(scheme=scheme, by=by)):
            with pytest.raises(PointsRefused, match="已冻结"):
                post_points(entries=self._new([1], item, 40, "1", ""), by=by)
            ask_to_reopen(scheme=scheme, by=by, reason="漏记")
            reopen_year(scheme=scheme, by=self.year.district_official)

    def _new(self, members, item, day, quantity, source) -> list[NewEntry]:
        on, source = date(YEAR, 1, 1) + timedelta(days=day), source or f"test:{next(self.numbers)}"
        item = self.version.items[item % len(self.version.items)]
        return [NewEntry(self.year.members[one], item, on, source, Decimal(quantity)) for one in members]

    def _member(self, n: int) -> Member:
        return Member.objects.select_related("organisation", "person").get(pk=self.year.members[n].pk)

    def _pick(self, n: int) -> list[PointEntry]:
        keys = sorted(self.now.lines)
        return [self._line(keys[n % len(keys)])] if keys else []

    def _line(self, pk: int) -> PointEntry:
        return PointEntry(pk=pk, balance_id=self.now.lines[pk]["balance_id"])

    def _attempt(self, act) -> bool:
        try:
            act()
        except PointsRefused:
            assert look() == self.now, "a refusal wrote something"
            return False
        self.now = look()
        return True

    # --- What holds

    @invariant()
    def everything_holds(self):
        self.now = now = look()
        state = now, self.version
        if state != self.checked:
            self._lines_stay(now)
            self._balances_are_what_the_ledger_says(now)
            assert rebuild_points(by=None, year=YEAR) == []
        self.checked = state

    def _lines_stay(self, now: "Looked") -> None:
        made = {pk: {name: row[name] for name in FIXED} for pk, row in now.lines.items()}
        assert self.seen.items() <= made.items(), "a line changed or went"
        self.seen = made
        sources = [(row["balance_id"], row["item_id"], row["source"]) for row in made.values()]
        assert len(sources) == len(set(sources))

    def _balances_are_what_the_ledger_says(self, now: "Looked") -> None:
        approved = defaultdict(list)
        for row in now.lines.values():
            if row["state"] == "approved":
                approved[row["balance_id"]].append((self.version.codes[row["item_id"]], row["on"], row["points"]))
        for pk, row in now.balances.items():
            assert (row["earned"], row["counted"], row["total"]) == self.version.sums(approved[pk]), row
            assert row["organisation_id"] == row["belongs"]
            assert row["member_class_id"] == row["sorted"]
            assert row["ranked"] == (row["sorted"] != self.year.classes[1].pk)
            assert row["scheme_id"] == self.version.scheme.pk

    def every_total_is_explained(self):
        """Line by line: what counts, what the cap of the item took and that of the category, what floor and ceiling did."""
        for balance in PointBalance.objects.filter(year=YEAR).select_related("scheme"):
            told = statement(balance)
            lines = [one.line for one in told.entries if one.line]
            assert all(line.points == line.counted + line.over_item + line.over_category for line in lines)
            assert sum(line.points for line in lines) == balance.earned
            assert told.account.base + sum(line.counted for line in lines) - told.account.clipped == balance.total
            assert 0 <= balance.total <= 30
            assert {one.entry.state for one in told.entries if not one.line} <= {"proposed", "refused", "withdrawn"}


@dataclass(frozen=True)
class Looked:
    """The ledger of the year as it is stored."""

    lines: dict[int, dict]
    balances: dict[int, dict]


FIXED = sorted(PointEntry._meta.get_field(name).attname for name in PointEntry.fixed_fields)


def look() -> Looked:
    lines = PointEntry.objects.filter(balance__year=YEAR).values("pk", "state", "appeal", *FIXED)
    columns = ("pk", "earned", "counted", "total", "ranked", "organisation_id", "member_class_id", "scheme_id")
    belongs = {"belongs": F("member__organisation"), "sorted": F("member__member_class")}
    balances = PointBalance.objects.filter(year=YEAR).values(*columns, **belongs)
    return Looked({row["pk"]: row for row in lines}, {row["pk"]: row for row in balances})


@dataclass(frozen=True)
class Version:
    """A version of the scheme, and all rules of the year so far: an item or category counts by the last version that has it."""

    scheme: PointScheme
    items: list[PointItem]  # what can be entered
    codes: dict[int, str]  # of the items of all versions
    rules: dict[str, PointItem]
    caps: dict[str, Decimal | None]  # of categories

    @classmethod
    def of(cls, scheme: PointScheme, before: "Version | None" = None) -> "Version":
        items = list(PointItem.objects.filter(category__scheme=scheme).select_related("category").order_by("code"))
        codes, rules = {item.pk: item.code for item in items}, {item.code: item for item in items}
        caps = {item.category.name: item.category.cap for item in items}
        if before:
            codes, rules, caps = before.codes | codes, before.rules | rules, before.caps | caps
        return cls(PointScheme.objects.select_related("area").get(pk=scheme.pk), items, codes, rules, caps)

    def sums(self, entries) -> tuple:
        """(earned, counted, total) of (code, day, points), by sums alone."""
        by_item, by_category = defaultdict(Decimal), defaultdict(Decimal)
        for code, on, points in entries:
            period = {"year": 0, "quarter": (on.month - 1) // 3, "month": on.month}[self.rules[code].cap_period]
            by_item[code, period] += points
        for (code, _period), points in by_item.items():
            cap = self.rules[code].cap
            cut = points if cap is None or abs(points) <= cap else cap.copy_sign(points)
            by_category[self.rules[code].category.name] += cut
        caps = self.caps
        counted = sum(points if caps[name] is None else min(points, caps[name]) for name, points in by_category.items())
        total = sorted([self.scheme.floor, self.scheme.base + counted, self.scheme.ceiling])[1]
        return sum(points for _code, _on, points in entries), counted, total


def play(year, stories: int, steps: int) -> int:
    machine = type("StoryOfThisYear", (Story,), {"year": year, "told": 0})
    how = {"deadline": None, "database": None, "derandomize": True, "suppress_health_check": list(HealthCheck)}
    run_state_machine_as_test(machine, settings=settings(max_examples=stories, stateful_step_count=steps, **how))
    return machine.told


def test_any_story_adds_up(year):
    assert play(year, stories=100, steps=10) >= 100


@pytest.mark.proof
def test_ten_thousand_stories_add_up(year):
    told = play(year, stories=10_000, steps=10)
    print(f"\nT39  {told:,} stories: 0 wrong")
    assert told >= 10_000
