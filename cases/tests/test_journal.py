"""The journal: what is kept, a door found or left in words, subjects against what is usual, wishes that many share."""

from datetime import date, timedelta

import pytest

from audit.models import ChangeEntry, ViewEntry
from cases.actions import NewEntry, keep_journal, make_case, reveal_teller
from cases.errors import CaseRefused, JournalRefused
from cases.figures import voices as voices_figures
from cases.journal import Asked, Counted, Period, address, by_subject, door_in, wishes, with_those_before
from cases.models import Case, JournalEntry
from cases.tests.conftest import entry_at
from gridparty.lib.dates import today
from gridparty.lib.photos import PhotoRefused
from members.tests.conftest import a_picture
from people.actions import NewHousehold, open_households


@pytest.fixture
def doors(voices) -> dict:
    """1-101 and 2-0901 of 1号楼, 1-101 of 3号楼 in the grid beside."""
    areas = voices.areas
    new = [
        NewHousehold(areas.building1, "1", "101"),
        NewHousehold(areas.building1, "2", "0901"),
        NewHousehold(areas.building3, "1", "101"),
    ]
    return {(row.area.name, str(row)): row for row in open_households(households=new, by=voices.secretary)}


class TestKeeping:
    def test_an_entry_stands_where_it_was_heard(self, voices):
        entry = entry_at(voices, voices.areas.building1, voices.grid_leader, teller="王小明", teller_phone="15400000001")
        entry = JournalEntry.objects.get(pk=entry.pk)
        assert (entry.area, entry.grid, entry.by, entry.on) == (
            voices.areas.building1,
            voices.areas.grid1,
            voices.grid_leader,
            today(),
        )
        assert (entry.text, entry.teller, entry.teller_phone) == ("垃圾没有清走", "王小明", "15400000001")

    def test_what_was_said_and_by_whom_is_in_no_log(self, voices):
        entry_at(voices, voices.areas.building1, voices.grid_leader, teller="王小明", teller_phone="15400000001")
        logged = str(list(ChangeEntry.objects.values_list("changes", flat=True)))
        assert not any(word in logged for word in ("垃圾没有清走", "王小明", "15400000001"))

    @pytest.mark.parametrize(
        ("values", "why"),
        [
            ({"text": "  "}, "没有内容"),
            ({"area": None}, "请选择地点"),
            ({"on": date(2020, 1, 1)}, "日期须在今天以前的 31 天之内"),
            ({"on": today() + timedelta(days=1)}, "日期须在今天以前的 31 天之内"),
        ],
    )
    def test_refusals_say_how_to_mend(self, voices, values, why):
        new = NewEntry(**{"subject": voices.subject, "text": "垃圾", "area": voices.areas.grid1} | values)
        with pytest.raises(JournalRefused, match=why):
            keep_journal(new=new, by=voices.grid_leader)
        assert not JournalEntry.objects.exists()

    def test_not_in_a_grid_of_others(self, voices):
        for user in (voices.next_grid_leader, voices.member, voices.cadre):
            with pytest.raises(JournalRefused, match="不在您的管理范围内"):
                entry_at(voices, voices.areas.building1, user)

    def test_what_is_no_picture_is_refused_with_everything(self, voices):
        picture = a_picture()
        picture.name, picture.file = "x.jpg", type(picture.file)(b"not a picture")
        with pytest.raises(PhotoRefused):
            entry_at(voices, voices.areas.grid1, voices.grid_leader, photo=picture)
        assert not JournalEntry.objects.exists()


