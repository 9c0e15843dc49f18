"""The branch on the phone: who is shown to whom, a meeting scored, proposals decided, contacts noted, ranks, days."""

import re
import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import ViewEntry
from conftest import make_user
from gridparty.lib.dates import Week, today
from members.actions import (
    NewMember,
    NewSeat,
    appeal_points,
    change_class,
    decide_points,
    enrol,
    enrol_many,
    fill_seats,
    note_contacts,
    post_points,
    reverse_points,
)
from members.branch import celebrations, days_of
from members.models import Contact, Member, PointBalance, PointEntry
from members.phone import branch_work
from members.points import meeting_source
from members.tests.conftest import earned, typed

A_UUID = re.compile(r'name="form_id" value="([0-9a-f-]{36})"')


def phone_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def secretary(ledger) -> Client:
    return phone_of(ledger.branch_secretary)


@pytest.fixture
def branch(parties) -> int:
    return parties.branch1.pk


def page(client, name: str, *args, **query):
    answer = client.get(reverse(f"members:{name}", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def send(client, name: str, *args, form_id=None, query: str = "", **typed):
    """Send a form; each call is a form of its own unless one is given."""
    address = reverse(f"members:{name}", args=args) + query
    return client.post(address, {"form_id": str(form_id or uuid.uuid4()), **typed})


def told(answer) -> str:
    """What the page says that a form led to."""
    assert answer.status_code == 302, answer.content.decode()
    return answer.client.get(answer["Location"]).content.decode()


def total(member) -> Decimal:
    return PointBalance.objects.get(member=member, year=today().year).total


# --- Who sees what

PAGES = ("branch_organisation", "branch_board")
WRITING = ("branch_meeting", "branch_contacts")


class TestReach:
    @pytest.mark.parametrize("name", PAGES + WRITING)
    def test_the_neighbour_branch_is_not_there(self, secretary, parties, branch, name):
        page(secretary, name, branch)
        assert secretary.get(reverse(f"members:{name}", args=[parties.branch2.pk])).status_code == 404
        assert secretary.get(reverse(f"members:{name}", args=[987654])).status_code == 404

    def test_a_member_of_the_neighbour_branch_is_not_there(self, secretary, ledger):
        page(secretary, "branch_member", ledger.zhao.pk)
        assert secretary.get(reverse("members:branch_member", args=[ledger.sun.pk])).status_code == 404

    @pytest.mark.parametrize("name", WRITING)
    def test_who_only_looks_does_not_write(self, cast, branch, name):
        viewer = phone_of(cast.cadre)
        page(viewer, "branch_organisation", branch)
        assert viewer.get(reverse(f"members:{name}", args=[branch])).status_code == 403
        assert send(viewer, name, branch).status_code == 403
        assert viewer.get(reverse("members:branch_decide")).status_code == 403

    def test_who_has_nothing_to_do_with_members_has_no_branch(self, ledger, cast, branch):
        for user in (cast.grid_leader, ledger.zhao_user, cast.member):
            for address in (reverse("members:branch"), reverse("members:branch_board", args=[branch])):
                assert phone_of(user).get(address).status_code == 403

    def test_looking_writes_nothing(self, secretary, ledger, branch):
        before = PointEntry.objects.count(), Contact.objects.count()
        for name in PAGES + WRITING:
            page(secretary, name, branch)
        page(secretary, "branch_meeting", branch, item=ledger.items["B1"].pk)
        page(secretary, "branch_decide")
        assert (PointEntry.objects.count(), Contact.objects.count()) == before


class TestBranch:
    def test_a_secretary_comes_to_the_own_branch_at_once(self, secretary):
        text = page(secretary, "branch")
        assert all(name in text for name in ("第1网格党支部", "赵一", "钱二", "李四", "1号楼党小组"))
        assert "孙三" not in text

    def test_who_reaches_several_has_a_row_each(self, ledger, cast):
        text = page(phone_of(cast.secretary), "branch")
        assert all(name in text for name in ("桃园社区党委", "第1网格党支部", "第2网格党支部", "1号楼党小组"))
        assert "柳园党支部" not in text

    def test_a_group_leader_sees_the_group_alone(self, ledger, cast, parties):
        grouped = enrol(new=NewMember(parties.group, parties.ordinary, typed=typed("周七", 7)), by=cast.secretary)
        leader = make_user(None, None, username="leader", name="周七")
        grouped.person.user = leader
        grouped.person.save()
        fill_seats(seats=[NewSeat(parties.group, "group_leader", grouped.person)], by=cast.secretary)
        client = phone_of(type(leader).objects.get(pk=leader.pk))
        text = page(client, "branch")
        assert "周七" in text
        assert "赵一" not in text
        assert client.get(reverse("members:branch_organisation", args=[parties.branch1.pk])).status_code == 404

    def test_members_of_its_groups_belong_to_the_branch(self, secretary, cast, parties, branch):
        enrol(new=NewMember(parties.group, parties.ordinary, typed=typed("周七", 7)), by=cast.secretary)
        assert "周七" in page(secretary, "branch_organisation", branch)
        assert "周七" not in page(phone_of(cast.secretary), "branch_organisation", parties.taoyuan.pk)

    def test_each_says_when_a_contact_is_due_in_words(self, secretary, ledger, branch):
        days = ledger.zhao.mode.contact_days
        note_contacts(members=[ledger.zhao], on=today() - timedelta(days=days + 5), by=ledger.organiser)
        note_contacts(members=[ledger.qian], on=today() - timedelta(days=3), by=ledger.branch_secretary)
        text = page(secretary, "branch_organisation", branch)
        assert "联系逾期5天" in text
        assert "3天前联系过" in text
        assert "尚未联系" in text
        assert "<b>2</b> 联系逾期" in text
        due = page(secretary, "branch_organisation", branch, show="due")
        assert "赵一" in due
        assert "钱二" not in due

    def test_the_number_of_those_overdue_leads_to_them_alone(self, secretary, ledger, branch):
        soon = today() - timedelta(days=ledger.zhao.mode.contact_days - 2)
        note_contacts(members=[ledger.zhao], on=soon, by=ledger.organiser)
        due = page(secretary, "branch_organisation", branch, show="due")
        late = page(secretary, "branch_organisation", branch, show="late")
        assert "<b>2</b> 联系逾期" in late
        assert ["赵一" in text for text in (due, late)] == [True, False]
        assert late.count('class="gp-row"') == 2

    def test_it_is_narrowed_to_a_class(self, secretary, ledger, cast, parties, branch):
        change_class(member=ledger.zhao, member_class=parties.classes["年老党员"], by=cast.secretary)
        text = page(secretary, "branch_organisation", branch, **{"class": parties.classes["年老党员"].pk})
        assert "赵一" in text
        assert "钱二" not in text

    def test_points_ranks_and_what_waits(self, secretary, ledger, branch):
        post_points(entries=[earned(ledger.zhao, ledger.items["B1"])], by=ledger.branch_secretary)
        post_points(entries=[earned(ledger.zhao, ledger.items["C1"])], by=ledger.zhao_user)
        text = page(secretary, "branch_organisation", branch)
        assert "63 分 第 1 名" in text
        assert text.count("60 分 第 2 名") == 2
        assert "<b>61</b> 平均分" in text
        assert "待审核 1 项" in text
        waiting = page(secretary, "branch_organisation", branch, show="waiting")
        assert "赵一" in waiting
        assert "钱二" not in waiting

    def test_who_scores_stands_there(self, secretary, branch):
        text = page(secretary, "branch_organisation", branch)
        assert "党员本人申报，支部书记审核" in text
        assert "支部书记申报，社区或街道审核" in text
        assert "由所在楼栋党小组联系管理" in text

    def test_no_phone_number_stands_there(self, secretary, ledger, branch):
        person = ledger.zhao.person
        person.phone, person.phone_tail = "15400000001", "0001"
        person.save()
        for text in (page(secretary, "branch_organisation", branch), page(secretary, "branch_member", ledger.zhao.pk)):
            assert "1540000" not in text

    def test_elections_due(self, secretary, parties, branch):
        parties.branch1.next_election_on = today() + timedelta(days=30)
        parties.branch1.save()
        assert "换届" in page(secretary, "branch_organisation", branch)


# --- Days of the week


class TestDays:
    def test_birthdays_and_the_day_of_joining_without_their_years(self, secretary, ledger, branch):
        first, *_days, last = days_of(Week.of(today()))
        person = ledger.zhao.person
        person.born_on = _in(1961, first)
        person.save()
        Member.objects.filter(pk=ledger.qian.pk).update(joined_on=_in(1987, last))
        text = page(secretary, "branch_organisation", branch)
        assert "政治生日" in text
        assert f"{last.month}月{last.day}日" in text
        assert "1961" not in text
        assert "1987" not in text

    def test_the_next_week_is_not_this_week(self, ledger):
        ledger.zhao.person.born_on = date(1960, 3, 2)
        ledger.zhao.person.save()
        rows = Member.objects.filter(pk=ledger.zhao.pk)
        assert [one.on for one in celebrations(rows, Week.of(date(2026, 3, 2)))] == [date(2026, 3, 2)]
        assert celebrations(rows, Week.of(date(2026, 3, 1))) == []

    def test_a_week_at_the_turn_of_the_year(self, ledger):
        ledger.zhao.person.born_on = date(1960, 1, 1)
        ledger.zhao.person.save()
        found = celebrations(Member.objects.filter(pk=ledger.zhao.pk), Week.of(date(2026, 12, 30)))
        assert [one.on for one in found] == [date(2027, 1, 1)]

    @pytest.mark.parametrize(("year", "on"), [(2026, date(2026, 2, 28)), (2028, date(2028, 2, 29))])
    def test_who_was_born_on_the_29th_of_february(self, ledger, year, on):
        ledger.zhao.person.born_on = date(1960, 2, 29)
        ledger.zhao.person.save()
        assert [one.on for one in celebrations(Member.objects.filter(pk=ledger.zhao.pk), Week.of(on))] == [on]

    def test_of_whom_others_have_on_record_no_birthday_is_told(self, ledger):
        ledger.zhao.person.born_on = date(1960, 3, 2)
        ledger.zhao.person.save()
        rows = Member.objects.filter(pk=ledger.zhao.pk)
        rows.update(known_as="赵一一", joined_on=date(1990, 3, 3))
        assert [one.label for one in celebrations(rows, Week.of(date(2026, 3, 2)))] == ["政治生日"]


def _in(year: int, day: date) -> date:
    return day.replace(year=year) if (day.month, day.day) != (2, 29) else date(year, 2, 28)


# --- A meeting


def meet(client, branch, item, members, **typed):
    data = {"item": item.pk, "title": "三月支部党员大会", "on": today().isoformat(), "names": [one.pk for one in members]} | typed
    return send(client, "branch_meeting", branch, **data)


class TestMeeting:
    def test_items_offered_are_those_one_may_propose(self, secretary, ledger, branch):
        text = page(secretary, "branch_meeting", branch)
        assert "参加三会一课" in text
        assert "街道以上表彰" in text
        text = page(phone_of(ledger.organiser), "branch_meeting", branch)
        assert "参加三会一课" in text
        assert "街道以上表彰" not in text

    def test_everybody_is_ticked_for_what_a_branch_attends_and_nobody_for_the_rest(self, secretary, ledger, branch):
        attended = page(secretary, "branch_meeting", branch, item=ledger.items["B1"].pk)
        assert attended.count(" checked") == 3
        assert page(secretary, "branch_meeting", branch, item=ledger.items["E1"].pk).count(" checked") == 0
        assert page(secretary, "branch_meeting", branch, item=ledger.items["C1"].pk).count(" checked") == 0
        assert page(secretary, "branch_meeting", branch, item=ledger.items["B1"].pk, none=1).count(" checked") == 0

    def test_a_meeting_is_scored_at_once_but_for_ones_own(self, secretary, ledger, branch):
        answer = meet(secretary, branch, ledger.items["B1"], [ledger.zhao, ledger.qian, ledger.li])
        text = told(answer)
        assert "“参加三会一课”3 人：2 人已计分，1 人待审核。您本人的积分由支部其他负责人或上级审核。" in text
        assert (total(ledger.zhao), total(ledger.qian), total(ledger.li)) == (63, 63, 60)
        entry = PointEntry.objects.get(balance__member=ledger.zhao)
        assert (entry.note, entry.source) == ("三月支部党员大会", f"meeting:{today()}:三月支部党员大会")

    def test_what_an_organiser_enters_waits_and_that_is_said_before(self, ledger, branch):
        organiser = phone_of(ledger.organiser)
        assert "提交后由支部书记审核" in page(organiser, "branch_meeting", branch, item=ledger.items["B1"].pk)
        assert "0 人已计分，2 人待审核" in told(meet(organiser, branch, ledger.items["B1"], [ledger.zhao, ledger.li]))

    def test_the_same_form_sent_twice_counts_once_and_gets_the_same_answer(self, secretary, ledger, branch):
        form_id = uuid.uuid4()
        answers = [meet(secretary, branch, ledger.items["B1"], [ledger.zhao], form_id=form_id) for _n in range(3)]
        assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, answers[0]["Location"])}
        assert PointEntry.objects.count() == 1

    def test_the_same_meeting_entered_by_two_names_whom_it_scored_and_takes_the_rest(self, secretary, ledger, branch):
        told(meet(secretary, branch, ledger.items["B1"], [ledger.zhao]))
        other = phone_of(ledger.organiser)
        answer = meet(other, branch, ledger.items["B1"], [ledger.zhao, ledger.li], title="三月 支部党员大会。")
        text = answer.content.decode()
        assert answer.status_code == 200
        assert "给赵一记过分" in text
        assert "只给其余 1 人记分" in text
        assert PointEntry.objects.count() == 1
        again = meet(
            other, branch, ledger.items["B1"], [ledger.zhao, ledger.li], title="三月支部党员大会", leave_out="on",
            form_id=A_UUID.search(text)[1],
        )  # fmt: skip
        assert "先前已记过分的 1 人没有重复记。" in told(again)
        assert PointEntry.objects.count() == 2

    def test_who_was_scored_that_day_under_another_title_is_not_ticked_and_it_says_so(self, secretary, ledger, branch):
        told(meet(secretary, branch, ledger.items["B1"], [ledger.zhao], title="党课"))
        text = page(secretary, "branch_meeting", branch, item=ledger.items["B1"].pk)
        assert "今天已按本项记过分" in text
        assert text.count(" checked") == 2

    def test_beyond_a_cap_it_says_for_how_many(self, secretary, ledger, branch):
        for n in range(4):
            told(meet(secretary, branch, ledger.items["B1"], [ledger.zhao], title=f"第{n}次"))
        text = told(meet(secretary, branch, ledger.items["B1"], [ledger.zhao, ledger.qian], title="第五次"))
        assert "1 人超出封顶，只计到封顶为止。" in text
        assert total(ledger.zhao) == 72

    def test_who_cannot_be_scored_is_shown_with_the_reason_and_not_taken(self, secretary, ledger, cast, parties, branch):
        ledger.scheme.exempt.create(member_class=parties.classes["流动党员"])
        change_class(member=ledger.zhao, member_class=parties.classes["流动党员"], by=cast.secretary)
        text = page(secretary, "branch_meeting", branch, item=ledger.items["B1"].pk)
        assert "所属类别不参加积分" in text
        assert text.count(" checked") == 2
        answer = meet(secretary, branch, ledger.items["B1"], [ledger.zhao, ledger.qian])
        assert answer.status_code == 200
        assert not PointEntry.objects.exists()

    def test_an_item_for_other_classes(self, secretary, ledger, parties, branch):
        ledger.items["B1"].classes.create(member_class=parties.classes["年老党员"])
        assert page(secretary, "branch_meeting", branch, item=ledger.items["B1"].pk).count("本项不适用于所属类别") == 3

    def test_somebody_of_another_branch_is_not_taken(self, secretary, ledger, branch):
        assert meet(secretary, branch, ledger.items["B1"], [ledger.sun]).status_code == 200
        assert not PointEntry.objects.exists()

    @pytest.mark.parametrize(
        ("typed", "says"),
        [
            ({"title": ""}, "请填写会议或活动的名称"),
            ({"title": "。。"}, "请填写会议或活动的名称"),
            ({"names": []}, "请至少勾选一人"),
            ({"on": (today() + timedelta(days=1)).isoformat()}, "在今天之后"),
            ({"on": "2019-05-01"}, "没有适用的积分办法"),
        ],
    )
    def test_what_cannot_be_is_said_and_nothing_typed_is_lost(self, secretary, ledger, branch, typed, says):
        answer = meet(secretary, branch, ledger.items["B1"], [ledger.zhao], **typed)
        text = answer.content.decode()
        assert answer.status_code == 200
        assert says in text
        assert typed.get("title", "三月支部党员大会") in text
        assert not PointEntry.objects.exists()

    def test_hours_for_everybody(self, secretary, ledger, branch):
        told(meet(secretary, branch, ledger.items["C1"], [ledger.zhao, ledger.qian], quantity="2.5", title="清扫楼道"))
        assert (total(ledger.zhao), total(ledger.qian)) == (Decimal("62.5"), Decimal("62.5"))

    def test_one_member_alone(self, secretary, ledger, branch):
        text = page(secretary, "branch_meeting", branch, item=ledger.items["B1"].pk, member=ledger.zhao.pk)
        assert "赵一" in text
        assert "钱二" not in text
        assert text.count(" checked") == 1

    def test_an_item_that_is_not_offered_leads_to_those_that_are(self, ledger, branch):
        organiser = phone_of(ledger.organiser)
        answer = meet(organiser, branch, ledger.items["D1"], [ledger.zhao])
        assert "选择积分项目" in answer.content.decode()
        assert not PointEntry.objects.exists()


