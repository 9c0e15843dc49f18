"""The journal on the phone: who is shown what, an entry written and made a case, who told it, lists that are the figures."""

import re
import uuid
from datetime import date, timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from accounts.choices import Role
from accounts.models import Appointment
from audit.models import ViewEntry
from cases.figures import voices as voices_figures
from cases.models import Case, JournalEntry
from cases.tests.conftest import entry_at, open_at, reports_of
from cases.tests.test_journal import doors, put  # noqa: F401
from conftest import make_user
from gridparty.lib.dates import today
from gridparty.lib.figures import counted
from grids.actions import place
from members.tests.conftest import a_picture

pytestmark = pytest.mark.django_db


def phone_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def leader(voices) -> Client:
    return phone_of(voices.grid_leader)


@pytest.fixture
def entry(voices) -> JournalEntry:
    """王小明 of 1号楼 about the garbage, with a picture."""
    told = {"teller": "王小明", "teller_phone": "15400000001", "photo": a_picture()}
    return entry_at(voices, voices.areas.building1, voices.grid_leader, **told)


def page(client, name: str, *args, **query) -> str:
    answer = client.get(reverse(f"cases:{name}", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def send(client, name: str, *args, query: str = "", form_id=None, **typed):
    address = reverse(f"cases:{name}", args=args) + query
    return client.post(address, {"form_id": str(form_id or uuid.uuid4()), **typed})


def typed(voices, area, **more) -> dict:
    return {"subject": voices.subject.pk, "text": "楼道堆了杂物", "place": area.pk, "on": today().isoformat()} | more


def told(answer) -> str:
    """What the page says that a form led to."""
    assert answer.status_code == 302, answer.content.decode()
    return answer.client.get(answer["Location"]).content.decode()


def rows_of(text: str) -> list[int]:
    """The keys of the entries listed."""
    return [int(key) for key in re.findall(r'class="gp-row" href="/voices/journal/(\d+)/"', text)]


def read_out(answer) -> None:
    """Closes the file; close() would close the database, too."""
    if answer.streaming:
        answer.getvalue()


ONE = ("journal_entry", "journal_photo")
ALL = ("hub", "journal", "journal_subjects")


class TestReach:
    @pytest.mark.parametrize("who", ["grid_leader", "building_leader", "secretary", "clerk", "cadre", "street_officer"])
    def test_who_stands_there_or_above_reads_it(self, voices, entry, who):
        client = phone_of(getattr(voices, who))
        for name in ONE:
            answer = client.get(reverse(f"cases:{name}", args=[entry.pk]))
            assert answer.status_code == 200
            read_out(answer)
        assert rows_of(page(client, "journal")) == [entry.pk]

    @pytest.mark.parametrize("name", ONE)
    def test_to_the_neighbour_it_is_not_there(self, voices, entry, name):
        client = phone_of(voices.next_grid_leader)
        assert client.get(reverse(f"cases:{name}", args=[entry.pk])).status_code == 404
        assert client.get(reverse(f"cases:{name}", args=[987654])).status_code == 404
        assert rows_of(page(client, "journal")) == []

    @pytest.mark.parametrize("name", [*ONE, *ALL, "journal_new"])
    def test_who_has_nothing_to_do_with_it_is_refused(self, voices, entry, name):
        args = [entry.pk] if name in ONE else []
        for user in (voices.member, voices.system_admin, voices.nobody):
            assert phone_of(user).get(reverse(f"cases:{name}", args=args)).status_code == 403

    def test_who_only_looks_writes_nothing(self, voices, entry):
        client = phone_of(voices.cadre)
        text = page(client, "journal_entry", entry.pk)
        assert "转为事件" not in text
        assert "再记一条" not in text
        assert "显示反映人" not in text
        for name, args in (("journal_new", []), ("journal_case", [entry.pk]), ("journal_reveal", [entry.pk])):
            assert send(client, name, *args).status_code == 403
        assert not Case.objects.exists()

    @pytest.mark.parametrize("name", ["journal_case", "journal_reveal"])
    def test_writes_are_no_links_and_not_for_the_neighbour(self, voices, entry, leader, name):
        assert leader.get(reverse(f"cases:{name}", args=[entry.pk])).status_code == 405
        assert send(phone_of(voices.next_grid_leader), name, entry.pk).status_code == 404
        assert not Case.objects.exists()
        assert not ViewEntry.objects.filter(model="cases.journalentry").exists()

    def test_a_photo_is_only_ever_a_picture(self, leader, entry):
        answer = leader.get(reverse("cases:journal_photo", args=[entry.pk]))
        assert answer["Content-Type"] == "image/jpeg"
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer["Cache-Control"] == "private, no-store"
        read_out(answer)

    def test_an_entry_without_photo_has_none(self, voices, leader):
        bare = entry_at(voices, voices.areas.grid1, voices.grid_leader)
        assert leader.get(reverse("cases:journal_photo", args=[bare.pk])).status_code == 404


class TestWriting:
    def test_subject_and_words_are_enough_in_ones_own_grid(self, voices, leader):
        text = page(leader, "journal_new")
        assert re.search(rf'value="{voices.areas.grid1.pk}"[^>]*checked', text)
        assert "3号楼" not in text
        answer = send(leader, "journal_new", **typed(voices, voices.areas.grid1))
        assert "已记日志。" in told(answer)
        entry = JournalEntry.objects.get()
        assert (entry.text, entry.area, entry.on, entry.by) == (
            "楼道堆了杂物",
            voices.areas.grid1,
            today(),
            voices.grid_leader,
        )
        assert not Case.objects.exists()

    def test_a_building_leader_has_one_building_to_choose(self, voices):
        client = phone_of(voices.building_leader)
        assert re.search(rf'value="{voices.areas.building1.pk}"[^>]*checked', page(client, "journal_new"))

    def test_sent_four_times_it_is_there_once(self, voices, leader):
        number = uuid.uuid4()
        answers = [
            send(leader, "journal_new", form_id=number, **typed(voices, voices.areas.grid1, becomes_case="on")) for _n in range(4)
        ]
        assert {answer["Location"] for answer in answers} == {answers[0]["Location"]}
        assert (JournalEntry.objects.count(), Case.objects.count()) == (1, 1)

    def test_it_becomes_a_case_at_once(self, voices, leader):
        text = told(send(leader, "journal_new", **typed(voices, voices.areas.building1, becomes_case="on")))
        case = Case.objects.get()
        assert f"并转为事件 {case.number}" in text
        assert reverse("cases:case", args=[case.pk]) in text
        assert "转为事件办理" not in text

    def test_it_becomes_a_case_later_once(self, voices, leader, entry):
        assert "转为事件办理" in page(leader, "journal_entry", entry.pk)
        answer = send(leader, "journal_case", entry.pk)
        assert answer["Location"] == reverse("cases:case", args=[Case.objects.get().pk])
        again = send(leader, "journal_case", entry.pk)
        assert again.status_code == 200
        assert "已转为事件，不必重复转办" in again.content.decode()
        assert Case.objects.count() == 1

    def test_a_door_that_is_known_is_the_household(self, voices, leader, doors):  # noqa: F811
        send(leader, "journal_new", **typed(voices, voices.areas.building1, room="1单元101室", spot="门口"))
        entry = JournalEntry.objects.get()
        assert (entry.household, entry.spot) == (doors["1号楼", "1-101"], "门口")
        assert "1号楼 1-101" in page(leader, "journal_entry", entry.pk)

    def test_a_door_that_is_not_known_stays_in_words(self, voices, leader, doors):  # noqa: F811
        answer = send(leader, "journal_new", **typed(voices, voices.areas.building1, room="9-901", spot="门口"))
        assert "没有登记“9-901”这户，已记在具体位置。" in told(answer)
        entry = JournalEntry.objects.get()
        assert (entry.household, entry.spot) == (None, "9-901 门口")

    def test_what_would_be_cut_off_is_refused(self, voices, leader):
        answer = send(leader, "journal_new", **typed(voices, voices.areas.building1, room="9-901", spot="门" * 60))
        assert "请把具体位置写短一些" in answer.content.decode()
        assert not JournalEntry.objects.exists()

    def test_from_a_household(self, voices, leader, doors):  # noqa: F811
        home = doors["1号楼", "1-101"]
        query = f"?household={home.pk}"
        text = leader.get(reverse("cases:journal_new") + query).content.decode()
        assert "1号楼" in text
        assert 'name="place"' not in text
        send(leader, "journal_new", query=query, **typed(voices, voices.areas.grid2))
        entry = JournalEntry.objects.get()
        assert (entry.household, entry.area) == (home, voices.areas.building1)

    def test_the_page_of_a_household_leads_there(self, leader, doors):  # noqa: F811
        home = doors["1号楼", "1-101"]
        text = leader.get(reverse("people:household", args=[home.pk])).content.decode()
        assert f'{reverse("cases:journal_new")}?household={home.pk}"' in text

    def test_a_household_of_the_neighbour_is_not_there(self, leader, doors):  # noqa: F811
        for key in (doors["3号楼", "1-101"].pk, 987654, "x"):
            assert leader.get(reverse("cases:journal_new"), {"household": key}).status_code == 404

    @pytest.mark.parametrize(
        ("more", "why"),
        [
            ({"text": ""}, "请写明听到或看到什么。"),
            ({"subject": ""}, "请选择类别。"),
            ({"subject": "987654"}, "所选类别已停用，请重新选择。"),
            ({"place": ""}, "请选择地点。"),
            ({"on": "2020-01-01"}, "日期须在今天以前的 31 天之内，请核对。"),
            ({"on": "昨天"}, "日期不对"),
            ({"form_id": "x"}, "页面已过期，没有保存。"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_typed_is_lost(self, voices, leader, more, why):
        sent = typed(voices, voices.areas.grid1, spot="东门岗亭旁", teller="王小明")
        answer = leader.post(reverse("cases:journal_new"), {"form_id": str(uuid.uuid4())} | sent | more)
        assert answer.status_code == 200
        text = answer.content.decode()
        assert why in text
        assert "东门岗亭旁" in text
        assert "王小明" in text
        assert "<details" in text
        assert re.search(r"<details[^>]* open", text)
        assert not JournalEntry.objects.exists()

    def test_not_in_the_grid_of_another(self, voices, leader):
        answer = send(leader, "journal_new", **typed(voices, voices.areas.building3))
        assert "所选地点不在您的管理范围内或已撤销" in answer.content.decode()
        assert not JournalEntry.objects.exists()

    def test_a_picture_is_made_anew(self, voices, leader):
        exif = Image.Exif()
        exif[0x010F] = "secret camera"
        file = BytesIO()
        Image.new("RGB", (2400, 1200), "red").save(file, "JPEG", exif=exif, comment=b"secret comment")
        upload = SimpleUploadedFile("IMG.jpg", file.getvalue(), "image/jpeg")
        send(leader, "journal_new", **typed(voices, voices.areas.grid1, photo=upload))
        entry = JournalEntry.objects.get()
        with entry.photo.open("rb") as kept:
            data = kept.read()
        assert b"secret" not in data
        assert Image.open(BytesIO(data)).size == (1600, 800)
        assert "IMG" not in entry.photo.name

    def test_what_is_no_picture_is_refused(self, voices, leader):
        upload = SimpleUploadedFile("x.jpg", b"<script>alert(1)</script>", "image/jpeg")
        answer = send(leader, "journal_new", **typed(voices, voices.areas.grid1, photo=upload))
        assert "这不是可用的照片文件" in answer.content.decode()
        assert not JournalEntry.objects.exists()

    def test_who_stands_over_many_places_opens_a_part_first(self, voices, monkeypatch):
        monkeypatch.setattr("cases.forms.places.MOST", 3)
        client = phone_of(voices.secretary)
        text = page(client, "journal_new")
        assert "先选择范围" in text
        assert f"?at={voices.areas.grid1.pk}" in text
        assert "1号楼" in client.get(reverse("cases:journal_new"), {"at": voices.areas.grid1.pk}).content.decode()
        assert "liuyuan" not in text


class TestWhoToldIt:
    def test_masked_until_asked_and_then_logged(self, voices, leader, entry):
        text = page(leader, "journal_entry", entry.pk)
        assert "王** 154****0001" in text
        assert "王小明" not in text
        assert "15400000001" not in text
        answer = send(leader, "journal_reveal", entry.pk)
        assert "王小明" in answer.content.decode()
        assert "15400000001" in answer.content.decode()
        look = ViewEntry.objects.get(model="cases.journalentry")
        assert (look.actor, look.object_id, look.kind) == (voices.grid_leader, entry.pk, "revealed")

    def test_no_list_shows_it(self, leader, entry):
        for name in ALL:
            text = page(leader, name)
            assert "王小明" not in text
            assert "0001" not in text

    def test_the_right_to_reveal_must_reach_the_place(self, voices, entry):
        """Who reveals in one grid and only looks at another."""
        user = make_user(Role.GRID_LEADER, voices.areas.grid2, username="both")
        post = Appointment(user=user, role=Role.SUPERVISOR, starts_on=date(2020, 1, 1))
        place(row=post, area=voices.areas.grid1)
        post.save()
        client = phone_of(user)
        assert "显示反映人" not in page(client, "journal_entry", entry.pk)
        assert send(client, "journal_reveal", entry.pk).status_code == 404
        assert "转为事件办理" not in page(client, "journal_entry", entry.pk)


HOSTILE = "\"><script>alert(1)</script>'{{7*7}}"


def test_hostile_words_are_words(voices, leader):
    answer = send(
        leader,
        "journal_new",
        **typed(
            voices,
            voices.areas.building1,
            text=HOSTILE,
            spot=HOSTILE,
            room='"><i>',
            teller=HOSTILE,
            teller_phone=HOSTILE[:20],
        ),
    )
    texts = [told(answer), page(leader, "journal"), page(leader, "hub"), page(leader, "journal_subjects")]
    key = JournalEntry.objects.get().pk
    texts.append(send(leader, "journal_reveal", key).content.decode())
    for text in texts:
        assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in texts[0]
    assert "{{7*7}}" in texts[0]


# --- Lists that are the figures


class TestLists:
    @pytest.fixture
    def november(self, voices):
        """Of 第1网格: three of 环境卫生, one of 停车秩序; one in 第2网格, and one of October."""
        areas = voices.areas
        put(voices, areas.building1, date(2026, 11, 30), times=2)
        put(voices, areas.grid1, date(2026, 11, 1))
        put(voices, areas.building2, date(2026, 11, 9), "停车秩序")
        put(voices, areas.building3, date(2026, 11, 9))
        put(voices, areas.building1, date(2026, 10, 31))

    def linked(self, text: str) -> list[tuple[int, str]]:
        """(number, address) of every subject on the page of subjects."""
        found = re.findall(r'href="(/voices/journal/\?[^"]*)">\s*<span class="gp-row-title">.*?gp-points">(\d+) 条', text, re.S)
        return [(int(number), address.replace("&amp;", "&")) for address, number in found]

    @pytest.mark.parametrize("period", ["week", "month", "quarter"])
    @pytest.mark.parametrize(
        ("who", "where"), [("secretary", "taoyuan"), ("secretary", "grid1"), ("street_officer", "building1")]
    )
    def test_each_number_leads_to_exactly_its_entries(self, voices, november, period, who, where):
        client = phone_of(getattr(voices, who))
        area = getattr(voices.areas, where).pk
        found = self.linked(page(client, "journal_subjects", period=period, on="2026-11-09", area=area))
        assert found
        for number, address in found:
            text = client.get(address).content.decode()
            assert len(rows_of(text)) == number
            assert f"{number} 条" in text

    def test_the_page_says_what_rises(self, voices, november):
        text = page(phone_of(voices.secretary), "journal_subjects", period="month", on="2026-11-23")
        assert self.linked(text)[0][0] == 4
        assert text.count('gp-badge-late">明显增多') == 1  # 4 where one was usual
        assert "前期平均 1 条" in text
        assert "2026年11月" in text

    def test_a_wish_leads_to_its_entries(self, voices, november, leader):
        text = page(leader, "journal_subjects", period="month", on="2026-11-23")
        wish = re.search(r'class="gp-sum">.*?href="([^"]+)".*?gp-badge">(\d+)<', text, re.S)
        assert len(rows_of(leader.get(wish[1].replace("&amp;", "&")).content.decode())) == int(wish[2]) == 3

    def test_the_figure_of_the_report_is_the_list(self, voices, november, leader):
        grid, first, last = voices.areas.grid1, date(2026, 11, 1), date(2026, 11, 30)
        (figure,) = [one for one in voices_figures() if one.key == "journal"]
        text = leader.get(figure.link(grid, first, last)).content.decode()
        assert len(rows_of(text)) == counted(grid, first, last)["journal"] == 4

    def test_mine_and_what_the_address_says(self, voices, november, leader):
        own = entry_at(voices, voices.areas.grid1, voices.grid_leader)
        assert rows_of(page(leader, "journal", show="mine")) == [own.pk]
        assert len(rows_of(page(leader, "journal", **{"from": "2026-11-02", "to": "2026-11-10"}))) == 1
        assert len(rows_of(page(leader, "journal", **{"from": "gestern", "to": ""}))) == 6

    def test_an_area_or_subject_that_is_not_there(self, voices, leader):
        for query in ({"area": voices.areas.grid2.pk}, {"area": "x"}, {"area": "9" * 30}, {"subject": 987654}, {"subject": "x"}):
            assert leader.get(reverse("cases:journal"), query).status_code == 404
        assert leader.get(reverse("cases:journal_subjects"), {"area": voices.areas.taoyuan.pk}).status_code == 404

    def test_page_by_page(self, voices, leader):
        put(voices, voices.areas.grid1, today(), times=31)
        first, second = page(leader, "journal"), page(leader, "journal", page="2")
        assert (len(rows_of(first)), len(rows_of(second))) == (30, 1)
        assert "31 条" in second

    def test_the_newest_first(self, voices, leader):
        put(voices, voices.areas.grid1, today() - timedelta(days=3))
        put(voices, voices.areas.grid1, today())
        put(voices, voices.areas.grid1, today() - timedelta(days=9))
        keys = rows_of(page(leader, "journal"))
        assert list(JournalEntry.objects.order_by("-on").values_list("pk", flat=True)) == keys


# --- The place where something is reported


class TestHub:
    BUTTONS = ("journal_new", "case_new", "case_urgent")

    def test_a_grid_leader_reports_and_sees_the_week(self, voices, leader, entry):
        report = reports_of()[voices.areas.grid1.code]
        case = open_at(voices, voices.areas.building1, voices.grid_leader)
        other = open_at(voices, voices.areas.building3, voices.next_grid_leader)
        text = page(leader, "hub")
        for name in self.BUTTONS:
            assert f'href="{reverse(f"cases:{name}")}"' in text
        assert reverse("cases:report", args=[report.pk]) in text
        assert "前提交" in text or "已逾期" in text
        assert reverse("cases:case", args=[case.pk]) in text
        assert reverse("cases:case", args=[other.pk]) not in text
        assert rows_of(text) == [entry.pk]

    def test_who_has_no_report_and_handles_nothing_sees_what_they_reported(self, voices):
        case = open_at(voices, voices.areas.building1, voices.building_leader)
        open_at(voices, voices.areas.building1, voices.grid_leader)
        text = page(phone_of(voices.building_leader), "hub")
        assert "本周周报" not in text
        assert re.findall(r'href="/voices/cases/(\d+)/"', text) == [str(case.pk)]

    def test_who_only_looks_reports_nothing(self, voices):
        text = page(phone_of(voices.cadre), "hub")
        assert not any(f'href="{reverse(f"cases:{name}")}"' in text for name in self.BUTTONS)
        assert "全部日志" in text


# --- Queries


class TestQueries:
    """Three are always the same: the session, its user, the user's posts."""

    def count(self, client, name, *args, **query) -> int:
        page(client, name, *args, **query)
        with CaptureQueriesContext(connection) as captured:
            page(client, name, *args, **query)
        return len(captured)

    BUDGETS = {"hub": 6, "journal": 5, "journal_subjects": 7, "journal_new": 6}

    def test_lists_ask_the_same_for_one_row_and_for_three(self, voices, leader):
        reports_of()
        names = iter(voices.subjects)

        def one_more():
            entry_at(voices, voices.areas.building1, voices.grid_leader, subject=voices.subjects[next(names)])
            open_at(voices, voices.areas.building1, voices.grid_leader)

        one_more()
        assert {name: self.count(leader, name) for name in self.BUDGETS} == self.BUDGETS
        one_more()
        one_more()
        assert {name: self.count(leader, name) for name in self.BUDGETS} == self.BUDGETS

    def test_one_entry(self, leader, entry):
        assert self.count(leader, "journal_entry", entry.pk) == 4
