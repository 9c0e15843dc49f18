"""What a member sees of themselves on the phone, explained to the last half point, and what they may do about it."""

import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.models import Appointment, User
from audit.models import ViewEntry
from conftest import make_user
from gridparty.lib.dates import today
from members.actions import (
    NewMember,
    announce_year,
    answer_appeal,
    change_class,
    decide_points,
    enrol,
    freeze_year,
    give_accounts,
    leave,
    post_points,
    reverse_points,
)
from members.models import Member, PointBalance, PointEntry, PointScheme
from members.points import statement
from members.tests.conftest import a_picture, earned, typed


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def phone(ledger) -> Client:
    """赵一's."""
    return client_of(ledger.zhao_user)


def post(ledger, code, *, member=None, by=None, **more) -> PointEntry:
    new = earned(member or ledger.zhao, ledger.items[code], **more)
    return post_points(entries=[new], by=by or ledger.branch_secretary).entries[0]


def text(answer) -> str:
    """What a page says, in one line."""
    return " ".join(answer.content.decode().split())


def page(client, name: str, *args, **asked) -> str:
    answer = client.get(reverse(name, args=args), asked)
    assert answer.status_code == 200
    return text(answer)


def told(ledger):
    return statement(PointBalance.objects.select_related("scheme", "organisation").get(member=ledger.zhao, year=today().year))


PAGES = ("members:mine", "members:mine_propose", "members:mine_data")


class TestWhoSeesWhat:
    @pytest.mark.parametrize("name", PAGES)
    def test_who_is_no_member_is_told_kindly(self, cast, ledger, name):
        for user in (cast.grid_leader, cast.street_officer, cast.system_admin):
            assert "没有与您账号对应的党员档案" in page(client_of(user), name)

    @pytest.mark.parametrize("name", PAGES)
    def test_a_stranger_is_led_to_the_log_in(self, client, ledger, name):
        assert client.get(reverse(name))["Location"].startswith(reverse("account_login"))

    def test_an_entry_of_somebody_else_is_not_there_whatever_ones_post(self, cast, ledger, phone):
        theirs = post(ledger, "B1", member=ledger.qian)
        for who in (phone, client_of(ledger.branch_secretary), client_of(cast.district_official)):
            for name in ("mine_entry", "mine_appeal"):
                assert who.get(reverse(f"members:{name}", args=[theirs.pk])).status_code == 404
            assert who.post(reverse("members:mine_withdraw", args=[theirs.pk])).status_code == 404
            assert who.post(reverse("members:mine_appeal", args=[theirs.pk]), {"text": "冤枉"}).status_code == 404

    @pytest.mark.parametrize("name", ["mine_withdraw", "mine_reveal"])
    def test_what_writes_takes_no_get(self, ledger, phone, name):
        args = [post(ledger, "B1").pk] if name == "mine_withdraw" else []
        assert phone.get(reverse(f"members:{name}", args=args)).status_code == 405

    def test_a_member_before_any_scheme_is_told_so(self, cast, parties):
        wu = enrol(new=NewMember(parties.branch1, parties.ordinary, typed=typed("吴六", 9)), by=cast.secretary)
        (user,) = give_accounts(members=[wu], by=cast.secretary)
        user = User.objects.get(pk=user.pk)
        assert "发布本年度积分办法后" in page(client_of(user), "members:mine")
        assert "吴六" in page(client_of(user), "members:mine_data")


