"""T35: a unit's link opens one agreement, as long as it is out, and takes one answer for each thing. All else opens nothing."""

import random
import re
import time
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gridparty.lib.dates import today
from gridparty.lib.links import SignedLink
from gridparty.lib.tests.mutations import Mutations
from gridparty.lib.tests.test_photos import picture, upload
from jobs.models import Notice
from liaison.actions import move_agreement, revoke_link
from liaison.agreements import AGREEMENT_LINK, agreement_by_link
from liaison.choices import AgreementState, CommitmentState, ReportState
from liaison.convening import INVITATION_LINK, invitation_by_link
from liaison.models import Agreement, Attendance, Body, BodyMember, Commitment, CommitmentPhoto, Meeting, QuarterReport
from liaison.tests.conftest import agreement_with, commitment_of, day
from services.choices import PeriodKind
from services.periods import Period

GONE = "链接已失效"
HOSTILE = '<script>alert(1)</script>{{ 7*7 }} & "引"'
QUARTER = Period.before(PeriodKind.QUARTER, today())


def by_link(agreement_or_token) -> str:
    given = agreement_or_token
    token = AGREEMENT_LINK.token(given) if isinstance(given, Agreement) else given
    return reverse("liaison:agreement_by_link", args=[token])


def of_commitment(agreement, commitment) -> str:
    return reverse("liaison:commitment_by_link", args=[AGREEMENT_LINK.token(agreement), commitment.pk])


def of_report(agreement, report) -> str:
    return reverse("liaison:report_by_link", args=[AGREEMENT_LINK.token(agreement), report.pk])


def report_of(agreement, *, state: str = ReportState.SENT, **values) -> QuarterReport:
    given = {"from_on": QUARTER.first, "until_on": QUARTER.last, "done": "清扫楼道 3 次。", "state": state}
    if state == ReportState.SENT:
        given["sent_at"] = timezone.now()
    return QuarterReport.objects.create(agreement=agreement, **given | values)


def sent(client, address: str, **typed):
    return client.post(address, {"form_id": str(uuid.uuid4()), "answerer": "周老师"} | typed, follow=True)


def words(answer) -> str:
    return answer.content.decode()


@pytest.fixture
def offered(allied) -> Agreement:
    """With the hospital, for it to answer."""
    Agreement.objects.filter(pk=allied.draft.pk).update(state=AgreementState.OFFERED)
    return Agreement.objects.get(pk=allied.draft.pk)


@pytest.fixture
def report(allied) -> QuarterReport:
    return report_of(allied.agreement)


# --- T35


def accepted_of(mutate: Mutations, opens, number: int) -> int:
    return sum(opens(mutate()) is not None for _n in range(number))


@pytest.mark.parametrize("number", [500, pytest.param(10_000, marks=pytest.mark.proof)])
class TestMutatedTokens:
    """Whatever is done to a token, it opens nothing."""

    def test_of_agreements(self, allied, number):
        mutate = Mutations(random.Random(35), AGREEMENT_LINK, allied.agreement, allied.neighbour)
        accepted = accepted_of(mutate, agreement_by_link, number)
        assert accepted == 0
        assert [agreement_by_link(token) for token in (mutate.token, mutate.others)] == [allied.agreement, allied.neighbour]
        print(f"\nT35: {number} mutated tokens of agreements, {accepted} accepted")

    def test_of_invitations(self, allied, number):
        first, second = invitations(allied)
        mutate = Mutations(random.Random(36), INVITATION_LINK, first, second)
        accepted = accepted_of(mutate, invitation_by_link, number)
        assert accepted == 0
        assert [invitation_by_link(token) for token in (mutate.token, mutate.others)] == [first, second]
        print(f"\nT35: {number} mutated tokens of invitations, {accepted} accepted")


def invitations(allied) -> tuple[Attendance, Attendance]:
    """Two of one meeting."""
    places = {name: getattr(allied.agreement, f"{name}_id") for name in ("area", "district", "street", "community", "grid")}
    places = {f"{name}_id": key for name, key in places.items()}
    body = Body.objects.create(kind="joint_meeting", name="党建联席会", **places)
    meeting = Meeting.objects.create(body=body, title="联席会", at=timezone.now(), spot="会议室", state="convened", **places)
    members = [BodyMember.objects.create(body=body, unit=unit, name="代表") for unit in (allied.school, allied.hospital)]
    return tuple(Attendance.objects.create(meeting=meeting, body_member=member) for member in members)