class TestSource:
    def test_spaces_signs_and_width_do_not_matter(self):
        on = date(2026, 3, 5)
        assert meeting_source(on, " 三月 党员大会（第１次）") == meeting_source(on, "三月党员大会(第1次)。")
        assert meeting_source(on, "三月党员大会") != meeting_source(date(2026, 3, 6), "三月党员大会")

    def test_a_long_title_keeps_within_the_column_and_apart_from_others(self):
        on = date(2026, 3, 5)
        sources = {meeting_source(on, "学习" * 60 + end) for end in ("一", "二")}
        assert len(sources) == 2
        assert all(len(source) <= PointEntry._meta.get_field("source").max_length for source in sources)


# --- Deciding


@pytest.fixture
def proposed(ledger) -> list[PointEntry]:
    """赵一 proposes 2 hours of service and half a visit; the organiser a meeting."""
    hours = post_points(
        entries=[earned(ledger.zhao, ledger.items["C1"], quantity=Decimal(2), note="义务巡逻")], by=ledger.zhao_user
    )
    visit = post_points(entries=[earned(ledger.zhao, ledger.items["C3"])], by=ledger.zhao_user)
    return [*hours.entries, *visit.entries]


class TestDeciding:
    def test_what_waits_for_me_by_member(self, secretary, ledger, proposed):
        text = page(secretary, "branch_decide")
        assert "赵一" in text
        assert "义务巡逻" in text
        assert "通过后总分 62 分" in text
        assert "通过后总分 63 分" in text

    def test_several_at_once(self, secretary, ledger, proposed):
        answer = send(secretary, "branch_decide", entries=[one.pk for one in proposed], verdict="yes")
        assert "通过 2 项" in told(answer)
        assert total(ledger.zhao) == 63

    def test_sent_twice_it_is_decided_once_with_the_same_answer(self, secretary, ledger, proposed):
        form_id = uuid.uuid4()
        sent = {"entries": [proposed[0].pk], "verdict": "yes", "form_id": form_id}
        assert [send(secretary, "branch_decide", **sent).status_code for _n in range(2)] == [302, 302]
        assert total(ledger.zhao) == 62

    def test_a_refusal_needs_its_reason_and_the_member_reads_it(self, secretary, proposed):
        answer = send(secretary, "branch_decide", entries=[proposed[0].pk], verdict="no")
        assert "请填写不通过的原因" in answer.content.decode()
        told(send(secretary, "branch_decide", entries=[proposed[0].pk], verdict="no", reason="没有照片"))
        row = PointEntry.objects.get(pk=proposed[0].pk)
        assert (row.state, row.reason) == ("refused", "没有照片")

    def test_nobody_finds_their_own(self, secretary, ledger, cast):
        entry = post_points(entries=[earned(ledger.li, ledger.items["B1"])], by=ledger.branch_secretary).entries[0]
        assert "参加三会一课" not in page(secretary, "branch_decide")
        assert send(secretary, "branch_decide", entries=[entry.pk], verdict="yes").status_code == 200
        assert PointEntry.objects.get(pk=entry.pk).state == "proposed"
        assert "李四" in page(phone_of(cast.secretary), "branch_decide")

    def test_what_goes_up_waits_there(self, secretary, ledger, cast):
        post_points(entries=[earned(ledger.zhao, ledger.items["D1"])], by=ledger.branch_secretary)
        assert "街道以上表彰" not in page(secretary, "branch_decide")
        assert "街道以上表彰" in page(phone_of(cast.secretary), "branch_decide")

    def test_the_neighbours_proposals_are_not_there(self, secretary, ledger, cast):
        entry = post_points(entries=[earned(ledger.sun, ledger.items["B1"])], by=cast.clerk).entries[0]
        assert "孙三" not in page(secretary, "branch_decide")
        assert send(secretary, "branch_decide", entries=[entry.pk], verdict="yes").status_code == 200
        assert PointEntry.objects.get(pk=entry.pk).state == "proposed"

    def test_it_says_what_the_caps_leave(self, secretary, ledger):
        for _n in range(5):
            post_points(entries=[earned(ledger.zhao, ledger.items["C1"], quantity=Decimal(9))], by=ledger.zhao_user)
        text = page(secretary, "branch_decide")
        assert "通过后总分 69 分" in text
        assert "记满为止：本项还可得 1 分" in text
        assert text.count("已记满，通过后不再增加") == 3


