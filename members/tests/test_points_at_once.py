"""Many at the ledger in the same moment: each point is there once, nothing is lost, nobody waits for ever."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import count

import pytest
from django.db import connection, connections, transaction

from accounts.choices import Role
from accounts.models import Appointment, User
from audit.models import ChangeEntry
from gridparty.lib.dates import today
from grids.actions import place
from grids.tests.test_at_once import together
from members.actions import (
    award_points,
    decide_points,
    draft_scheme,
    freeze_year,
    post_points,
    publish_scheme,
    rebuild_points,
    receive,
    reverse_points,
    send,
)
from members.errors import PointsRefused
from members.models import PointBalance, PointEntry, PointScheme
from members.tests.conftest import earned

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one transaction write at a time"),
    pytest.mark.django_db(transaction=True),
]
THREADS = 12
PEOPLE = 200


@pytest.fixture(autouse=True)
def nothing_drifts(ledger):
    """After every story the balances are what the ledger says."""
    yield
    assert rebuild_points(by=None) == []


@pytest.fixture
def secretaries(areas) -> list[User]:
    """As many community secretaries of 桃园."""
    users = User.objects.bulk_create(User(username=f"many{n}", name="张三", password="!") for n in range(PEOPLE))
    posts = [Appointment(user=user, role=Role.COMMUNITY_SECRETARY, starts_on=date(2020, 1, 1)) for user in users]
    for post in posts:
        place(row=post, area=areas.taoyuan)
    Appointment.objects.bulk_create(posts)
    return list(User.objects.filter(pk__in=[user.pk for user in users]))


def crowd(works) -> list:
    """What each returned or raised; so many at a time, each thread with a connection of its own."""

    def run(work):
        try:
            return work()
        except PointsRefused as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, works))


def balance(member) -> PointBalance:
    return PointBalance.objects.get(member=member, year=today().year)


def proposals(ledger, number: int) -> list[PointEntry]:
    """Of the organiser, for the members of the branch in turn."""
    members = [ledger.zhao, ledger.qian]
    new = [earned(members[n % 2], ledger.items[("B1", "A1", "B2")[n % 3]]) for n in range(number)]
    return post_points(entries=new, by=ledger.organiser).entries


def test_two_hundred_approve_the_same_and_overlapping_proposals(ledger, secretaries):
    entries = proposals(ledger, 40)
    draw = random.Random(39)
    batches = [draw.sample(entries, draw.choice([1, 5, 20, 40])) for _user in secretaries]
    works = [
        lambda user=user, some=some: decide_points(entries=some, approve=True, by=user)
        for user, some in zip(secretaries, batches, strict=True)
    ]
    decided = crowd(works)
    assert sum(decided) == len({entry.pk for some in batches for entry in some}) == 40
    assert sum(row.earned for row in PointBalance.objects.all()) == sum(entry.points for entry in entries)
    told = ChangeEntry.objects.filter(model="members.pointentry", kind="changed", changes__has_key="state")
    assert told.count() == 40


def test_of_those_who_approve_and_refuse_at_once_one_wins(ledger, secretaries):
    for entry in proposals(ledger, 10):
        works = [
            lambda user=user, n=n, entry=entry: decide_points(entries=[entry], approve=n % 2 == 0, by=user, reason="无记录")
            for n, user in enumerate(secretaries[:6])
        ]
        decided = together(*works)
        assert [one for one in decided if not isinstance(one, PointsRefused)].count(1) == 1
        assert ChangeEntry.objects.filter(model="members.pointentry", object_id=entry.pk, kind="changed").count() == 1


def test_a_double_click_scores_once(ledger, secretaries):
    new = [earned(member, ledger.items["B1"], source="form:1") for member in (ledger.zhao, ledger.qian)]
    done = together(*(lambda user=user: post_points(entries=new, by=user) for user in secretaries[:6]))
    assert [isinstance(one, PointsRefused) for one in done].count(False) == 1
    assert PointEntry.objects.count() == 2
    assert balance(ledger.zhao).earned == 3


def test_an_award_delivered_by_several_workers_counts_once(ledger, cast):
    new = [earned(member, ledger.items["C1"], source="activity:7") for member in (ledger.zhao, ledger.qian, ledger.sun)]
    done = together(*(lambda: award_points(entries=new, by=cast.secretary) for _worker in range(6)))
    assert sorted(len(one.entries) for one in done) == [0, 0, 0, 0, 0, 3]
    assert balance(ledger.sun).earned == 1


def test_nothing_is_lost_where_all_write_to_the_same_members(ledger, secretaries):
    """In any order of the names: who waits for whom never goes round."""
    members, draw = [ledger.zhao, ledger.qian, ledger.sun, ledger.li], random.Random(1)
    lists = [draw.sample(members, 4) for _user in secretaries]
    works = [
        lambda user=user, some=some: post_points(entries=[earned(one, ledger.items["C1"]) for one in some], by=user)
        for user, some in zip(secretaries, lists, strict=True)
    ]
    assert sum(len(one.entries) for one in crowd(works)) == 4 * PEOPLE
    assert {row.earned for row in PointBalance.objects.all()} == {PEOPLE * ledger.items["C1"].points}


def test_reversed_by_several_it_is_taken_back_once(ledger, secretaries):
    entry = post_points(entries=[earned(ledger.zhao, ledger.items["B1"])], by=secretaries[0]).entries[0]
    done = together(*(lambda user=user: reverse_points(entry=entry, by=user, reason="记错") for user in secretaries[:6]))
    assert [isinstance(one, PointEntry) for one in done].count(True) == 1
    assert balance(ledger.zhao).earned == 0


def test_a_year_is_frozen_while_others_post(ledger, secretaries, cast):
    """What was entered before stands; afterwards nothing comes in."""
    numbers = count()

    def post(user):
        if next(numbers) == PEOPLE // 3:
            return freeze_year(scheme=ledger.scheme, by=cast.street_officer)
        return post_points(entries=[earned(one, ledger.items["C1"]) for one in (ledger.sun, ledger.zhao)], by=user)

    done = crowd([lambda user=user: post(user) for user in secretaries])
    entered = [one for one in done if not isinstance(one, PointsRefused | PointScheme)]
    refused = [one for one in done if isinstance(one, PointsRefused)]
    assert PointScheme.objects.get(pk=ledger.scheme.pk).state == "frozen"
    assert entered
    assert refused
    assert all("已冻结" in str(one) for one in refused)
    assert PointEntry.objects.count() == 2 * len(entered)
    assert balance(ledger.sun).earned == len(entered) * ledger.items["C1"].points


def revision(ledger, cast) -> PointScheme:
    return draft_scheme(source=ledger.scheme, area=ledger.scheme.area, year=today().year, by=cast.street_officer)


def test_a_revision_is_published_while_others_post(ledger, secretaries, cast):
    """Nobody is stopped by it but who still has an item of the version before."""
    draft, numbers = revision(ledger, cast), count()

    def post(user):
        if next(numbers) == PEOPLE // 3:
            return publish_scheme(scheme=draft, by=cast.street_officer)
        return post_points(entries=[earned(one, ledger.items["C1"]) for one in (ledger.sun, ledger.zhao)], by=user)

    done = crowd([lambda user=user: post(user) for user in secretaries])
    refused = [str(one) for one in done if isinstance(one, PointsRefused)]
    assert refused
    assert all("适用的积分办法中的项目" in one for one in refused)
    assert {row.scheme_id for row in PointBalance.objects.all()} == {draft.pk}


def somebody_waits() -> bool:
    """For this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid")
        return cursor.fetchone()[0] > 0