# --- What opens, and what does not


class TestLinks:
    def test_it_opens_the_one_agreement(self, client, allied):
        page = client.get(by_link(allied.agreement))
        assert (page.status_code, page.context["agreement"]) == (200, allied.agreement)
        assert page["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        assert "no-store" in page["Cache-Control"]

    def test_the_page_is_the_same_for_all_that_do_not_work(self, client, allied):
        mutate = Mutations(random.Random(1), AGREEMENT_LINK, allied.agreement, allied.neighbour)
        tokens = [*(mutate() for _n in range(20)), AGREEMENT_LINK.token(allied.draft)]
        answers = [client.get(by_link(token)) for token in tokens]
        assert {answer.status_code for answer in answers} == {404}
        (page,) = {words(answer) for answer in answers}
        assert GONE in page
        assert "索取新的链接" in page

    @pytest.mark.parametrize("state", AgreementState)
    def test_what_is_not_with_the_unit_opens_nothing(self, client, allied, state):
        one = agreement_with(allied.hospital, allied.areas.taoyuan, state=state, signed_on=day(-100))
        opens = {AgreementState.OFFERED, AgreementState.AGREED, AgreementState.IN_FORCE, AgreementState.EXPIRED}
        assert client.get(by_link(one)).status_code == (200 if state in opens else 404)

    @pytest.mark.parametrize(("ago", "status"), [(1, 200), (30, 200), (31, 404)])
    def test_when_it_is_over_it_opens_for_a_month(self, client, allied, ago, status):
        term = {"starts_on": day(-300), "ends_on": day(-ago)}
        one = agreement_with(allied.hospital, allied.areas.taoyuan, state=AgreementState.EXPIRED, **term)
        assert client.get(by_link(one)).status_code == status

    def test_it_expires(self, client, allied, monkeypatch):
        address, now = by_link(allied.agreement), time.time()
        monkeypatch.setattr("time.time", lambda: now + 399 * 86_400)
        assert agreement_by_link(address.split("/")[-2]) is not None
        monkeypatch.setattr("time.time", lambda: now + 401 * 86_400)
        assert client.get(address).status_code == 404

    def test_revoked_it_opens_nothing_and_the_new_one_does(self, client, allied, offered):
        old = by_link(offered)
        row = revoke_link(agreement=offered, by=allied.clerk)
        answers = [client.get(old), sent(client, old, answer="agree")]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert GONE in words(answers[1])
        assert client.get(by_link(row)).status_code == 200
        assert Agreement.objects.get(pk=offered.pk).state == AgreementState.OFFERED

    def test_revoked_between_opening_and_sending_nothing_changes(self, client, allied, offered, monkeypatch):
        """The key is looked at again under the lock."""
        stale = Agreement.objects.get(pk=offered.pk)
        revoke_link(agreement=offered, by=allied.clerk)
        monkeypatch.setattr("liaison.views.links.agreement_by_link", lambda token: stale)
        assert "失效" in words(sent(client, by_link(stale), answer="agree"))
        assert Agreement.objects.get(pk=offered.pk).state == AgreementState.OFFERED

    def test_a_link_of_something_else_opens_nothing(self, client, allied):
        first, _second = invitations(allied)
        tokens = [INVITATION_LINK.token(first), SignedLink("services.card", 90, "link_key").token(allied.agreement)]
        assert [client.get(by_link(token)).status_code for token in tokens] == [404, 404]
        invitation = reverse("liaison:invitation_by_link", args=[AGREEMENT_LINK.token(allied.agreement)])
        assert client.get(invitation).status_code == 404

    def test_what_hangs_on_another_agreement_is_not_found(self, client, allied):
        theirs = report_of(allied.neighbour)
        addresses = [of_commitment(allied.agreement, allied.neighbours), of_report(allied.agreement, theirs)]
        answers = [client.get(one) for one in addresses] + [sent(client, one, text="已完成") for one in addresses]
        assert [(answer.status_code, GONE in words(answer)) for answer in answers] == [(404, True)] * 4
        assert not Commitment.objects.exclude(state=CommitmentState.OPEN).exists()
        assert not QuarterReport.objects.exclude(answered_at=None).exists()

    def test_other_methods_are_refused(self, client, allied, report):
        addresses = [
            by_link(allied.agreement),
            of_commitment(allied.agreement, allied.theirs),
            of_report(allied.agreement, report),
        ]
        assert [client.put(one).status_code for one in addresses] == [405] * 3


# --- What the unit reads


class TestRead:
    def test_offered_it_is_all_there_to_be_agreed_to(self, client, allied, offered):
        commitment_of(offered, text="开放讲堂两次", who="吴主任")
        page = words(client.get(by_link(offered)))
        texts = (offered.clauses, offered.our_duties, offered.their_duties, "开放讲堂两次", "吴主任", "有修改意见", "区中医院")
        assert [text for text in texts if text not in page] == []
        assert "季度汇报" not in page

    def test_in_force_it_is_what_either_side_promised(self, client, allied, report):
        commitment_of(allied.agreement, text="已经办完的事", state=CommitmentState.DONE)
        commitment_of(allied.agreement, text="明年的事", due_on=day(63))
        commitment_of(allied.agreement, text="不再办理的事", state=CommitmentState.DROPPED)
        answer = client.get(by_link(allied.agreement))
        shown = [
            (side["label"], *([one.text for one, _url in side[part]] for part in ("now", "later", "done")))
            for side in answer.context["sides"]
        ]
        assert shown == [
            ("我方事项", ["志愿队进社区一次", "开放会议室一次"], ["明年的事"], ["已经办完的事"]),
            ("社区方事项", ["为教职工体检一次"], [], []),
        ]
        page = words(answer)
        assert re.findall(r"逾期 \d+ 天", page) == ["逾期 10 天"]
        assert (QUARTER.label in page, "不再办理的事" in page, "有修改意见" in page) == (True, False, False)

    def test_agreed_to_it_waits_for_the_seals(self, client, allied, offered):
        Agreement.objects.filter(pk=offered.pk).update(state=AgreementState.AGREED)
        page = words(client.get(by_link(offered)))
        assert "等社区联系签字盖章" in page
        assert 'name="answer"' not in page

    def test_no_numbers_no_phones_nothing_of_others(self, client, allied, report):
        pages = [client.get(by_link(allied.agreement)), client.get(of_report(allied.agreement, report))]
        for text in ("0531-88880000", "柳园", str(allied.agreement.link_key)):
            assert not [page for page in pages if text in words(page)]

    def test_what_was_typed_is_shown_as_typed(self, client, allied):
        done = {"done_on": day(-1), "done_text": HOSTILE, "state": CommitmentState.DONE}
        one = commitment_of(allied.agreement, text=HOSTILE, **done)
        pages = [words(client.get(by_link(allied.agreement))), words(client.get(of_commitment(allied.agreement, one)))]
        for page in pages:
            assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }} &amp; &quot;引&quot;" in page
            assert "<script>alert" not in page

    @pytest.mark.parametrize("number", [1, 3])
    def test_the_queries_do_not_grow(self, client, allied, number, django_assert_num_queries):
        Commitment.objects.filter(agreement=allied.agreement).delete()
        for n in range(number):
            one = commitment_of(allied.agreement)
            first = QUARTER.first.replace(year=QUARTER.first.year - n)
            report = report_of(allied.agreement, from_on=first, until_on=QUARTER.last.replace(year=first.year))
        for address, queries in (
            (by_link(allied.agreement), 3),
            (of_commitment(allied.agreement, one), 2),
            (of_report(allied.agreement, report), 2),
        ):
            with django_assert_num_queries(queries):
                assert client.get(address).status_code == 200

    def test_what_was_not_signed_here_asks_for_nothing(self, client, allied, django_assert_num_queries):
        with django_assert_num_queries(0):
            client.get(by_link("1-" + "0" * 32 + ":abc:def"))