class TestAppeals:
    @pytest.fixture
    def appealed(self, ledger) -> PointEntry:
        entry = post_points(entries=[earned(ledger.zhao, ledger.items["E1"])], by=ledger.branch_secretary).entries[0]
        return appeal_points(entry=entry, by=ledger.zhao_user, text="当天请过假")

    def test_it_does_not_wait_for_who_decided(self, secretary, appealed):
        assert "申诉中" not in page(secretary, "branch_decide")
        assert "须由支部其他负责人或上级答复" in page(secretary, "branch_appeal", appealed.pk)
        answer = send(secretary, "branch_appeal", appealed.pk, verdict="yes", answer="属实")
        assert answer.status_code == 200
        assert PointEntry.objects.get(pk=appealed.pk).appeal == "open"

    def test_ones_own_is_answered_by_somebody_else(self, secretary, ledger, cast):
        entry = post_points(entries=[earned(ledger.li, ledger.items["E1"])], by=cast.secretary).entries[0]
        appeal_points(entry=entry, by=ledger.branch_secretary, text="当天请过假")
        assert 'id="answer"' not in page(secretary, "branch_appeal", entry.pk)
        answer = send(secretary, "branch_appeal", entry.pk, verdict="yes", answer="属实")
        assert "不能审核自己的积分" in answer.content.decode()
        assert total(ledger.li) == 57

    def test_somebody_else_answers_in_words(self, ledger, cast, appealed):
        office = phone_of(cast.secretary)
        assert "申诉中" in page(office, "branch_decide")
        assert "当天请过假" in page(office, "branch_appeal", appealed.pk)
        assert send(office, "branch_appeal", appealed.pk, verdict="yes").status_code == 200
        assert "申诉成立，积分已更正" in told(send(office, "branch_appeal", appealed.pk, verdict="yes", answer="请假属实"))
        assert total(ledger.zhao) == 60

    def test_the_neighbours_appeal_is_not_there(self, areas, appealed):
        neighbour = make_user("branch_secretary", areas.grid2, username="neighbour")
        assert phone_of(neighbour).get(reverse("members:branch_appeal", args=[appealed.pk])).status_code == 404