def while_held(change, act):
    """What `act` returns or raises when it came while `change` was not yet committed."""
    found, changed = [], threading.Event()

    def come():
        changed.wait(10)
        found.extend(together(act))

    waiting = threading.Thread(target=come)
    waiting.start()
    with transaction.atomic():
        change()
        changed.set()
        for _time in range(100):
            if somebody_waits():
                break
            time.sleep(0.05)
        else:
            raise AssertionError("nobody waited")
    waiting.join()
    return found[0]


def test_who_approves_while_a_revision_is_published_approves(ledger, cast):
    (entry,) = proposals(ledger, 1)
    draft = revision(ledger, cast)
    decided = while_held(
        lambda: publish_scheme(scheme=draft, by=cast.street_officer),
        lambda: decide_points(entries=[entry], approve=True, by=cast.secretary),
    )
    assert decided == 1
    assert balance(ledger.zhao).earned == entry.points


def test_who_posts_while_the_member_moves_to_another_branch_posts(ledger, cast, parties):
    posted = while_held(
        lambda: receive(move=send(member=ledger.zhao, to=parties.branch2, by=cast.secretary), by=cast.secretary),
        lambda: post_points(entries=[earned(ledger.zhao, ledger.items["B1"])], by=cast.secretary),
    )
    assert len(posted.entries) == 1
    assert (balance(ledger.zhao).organisation, balance(ledger.zhao).earned) == (parties.branch2, 3)
