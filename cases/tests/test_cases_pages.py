"""Cases on the phone: the right rows, what each may do there, one small page for each move."""

import re
import uuid
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.actions import end_appointments
from accounts.choices import EndReason, Role
from accounts.models import Appointment, User
from audit.models import ViewEntry
from cases.actions import Said, make_case, move_case
from cases.models import Case, CasePhoto, Rating, Subject
from cases.tests.conftest import entry_at, open_at
from conftest import PLACES, make_user
from gridparty.lib.codes import spelt
from gridparty.lib.dates import today
from grids.actions import place
from grids.models import Area
from people.models import Household


def phone_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def leader(voices) -> Client:
    return phone_of(voices.grid_leader)


@pytest.fixture
def case(voices) -> Case:
    told = {"text": "三楼灯不亮", "teller": "王小明", "teller_phone": "15400000001", "spot": "二单元三楼"}
    return open_at(voices, voices.areas.building1, voices.grid_leader, **told)


def page(client, name: str, *args, **query) -> str:
    answer = client.get(reverse(f"cases:{name}", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def send(client, name: str, *args, form_id=None, query: str = "", **typed):
    address = reverse(f"cases:{name}", args=args) + query
    return client.post(address, {"form_id": str(form_id or uuid.uuid4()), **typed})


def told(answer) -> str:
    """What the page says that a form led to."""
    assert answer.status_code == 302, answer.content.decode()
    return answer.client.get(answer["Location"]).content.decode()


def moved(case: Case, kind: str, by, **said) -> Case:
    return move_case(case=case, kind=kind, by=by, said=Said(**said))


def place_in(grid: Area, user) -> None:
    """Make somebody the leader of a grid."""
    post = Appointment(user=user, role=Role.GRID_LEADER, starts_on=today())
    place(row=post, area=grid)
    post.save()


def picture() -> SimpleUploadedFile:
    file = BytesIO()
    Image.new("RGB", (64, 48), (60, 120, 90)).save(file, "JPEG")
    return SimpleUploadedFile("photo.jpg", file.getvalue(), "image/jpeg")


def moves_on(text: str) -> set[str]:
    """The moves a page offers."""
    return set(re.findall(r"/move/([a-z_]+)/", text)) | ({"on-spot"} if "/on-spot/" in text else set())


# --- Who sees what


class TestReach:
    PAGES = ("case", "case_move", "case_on_spot", "case_rate")

    def args(self, name: str, pk: int) -> list:
        return [pk, "note"] if name == "case_move" else [pk]

    @pytest.mark.parametrize("name", PAGES)
    @pytest.mark.parametrize("place", [place for place in PLACES if place != "own"])
    def test_the_neighbours_case_is_not_there(self, voices, leader, name, place):
        row = open_at(voices, Area.objects.get(code=PLACES[place]), None)
        address = reverse(f"cases:{name}", args=self.args(name, row.pk))
        assert leader.get(address).status_code == 404
        assert leader.post(address, {"text": "x"}).status_code == (405 if name == "case" else 404)
        assert f"/cases/{row.pk}/" not in page(leader, "cases", show="all")
        assert Case.objects.get().seq == 1

    @pytest.mark.parametrize("name", PAGES[1:])
    def test_who_only_looks_on_moves_nothing(self, voices, case, name):
        viewer, address = phone_of(voices.cadre), reverse(f"cases:{name}", args=self.args(name, case.pk))
        text = page(viewer, "case", case.pk)
        assert moves_on(text) == set()
        assert viewer.get(address).status_code == 403
        assert viewer.post(address, {"text": "x"}).status_code == 403
        assert {viewer.get(reverse(f"cases:{page}")).status_code for page in ("case_new", "case_urgent")} == {403}

    def test_who_has_nothing_to_do_with_voices_sees_none(self, voices, case):
        for user in (voices.member, voices.nobody, voices.system_admin):
            client = phone_of(user)
            assert client.get(reverse("cases:cases")).status_code == 403
            assert client.get(reverse("cases:case", args=[case.pk])).status_code == 403
        assert Client().get(reverse("cases:case", args=[case.pk])).status_code == 302

    def test_who_sees_it_but_handles_others_reads_why_not(self, voices, areas, case):
        """A building leader here who leads the neighbour grid."""
        user = make_user(Role.BUILDING_LEADER, areas.building1, username="both")
        place_in(areas.grid2, user)
        client = phone_of(user)
        assert moves_on(page(client, "case", case.pk)) == set()
        assert "您不能办理“办理进展”" in page(client, "case_move", case.pk, "note")
        assert "您不能办理" in page(client, "case_on_spot", case.pk)
        answer = send(client, "case_move", case.pk, "note", text="已联系", seq=case.seq)
        assert "您不能办理“办理进展”" in answer.content.decode()
        assert Case.objects.get().seq == 1

    def test_a_move_there_is_not_is_not_there(self, leader, case):
        for kind in ("pass-up", "opened", "remind", "escalate", "delete"):
            assert leader.get(f"/voices/cases/{case.pk}/move/{kind}/").status_code == 404

    def test_reading_writes_nothing(self, voices, leader, case):
        for name in ("cases", "case_new", "case_urgent"):
            page(leader, name)
        for kind in ("collect", "file", "note", "pass_up", "ask_remit"):
            page(leader, "case_move", case.pk, kind)
        assert (Case.objects.get().seq, ViewEntry.objects.count()) == (1, 0)
        assert leader.get(reverse("cases:case_reveal", args=[case.pk])).status_code == 405


# --- Lists


class TestLists:
    def test_a_row_says_what_where_how_far_and_until_when(self, leader, case):
        text = page(leader, "cases")
        for words in ("环境卫生", "桃园社区 1号楼", "发现 · 第1网格", "还有", reverse("cases:case", args=[case.pk])):
            assert words in text
        assert "王" not in text
        assert "三楼灯不亮" not in text

    def test_urgent_ones_are_on_top_then_what_ends_next(self, voices, leader):
        soon, later = (open_at(voices, voices.areas.grid1, voices.grid_leader) for _n in range(2))
        Case.objects.filter(pk=later.pk).update(step_due_at=timezone.now() + timedelta(days=9))
        Case.objects.filter(pk=soon.pk).update(step_due_at=timezone.now() + timedelta(days=8))
        urgent = open_at(voices, voices.areas.grid1, voices.grid_leader, urgent=True)
        Case.objects.filter(pk=urgent.pk).update(step_due_at=timezone.now() + timedelta(days=30))
        for show in ("mine", "all", "open"):
            keys = [int(key) for key in re.findall(r'gp-row" href="/voices/cases/(\d+)/"', page(leader, "cases", show=show))]
            assert keys == [urgent.pk, *([later.pk, soon.pk] if show == "all" else [soon.pk, later.pk])]

    def rows(self, client, **query) -> set[int]:
        return {int(key) for key in re.findall(r'gp-row" href="/voices/cases/(\d+)/"', page(client, "cases", **query))}

    def test_each_tab_has_its_rows(self, voices, leader):
        areas, by = voices.areas, voices.grid_leader
        mine, late, up, asked, urged, done = (open_at(voices, areas.building1, by).pk for _n in range(6))
        Case.objects.filter(pk=late).update(step_due_at=timezone.now() - timedelta(hours=1))
        moved(Case.objects.get(pk=up), "pass_up", by, text="需协调")
        moved(Case.objects.get(pk=asked), "ask_remit", by, text="属物业")
        moved(Case.objects.get(pk=urged), "urge", voices.secretary, text="抓紧")
        moved(moved(Case.objects.get(pk=done), "ask_remit", by, text="属物业"), "agree_remit", voices.secretary)
        office = phone_of(voices.secretary)
        assert self.rows(leader, show="mine") == {mine, late, asked, urged}
        assert self.rows(leader, show="late") == self.rows(office, show="late") == {late}
        assert self.rows(leader, show="all") == {mine, late, up, asked, urged, done}
        assert self.rows(leader, show="decide") == self.rows(leader, show="supervised") == set()
        assert self.rows(office, show="mine") == {up}
        assert self.rows(office, show="decide") == {asked}
        assert self.rows(office, show="supervised") == {urged}
        assert self.rows(office, show="all", state="closed") == {done}
        assert self.rows(phone_of(voices.cadre)) == {late}

    def test_it_is_narrowed_by_its_address(self, voices, leader):
        own = open_at(voices, voices.areas.building1, voices.grid_leader).pk
        noise = Subject.objects.get(name="噪音扰民")
        Case.objects.filter(pk=own).update(subject=noise, opened_at=timezone.now() - timedelta(days=40))
        other = open_at(voices, voices.areas.building2, voices.grid_leader).pk
        before, day = (today() - timedelta(days=40)).isoformat(), today().isoformat()
        assert self.rows(leader, subject=noise.pk) == {own}
        assert self.rows(leader, show="all", area=voices.areas.building2.pk) == {other}
        assert self.rows(leader, show="all", **{"from": before, "to": before}) == {own}
        assert self.rows(leader, show="all", **{"from": day}) == {other}
        assert self.rows(leader, show="all", on="closed", **{"from": before}) == set()

    @pytest.mark.parametrize(
        "query", [{"show": "x", "page": "x"}, {"subject": "x", "area": "9" * 30}, {"from": "x", "to": "2026-13-01", "on": "x"}]
    )
    def test_what_an_address_does_not_know_is_passed_over(self, leader, case, query):
        assert self.rows(leader, **query) == {case.pk}

    def test_it_is_paged(self, voices, leader):
        for _n in range(31):
            open_at(voices, voices.areas.grid1, voices.grid_leader)
        assert len(self.rows(leader)) == 30
        assert "page=2" in page(leader, "cases")
        assert len(self.rows(leader, page=2)) == 1

    def test_an_empty_one_says_so(self, leader):
        assert "这里没有事件。" in page(leader, "cases")

    def test_the_holder_follows_the_post(self, voices, areas, case):
        """A new grid leader has what the one before had, and the one before has nothing."""
        newcomer = make_user(None, None, username="newcomer", name="李四")
        end_appointments(appointments=Appointment.objects.filter(user=voices.grid_leader), reason=EndReason.REMOVED, by=None)
        place_in(areas.grid1, newcomer)
        assert self.rows(phone_of(newcomer), show="mine") == {case.pk}
        assert "第1网格（李四）" in page(phone_of(newcomer), "case", case.pk)
        before = phone_of(User.objects.get(pk=voices.grid_leader.pk))
        assert before.get(reverse("cases:cases")).status_code == 403


# --- A new one


class TestNew:
    def typed(self, voices, **other) -> dict:
        return {"subject": voices.subject.pk, "place": voices.areas.building1.pk, "text": "三楼灯不亮"} | other

    def test_it_is_opened_with_what_was_typed(self, voices, leader):
        sent = self.typed(voices, spot="二单元", teller="王小明", teller_phone="15400000001", photos=[picture(), picture()])
        assert "已受理，由第1网格办理。" in told(send(leader, "case_new", **sent))
        row = Case.objects.get()
        assert (row.area, row.text, row.spot, row.teller) == (voices.areas.building1, "三楼灯不亮", "二单元", "王小明")
        assert (row.step, row.source, row.opened_by) == ("found", "field", voices.grid_leader)
        assert CasePhoto.objects.filter(event__case=row).count() == 2

    def test_the_same_form_twice_is_one_case(self, voices, leader):
        sent = self.typed(voices, form_id=uuid.uuid4())
        assert len({send(leader, "case_new", **sent)["Location"] for _n in range(3)}) == 1
        assert Case.objects.count() == 1

    @pytest.mark.parametrize(
        ("wrong", "why"),
        [
            ({"text": " "}, "请写明是什么事"),
            ({"subject": ""}, "请选择类别"),
            ({"place": ""}, "请选择地点"),
            ({"place": "999999"}, "不在您的管理范围内"),
            ({"teller_phone": "电话没有"}, "电话只能有数字"),
            ({"form_id": "x"}, "页面已过期"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_is_lost(self, voices, leader, wrong, why):
        text = send(leader, "case_new", **self.typed(voices, teller="王小明") | wrong).content.decode()
        assert why in text
        assert 'value="王小明"' in text
        assert not Case.objects.exists()

    def test_what_is_no_picture_or_too_many_are_refused(self, voices, leader):
        no_picture = SimpleUploadedFile("photo.jpg", b"<script>", "image/jpeg")
        assert "不是可用的照片" in send(leader, "case_new", **self.typed(voices, photos=[no_picture])).content.decode()
        many = [picture() for _n in range(4)]
        assert "最多上传 3 张" in send(leader, "case_new", **self.typed(voices, photos=many)).content.decode()
        assert not Case.objects.exists()

    def test_places_are_those_of_ones_post(self, voices, leader):
        offered = set(re.findall(r'name="place" value="(\d+)"', page(leader, "case_new")))
        assert offered == {str(area.pk) for area in (voices.areas.grid1, voices.areas.building1, voices.areas.building2)}
        one = page(phone_of(voices.building_leader), "case_new")
        assert re.findall(r'name="place" value="(\d+)"[^>]*checked', one) == [str(voices.areas.building1.pk)]
        office = page(phone_of(voices.secretary), "case_new")
        assert "<optgroup" in office
        assert "第2网格" in office

    def test_where_there_are_too_many_a_part_is_opened_first(self, voices, monkeypatch):
        monkeypatch.setattr("cases.forms.places.MOST", 4)
        official = phone_of(voices.district_official)
        text = page(official, "case_new")
        assert "先选择范围" in text
        assert 'name="place"' not in text
        assert f"?at={voices.areas.east.pk}" in text
        assert f"?at={voices.areas.taoyuan.pk}" in page(official, "case_new", at=voices.areas.east.pk)
        assert f"?at={voices.areas.grid1.pk}" in page(official, "case_new", at=voices.areas.taoyuan.pk)
        assert 'name="place"' in page(official, "case_new", at=voices.areas.grid1.pk)
        sent = self.typed(voices)
        assert "已受理" in told(send(official, "case_new", query=f"?at={voices.areas.grid1.pk}", **sent))

    def test_a_household_brings_its_place(self, voices, leader):
        home = Household(unit="1", room="301")
        place(row=home, area=voices.areas.building1)
        home.save()
        text = page(leader, "case_new", household=home.pk)
        assert 'name="place"' not in text
        assert "1-301" in text
        sent = {"subject": voices.subject.pk, "text": "漏水"}
        told(send(leader, "case_new", query=f"?household={home.pk}", **sent))
        assert (Case.objects.get().household, Case.objects.get().area) == (home, voices.areas.building1)
        neighbour = page(phone_of(voices.next_grid_leader), "case_new", household=home.pk)
        assert 'name="place"' in neighbour

    def test_an_urgent_one_says_who_will_be_told_and_is_filed(self, voices, leader):
        text = page(leader, "case_urgent")
        for name in ("桃园社区", "东街街道", "海棠区"):
            assert name in text[text.index("提交后立即通知") :]
        answer = send(leader, "case_urgent", **self.typed(voices, text="燃气味道很大"))
        assert "紧急事件已上报" in told(answer)
        assert (Case.objects.get().step, Case.objects.get().procedure) == ("filed", "urgent")


# --- One


class TestOne:
    def test_it_says_what_where_who_and_how_long(self, leader, case):
        text = page(leader, "case", case.pk)
        for words in ("三楼灯不亮", "东街街道 桃园社区 第1网格 1号楼 二单元三楼", "网格上报", "本环节", "全程", case.number):
            assert words in text
        assert "王** 154****0001" in text
        assert "王小明" not in text
        assert "15400000001" not in text

    def test_who_said_it_is_told_in_full_and_that_is_logged(self, voices, leader, case):
        answer = leader.post(reverse("cases:case_reveal", args=[case.pk]))
        assert "王小明" in answer.content.decode()
        assert "15400000001" in answer.content.decode()
        entry = ViewEntry.objects.get()
        assert (entry.kind, entry.model, entry.object_id, entry.actor) == ("revealed", "cases.case", case.pk, voices.grid_leader)
        assert phone_of(voices.cadre).post(reverse("cases:case_reveal", args=[case.pk])).status_code == 403
        assert phone_of(voices.next_grid_leader).post(reverse("cases:case_reveal", args=[case.pk])).status_code == 404

    def test_the_receipt_is_for_those_who_take_cases_in(self, voices, leader, case):
        code = spelt(case.receipt)
        text = page(leader, "case", case.pk)
        assert code in text
        assert "data:image/svg+xml" in text
        assert code not in page(phone_of(voices.cadre), "case", case.pk)

    def test_the_history_is_in_order_with_names_and_words(self, voices, leader, case):
        User.objects.filter(pk=voices.secretary.pk).update(name="李四")
        case = moved(case, "pass_up", voices.grid_leader, text="需物业配合")
        moved(case, "pass_down", User.objects.get(pk=voices.secretary.pk), text="已协调，请办理")
        text = page(leader, "case", case.pk)
        history = text[text.index("办理过程") :]
        places = [
            history.index(words) for words in ("受理", "上报上级", "→ 桃园社区", "需物业配合", "交办下级", "→ 第1网格", "李四")
        ]
        assert places == sorted(places)

    def test_pictures_are_shown_to_those_who_see_the_case(self, voices, leader, case):
        told(send(leader, "case_move", case.pk, "note", text="已联系", seq=1, photos=[picture()]))
        photo = CasePhoto.objects.get()
        address = reverse("cases:case_photo", args=[photo.pk])
        assert address in page(leader, "case", case.pk)
        answer = leader.get(address)
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
        assert "sandbox" in answer["Content-Security-Policy"]
        answer.getvalue()
        assert phone_of(voices.next_grid_leader).get(address).status_code == 404
        assert phone_of(voices.member).get(address).status_code == 403

    def test_what_came_of_an_entry_leads_back_to_it(self, voices, leader):
        entry = entry_at(voices, voices.areas.building1, voices.grid_leader)
        case = make_case(entry=entry, by=voices.grid_leader)
        assert reverse("cases:journal_entry", args=[entry.pk]) in page(leader, "case", case.pk)

    OFFERED = {
        "grid_leader": {"collect", "file", "on-spot", "pass_up", "note", "ask_remit"},
        "secretary": {"collect", "file", "on-spot", "pass_up", "note", "ask_remit", "urge"},
        "building_leader": set(),
        "cadre": set(),
    }

    @pytest.mark.parametrize("who", OFFERED)
    def test_it_offers_what_may_be_done_now(self, voices, case, who):
        assert moves_on(page(phone_of(getattr(voices, who)), "case", case.pk)) == self.OFFERED[who]

    def test_a_request_is_decided_by_somebody_else(self, voices, leader, case):
        moved(case, "ask_remit", voices.grid_leader, text="属供电公司")
        own, office = page(leader, "case", case.pk), page(phone_of(voices.secretary), "case", case.pk)
        assert "须由他人决定" in own
        assert moves_on(own) == {"collect", "note"}
        assert {"agree_remit", "refuse_remit"} <= moves_on(office)


# --- Moves


class TestMoves:
    def test_filing_explains_the_four_procedures_with_their_limits(self, leader, case):
        text = page(leader, "case_move", case.pk, "file")
        for words in (
            "现场办结",
            "协调办理",
            "紧急办理",
            "审批办理",
            "办理 5 个工作日，全程 7 个工作日",
            "全程 24 小时",
            "报桃园社区",
        ):
            assert words in text
        assert "请选择办理程序" in send(leader, "case_move", case.pk, "file", seq=1).content.decode()
        assert "已办理“立案”" in told(send(leader, "case_move", case.pk, "file", seq=1, procedure="coordinated"))
        assert (Case.objects.get().step, Case.objects.get().procedure) == ("filed", "coordinated")

    def test_filing_for_approval_asks_the_level_above(self, voices, leader, case):
        wrong = send(leader, "case_move", case.pk, "file", seq=1, procedure="approval")
        assert "请写明报请审批什么" in wrong.content.decode()
        answer = send(leader, "case_move", case.pk, "file", seq=1, procedure="approval", text="购灯 200 元")
        assert "已报桃园社区审批" in told(answer)
        office = phone_of(voices.secretary)
        text = page(office, "case_move", case.pk, "approve")
        assert "购灯 200 元" in text
        assert "办理 10 个工作日" in text
        assert "您不能办理" in page(leader, "case_move", case.pk, "approve")
        assert "已办理“审批同意”" in told(send(office, "case_move", case.pk, "approve", seq=2))
        assert (Case.objects.get().step, Case.objects.get().holder) == ("filed", voices.areas.grid1)

    def test_passing_names_to_whom_it_goes(self, voices, leader, case):
        assert "将转给桃园社区（张三、张三）办理" in page(leader, "case_move", case.pk, "pass_up")
        assert "请填写“上报的原因”" in send(leader, "case_move", case.pk, "pass_up", seq=1, text=" ").content.decode()
        assert "已转给桃园社区办理" in told(send(leader, "case_move", case.pk, "pass_up", seq=1, text="需协调"))
        office = phone_of(voices.secretary)
        assert "将转给第1网格（张三）办理" in page(office, "case_move", case.pk, "pass_down")
        assert "已转给第1网格办理" in told(send(office, "case_move", case.pk, "pass_down", seq=2, text="请办理"))

    def test_of_two_who_act_at_once_the_second_is_told(self, voices, leader, case):
        office = phone_of(voices.secretary)
        told(send(leader, "case_move", case.pk, "collect", seq=1))
        text = send(office, "case_move", case.pk, "note", seq=1, text="已联系物业").content.decode()
        assert "刚由他人办理，现为“收集”" in text
        assert "已联系物业" in text
        assert Case.objects.get().seq == 2

    def test_the_same_form_twice_is_one_move(self, leader, case):
        sent = {"seq": 1, "text": "已联系", "form_id": uuid.uuid4()}
        assert all("已办理“办理进展”" in told(send(leader, "case_move", case.pk, "note", **sent)) for _n in range(3))
        assert Case.objects.get().seq == 2

    def test_without_what_was_seen_nothing_is_done(self, leader, case):
        assert "页面已过期" in send(leader, "case_move", case.pk, "note", text="已联系").content.decode()
        assert Case.objects.get().seq == 1

    def test_settled_on_the_spot(self, leader, case):
        assert "请填写给居民的答复" in send(leader, "case_on_spot", case.pk, seq=1, text="换灯").content.decode()
        sent = {"seq": 1, "text": "换灯", "answer": "已换新灯", "photos": [picture()]}
        assert "已当场办结" in told(send(leader, "case_on_spot", case.pk, **sent))
        assert (Case.objects.get().step, Case.objects.get().answer) == ("answered", "已换新灯")
        assert CasePhoto.objects.get().event.kind == "handle"

    def test_remit_is_closed_by_two(self, voices, leader, case):
        assert "须由桃园社区另一人同意" in page(leader, "case_move", case.pk, "ask_remit")
        told(send(leader, "case_move", case.pk, "ask_remit", seq=1, text="属供电公司"))
        office = phone_of(voices.secretary)
        assert "属供电公司" in page(office, "case_move", case.pk, "agree_remit")
        text = told(send(office, "case_move", case.pk, "agree_remit", seq=2))
        assert "职责范围外" in text
        assert moves_on(text) == set()

    def test_urging_is_for_those_above(self, voices, leader, case):
        street = phone_of(voices.street_officer)
        assert "列为督办，并提醒第1网格" in page(street, "case_move", case.pk, "urge")
        assert "东街街道督办" in told(send(street, "case_move", case.pk, "urge", seq=1, text="三日内办结"))
        assert "您不能办理“督办”" in page(leader, "case_move", case.pk, "urge")

    def test_a_case_from_found_to_closed_and_rated(self, voices, leader, case):
        steps = [
            ("collect", {}),
            ("file", {"procedure": "coordinated"}),
            ("handle", {"text": "换灯"}),
            ("answer", {"answer": "已换"}),
        ]
        for n, (kind, typed) in enumerate(steps, 1):
            assert kind in moves_on(page(leader, "case", case.pk))
            told(send(leader, "case_move", case.pk, kind, seq=n, **typed))
        assert "请选择 1 到 5 分" in send(leader, "case_rate", case.pk).content.decode()
        assert "已自评 4 分。" in told(send(leader, "case_rate", case.pk, score=4, text="材料等了两天"))
        assert "已评价过" in send(leader, "case_rate", case.pk, score=5).content.decode()
        assert (Rating.objects.get().side, Rating.objects.get().score) == ("team", 4)
        text = told(send(leader, "case_move", case.pk, "close", seq=5))
        assert "当天办结" in text
        assert moves_on(text) == {"reopen"}
        assert "已办理“重新办理”" in told(send(leader, "case_move", case.pk, "reopen", seq=6, text="又坏了"))
        assert "第 2 次办理" in page(leader, "case", case.pk)


# --- Queries

READS = {"cases": 6, "case_new": 6, "case_urgent": 8, "case": 8, "case_move": 8, "case_on_spot": 4, "case_rate": 4}


def queries_of(client, address: str) -> int:
    client.get(address)  # what a process learns once is not counted
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def addresses(case: Case) -> dict[str, str]:
    found = {name: reverse(f"cases:{name}") for name in ("cases", "case_new", "case_urgent")}
    found |= {name: reverse(f"cases:{name}", args=[case.pk]) for name in ("case", "case_on_spot", "case_rate")}
    return found | {"case_move": reverse("cases:case_move", args=[case.pk, "file"])}


def test_three_cases_with_a_long_history_take_as_many_queries_as_one(voices, leader, case):
    few = {name: queries_of(leader, address) for name, address in addresses(case).items()}
    for _n in range(2):
        open_at(voices, voices.areas.building2, voices.grid_leader, urgent=True)
    for _n in range(3):
        case = moved(case, "note", voices.grid_leader, text="已联系", photos=[picture()])
    assert {name: queries_of(leader, address) for name, address in addresses(case).items()} == few == READS


def test_sending_a_move_takes_as_many_queries_however_many_cases_there_are(voices, leader, case):
    def sending(row: Case) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert send(leader, "case_move", row.pk, "note", seq=row.seq, text="已联系").status_code == 302
        return len(captured)

    sending(case)
    few = sending(Case.objects.get(pk=case.pk))
    for _n in range(2):
        open_at(voices, voices.areas.building2, voices.grid_leader)
    assert sending(Case.objects.get(pk=case.pk)) == few == 22