class TestMyPoints:
    def test_the_total_its_parts_and_the_place_in_the_branch(self, ledger, phone):
        post(ledger, "B1")
        shown = page(phone, "members:mine")
        for words in ("63 分", "基础分</dt><dd>60 分", "计入得分</dt><dd>3 分", "第 1 名，共 3 人", "普通党员共 3 人"):
            assert words in shown
        post(ledger, "B1", member=ledger.qian)
        post(ledger, "B2", member=ledger.qian)
        assert "第 2 名，共 3 人" in page(phone, "members:mine")

    def test_what_is_beyond_the_cap_of_an_item_is_told_with_its_reason(self, ledger, phone):
        for _n in range(7):
            post(ledger, "A1")
        shown = page(phone, "members:mine")
        assert "“参加集中学习”全年最多计12分，超出的2分不计。" in shown
        assert "累计 14 分，封顶外 2 分" in shown
        assert shown.count("计入 2 分</span>") == 6
        assert shown.count("计入 0 分</span>") == 1

    def test_the_period_of_a_cap_is_named(self, ledger, phone):
        post(ledger, "C1", quantity=Decimal("10.5"), on=date(today().year, 2, 1))
        assert "“志愿服务”第1季度最多计10分，超出的0.5分不计。" in page(phone, "members:mine")

    def test_the_cap_of_a_category_is_told(self, ledger, phone):
        for _n in range(5):
            post(ledger, "B1")
            post(ledger, "B2")
        shown = page(phone, "members:mine")
        assert "计入 20 分，全年最多 20 分" in shown

    def test_both_caps_at_once_are_both_told(self, ledger, phone):
        for _n in range(4):
            post(ledger, "B2")
        for _n in range(5):
            post(ledger, "B1")
        lost = {why for one in told(ledger).entries for why in one.why}
        assert lost == {"“参加三会一课”全年最多计12分，超出的3分不计。"}
        assert post(ledger, "A1").state == "approved"

    def test_deductions_beyond_their_cap_are_not_taken(self, ledger, phone):
        for _n in range(5):
            post(ledger, "E1")
        assert "“无故缺席集中学习”全年最多扣12分，超出的3分不扣。" in page(phone, "members:mine")

    def test_ceiling_and_floor(self, ledger, phone, cast):
        for _n in range(4):
            post(ledger, "B1"), post(ledger, "A1"), post(ledger, "A1"), post(ledger, "B2"), post(ledger, "D2", by=cast.secretary)
        assert "100 分，超出的 12 分不计" in page(phone, "members:mine")
        for _n in range(60):
            post(ledger, "E4")
        assert "0 分，扣到此为止" in page(phone, "members:mine")

    def test_a_reversal_stands_with_what_it_takes_back(self, ledger, phone):
        reverse_points(entry=post(ledger, "B1"), by=ledger.branch_secretary, reason="记错人")
        shown = page(phone, "members:mine")
        assert "冲正 -3 分（计入 -3 分）：记错人" in shown
        assert shown.count('<li><a class="gp-row"') == 1

    def test_what_waits_and_what_was_refused(self, ledger, phone):
        post(ledger, "C1", by=ledger.zhao_user)
        refused = post(ledger, "C3", by=ledger.zhao_user)
        decide_points(entries=[refused], approve=False, by=ledger.branch_secretary, reason="没有照片")
        shown = page(phone, "members:mine")
        assert "待审核" in shown
        assert "如有异议，点开可以申诉。" in shown

    def test_what_can_still_be_earned(self, ledger, phone):
        for _n in range(6):
            post(ledger, "A1")
        post(ledger, "B1")
        shown = page(phone, "members:mine")
        assert "全年最多12分，已计12分，还可计0分" in shown
        assert "全年最多12分，已计3分，还可计9分" in shown
        assert "“表彰奖励”全年最多20分，还可计20分" in shown
        assert "支部书记申报" in shown

    def test_an_exempt_class_is_told_so(self, ledger, phone, cast, parties):
        ledger.scheme.exempt.create(member_class=parties.classes["流动党员"])
        change_class(member=ledger.zhao, member_class=parties.classes["流动党员"], by=cast.secretary)
        shown = page(phone, "members:mine")
        assert "“流动党员”不参加积分" in shown
        assert "名，共" not in shown
        assert reverse("members:mine_propose") not in shown
        assert "没有可以申报" in page(phone, "members:mine_propose")

    def test_who_left_still_reads_what_was(self, ledger, phone, cast):
        post(ledger, "B1")
        leave(member=ledger.zhao, by=cast.secretary, note="本人申请")
        shown = page(phone, "members:mine")
        assert "63 分" in shown
        assert "不再记分" in shown

    def test_a_year_on_notice_is_shown_as_such(self, ledger, phone, cast):
        freeze_year(scheme=ledger.scheme, by=cast.street_officer)
        assert "已冻结，等待公示" in page(phone, "members:mine")
        announce_year(scheme=ledger.scheme, until=today() + timedelta(days=7), by=cast.street_officer)
        assert "正在公示" in page(phone, "members:mine")
        assert reverse("members:mine_propose") not in page(phone, "members:mine")

    def test_another_year_is_one_tap_away(self, ledger, phone):
        row = PointBalance.objects.get(member=ledger.zhao)
        old = PointScheme.objects.create(
            area=ledger.scheme.area, street=ledger.scheme.street, year=2019, name="旧办法", state="closed"
        )
        PointBalance.objects.create(
            member=ledger.zhao,
            year=2019,
            scheme=old,
            organisation=row.organisation,
            member_class=row.member_class,
            total=Decimal("71.5"),
            base=60,
        )
        assert "2019年" in page(phone, "members:mine")
        assert "71.5 分" in page(phone, "members:mine", year="2019")
        assert "60 分" in page(phone, "members:mine", year="１９")

    def test_the_groups_hold_every_entry_once_and_add_up(self, ledger, cast):
        for code in ("A1", "A1", "B1", "E1", "C1"):
            post(ledger, code)
        reverse_points(entry=post(ledger, "B2"), by=ledger.branch_secretary, reason="记错人")
        found = told(ledger)
        rows = [one for group in found.groups for item in group.items for one in item.entries]
        assert len(rows) + sum(one.reversal is not None for one in rows) == len(found.entries) == 7
        assert sum(group.counted for group in found.groups) == found.account.counted