# --- One member


class TestMember:
    def test_points_are_explained(self, secretary, ledger):
        entry = post_points(entries=[earned(ledger.zhao, ledger.items["B1"], note="三月党员大会")], by=ledger.branch_secretary)
        text = page(secretary, "branch_member", ledger.zhao.pk)
        assert "三月党员大会" in text
        assert "63 分" in text
        assert reverse("members:branch_entry", args=[entry.entries[0].pk]) in text

    def test_an_entry_is_taken_back_with_its_reason(self, secretary, ledger):
        entry = post_points(entries=[earned(ledger.zhao, ledger.items["B1"])], by=ledger.branch_secretary).entries[0]
        assert send(secretary, "branch_entry", entry.pk, reason=" ").status_code == 200
        form_id = uuid.uuid4()
        for _n in range(2):
            assert "已冲正，原记录保留。" in told(send(secretary, "branch_entry", entry.pk, reason="记错人", form_id=form_id))
        assert total(ledger.zhao) == 60
        assert PointEntry.objects.count() == 2
        assert "已冲正" in page(secretary, "branch_entry", entry.pk)

    def test_ones_own_stays(self, secretary, ledger, cast):
        own = post_points(entries=[earned(ledger.li, ledger.items["B1"])], by=cast.secretary).entries[0]
        assert 'id="reverse"' not in page(secretary, "branch_entry", own.pk)
        answer = send(secretary, "branch_entry", own.pk, reason="不需要")
        assert "不能审核自己的积分" in answer.content.decode()
        assert total(ledger.li) == 63

    def test_who_does_not_decide_takes_nothing_back(self, ledger):
        entry = post_points(entries=[earned(ledger.zhao, ledger.items["B1"])], by=ledger.branch_secretary).entries[0]
        organiser = phone_of(ledger.organiser)
        assert 'id="reverse"' not in page(organiser, "branch_entry", entry.pk)
        assert "由支部书记审核" in send(organiser, "branch_entry", entry.pk, reason="记错").content.decode()
        assert total(ledger.zhao) == 63

    def test_the_neighbours_entry_is_not_there(self, secretary, ledger, cast):
        other = post_points(entries=[earned(ledger.sun, ledger.items["B1"])], by=cast.secretary).entries[0]
        assert secretary.get(reverse("members:branch_entry", args=[other.pk])).status_code == 404

    def test_calling_goes_by_the_logged_way(self, secretary, ledger):
        address = reverse("members:reveal", args=[ledger.zhao.pk])
        assert address in page(secretary, "branch_member", ledger.zhao.pk)
        assert reverse("members:branch_member", args=[ledger.zhao.pk]) in secretary.post(address).content.decode()
        assert ViewEntry.objects.filter(kind="revealed", actor=ledger.branch_secretary).count() == 1

    def test_a_year_without_points(self, secretary, ledger):
        PointBalance.objects.filter(member=ledger.zhao).delete()
        assert "没有适用的积分办法" in page(secretary, "branch_member", ledger.zhao.pk)


