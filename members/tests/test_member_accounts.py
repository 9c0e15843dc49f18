"""Accounts of members: given to a branch at once, handed out on paper, and gone or moved with the membership."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.errors import AccessRefused, AppointmentRefused
from accounts.models import Appointment, User
from accounts.passwords import printed
from conftest import make_user
from gridparty.lib.dates import today
from grids.actions import merge_grids
from members.actions import (
    NewEntry,
    NewMember,
    appeal_points,
    decide_points,
    enrol,
    enrol_many,
    give_accounts,
    invite_members,
    leave,
    note_contacts,
    post_points,
    recall,
    receive,
    reissue_to_members,
    send,
)
from members.actions.registering import MemberEntry, register_members
from members.errors import MemberRefused
from members.models import Contact, Member, PointEntry
from members.tests.conftest import earned, typed
from people.actions import erase_person, record_death

QUERIES = 29


def posts(member) -> list[tuple]:
    """The posts of a member in force: (where, role)."""
    user = Member.objects.select_related("person").get(pk=member.pk).person.user_id
    return list(Appointment.objects.in_force().filter(user=user, role="member").values_list("area__name", "role"))


@pytest.fixture
def wu(cast, parties):
    """吴六 of 第1网格党支部, without an account."""
    return enrol(new=NewMember(parties.branch1, parties.ordinary, typed=typed("吴六", 9)), by=cast.secretary)


class TestGiving:
    def test_who_has_none_gets_a_user_and_a_post_where_the_organisation_stands(self, cast, wu):
        (user,) = give_accounts(members=[wu], by=cast.secretary)
        assert (user.username, user.name, user.has_usable_password()) == (f"p{wu.person_id}", "吴六", False)
        assert posts(wu) == [("第1网格", "member")]
        assert Member.objects.own(user).get() == wu

    def test_an_account_there_is_stays_and_gets_the_post(self, cast, ledger):
        before = User.objects.get(pk=ledger.branch_secretary.pk)
        assert give_accounts(members=[ledger.li, ledger.zhao], by=cast.secretary) == [ledger.zhao_user, ledger.branch_secretary]
        after = User.objects.get(pk=before.pk)
        assert (after.username, after.password) == (before.username, before.password)
        assert posts(ledger.li) == posts(ledger.zhao) == [("第1网格", "member")]
        give_accounts(members=[ledger.li, ledger.zhao], by=cast.secretary)
        assert posts(ledger.li) == posts(ledger.zhao) == [("第1网格", "member")]

    def test_a_whole_branch_takes_as_many_queries_as_three(self, cast, parties, django_assert_num_queries):
        def some(first, n):
            new = [NewMember(parties.branch2, parties.ordinary, typed=typed(f"周{k}", k)) for k in range(first, first + n)]
            return enrol_many(members=new, by=cast.secretary)

        three, hundred = some(100, 3), some(200, 100)
        cast.secretary.scope  # noqa: B018 - looked up once a request
        with django_assert_num_queries(QUERIES):
            assert len(give_accounts(members=three, by=cast.secretary)) == 3
        with django_assert_num_queries(QUERIES):
            assert len(give_accounts(members=hundred, by=cast.secretary)) == 100

    def test_all_or_none(self, cast, parties, wu):
        gone = enrol(new=NewMember(parties.branch1, parties.ordinary, typed=typed("郑七", 10)), by=cast.secretary)
        leave(member=gone, by=cast.secretary, note="本人申请")
        with pytest.raises(MemberRefused, match="郑七不在册"):
            give_accounts(members=[wu, gone], by=cast.secretary)
        assert Member.objects.get(pk=wu.pk).person.user is None

    def test_nobody_elses_members(self, cast, areas, wu, ledger):
        for other in (make_user("community_secretary", areas.liuyuan, username="liu"), ledger.branch_secretary, cast.grid_leader):
            with pytest.raises(MemberRefused, match="不由您管理"):
                give_accounts(members=[wu], by=other)
        with pytest.raises(AppointmentRefused, match="不能在"):
            give_accounts(members=[wu], by=cast.clerk)

    def test_a_member_who_only_lives_here_is_not_ours(self, cast, areas, parties):
        liuyuan = make_user("community_secretary", areas.liuyuan, username="liu")
        there = enrol(
            new=NewMember(parties.liuyuan, parties.ordinary, typed=typed("孙八", 11, area=areas.building1)),
            by=cast.street_officer,
        )
        assert Member.objects.visible_to(cast.secretary).filter(pk=there.pk).exists()
        with pytest.raises(MemberRefused, match="不由您管理"):
            give_accounts(members=[there], by=cast.secretary)
        assert give_accounts(members=[there], by=liuyuan)

    def test_without_any_place_the_refusal_says_what_to_do(self, cast, parties, wu):
        parties.branch1.area = None
        type(parties.branch1).objects.filter(pk=parties.branch1.pk).update(
            area=None, district=None, street=None, community=None, grid=None
        )
        with pytest.raises(MemberRefused, match="请先登记居住地"):
            give_accounts(members=[wu], by=cast.all_districts_official)

    def test_where_the_organisation_stands_nowhere_the_home_counts(self, cast, areas, parties):
        at_home = enrol(
            new=NewMember(parties.branch1, parties.ordinary, typed=typed("孙八", 11, area=areas.building2)), by=cast.secretary
        )
        type(parties.branch1).objects.filter(pk=parties.branch1.pk).update(
            area=None, district=None, street=None, community=None, grid=None
        )
        give_accounts(members=[at_home], by=cast.all_districts_official)
        assert posts(at_home) == [("2号楼", "member")]

    def test_whom_others_have_on_record_keeps_their_account_to_themselves(self, cast, areas, parties):
        """Known here only by what was typed: no post of ours gives a hold on an account others opened."""
        theirs = enrol(
            new=NewMember(parties.liuyuan, parties.ordinary, typed=typed("孙八", 11, area=areas.liuyuan)), by=cast.street_officer
        )
        (account,) = give_accounts(members=[theirs], by=cast.street_officer)
        Member.objects.filter(pk=theirs.pk).update(organisation=parties.branch1, known_as="孙小八")
        Appointment.objects.filter(user=account).update(ended_at=timezone.now())
        give_accounts(members=[theirs], by=cast.secretary)
        assert posts(theirs) == []
        assert invite_members(members=[theirs], by=cast.secretary) == []


class TestFirstPasswords:
    def test_slips_for_who_cannot_log_in_yet(self, cast, ledger, wu):
        slips = invite_members(members=[wu, ledger.zhao, ledger.li], by=cast.secretary)
        assert {slip.name for slip in slips} == {"吴六", "李四"}
        assert {slip.posts for slip in slips if slip.name == "吴六"} == {"党员（桃园社区第1网格）"}
        assert invite_members(members=[wu, ledger.zhao, ledger.li], by=cast.secretary) == []

    def test_a_seat_is_the_secretarys_to_fill_and_so_is_its_holders_slip(self, cast, areas, parties, ledger):
        """By area nobody below the district could invite who holds a seat: the organisation is what counts."""
        give_accounts(members=[ledger.li], by=cast.secretary)
        assert not User.objects.editable_by(cast.secretary).filter(pk=ledger.branch_secretary.pk).exists()
        assert [slip.name for slip in reissue_to_members(members=[ledger.li], by=cast.secretary)] == ["李四"]

    def test_who_holds_a_post_above_is_left(self, cast, areas, wu):
        (user,) = give_accounts(members=[wu], by=cast.secretary)
        Appointment.objects.create(user=user, role="district_official", area=areas.district, starts_on=date(2020, 1, 1))
        assert invite_members(members=[wu], by=cast.secretary) == []
        with pytest.raises(AccessRefused, match="须由上级"):
            reissue_to_members(members=[wu], by=cast.secretary)

    def test_a_secretary_among_the_members_is_left(self, cast, parties):
        own = enrol(new=NewMember(parties.branch1, parties.ordinary, typed=typed("李书记", 12)), by=cast.secretary)
        own.person.user = cast.secretary
        own.person.save()
        assert invite_members(members=[own], by=cast.secretary) == []
        assert posts(own) == []

    def test_no_account_no_new_slip(self, cast, wu):
        with pytest.raises(MemberRefused, match="还没有账号"):
            reissue_to_members(members=[wu], by=cast.secretary)

    def test_a_member_comes_in_by_the_slip_and_sees_what_is_their_own(self, cast, ledger, wu):
        (slip,) = invite_members(members=[wu], by=cast.secretary)
        phone = Client()
        answer = phone.post(reverse("account_login"), {"login": slip.username, "password": printed(slip.password)})
        assert answer.status_code == 302
        assert phone.get(reverse("members:mine"))["Location"] == reverse("account_change_password")
        password = "a better word 7"
        phone.post(reverse("account_change_password"), {"password1": password, "password2": password})
        page = phone.get(reverse("members:mine"))
        assert page.status_code == 200
        assert "60" in page.content.decode()
        theirs = post_points(entries=[earned(ledger.zhao, ledger.items["C1"])], by=ledger.zhao_user).entries[0]
        assert phone.get(reverse("members:mine_entry", args=[theirs.pk])).status_code == 404
        assert phone.get(reverse("admin:members_member_changelist")).status_code == 403
        again = Client()
        again.post(reverse("account_login"), {"login": slip.username, "password": printed(slip.password)})
        assert again.get(reverse("members:mine")).status_code == 302
        assert again.post(reverse("account_login"), {"login": slip.username, "password": password}).status_code == 302
        assert again.get(reverse("members:mine")).status_code == 200


class TestThePostGoesWithTheMembership:
    @pytest.fixture(autouse=True)
    def account(self, cast, wu):
        give_accounts(members=[wu], by=cast.secretary)

    def test_leaving_ends_it(self, cast, wu):
        leave(member=wu, by=cast.secretary, note="本人申请")
        assert posts(wu) == []

    def test_death_ends_it(self, cast, wu):
        record_death(person=wu.person, on=today(), by=None)
        assert posts(wu) == []

    def test_sent_elsewhere_it_stays_until_the_receipt(self, cast, wu):
        move = send(member=wu, elsewhere="区外机关支部", by=cast.secretary)
        assert posts(wu) == [("第1网格", "member")]
        receive(move=move, by=cast.secretary)
        assert posts(wu) == []

    def test_recalled_it_stays(self, cast, wu):
        recall(move=send(member=wu, elsewhere="区外机关支部", by=cast.secretary), by=cast.secretary)
        assert posts(wu) == [("第1网格", "member")]

    def test_a_transfer_moves_it(self, cast, parties, wu):
        receive(move=send(member=wu, to=parties.branch2, by=cast.secretary), by=cast.secretary)
        assert posts(wu) == [("第2网格", "member")]
        receive(move=send(member=wu, to=parties.branch1, by=cast.secretary), by=cast.secretary)
        assert posts(wu) == [("第1网格", "member")]

    def test_a_transfer_by_a_list_moves_it(self, cast, parties, wu):
        member = Member.objects.select_related("person", "organisation").get(pk=wu.pk)
        register_members(entries=[MemberEntry(member=member, to=parties.branch2)], by=cast.secretary)
        assert posts(wu) == [("第2网格", "member")]

    def test_when_grids_are_merged_it_goes_along(self, cast, areas, wu):
        merge_grids(grids=[areas.grid1], into=areas.grid2, by=cast.secretary)
        assert posts(wu) == [("第2网格", "member")]


def test_what_a_past_member_wrote_goes_with_their_data_and_the_ledger_stays(
    cast, ledger, picture, django_capture_on_commit_callbacks
):
    new = NewEntry(ledger.zhao, ledger.items["C1"], today(), "form:1", note="义务巡逻", photo=picture)
    (entry,) = post_points(entries=[new], by=ledger.zhao_user).entries
    decide_points(entries=[entry], approve=False, by=ledger.branch_secretary, reason="看不清")
    appeal_points(entry=entry, by=ledger.zhao_user, text="我在场")
    note_contacts(members=[ledger.zhao], on=today(), way="visit", note="身体不好", by=ledger.branch_secretary)
    kept = PointEntry.objects.get(pk=entry.pk)
    assert kept.photo.storage.exists(kept.photo.name)
    leave(member=ledger.zhao, by=cast.secretary, note="本人申请")
    person = Member.objects.get(pk=ledger.zhao.pk).person
    with django_capture_on_commit_callbacks(execute=True):
        erase_person(person=person, by=None)
    told = PointEntry.objects.get(pk=entry.pk)
    assert (told.note, told.photo.name, told.reason, told.appeal_text, told.appeal_answer) == ("", "", "", "", "")
    assert (told.points, told.on, told.state, told.source) == (kept.points, kept.on, "refused", "form:1")
    assert not kept.photo.storage.exists(kept.photo.name)
    assert Contact.objects.get().note == ""


class TestTheButtonsAtTheDesk:
    ADDRESS = "admin:members_member_changelist"

    def press(self, user, members, button="give_accounts", **more):
        desk = Client()
        desk.force_login(user)
        chosen = {"action": button, "_selected_action": [member.pk for member in members], "index": 0}
        return desk.post(reverse(self.ADDRESS), chosen | more, follow=more.get("sure") != "1")

    def test_it_says_how_many_before_it_does(self, cast, ledger, wu):
        shown = self.press(cast.secretary, [wu, ledger.zhao, ledger.li]).content.decode()
        assert "已选 3 名党员：将为 1 人新开账号，连同 1 名尚未登录的党员一并打印密码条；1 人已有可用的密码，不变。" in shown
        assert Member.objects.get(pk=wu.pk).person.user is None

    def test_then_the_slips_come(self, cast, ledger, wu):
        answer = self.press(cast.secretary, [wu, ledger.zhao, ledger.li], sure="1")
        assert answer["Content-Type"] == "application/pdf"
        assert "no-store" in answer["Cache-Control"]
        assert User.objects.get(username=f"p{wu.person_id}").can_log_in
        again = self.press(cast.secretary, [wu], sure="1")
        assert again.status_code == 302

    def test_a_lost_slip_is_replaced(self, cast, wu):
        self.press(cast.secretary, [wu], sure="1")
        first = User.objects.get(username=f"p{wu.person_id}").password
        assert "其现有密码立即作废" in self.press(cast.secretary, [wu], "reissue_passwords").content.decode()
        assert self.press(cast.secretary, [wu], "reissue_passwords", sure="1")["Content-Type"] == "application/pdf"
        assert User.objects.get(username=f"p{wu.person_id}").password != first

    def test_who_may_not_invite_has_no_button(self, cast, wu):
        desk = Client()
        desk.force_login(cast.clerk)
        assert "give_accounts" not in desk.get(reverse(self.ADDRESS)).content.decode()
        assert self.press(cast.clerk, [wu], sure="1").status_code in (200, 302)
        assert Member.objects.get(pk=wu.pk).person.user is None

    def test_who_only_lives_here_gets_none_from_us(self, cast, areas, parties):
        there = enrol(
            new=NewMember(parties.liuyuan, parties.ordinary, typed=typed("孙八", 11, area=areas.building1)),
            by=cast.street_officer,
        )
        assert self.press(cast.secretary, [there], sure="1").status_code == 302
        assert Member.objects.get(pk=there.pk).person.user is None
