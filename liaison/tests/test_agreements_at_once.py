"""Two at the same moment: overlapping terms bind once, one renewal, one answer, one report, and a revoked link stays revoked."""

from itertools import pairwise
from types import SimpleNamespace

import pytest
from django.db import connection, connections

from accounts.choices import Role
from conftest import NAMED, make_user, new_areas
from grids.actions import load_areas
from grids.models import Area
from grids.tests.test_concurrency import at_once, shared  # noqa: F401 - a fixture
from liaison.actions import (
    NewAgreement,
    answer_agreement,
    change_agreement,
    draft_agreement,
    move_agreement,
    move_commitment,
    renew_agreement,
    report_commitment,
    revoke_link,
)
from liaison.choices import BINDING
from liaison.errors import AgreementRefused
from liaison.models import Agreement, Commitment
from liaison.tests.conftest import TEXTS, agreement_with, commitment_of, day, unit_at

pytestmark = [pytest.mark.django_db(transaction=True)] if connection.vendor == "postgresql" else []
ROUNDS = 4


@pytest.fixture
def scene(shared) -> SimpleNamespace:  # noqa: F811
    """桃园, a unit there, and the secretary of the community."""
    load_areas(areas=new_areas(), by=None)
    taoyuan = Area.objects.get(code=NAMED["taoyuan"])
    secretary = make_user(Role.COMMUNITY_SECRETARY, taoyuan)
    return SimpleNamespace(taoyuan=taoyuan, unit=unit_at(taoyuan, "市第一中学"), secretary=secretary)


def try_to(act):
    """The state it leads to, or what is said; anything but a refusal is an error."""

    def run():
        try:
            return act().state
        except AgreementRefused as refused:
            return str(refused)
        finally:
            connections.close_all()

    return run


def overlaps() -> int:
    rows = list(Agreement.objects.filter(state__in=sorted(BINDING)).order_by("starts_on"))
    return sum(first.ends_on >= second.starts_on for first, second in pairwise(rows))


def drafted(scene, first: int, last: int) -> Agreement:
    return agreement_with(scene.unit, scene.taoyuan, state="draft", starts_on=day(first), ends_on=day(last))


def test_of_two_who_offer_overlapping_drafts_one_succeeds(scene):
    for n in range(ROUNDS):
        rows = [drafted(scene, 1 + n * 100, 50 + n * 100), drafted(scene, 50 + n * 100, 90 + n * 100)]
        results = at_once(
            *(try_to(lambda row=row: move_agreement(agreement=row, move="offer", by=scene.secretary)) for row in rows)
        )
        assert results.count("offered") == 1
        assert sum("不能重叠" in str(one) for one in results) == 1
    assert (overlaps(), Agreement.objects.binding().count()) == (0, ROUNDS)


def test_one_is_offered_while_the_other_is_changed_into_its_days(scene):
    for n in range(ROUNDS):
        offer, change = drafted(scene, 1 + n * 100, 30 + n * 100), drafted(scene, 31 + n * 100, 60 + n * 100)
        into = NewAgreement(scene.taoyuan, scene.unit, starts_on=day(20 + n * 100), ends_on=day(60 + n * 100), **TEXTS)
        results = at_once(
            try_to(lambda row=offer: move_agreement(agreement=row, move="offer", by=scene.secretary)),
            try_to(lambda row=change, new=into: change_agreement(agreement=row, new=new, by=scene.secretary)),
        )
        assert results[0] == "offered"  # a draft binds nobody
        assert results[1] == "draft" or "不能重叠" in results[1]
        second = try_to(lambda row=change: move_agreement(agreement=row, move="offer", by=scene.secretary))()
        assert second == "offered" if "不能重叠" in results[1] else "不能重叠" in second
    assert overlaps() == 0


def test_drafting_beside_offering_comes_to_an_end(scene):
    """The unit's row is locked by both, and the new row points at it."""
    row = drafted(scene, 1, 30)
    new = NewAgreement(scene.taoyuan, scene.unit, starts_on=day(10), ends_on=day(40), **TEXTS)
    results = at_once(
        try_to(lambda: move_agreement(agreement=row, move="offer", by=scene.secretary)),
        *[try_to(lambda: draft_agreement(new=new, by=scene.secretary))] * 3,
    )
    assert results[0] == "offered"
    assert all(one == "draft" or "不能重叠" in one for one in results[1:])


def test_renewed_twice_at_once_it_is_renewed_once(scene):
    row = agreement_with(scene.unit, scene.taoyuan)
    commitment_of(row)
    act = try_to(lambda: renew_agreement(agreement=row, ends_on=day(600), by=scene.secretary))
    results = at_once(*[act] * 3)
    assert results.count("draft") == 1
    assert sum("不用重复续签" in str(one) for one in results) == 2
    assert (Agreement.objects.filter(renews=row).count(), Commitment.objects.count()) == (1, 2)


def test_the_unit_answers_twice_at_once(scene):
    row = agreement_with(scene.unit, scene.taoyuan, state="offered")
    results = at_once(
        try_to(lambda: answer_agreement(agreement=row, agrees=True)),
        try_to(lambda: answer_agreement(agreement=row, agrees=False, text="改")),
    )
    assert sum("不用再答复" in str(one) for one in results) == 1
    assert Agreement.objects.get(pk=row.pk).state in results


def test_a_report_while_the_link_is_revoked_and_the_agreement_ends(scene):
    row = agreement_with(scene.unit, scene.taoyuan)
    rows = [commitment_of(row) for _n in range(6)]
    report = [try_to(lambda one=one: report_commitment(commitment=one, agreement=row, text="做了")) for one in rows]
    end = try_to(lambda: move_agreement(agreement=row, move="end", by=scene.secretary, reason="迁出"))
    revoke = try_to(lambda: revoke_link(agreement=row, by=scene.secretary))
    results = at_once(*report[:3], end, revoke, *report[3:])
    assert results[3] == "ended"
    assert {str(one)[:4] for one in (*results[:3], *results[5:])} <= {"repo", "该链接已", "协议已终"}
    assert Commitment.objects.filter(state="reported").count() == results.count("reported")


def test_reported_and_entered_as_done_at_once(scene):
    row = agreement_with(scene.unit, scene.taoyuan)
    for _n in range(ROUNDS):
        one = commitment_of(row)
        results = at_once(
            try_to(lambda one=one: report_commitment(commitment=one, agreement=row, text="单位做了")),
            try_to(lambda one=one: move_commitment(commitment=one, move="finish", by=scene.secretary, text="社区登记")),
        )
        now = Commitment.objects.get(pk=one.pk)
        assert (now.state, now.done_text) in {("reported", "单位做了"), ("done", "社区登记")}
        assert now.state in results
        assert sum(result in ("reported", "done") for result in results) == 1