# --- Contacts and ranks


class TestContacts:
    def test_several_are_noted_at_once(self, secretary, ledger, branch):
        sent = {"names": [ledger.zhao.pk, ledger.qian.pk], "way": "phone", "on": today().isoformat(), "note": "问候"}
        assert "已记联系 2 人。" in told(send(secretary, "branch_contacts", branch, **sent))
        assert set(Contact.objects.values_list("member", "way", "note")) == {
            (ledger.zhao.pk, "phone", "问候"),
            (ledger.qian.pk, "phone", "问候"),
        }
        assert "没有重复记录" in told(send(secretary, "branch_contacts", branch, **sent))
        assert Contact.objects.count() == 2

    def test_the_same_form_twice_is_one_contact(self, secretary, ledger, branch):
        sent = {"names": [ledger.zhao.pk], "way": "visit", "on": today().isoformat(), "form_id": uuid.uuid4()}
        texts = [told(send(secretary, "branch_contacts", branch, **sent)) for _n in range(2)]
        assert all("已记联系 1 人。" in text for text in texts)

    @pytest.mark.parametrize(
        "typed", [{"names": []}, {"way": "pigeon"}, {"on": (today() + timedelta(days=1)).isoformat()}, {"form_id": "x"}]
    )
    def test_what_cannot_be_is_not_written(self, secretary, ledger, branch, typed):
        sent = {"names": [ledger.zhao.pk], "way": "visit", "on": today().isoformat()} | typed
        assert send(secretary, "branch_contacts", branch, **sent).status_code == 200
        assert not Contact.objects.exists()

    def test_somebody_of_another_branch_is_not_taken(self, secretary, ledger, branch):
        sent = {"names": [ledger.sun.pk], "way": "visit", "on": today().isoformat()}
        assert send(secretary, "branch_contacts", branch, **sent).status_code == 200
        assert not Contact.objects.exists()

    def test_the_most_urgent_comes_first(self, secretary, ledger, branch):
        note_contacts(members=[ledger.zhao, ledger.li], by=ledger.branch_secretary)
        text = page(secretary, "branch_contacts", branch)
        assert text.index("钱二") < text.index("赵一")