class TestProposing:
    @pytest.fixture
    def form(self, ledger) -> dict:
        item = ledger.items["C1"].pk
        return {"form_id": uuid.uuid4(), "item": item, "on": today(), "quantity": "2.5", "note": "义务巡逻"}

    def send(self, phone, form, **more):
        return phone.post(reverse("members:mine_propose"), form | more)

    def test_only_what_a_member_proposes_is_offered(self, ledger, phone):
        shown = page(phone, "members:mine_propose")
        assert "志愿服务（1分/小时，还可计10分）" in shown
        assert "参加集中学习" not in shown
        assert shown.count('type="radio"') == 4

    def test_it_waits_for_the_branch_and_leads_to_its_page(self, ledger, phone, form):
        answer = self.send(phone, form)
        entry = PointEntry.objects.get()
        assert answer["Location"] == reverse("members:mine_entry", args=[entry.pk])
        assert (entry.state, entry.points, entry.note, entry.proposed_by) == (
            "proposed",
            Decimal("2.5"),
            "义务巡逻",
            ledger.zhao_user,
        )
        shown = page(phone, "members:mine_entry", entry.pk)
        assert "义务巡逻" in shown
        assert "撤回申报" in shown
        assert "已申报“志愿服务”，由支部书记审核。" in shown

    def test_the_same_form_sent_again_is_one_entry(self, ledger, phone, form, picture):
        first = self.send(phone, form, photo=picture)
        assert self.send(phone, form, photo=a_picture())["Location"] == first["Location"]
        assert PointEntry.objects.count() == 1

    def test_a_photo_is_kept_as_a_clean_picture(self, ledger, phone, form, picture):
        self.send(phone, form, photo=picture)
        entry = PointEntry.objects.get()
        assert "IMG" not in entry.photo.name
        answer = phone.get(reverse("members:entry_photo", args=[entry.pk]))
        with entry.photo.open() as file:
            assert Image.open(file).format == "JPEG"
        assert answer["Content-Type"] == "image/jpeg"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer["Cache-Control"] == "private, no-store"
        answer.getvalue()

    def test_who_sees_the_points_sees_the_photo_and_nobody_else(self, ledger, cast, areas, phone, form, picture):
        self.send(phone, form, photo=picture)
        address = reverse("members:entry_photo", args=[PointEntry.objects.get().pk])
        seen = {}
        liuyuan = make_user("community_secretary", areas.liuyuan, username="liu")
        for user in (ledger.branch_secretary, cast.secretary, cast.grid_leader, liuyuan, cast.next_grid_leader):
            answer = client_of(user).get(address)
            seen[user] = answer.status_code
            if answer.streaming:
                answer.getvalue()
        assert list(seen.values()) == [200, 200, 404, 404, 404]

    @pytest.mark.parametrize(
        ("file", "why"),
        [
            (SimpleUploadedFile("a.jpg", b"GIF89a no picture", "image/jpeg"), "这不是可用的照片文件"),
            (SimpleUploadedFile("a.jpg", b"\xff" * (10 * 1024 * 1024 + 1), "image/jpeg"), "超过 10 MB"),
        ],
        ids=["no picture", "too large"],
    )
    def test_what_is_no_photo_is_refused_and_nothing_typed_is_lost(self, ledger, phone, form, file, why):
        shown = text(self.send(phone, form, photo=file))
        assert why in shown
        assert "义务巡逻</textarea>" in shown
        assert 'value="2.5"' in shown
        assert f'value="{form["item"]}" ' in shown
        assert str(form["form_id"]) in shown
        assert not PointEntry.objects.exists()
        assert self.send(phone, form, photo=a_picture()).status_code == 302

    @pytest.mark.parametrize(
        ("wrong", "why"),
        [
            ({"on": "2999-01-01"}, "在今天之后"),
            ({"on": "2019-05-01"}, "2019年没有适用的积分办法"),
            ({"quantity": "0"}, "数量应大于0"),
            ({"quantity": "0.1"}, "不足半分"),
            ({"quantity": "1001"}, "不超过1000"),
            ({"quantity": "多"}, "数"),
            ({"note": ""}, "必填"),
            ({"note": "长" * 501}, "500"),
            ({"item": ""}, "请选择项目"),
            ({"form_id": ""}, "页面已过期"),
        ],
        ids=str,
    )
    def test_what_cannot_be_says_why(self, ledger, phone, form, wrong, why):
        assert why in text(self.send(phone, form, **wrong))
        assert not PointEntry.objects.exists()

    @pytest.mark.parametrize("code", ["A1", "D1", "E1"])
    def test_items_that_others_propose_are_no_choice(self, ledger, phone, form, code):
        assert "请选择项目" in text(self.send(phone, form, item=ledger.items[code].pk))

    def test_the_secretarys_own_waits_for_another(self, ledger, form):
        self.send(client_of(ledger.branch_secretary), form)
        assert PointEntry.objects.get().state == "proposed"

    def test_what_it_would_count_for_is_told_before(self, ledger, phone, form):
        post(ledger, "C1", quantity=Decimal(9))
        answer = phone.get(reverse("members:mine_worth"), form)
        assert text(answer) == (
            "2.5小时，每小时1分，共2.5分；按目前积分可计入1分。"
            f"“志愿服务”第{(today().month + 2) // 3}季度最多计10分，超出的1.5分不计。"
        )

    def test_named_days_count_more(self, ledger, phone, form):
        ledger.scheme.days.create(name="七一", first_on=today(), last_on=today(), factor=Decimal("1.5"))
        assert "每小时1分，1.5倍，共4分" in text(phone.get(reverse("members:mine_worth"), form))

    @pytest.mark.parametrize(
        "typed", [{}, {"quantity": "-1"}, {"quantity": "x"}, {"item": "abc"}, {"on": "heute"}, {"on": "2019-01-01"}]
    )
    def test_of_what_cannot_be_nothing_is_told(self, ledger, phone, form, typed):
        answer = phone.get(reverse("members:mine_worth"), (form | typed) if typed else {})
        assert (answer.status_code, text(answer)) == (200, "")

    def test_who_is_no_member_is_told_nothing(self, cast, ledger, form):
        assert text(client_of(cast.grid_leader).get(reverse("members:mine_worth"), form)) == ""

    def test_many_items_are_a_list_by_category(self, ledger, phone):
        type(ledger.items["A1"]).objects.filter(category__scheme=ledger.scheme, code__in=["A1", "A2"]).update(proposer="member")
        shown = page(phone, "members:mine_propose")
        assert '<optgroup label="学习教育">' in shown
        assert 'type="radio"' not in shown


