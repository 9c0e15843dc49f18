"""A year of points from its publishing to its signing, and back: who may do what, in which state, and who must be two."""

from datetime import timedelta
from itertools import product

import pytest
from django.urls import reverse

from accounts.choices import Role
from accounts.roles import STANDS_ON
from conftest import make_user
from gridparty.lib.dates import today
from grids.choices import AreaKind
from members.actions import (
    announce_year,
    appeal_points,
    ask_to_reopen,
    change_class,
    draft_scheme,
    freeze_year,
    post_points,
    publish_scheme,
    reopen_year,
    sign_year,
)
from members.choices import SCHEME_MOVES, SchemeMove, SchemeState
from members.errors import PointsRefused
from members.models import PointBalance, PointScheme
from members.tests.conftest import earned

SCHEMES = "admin:members_pointscheme"
NOTICE_ENDS = timedelta(days=5)


@pytest.fixture
def colleague(areas):
    """A second officer of 东街."""
    return make_user("street_officer", areas.east, username="colleague")


def fresh(scheme) -> PointScheme:
    return PointScheme.objects.get(pk=scheme.pk)


def over(scheme) -> PointScheme:
    """As if the notice had hung its time."""
    yesterday = today() - timedelta(days=1)
    PointScheme.objects.filter(pk=scheme.pk).update(notice_from=yesterday - NOTICE_ENDS, notice_until=yesterday)
    return fresh(scheme)


class TestClosing:
    def test_from_force_to_signature(self, ledger, cast):
        post_points(entries=[earned(ledger.zhao, ledger.items["B1"])], by=ledger.branch_secretary)
        officer = cast.street_officer
        assert freeze_year(scheme=ledger.scheme, by=officer).state == "frozen"
        hung = announce_year(scheme=ledger.scheme, until=today() + NOTICE_ENDS, by=officer)
        assert (hung.state, hung.notice_from) == ("notice", today())
        signed = sign_year(scheme=over(ledger.scheme), by=officer)
        assert (signed.state, signed.signed_by) == ("closed", officer)

    def test_nothing_is_frozen_while_something_waits(self, ledger, cast):
        post_points(entries=[earned(ledger.zhao, ledger.items["C1"])], by=ledger.zhao_user)
        with pytest.raises(PointsRefused, match="还有 1 条待审核、0 条申诉"):
            freeze_year(scheme=ledger.scheme, by=cast.street_officer)

    def test_a_frozen_year_takes_no_entries_and_keeps_class_and_organisation(self, ledger, cast, parties):
        freeze_year(scheme=ledger.scheme, by=cast.street_officer)
        with pytest.raises(PointsRefused, match="已冻结"):
            post_points(entries=[earned(ledger.zhao, ledger.items["B1"])], by=ledger.branch_secretary)
        change_class(member=ledger.zhao, member_class=parties.classes["年老党员"], by=cast.secretary)
        assert PointBalance.objects.get(member=ledger.zhao).member_class == parties.ordinary

    def test_a_notice_hangs_five_days(self, ledger, cast):
        freeze_year(scheme=ledger.scheme, by=cast.street_officer)
        with pytest.raises(PointsRefused, match="公示不少于 5 天"):
            announce_year(scheme=ledger.scheme, until=today() + timedelta(days=4), by=cast.street_officer)
        announce_year(scheme=ledger.scheme, until=today() + NOTICE_ENDS, by=cast.street_officer)
        with pytest.raises(PointsRefused, match="期满后才能定稿"):
            sign_year(scheme=ledger.scheme, by=cast.street_officer)

    def test_an_appeal_during_the_notice_is_answered_before_the_signature(self, ledger, cast):
        entry = post_points(entries=[earned(ledger.zhao, ledger.items["E1"])], by=ledger.branch_secretary).entries[0]
        freeze_year(scheme=ledger.scheme, by=cast.street_officer)
        announce_year(scheme=ledger.scheme, until=today() + NOTICE_ENDS, by=cast.street_officer)
        appeal_points(entry=entry, by=ledger.zhao_user, text="请过假")
        with pytest.raises(PointsRefused, match="1 条申诉未答复"):
            sign_year(scheme=over(ledger.scheme), by=cast.street_officer)


class TestReopening:
    @pytest.fixture
    def frozen(self, ledger, cast):
        return freeze_year(scheme=ledger.scheme, by=cast.street_officer)

    def test_it_takes_a_reason_and_a_second_person(self, frozen, cast, colleague):
        with pytest.raises(PointsRefused, match="请填写重新打开的原因"):
            ask_to_reopen(scheme=frozen, reason=" ", by=cast.street_officer)
        with pytest.raises(PointsRefused, match="还没有人申请"):
            reopen_year(scheme=frozen, by=colleague)
        ask_to_reopen(scheme=frozen, reason="漏记一次党课", by=cast.street_officer)
        with pytest.raises(PointsRefused, match="两人办理"):
            reopen_year(scheme=frozen, by=cast.street_officer)
        row = reopen_year(scheme=frozen, by=colleague)
        assert (row.state, row.reopen_reason, row.reopen_by) == ("in_force", "", None)

    def test_the_request_stays_with_who_asked(self, frozen, cast, colleague):
        """Who asked, and why, is not written over: the second person agrees."""
        ask_to_reopen(scheme=frozen, reason="漏记", by=cast.street_officer)
        with pytest.raises(PointsRefused, match="已由他人申请"):
            ask_to_reopen(scheme=frozen, reason="也觉得漏记", by=colleague)
        assert fresh(frozen).reopen_by == cast.street_officer

    def test_who_changed_meanwhile_follows(self, frozen, ledger, cast, parties, colleague):
        change_class(member=ledger.zhao, member_class=parties.classes["年老党员"], by=cast.secretary)
        ask_to_reopen(scheme=frozen, reason="漏记", by=cast.street_officer)
        reopen_year(scheme=frozen, by=colleague)
        assert PointBalance.objects.get(member=ledger.zhao).member_class == parties.classes["年老党员"]