class TestBoard:
    def test_places_are_shared_and_averages_told(self, secretary, ledger, branch):
        post_points(entries=[earned(ledger.zhao, ledger.items["B1"])], by=ledger.branch_secretary)
        text = page(secretary, "branch_board", branch)
        assert "3 人，平均 61 分" in text
        assert [int(place) for place in re.findall(r'gp-place">(\d+)<', text)] == [1, 2, 2]

    def test_by_class_where_there_are_several(self, secretary, ledger, cast, parties, branch):
        change_class(member=ledger.zhao, member_class=parties.classes["年老党员"], by=cast.secretary)
        text = page(secretary, "branch_board", branch)
        assert "年老党员" in text
        assert "1 人，平均 60 分" in text

    def test_a_year_before_can_be_looked_at(self, secretary, ledger, branch):
        row = PointBalance.objects.get(member=ledger.zhao)
        PointBalance.objects.create(
            member=ledger.zhao, year=row.year - 1, scheme=row.scheme, organisation=row.organisation,
            member_class=row.member_class, area=row.area, total=77,
        )  # fmt: skip
        text = page(secretary, "branch_board", branch, year=row.year - 1)
        assert "77 分" in text
        assert f"?year={row.year}" in text
        assert "77 分" not in page(secretary, "branch_board", branch)