class TestOneEntry:
    def test_withdrawing_ones_own(self, ledger, phone):
        entry = post(ledger, "C1", by=ledger.zhao_user)
        address, form = reverse("members:mine_withdraw", args=[entry.pk]), {"form_id": uuid.uuid4()}
        assert phone.post(address, form).status_code == 302
        assert phone.post(address, form).status_code == 302
        assert PointEntry.objects.get().state == "withdrawn"
        assert "撤回申报</button>" not in page(phone, "members:mine_entry", entry.pk)
        phone.post(address, {"form_id": uuid.uuid4()})
        assert "目前为已撤回，不能办理撤回" in page(phone, "members:mine_entry", entry.pk)

    def test_what_others_proposed_for_me_is_not_mine_to_withdraw(self, ledger, phone):
        entry = post(ledger, "C1", by=ledger.organiser)
        assert "撤回申报" not in page(phone, "members:mine_entry", entry.pk)
        phone.post(reverse("members:mine_withdraw", args=[entry.pk]), {"form_id": uuid.uuid4()})
        assert PointEntry.objects.get().state == "proposed"

    def test_an_appeal_and_its_answer(self, ledger, phone, cast):
        entry = post(ledger, "E1")
        address = reverse("members:mine_appeal", args=[entry.pk])
        assert "无故缺席集中学习" in text(phone.get(address))
        assert phone.post(address, {"form_id": uuid.uuid4(), "text": "当天请过假"}).status_code == 302
        shown = page(phone, "members:mine_entry", entry.pk)
        assert "当天请过假" in shown
        assert address not in shown
        answer_appeal(entry=entry, uphold=True, by=cast.secretary, answer="请假属实")
        shown = page(phone, "members:mine_entry", entry.pk)
        assert "请假属实" in shown
        assert "冲正" in shown

    def test_an_appeal_is_made_once_and_with_a_reason(self, ledger, phone):
        entry = post(ledger, "E1")
        address = reverse("members:mine_appeal", args=[entry.pk])
        assert "必填" in text(phone.post(address, {"form_id": uuid.uuid4(), "text": " "}))
        phone.post(address, {"form_id": uuid.uuid4(), "text": "当天请过假"})
        assert phone.get(address)["Location"] == reverse("members:mine_entry", args=[entry.pk])
        shown = text(phone.post(address, {"form_id": uuid.uuid4(), "text": "再申诉"}))
        assert "不能办理申诉" in shown
        assert "再申诉</textarea>" in shown

    def test_what_waits_is_not_appealed_against(self, ledger, phone):
        entry = post(ledger, "C1", by=ledger.zhao_user)
        assert phone.get(reverse("members:mine_appeal", args=[entry.pk])).status_code == 302

    def test_a_reversal_has_a_page_and_no_moves(self, ledger, phone):
        reversal = reverse_points(entry=post(ledger, "B1"), by=ledger.branch_secretary, reason="记错人")
        shown = page(phone, "members:mine_entry", reversal.pk)
        assert "-3 分" in shown
        assert reverse("members:mine_appeal", args=[reversal.pk]) not in shown