# --- What it answers


class TestAgreeing:
    def test_it_agrees_and_who_signs_hears_of_it(self, client, allied, offered):
        page = sent(client, by_link(offered), answer="agree")
        row = Agreement.objects.get(pk=offered.pk)
        assert (row.state, row.answerer, row.answer_text) == (AgreementState.AGREED, "周老师", "")
        assert "已收到" in words(page)
        assert set(Notice.objects.values_list("recipient", flat=True)) == {allied.secretary.pk}

    def test_it_wants_something_changed_and_sees_that_it_is_being_done(self, client, allied, offered):
        answer = sent(client, by_link(offered), answer="object", text="第二条改为每半年一次")
        row = Agreement.objects.get(pk=offered.pk)
        assert (row.state, row.answer_text, answer.status_code) == (AgreementState.DRAFT, "第二条改为每半年一次", 200)
        page = words(answer)
        assert ("修改意见已收到" in page, "第二条改为每半年一次" in page, row.clauses in page) == (True, True, False)
        assert set(Notice.objects.values_list("recipient", flat=True)) == {allied.secretary.pk, allied.clerk.pk}
        move_agreement(agreement=row, move="offer", by=allied.clerk)
        assert 'value="agree"' in words(client.get(by_link(row)))

    def test_what_is_being_changed_takes_no_answer(self, client, allied, offered):
        sent(client, by_link(offered), answer="object", text="改期限")
        assert "修改意见已收到" in words(sent(client, by_link(offered), answer="agree"))
        assert Agreement.objects.get(pk=offered.pk).state == AgreementState.DRAFT

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            ({"answer": "object", "text": " "}, "请写明哪一条需要修改"),
            ({"answer": ""}, "请选择同意"),
            ({"answer": "sign"}, "请选择同意"),
            ({"answer": "agree", "answerer": ""}, "请填写姓名或职务"),
            ({"answer": "object", "text": "长" * 501}, "500"),
            ({"answer": "agree", "form_id": ""}, "页面已过期"),
        ],
    )
    def test_what_is_missing_is_said_and_nothing_changes(self, client, allied, offered, typed, sentence):
        answer = sent(client, by_link(offered), **typed)
        assert (answer.status_code, sentence in words(answer)) == (200, True)
        assert Agreement.objects.get(pk=offered.pk).state == AgreementState.OFFERED

    def test_sent_twice_it_counts_once(self, client, allied, offered):
        form = {"form_id": str(uuid.uuid4()), "answer": "agree", "answerer": "吴主任"}
        answers = [client.post(by_link(offered), form, follow=True) for _n in range(2)]
        assert ["已收到" in words(answer) for answer in answers] == [True, True]
        assert Notice.objects.count() == 1

    def test_a_second_answer_is_refused(self, client, allied, offered):
        sent(client, by_link(offered), answer="agree")
        page = words(sent(client, by_link(offered), answer="object", text="反悔了"))
        assert "不用再答复" in page
        assert Agreement.objects.get(pk=offered.pk).state == AgreementState.AGREED