def test_reversing_leaves_no_trace_in_what_waits(secretary, ledger, proposed):
    """Of a proposal decided elsewhere meanwhile the page says what became of it."""
    decide_points(entries=proposed[:1], approve=True, by=ledger.branch_secretary)
    reverse_points(entry=PointEntry.objects.get(pk=proposed[0].pk), reason="重复", by=ledger.branch_secretary)
    answer = send(secretary, "branch_decide", entries=[proposed[0].pk], verdict="no", reason="重复")
    assert "目前为已冲正" in answer.content.decode()


# --- What waits, on the phone's first page


class TestTodos:
    def todos(self, user) -> dict[str, int]:
        return {one.title: one.count for one in branch_work(user)}

    def test_a_secretary_is_told_what_waits(self, ledger, parties, proposed):
        Member.objects.filter(pk=ledger.zhao.pk).update(joined_on=_in(1987, today()))
        parties.branch1.next_election_on = today() + timedelta(days=30)
        parties.branch1.save()
        days = ledger.qian.mode.contact_days
        note_contacts(members=[ledger.zhao], on=today() - timedelta(days=days), by=ledger.organiser)
        note_contacts(members=[ledger.qian], on=today() - timedelta(days=days + 1), by=ledger.organiser)
        assert self.todos(ledger.branch_secretary) == {
            "积分待审核": 2,
            "党员联系逾期": 2,
            "本周生日和政治生日": 1,
            "应换届党组织": 1,
        }

    def test_an_organiser_decides_nothing(self, ledger, proposed):
        assert self.todos(ledger.organiser)["积分待审核"] == 0

    def test_an_appeal_waits_for_who_did_not_decide(self, ledger, cast):
        entry = post_points(entries=[earned(ledger.zhao, ledger.items["E1"])], by=ledger.branch_secretary).entries[0]
        appeal_points(entry=entry, by=ledger.zhao_user, text="当天请过假")
        assert self.todos(ledger.branch_secretary)["积分待审核"] == 0
        assert self.todos(cast.secretary)["积分待审核"] == 1

    def test_who_leads_no_branch_is_told_nothing(self, ledger, cast):
        assert [self.todos(user) for user in (cast.grid_leader, cast.district_official, ledger.zhao_user, cast.nobody)] == [
            {}
        ] * 4

    def test_they_stand_on_the_first_page(self, secretary, proposed):
        text = secretary.get(reverse("phone")).content.decode()
        assert "积分待审核" in text
        assert reverse("members:branch") in text