class TestMyData:
    def look(self, model, row, actor, kind="opened", purpose="members.member", at=None) -> ViewEntry:
        found = ViewEntry.objects.create(actor=actor, kind=kind, model=model, object_id=row, purpose=purpose)
        if at:
            ViewEntry.objects.filter(pk=found.pk).update(at=at)
        return found

    def test_what_is_on_record_with_numbers_masked(self, ledger, phone):
        shown = page(phone, "members:mine_data")
        person = Member.objects.get(pk=ledger.zhao.pk).person
        assert person.id_number not in shown
        for words in (
            "赵一",
            "1970年7月1日",
            f"37{'*' * 13}{person.id_number[-3:]}",
            "第1网格党支部",
            "普通党员",
            "楼宇管",
            "建档",
        ):
            assert words in shown
        assert "由其核对证件后更正" in shown

    def test_ones_own_number_in_full_is_logged(self, ledger, phone):
        answer = phone.post(reverse("members:mine_reveal"), {"column": "id_number"})
        person = Member.objects.get(pk=ledger.zhao.pk).person
        assert person.id_number in text(answer)
        assert answer["Cache-Control"].startswith("max-age=0")
        seen = ViewEntry.objects.get()
        assert (seen.kind, seen.model, seen.object_id, seen.actor) == ("revealed", "people.person", person.pk, ledger.zhao_user)
        assert "您本人" in page(phone, "members:mine_data")

    @pytest.mark.parametrize("column", ["", "name", "phone_tail"])
    def test_nothing_else_is_revealed(self, ledger, phone, column):
        assert phone.post(reverse("members:mine_reveal"), {"column": column}).status_code == 404

    def test_who_is_no_member_reveals_nothing(self, cast, ledger):
        assert client_of(cast.grid_leader).post(reverse("members:mine_reveal"), {"column": "phone"}).status_code == 404

    def test_who_looked_by_name_and_the_post_of_that_day(self, ledger, phone, cast):
        person = Member.objects.get(pk=ledger.zhao.pk).person_id
        self.look("members.member", ledger.zhao.pk, cast.secretary)
        self.look("people.person", person, cast.clerk, "revealed", "phone")
        self.look("people.person", ledger.qian.person_id, cast.next_grid_leader)
        Appointment.objects.filter(user=cast.secretary).update(ended_at=timezone.now())
        self.look("members.member", ledger.zhao.pk, cast.secretary, purpose="入户走访前核对")
        shown = page(phone, "members:mine_data")
        assert shown.count("社区书记（桃园社区）") == 1
        assert "社区工作人员（桃园社区）" in shown
        assert "查看联系电话" in shown
        assert "入户走访前核对" in shown
        assert "members.member" not in shown
        assert shown.index("入户走访前核对") < shown.index("查看联系电话") < shown.index("查看党员档案")
        assert "网格长" not in shown

    def test_looks_are_paged_by_fifty(self, ledger, phone, cast):
        for _n in range(51):
            self.look("members.member", ledger.zhao.pk, cast.secretary)
        shown = page(phone, "members:mine_data")
        assert shown.count("查看党员档案") == 50
        assert "更早的记录" in shown
        assert page(phone, "members:mine_data", page=2).count("查看党员档案") == 1
        assert page(phone, "members:mine_data", page="x").count("查看党员档案") == 50

    def test_whom_others_have_on_record_sees_only_what_was_typed(self, ledger, phone, cast):
        """An account given by who typed a number must not open the record that others keep under it."""
        person = Member.objects.get(pk=ledger.zhao.pk).person
        Member.objects.filter(pk=ledger.zhao.pk).update(known_as="赵小一", phone="15400000077", phone_tail="0077")
        self.look("people.person", person.pk, cast.clerk, "opened", "people.person")
        shown = page(phone, "members:mine_data")
        assert "赵小一" in shown
        assert "154****0077" in shown
        assert "您的居民档案由居住地社区保管" in shown
        for hidden in ("1970年7月1日", person.id_number[-3:] + "<", "查看居民档案", "证件号码"):
            assert hidden not in shown
        assert phone.post(reverse("members:mine_reveal"), {"column": "id_number"}).status_code == 404
        assert "15400000077" in text(phone.post(reverse("members:mine_reveal"), {"column": "phone"}))


@pytest.mark.parametrize(("name", "queries"), [("mine", 9), ("mine_propose", 8), ("mine_data", 10), ("mine_entry", 7)])
def test_pages_take_as_many_queries_with_one_row_as_with_many(ledger, cast, phone, name, queries, django_assert_num_queries):
    def grow(n):
        for _n in range(n):
            entry = post(ledger, "B1")
            reverse_points(entry=post(ledger, "A1"), by=ledger.branch_secretary, reason="记错人")
            ViewEntry.objects.create(actor=cast.secretary, kind="opened", model="members.member", object_id=ledger.zhao.pk)
        return [entry.pk] if name == "mine_entry" else []

    address = reverse(f"members:{name}", args=grow(1))
    phone.get(address)
    with django_assert_num_queries(queries):
        phone.get(address)
    grow(5)
    with django_assert_num_queries(queries):
        phone.get(address)