class TestBecomingACase:
    def test_at_once(self, voices):
        new = NewEntry(voices.subject, "垃圾", voices.areas.building1, spot="东门", teller="王小明", teller_phone="15400000001")
        entry, case = keep_journal(new=new, by=voices.grid_leader, becomes_case=True)
        assert (case.journal, case.source, case.area, case.holder) == (
            entry,
            "journal",
            voices.areas.building1,
            voices.areas.grid1,
        )
        assert (case.text, case.spot, case.teller, case.teller_phone) == ("垃圾", "东门", "王小明", "15400000001")

    def test_later_and_only_once(self, voices):
        entry = entry_at(voices, voices.areas.building1, voices.grid_leader)
        make_case(entry=entry, by=voices.secretary)
        with pytest.raises(JournalRefused, match="已转为事件"):
            make_case(entry=entry, by=voices.grid_leader)
        assert Case.objects.count() == 1

    def test_not_by_who_may_only_look(self, voices):
        entry = entry_at(voices, voices.areas.building1, voices.grid_leader)
        for user in (voices.cadre, voices.next_grid_leader):
            with pytest.raises(CaseRefused):
                make_case(entry=entry, by=user)


def test_seeing_who_told_it_is_logged(voices):
    entry = entry_at(voices, voices.areas.grid1, voices.grid_leader, teller="王小明", teller_phone="15400000001")
    assert reveal_teller(entry=entry, by=voices.secretary) == ("王小明", "15400000001")
    look = ViewEntry.objects.get(model="cases.journalentry")
    assert (look.kind, look.object_id, look.purpose) == ("revealed", entry.pk, "teller")


class TestDoors:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("1-101", "1-101"),
            ("1单元101室", "1-101"),
            ("2单元901", "2-0901"),
            ("２－９０１", "2-0901"),
            ("1号楼1单元101", "1-101"),
            ("3号楼1单元101", None),
            ("3-101", None),
            ("101", None),
            ("张大爷家", None),
            ("", None),
        ],
    )
    def test_a_door_as_it_is_typed(self, voices, doors, text, found):
        household = door_in(voices.areas.building1, text, voices.grid_leader)
        assert (household and str(household)) == found

    def test_a_grid_has_no_doors_and_a_neighbour_sees_none(self, voices, doors):
        assert door_in(voices.areas.grid1, "1-101", voices.grid_leader) is None
        assert door_in(voices.areas.building1, "1-101", voices.next_grid_leader) is None


# --- Subjects by count


class TestPeriods:
    @pytest.mark.parametrize(
        ("kind", "day", "first", "last", "before"),
        [
            ("week", date(2027, 1, 2), date(2026, 12, 28), date(2027, 1, 3), date(2026, 12, 21)),
            ("month", date(2028, 2, 29), date(2028, 2, 1), date(2028, 2, 29), date(2028, 1, 1)),
            ("month", date(2026, 12, 31), date(2026, 12, 1), date(2026, 12, 31), date(2026, 11, 1)),
            ("quarter", date(2026, 5, 1), date(2026, 4, 1), date(2026, 6, 30), date(2026, 1, 1)),
            ("quarter", date(2026, 12, 31), date(2026, 10, 1), date(2026, 12, 31), date(2026, 7, 1)),
        ],
    )
    def test_it_holds_the_day_and_follows_on_the_one_before(self, kind, day, first, last, before):
        period = Period.of(kind, day)
        assert (period.first, period.last) == (first, last)
        assert period.before.first == before
        assert period.before.last + timedelta(days=1) == first
        assert period.before.after == period

    def test_four_go_before(self):
        weeks = with_those_before(Period.of("week", date(2026, 11, 23)))
        assert [week.first for week in weeks] == [date(2026, 11, 23) - timedelta(weeks=n) for n in range(5)]
        assert with_those_before(Period.of("quarter", date(2026, 11, 23)))[-1].first == date(2025, 10, 1)


@pytest.mark.parametrize(
    ("number", "before", "rises"),
    [
        (2, 0, False),  # two of something new are no trend
        (3, 0, True),
        (3, 4, False),  # usual is 1, chance brings 3
        (4, 4, True),
        (8, 16, False),  # usual is 4, chance brings 8
        (9, 16, True),
        (30, 80, True),
        (28, 80, False),
    ],
)
def test_what_rises_above_what_is_usual(number, before, rises):
    assert Counted("环境卫生", number, before / 4, "").rises == rises


def put(voices, area, on: date, subject: str = "环境卫生", times: int = 1) -> list[JournalEntry]:
    """Entries of any day: those of long ago were written then."""
    entries = [entry_at(voices, area, voices.secretary, subject=voices.subjects[subject]) for _n in range(times)]
    JournalEntry.objects.filter(pk__in=[entry.pk for entry in entries]).update(on=on)
    return entries