# --- T6: the table of moves × the roles


def _do(move: str, scheme, by) -> None:
    match move:
        case SchemeMove.PUBLISH:
            publish_scheme(scheme=scheme, by=by)
        case SchemeMove.FREEZE:
            freeze_year(scheme=scheme, by=by)
        case SchemeMove.ANNOUNCE:
            announce_year(scheme=scheme, until=today() + NOTICE_ENDS, by=by)
        case SchemeMove.SIGN:
            sign_year(scheme=scheme, by=by)
        case SchemeMove.REOPEN:
            reopen_year(scheme=scheme, by=by)


# SUPERSEDE is no move of anybody: publishing another version makes it.
MOVES = [move for move in SchemeMove if move != SchemeMove.SUPERSEDE]
# Who may make any of them for the scheme of a street: written out anew, so that a change of the table of rights is seen.
MAKERS = {Role.ALL_DISTRICTS_OFFICIAL, Role.DISTRICT_OFFICIAL, Role.STREET_OFFICER}
FROM = {
    SchemeMove.PUBLISH: {"draft"},
    SchemeMove.FREEZE: {"in_force"},
    SchemeMove.ANNOUNCE: {"frozen"},
    SchemeMove.SIGN: {"notice"},
    SchemeMove.REOPEN: {"frozen", "notice", "closed"},
}


def _standing(role: Role, areas):
    """Each role at the place nearest to the street that it can hold."""
    kinds = STANDS_ON[role]
    order = [AreaKind.STREET, AreaKind.DISTRICT, AreaKind.COMMUNITY, AreaKind.GRID, AreaKind.BUILDING]
    places = dict(zip(order, (areas.east, areas.district, areas.taoyuan, areas.grid1, areas.building1), strict=True))
    return next((places[kind] for kind in order if kind in kinds), None)


@pytest.fixture
def one_draft(ledger, areas):
    """A scheme of 东街 for next year, that each triple puts into its state."""
    return draft_scheme(source=ledger.scheme, area=areas.east, year=today().year - 1, by=None)


def test_every_state_move_and_role(one_draft, areas, cast):
    asked, until = cast.all_districts_official, today() - timedelta(days=1)
    users = {role: make_user(role, _standing(role, areas), username=f"t6-{role}") for role in Role}
    allowed = set()
    for state, move, (role, user) in product(SchemeState, MOVES, users.items()):
        values = {"state": state, "reopen_reason": "", "reopen_by": None, "notice_from": until, "notice_until": until}
        if move == SchemeMove.REOPEN:
            values |= {"reopen_reason": "漏记", "reopen_by": asked}
        PointScheme.objects.filter(pk=one_draft.pk).update(**values)
        try:
            _do(move, fresh(one_draft), user)
        except PointsRefused:
            assert fresh(one_draft).state == state
        else:
            allowed.add((state.value, move.value, role.value))
            assert fresh(one_draft).state == SCHEME_MOVES[move][1]
    assert allowed == {(state, move.value, role.value) for move in MOVES for state in FROM[move] for role in MAKERS}


# --- The steps at the desk


class TestSteps:
    @pytest.fixture
    def street(self, client, cast):
        client.force_login(cast.street_officer)
        return client

    def step(self, client, name, scheme, **data):
        return client.post(reverse(f"{SCHEMES}_{name}", args=[scheme.pk]), data, follow=True)

    def test_a_year_is_closed_step_by_step_and_opened_by_two(self, street, ledger, colleague):
        self.step(street, "freeze", ledger.scheme)
        self.step(street, "announce", ledger.scheme, until=today() + NOTICE_ENDS)
        assert fresh(ledger.scheme).state == "notice"
        assert "期满后才能定稿" in self.step(street, "sign", ledger.scheme).content.decode()
        self.step(street, "sign", over(ledger.scheme))
        assert fresh(ledger.scheme).state == "closed"
        self.step(street, "ask", ledger.scheme, reason="漏记一次党课")
        own = self.step(street, "reopen", ledger.scheme)
        assert "两人办理" in own.content.decode()
        street.force_login(colleague)
        assert "漏记一次党课" in street.get(reverse(f"{SCHEMES}_reopen", args=[ledger.scheme.pk])).content.decode()
        self.step(street, "reopen", ledger.scheme)
        assert fresh(ledger.scheme).state == "in_force"

    def test_what_still_blocks_is_a_link_to_its_rows(self, street, ledger):
        post_points(entries=[earned(ledger.zhao, ledger.items["C1"])], by=ledger.zhao_user)
        text = street.get(reverse(f"{SCHEMES}_freeze", args=[ledger.scheme.pk])).content.decode()
        address = f"{reverse('admin:members_pointentry_changelist')}?scheme={ledger.scheme.pk}&state=proposed"
        assert f'<a href="{address}">还有 1 条待审核' in text
        assert len(street.get(address).context["cl"].result_list) == 1
        assert "还有 1 条待审核" in self.step(street, "freeze", ledger.scheme).content.decode()
        assert fresh(ledger.scheme).state == "in_force"

    def test_steps_of_another_state_lead_back_with_the_reason(self, street, ledger):
        answer = self.step(street, "announce", ledger.scheme, until=today() + NOTICE_ENDS)
        assert "目前为“执行中”，不能办理公示" in answer.content.decode()