class TestReporting:
    def test_what_was_done_waits_for_who_keeps_the_agreement(self, client, allied):
        typed = {"text": "周三下午开放，到场 20 人。", "photos": [upload(picture(), f"{n}.jpg") for n in range(3)]}
        page = words(sent(client, of_commitment(allied.agreement, allied.theirs), **typed))
        row = Commitment.objects.get(pk=allied.theirs.pk)
        assert (row.state, row.done_text, row.answerer) == (CommitmentState.REPORTED, "周三下午开放，到场 20 人。", "周老师")
        assert CommitmentPhoto.objects.filter(commitment=row).count() == 3
        assert ("等社区核实" in page, "待核实" in page) == (True, True)
        assert set(Notice.objects.values_list("recipient", flat=True)) == {allied.secretary.pk, allied.clerk.pk}

    def test_sent_twice_it_counts_once(self, client, allied):
        form = {"form_id": str(uuid.uuid4()), "text": "已开放", "answerer": "周老师"}
        for _n in range(2):
            client.post(of_commitment(allied.agreement, allied.theirs), form | {"photos": upload(picture())})
        assert (CommitmentPhoto.objects.count(), Notice.objects.count()) == (1, 2)  # two keepers

    def test_what_the_community_promised_is_only_read(self, client, allied):
        address = of_commitment(allied.agreement, allied.ours)
        assert 'name="text"' not in words(client.get(address))
        assert "不由贵单位报告" in words(sent(client, address, text="已体检"))
        assert Commitment.objects.get(pk=allied.ours.pk).state == CommitmentState.OPEN

    def test_what_came_back_says_why_and_is_reported_again(self, client, allied):
        values = {"reason": "请补充人数", "done_text": "已开放"}
        Commitment.objects.filter(pk=allied.theirs.pk).update(**values)
        address = of_commitment(allied.agreement, allied.theirs)
        page = words(client.get(address))
        assert ("请补充人数" in page, "上次报告" in page) == (True, True)
        sent(client, address, text="已开放，12 人")
        assert Commitment.objects.get(pk=allied.theirs.pk).done_text == "已开放，12 人"

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            ({"text": ""}, "请写明完成情况"),
            ({"text": "好", "answerer": ""}, "请填写姓名或职务"),
            ({"text": "好", "photos": [upload(picture()) for _n in range(4)]}, "最多上传 3 张"),
            ({"text": "好", "photos": upload(b"%PDF-1.4 %%EOF")}, "不是可用的照片"),
        ],
    )
    def test_what_is_missing_is_said_and_nothing_changes(self, client, allied, typed, sentence):
        page = words(sent(client, of_commitment(allied.agreement, allied.theirs), **typed))
        assert sentence in page
        assert Commitment.objects.get(pk=allied.theirs.pk).state == CommitmentState.OPEN
        assert (CommitmentPhoto.objects.count(), Notice.objects.count()) == (0, 0)

    @pytest.mark.parametrize("state", [AgreementState.OFFERED, AgreementState.AGREED, AgreementState.EXPIRED])
    def test_only_while_it_is_in_force(self, client, allied, state):
        Agreement.objects.filter(pk=allied.agreement.pk).update(state=state)
        address = of_commitment(allied.agreement, allied.theirs)
        assert 'name="text"' not in words(client.get(address))
        assert "不能再报告" in words(sent(client, address, text="已开放"))
        assert Commitment.objects.get(pk=allied.theirs.pk).state == CommitmentState.OPEN

    def test_what_was_dropped_is_not_there(self, client, allied):
        one = commitment_of(allied.agreement, state=CommitmentState.DROPPED)
        assert client.get(of_commitment(allied.agreement, one)).status_code == 404