# --- Queries: as many for a branch of sixty as for one of three

READS = {
    "branch": 10,
    "branch_organisation": 10,
    "branch_board": 7,
    "branch_meeting": 12,
    "branch_contacts": 6,
    "branch_decide": 8,
    "branch_member": 10,
}


def queries_of(client, address: str) -> int:
    client.get(address)  # what a process learns once is not counted
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def addresses(ledger, branch) -> dict[str, str]:
    about = {"branch_member": [ledger.zhao.pk], "branch": [], "branch_decide": []}
    found = {name: reverse(f"members:{name}", args=about.get(name, [branch])) for name in READS}
    return found | {"branch_meeting": f"{found['branch_meeting']}?item={ledger.items['B1'].pk}"}


def busy(ledger, members) -> None:
    """Each was contacted, scored, and has proposals waiting."""
    note_contacts(members=members, by=ledger.branch_secretary)
    post_points(entries=[earned(one, ledger.items["B1"]) for one in members], by=ledger.branch_secretary)
    post_points(entries=[earned(one, ledger.items["B2"]) for one in members], by=ledger.organiser)


def test_a_branch_of_sixty_takes_as_many_queries_as_one_of_three(secretary, ledger, cast, parties, branch):
    busy(ledger, [ledger.zhao])
    few = {name: queries_of(secretary, address) for name, address in addresses(ledger, branch).items()}
    new = [NewMember(parties.branch1, parties.ordinary, typed=typed(f"周{n}", 100 + n)) for n in range(60)]
    busy(ledger, enrol_many(members=new, by=cast.secretary))
    many = {name: queries_of(secretary, address) for name, address in addresses(ledger, branch).items()}
    assert few == many == READS