class TestCounting:
    @pytest.fixture
    def month(self, voices) -> Period:
        """November with four times 环境卫生 where one is usual, three times 停车秩序 as ever, and one 就业社保 long ago."""
        areas = voices.areas
        put(voices, areas.building1, date(2026, 11, 1), times=2)
        put(voices, areas.grid1, date(2026, 11, 30), times=2)
        put(voices, areas.building3, date(2026, 11, 9), "停车秩序", times=3)
        for number in (7, 8, 9, 10):
            put(voices, areas.building1, date(2026, number, 15))
            put(voices, areas.building3, date(2026, number, 15), "停车秩序", times=3)
        put(voices, areas.building1, date(2026, 6, 30), "就业社保")
        return Period.of("month", date(2026, 11, 23))

    def counted(self, user, area, period) -> list[tuple]:
        rows = Asked(area=area).of(JournalEntry.objects.visible_to(user))
        return [(one.name, one.number, one.usual, one.rises) for one in by_subject(rows, area, period)]

    def test_a_number_and_what_is_usual(self, voices, month, django_assert_num_queries):
        voices.secretary.scope  # noqa: B018
        with django_assert_num_queries(1):
            found = self.counted(voices.secretary, voices.areas.taoyuan, month)
        assert found == [("环境卫生", 4, 1.0, True), ("停车秩序", 3, 3.0, False)]

    def test_only_of_the_area_and_only_what_is_seen(self, voices, month):
        assert self.counted(voices.secretary, voices.areas.building1, month) == [("环境卫生", 2, 1.0, False)]
        assert self.counted(voices.grid_leader, voices.areas.grid1, month) == [("环境卫生", 4, 1.0, True)]
        assert self.counted(voices.building_leader, voices.areas.building1, month) == [("环境卫生", 2, 1.0, False)]
        assert self.counted(voices.next_grid_leader, voices.areas.grid2, month) == [("停车秩序", 3, 3.0, False)]

    def test_what_was_before_the_first_entry_is_no_quiet_time(self, voices):
        building, period = voices.areas.building1, Period.of("month", date(2026, 11, 23))
        put(voices, building, date(2026, 11, 1), times=4)
        assert self.counted(voices.secretary, None, period) == [("环境卫生", 4, None, False)]
        put(voices, building, date(2026, 9, 15), "停车秩序")
        put(voices, building, date(2026, 9, 15), times=3)
        found = self.counted(voices.secretary, None, period)
        assert found == [("环境卫生", 4, 1.5, True), ("停车秩序", 0, 0.5, False)]

    def test_what_many_wish_in_a_building_or_grid(self, voices, month, django_assert_num_queries):
        rows = JournalEntry.objects.visible_to(voices.secretary)
        with django_assert_num_queries(2):
            found = wishes(rows, month)
        told = [(one.name, one.place, one.number, len(one.entries)) for one in found]
        # 停车秩序 is of one building alone, so that its grid is not named, too; no building has three of 环境卫生, the grid has.
        assert told == [("环境卫生", "桃园社区 第1网格", 4, 4), ("停车秩序", "桃园社区 3号楼", 3, 3)]

    def test_two_are_no_wish(self, voices, django_assert_num_queries):
        put(voices, voices.areas.building1, date(2026, 11, 1), times=2)
        with django_assert_num_queries(1):
            assert wishes(JournalEntry.objects.all(), Period.of("month", date(2026, 11, 1))) == []


def test_the_figure_of_the_weekly_report_leads_to_its_entries(voices):
    (figure,) = [one for one in voices_figures() if one.key == "journal"]
    grid, first, last = voices.areas.grid1, date(2026, 11, 16), date(2026, 11, 22)
    assert figure.link(grid, first, last) == address(area=grid.pk, first=first, last=last)
    assert address(area=grid.pk, first=first, last=last).endswith(f"?area={grid.pk}&from=2026-11-16&to=2026-11-22")
