"""Ratings of both sides: the rated see averages of five or more, of quarters that are past, and never one score (E5)."""

import random
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import ratings
from cases.actions import Said, rate, settle_on_spot
from cases.choices import Side
from cases.errors import RatingRefused
from cases.models import Case, Rating
from cases.ratings import LEAST, Quarter, past_quarters, rating_gaps
from cases.tests.conftest import open_at
from gridparty.lib.dates import CHINA, today
from grids.actions import place

LAST = past_quarters()[0]
IN_LAST = LAST.begins + timedelta(days=20)


class Book:
    """Rounds rated, written past the actions: when is what counts here. All of one case, a round each."""

    def __init__(self, case: Case):
        self.case, self.rounds = case, 0

    def enter(self, area, residents: int | None, team: int | None, at: datetime = IN_LAST, team_at: datetime | None = None):
        self.rounds += 1
        sides = [(Side.RESIDENT, residents, at), (Side.TEAM, team, team_at or at)]
        rows = []
        for side, score, when in sides:
            if score is not None:
                row = Rating(case=self.case, round=self.rounds, side=side, score=score, at=when, text="意见金丝雀")
                place(row=row, area=area)
                rows.append(row)
        Rating.objects.bulk_create(rows)


@pytest.fixture
def book(voices) -> Book:
    return Book(open_at(voices, voices.areas.grid1, voices.grid_leader))


def shown(area, quarter: Quarter = LAST):
    return next(iter(rating_gaps([area], [quarter])[quarter]), None)


class TestQuarters:
    @pytest.mark.parametrize(
        ("day", "year", "number"),
        [(date(2026, 1, 1), 2026, 1), (date(2026, 3, 31), 2026, 1), (date(2026, 4, 1), 2026, 2), (date(2026, 12, 31), 2026, 4)],
    )
    def test_a_day_lies_in_its_quarter(self, day, year, number):
        assert Quarter.of(day) == Quarter(year, number)
        assert Quarter(year, number).begins.date() <= day < Quarter(year, number).ends.date()

    def test_they_follow_each_other_without_a_gap(self):
        quarter = Quarter(2026, 1)
        assert quarter.before == Quarter(2025, 4)
        assert quarter.before.ends == quarter.begins == datetime(2026, 1, 1, tzinfo=CHINA)

    def test_only_past_ones_are_shown(self):
        assert past_quarters(date(2026, 11, 23)) == [Quarter(2026, 3), Quarter(2026, 2), Quarter(2026, 1), Quarter(2025, 4)]
        assert LAST.ends.date() <= today()