class TestRemarking:
    def test_once_and_keepers_hear_of_it(self, client, allied, report):
        address = of_report(allied.agreement, report)
        assert "意见已收到" in words(sent(client, address, text="情况属实。"))
        row = QuarterReport.objects.get()
        assert (row.answer_text, row.answerer, row.answered_at is None) == ("情况属实。", "周老师", False)
        assert set(Notice.objects.values_list("recipient", flat=True)) == {allied.secretary.pk, allied.clerk.pk}
        assert "不能重复填写" in words(sent(client, address, text="再补一句"))
        assert QuarterReport.objects.get().answer_text == "情况属实。"
        page = words(client.get(address))
        assert ("情况属实。" in page, 'name="text"' in page) == (True, False)

    def test_a_draft_is_not_there(self, client, allied):
        draft = report_of(allied.agreement, state=ReportState.DRAFT)
        assert client.get(of_report(allied.agreement, draft)).status_code == 404
        assert QUARTER.label not in words(client.get(by_link(allied.agreement)))

    def test_what_is_missing_is_said(self, client, allied, report):
        assert "请填写意见" in words(sent(client, of_report(allied.agreement, report), text=" "))
        assert QuarterReport.objects.get().answered_at is None

    def test_for_a_month_after_the_last_day_it_may_still_be_said(self, client, allied, report):
        term = {"state": AgreementState.EXPIRED, "ends_on": today() - timedelta(days=5)}
        Agreement.objects.filter(pk=allied.agreement.pk).update(**term)
        sent(client, of_report(allied.agreement, report), text="好。")
        assert QuarterReport.objects.get().answer_text == "好。"


# --- Who may not


class TestNotTheirs:
    """Whoever keeps agreements there does not answer in the unit's place; others who hold the link may."""

    @pytest.mark.parametrize("who", ["clerk", "secretary", "street_officer", "district_official"])
    def test_who_keeps_it_answers_nothing(self, allied, offered, report, who):
        client = Client()
        client.force_login(getattr(allied, who))
        for address, typed in (
            (by_link(offered), {"answer": "agree"}),
            (of_commitment(allied.agreement, allied.theirs), {"text": "已开放"}),
            (of_report(allied.agreement, report), {"text": "情况属实"}),
        ):
            assert "不能代单位填写" in words(sent(client, address, **typed))
        assert Agreement.objects.get(pk=offered.pk).state == AgreementState.OFFERED
        assert Commitment.objects.get(pk=allied.theirs.pk).state == CommitmentState.OPEN
        assert QuarterReport.objects.get().answered_at is None

    @pytest.mark.parametrize("who", ["liuyuan_secretary", "cadre", "grid_leader", "nobody"])
    def test_others_may(self, allied, offered, who):
        client = Client()
        client.force_login(getattr(allied, who))
        sent(client, by_link(offered), answer="agree")
        assert Agreement.objects.get(pk=offered.pk).state == AgreementState.AGREED