class TestSums:
    def test_five_rounds_are_averaged_and_compared(self, book, voices):
        for residents, team in [(5, 5), (4, 5), (3, 5), (2, 4), (3, 5)]:
            book.enter(voices.areas.grid1, residents, team)
        gap = shown(voices.areas.grid1)
        assert (gap.rounds, gap.residents, gap.team, gap.gap) == (5, Decimal("3.4"), Decimal("4.8"), Decimal("1.4"))

    def test_four_are_not(self, book, voices):
        for _n in range(LEAST - 1):
            book.enter(voices.areas.grid1, 3, 5)
        assert shown(voices.areas.grid1) is None

    def test_what_one_side_did_not_rate_does_not_count(self, book, voices):
        for _n in range(LEAST - 1):
            book.enter(voices.areas.grid1, 3, 5)
        for _n in range(LEAST):
            book.enter(voices.areas.grid1, 1, None)
            book.enter(voices.areas.grid1, None, 1)
        assert shown(voices.areas.grid1) is None
        book.enter(voices.areas.grid1, 3, 5)
        assert shown(voices.areas.grid1).residents == 3

    def test_offices_are_not_added_up(self, book, voices):
        """The sum of a community over its grids would give away a grid with few."""
        for _n in range(3):
            book.enter(voices.areas.grid1, 3, 5)
            book.enter(voices.areas.grid2, 3, 5)
        for area in (voices.areas.grid1, voices.areas.grid2, voices.areas.taoyuan):
            assert shown(area) is None

    def test_quarters_are_not_added_up(self, book, voices):
        for _n in range(3):
            book.enter(voices.areas.grid1, 3, 5, IN_LAST)
            book.enter(voices.areas.grid1, 3, 5, IN_LAST - timedelta(days=95))
        assert not any(rating_gaps([voices.areas.grid1], past_quarters()).values())

    def test_a_self_rating_that_comes_late_does_not_change_a_past_quarter(self, book, voices):
        """Else the rated would look before and after, and know what the resident gave."""
        for _n in range(LEAST):
            book.enter(voices.areas.grid1, 5, 5)
        before = shown(voices.areas.grid1)
        book.enter(voices.areas.grid1, 1, 5, at=LAST.ends - timedelta(days=1), team_at=LAST.ends + timedelta(hours=1))
        assert shown(voices.areas.grid1) == before

    def test_the_running_quarter_is_never_shown(self, book, voices):
        for _n in range(9):
            book.enter(voices.areas.grid1, 3, 5, at=LAST.ends + timedelta(seconds=1))
        assert not any(rating_gaps([voices.areas.grid1], past_quarters()).values())

    @pytest.mark.parametrize("seed", range(6))
    def test_no_looking_at_any_time_gives_away_fewer_than_five(self, book, voices, seed):
        """Ratings come in one by one and the rated look after each: of every two sums ever shown the rounds in one and not in
        the other are none or at least five, so that subtracting one from the other tells of no fewer."""
        chance, areas = random.Random(seed), [voices.areas.grid1, voices.areas.grid2, voices.areas.taoyuan]
        begins = datetime(2025, 1, 1, tzinfo=CHINA)
        rounds = []
        for n in range(70):
            first = begins + timedelta(days=chance.randrange(360), hours=chance.randrange(24))
            late = first + timedelta(days=chance.choice([0, 1, 5, 29]))
            at, team_at = chance.sample([first, late], 2)
            team = None if chance.random() < 0.2 else 5
            area = chance.choice(areas[: chance.randrange(1, 4)])
            rounds.append((max(at, team_at), n, area, chance.randrange(1, 6), team, at, team_at))
        sums: dict[tuple, set] = defaultdict(set)
        for done, _number, area, score, team, at, team_at in sorted(rounds, key=lambda one: one[:2]):
            book.enter(area, score, team, at, team_at)
            for quarter, gaps in rating_gaps(areas, past_quarters(done.astimezone(CHINA).date())).items():
                for gap in gaps:
                    sums[gap.area.pk, quarter].add((gap.rounds, gap.residents, gap.team))
        assert sums
        assert all(len(told) == 1 for told in sums.values()), "a sum that was shown never changes"
        for (area_pk, quarter), told in sums.items():
            parts = [one for one in rounds if one[2].pk == area_pk and one[4] and quarter.begins <= one[0] < quarter.ends]
            assert next(iter(told))[0] == len(parts) >= LEAST
        # Sums of other offices or quarters share no round, so nothing smaller is left by subtracting.

    @pytest.mark.parametrize("offices", [1, 3])
    def test_one_query_whatever_there_is(self, book, voices, offices):
        areas = [voices.areas.grid1, voices.areas.grid2, voices.areas.taoyuan][:offices]
        for area in areas:
            for _n in range(LEAST):
                book.enter(area, 3, 5)
        with CaptureQueriesContext(connection) as asked:
            assert len(rating_gaps(areas, past_quarters())[LAST]) == offices
        assert len(asked) == 1


class TestPage:
    def look(self, user) -> str:
        client = Client()
        client.force_login(user)
        answer = client.get(reverse("cases:ratings"))
        assert answer.status_code == 200
        return answer.content.decode()

    def test_the_rated_see_their_own_office(self, book, voices):
        for _n in range(LEAST):
            book.enter(voices.areas.grid1, 3, 5)
            book.enter(voices.areas.grid2, 1, 1)
        page = self.look(voices.grid_leader)
        assert "第1网格" in page
        assert "3.0 分" in page
        assert "自评高 2.0 分" in page
        assert "第2网格" not in page

    def test_below_five_nothing_but_a_sentence(self, book, voices):
        for _n in range(LEAST - 1):
            book.enter(voices.areas.grid1, 2, 5)
        page = self.look(voices.grid_leader)
        assert "不足 5 件，暂不显示" in page
        assert not any(word in page for word in ("2.0", "4 件", "金丝雀"))

    def test_worse_and_equal_are_said_in_words(self, book, voices):
        for _n in range(LEAST):
            book.enter(voices.areas.grid1, 5, 4)
            book.enter(voices.areas.grid1, 4, 4, IN_LAST - timedelta(days=95))
        page = self.look(voices.grid_leader)
        assert "自评低 1.0 分" in page
        assert "一致" in page

    def test_who_handles_nothing_is_refused(self, client, voices):
        for user in (voices.cadre, voices.member, voices.system_admin):
            client.force_login(user)
            assert client.get(reverse("cases:ratings")).status_code == 403

    def test_who_is_no_office_is_told(self, voices):
        assert "不是办理单位" in self.look(voices.all_districts_official)

    def test_it_asks_as_many_queries_whatever_there_is(self, book, voices, client):
        client.force_login(voices.grid_leader)
        client.get(reverse("cases:ratings"))
        for n in range(3):
            with CaptureQueriesContext(connection) as asked:
                client.get(reverse("cases:ratings"))
            assert len(asked) == 5, n
            for _n in range(LEAST):
                book.enter(voices.areas.grid1, 3, 5)


# --- The rater is hidden from the rated


@pytest.fixture
def rated(voices) -> Case:
    """Answered by the grid, rated badly by the resident."""
    case = open_at(voices, voices.areas.grid1, voices.grid_leader)
    case = settle_on_spot(case=case, by=voices.grid_leader, said=Said(text="清走", answer="已清走。"))
    rate(case=case, side=Side.RESIDENT, score=2, text="意见金丝雀")
    return case


class TestHidden:
    def test_single_ratings_are_seen_above_the_rated_only(self, rated, voices):
        seen = {name: Rating.objects.visible_to(user).count() for name, user in vars(voices).items() if hasattr(user, "scope")}
        assert {name for name, number in seen.items() if number} == {
            "secretary",
            "street_officer",
            "district_official",
            "all_districts_official",
        }

    def test_of_what_a_community_did_the_secretary_sees_none(self, voices, book):
        book.enter(voices.areas.taoyuan, 2, None)
        assert not Rating.objects.visible_to(voices.secretary).exists()
        assert Rating.objects.visible_to(voices.street_officer).count() == 1

    @pytest.mark.parametrize("who", ["grid_leader", "clerk"])
    def test_no_page_or_list_or_file_shows_the_rated_one_score(self, client, rated, voices, who):
        client.force_login(getattr(voices, who))
        shown = [
            reverse("cases:case", args=[rated.pk]),
            reverse("cases:cases"),
            reverse("cases:hub"),
            reverse("cases:ratings"),
            reverse("cases:tracked", args=[rated.receipt]),
            reverse("admin:cases_case_changelist"),
            reverse("admin:cases_case_change", args=[rated.pk]),
        ]
        assert not [address for address in shown if "金丝雀" in client.get(address).content.decode()]
        row = Rating.objects.get()
        closed = [reverse("admin:cases_rating_changelist")]
        closed += [reverse(f"admin:cases_rating_{page}", args=[row.pk]) for page in ("change", "history")]
        assert {client.get(address).status_code for address in closed} <= {403, 404}

    def test_the_rating_names_nobody(self, rated):
        assert Rating.objects.get().by is None


class TestRating:
    def test_the_team_rates_its_own_work_once(self, rated, voices):
        rate(case=rated, side=Side.TEAM, score=5, by=voices.grid_leader)
        with pytest.raises(RatingRefused, match="不能重复评价"):
            rate(case=rated, side=Side.TEAM, score=4, by=voices.grid_leader)
        assert {(one.side, one.score) for one in Rating.objects.all()} == {("resident", 2), ("team", 5)}

    def test_others_do_not_rate_for_the_team(self, rated, voices):
        for user in (voices.next_grid_leader, voices.cadre, voices.member):
            with pytest.raises(RatingRefused, match="由办理单位填写"):
                rate(case=rated, side=Side.TEAM, score=5, by=user)

    @pytest.mark.parametrize("score", [0, 6, -1])
    def test_one_to_five(self, rated, voices, score):
        with pytest.raises(RatingRefused, match="1 到 5"):
            rate(case=rated, side=Side.TEAM, score=score, by=voices.grid_leader)

    def test_what_is_not_answered_is_not_rated(self, voices):
        case = open_at(voices, voices.areas.grid1, voices.grid_leader)
        with pytest.raises(RatingRefused, match="没有答复"):
            rate(case=case, side=Side.RESIDENT, score=5)


def test_quarters_shown_are_as_many_as_said():
    assert len(past_quarters()) == ratings.QUARTERS
