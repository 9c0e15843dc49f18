"""Quarterly reports at the desk: a list of what is to be sent, a form while it is a draft, steps, the way to print."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from liaison.choices import ReportState
from liaison.models import QuarterReport
from liaison.tests.conftest import agreement_with
from liaison.tests.test_agreement_links import QUARTER, report_of

LIST = "/admin/liaison/quarterreport/"
TYPED = {"done": "做了三件事。", "trouble": "", "plan": "再做三件。"}


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def change(report) -> str:
    return reverse("admin:liaison_quarterreport_change", args=[report.pk])


def step(report, name: str) -> str:
    return reverse(f"admin:liaison_quarterreport_{name}", args=[report.pk])


def words(answer) -> str:
    return answer.content.decode()


def listed(client, **asked) -> set:
    return set(client.get(LIST, asked).context["cl"].queryset)


@pytest.fixture
def draft(allied) -> QuarterReport:
    return report_of(allied.agreement, state=ReportState.DRAFT)


@pytest.fixture
def neighbours(allied) -> QuarterReport:
    return report_of(allied.neighbour, state=ReportState.DRAFT)


@pytest.fixture
def sent(allied) -> QuarterReport:
    return report_of(agreement_with(allied.hospital, allied.areas.taoyuan))


class TestList:
    def test_it_holds_what_one_sees(self, allied, draft, sent, neighbours):
        assert listed(as_(allied.clerk)) == listed(as_(allied.cadre)) == {draft, sent}
        assert listed(as_(allied.street_officer)) == {draft, sent, neighbours}

    def test_what_is_to_be_sent(self, allied, draft, sent, neighbours):
        assert listed(as_(allied.clerk), todo="send") == {draft}
        assert listed(as_(allied.cadre), todo="send") == set()

    @pytest.mark.parametrize("who", ["grid_leader", "member", "nobody"])
    def test_it_is_not_for_others(self, allied, draft, who):
        assert as_(getattr(allied, who)).get(LIST).status_code in (302, 403)

    def test_what_the_unit_answered(self, allied, draft, sent):
        assert (listed(as_(allied.clerk), answered="no"), listed(as_(allied.clerk), answered="yes")) == ({sent}, set())
        QuarterReport.objects.filter(pk=sent.pk).update(answered_at=timezone.now())
        assert (listed(as_(allied.clerk), answered="no"), listed(as_(allied.clerk), answered="yes")) == (set(), {sent})

    def test_it_is_searched_by_unit_and_narrowed_by_area(self, allied, draft, sent, neighbours):
        client = as_(allied.street_officer)
        assert [listed(client, q=text) for text in ("市第一", "区中医院", "柳园", "没有")] == [
            {draft},
            {sent},
            {neighbours},
            set(),
        ]
        assert listed(client, within=allied.areas.liuyuan.pk) == {neighbours}

    @pytest.mark.parametrize("number", [1, 3])
    def test_the_queries_do_not_grow(self, allied, draft, number, django_assert_num_queries):
        for _n in range(number - 1):
            report_of(agreement_with(allied.hospital, allied.areas.taoyuan), sent_by=allied.secretary)
        client = as_(allied.clerk)
        client.get(LIST)
        with django_assert_num_queries(QUERIES):
            client.get(LIST)


QUERIES = 7


class TestForm:
    def test_a_draft_is_put_into_words(self, allied, draft):
        client = as_(allied.clerk)
        page = client.get(change(draft))
        assert "已按完成的共建事项填好" in words(page)
        answer = client.post(change(draft), TYPED, follow=True)
        assert "已保存" in words(answer)
        row = QuarterReport.objects.get()
        assert (row.done, row.trouble, row.plan, row.state) == (*TYPED.values(), ReportState.DRAFT)

    def test_refused_it_says_why_and_what_was_typed_is_still_there(self, allied, draft):
        answer = as_(allied.clerk).post(change(draft), TYPED | {"plan": "想" * 1001})
        assert (answer.status_code, "想" * 1001 in words(answer)) == (200, True)
        assert "最多 1000 字，现有 1001 字" in words(answer)
        assert QuarterReport.objects.get().plan == ""

    def test_who_only_reads_it_reads_it(self, allied, draft):
        client = as_(allied.cadre)
        page = words(client.get(change(draft)))
        assert ("<textarea" in page, "提交汇报" in page, "清扫楼道" in page) == (False, False, True)
        assert client.post(change(draft), TYPED).status_code == 403

    def test_what_was_sent_is_only_read(self, allied, sent):
        client = as_(allied.clerk)
        page = words(client.get(change(sent)))
        assert ("<textarea" in page, "撤回修改" in page, "单位链接" in page) == (False, True, True)
        assert client.post(change(sent), TYPED).status_code == 403
        assert QuarterReport.objects.get().done != TYPED["done"]

    def test_of_the_neighbours_there_is_nothing(self, allied, neighbours):
        client = as_(allied.clerk)
        addresses = [change(neighbours), step(neighbours, "send"), step(neighbours, "reopen")]
        assert {client.get(one).status_code for one in addresses} == {404}
        assert {client.post(one).status_code for one in addresses} == {404}

    def test_it_can_be_printed_and_leads_to_its_agreement(self, allied, draft):
        page = words(as_(allied.cadre).get(change(draft)))
        assert reverse("liaison:report_print", args=[draft.pk]) in page
        assert reverse("admin:liaison_agreement_change", args=[allied.agreement.pk]) in page
        assert f"市第一中学 {QUARTER.label}共建汇报" in page

    def test_what_the_unit_said_stands_there(self, allied, sent):
        said = {"answer_text": "情况属实。", "answerer": "吴主任", "answered_at": timezone.now()}
        QuarterReport.objects.filter(pk=sent.pk).update(**said)
        page = words(as_(allied.clerk).get(change(sent)))
        assert ("情况属实。" in page, "吴主任" in page, "撤回修改" in page) == (True, True, False)


class TestSteps:
    def test_sending_says_what_follows_and_does_it(self, allied, draft):
        client = as_(allied.clerk)
        assert "单位凭链接可以看到这份汇报" in words(client.get(step(draft, "send")))
        assert QuarterReport.objects.get().state == ReportState.DRAFT
        assert "已办理：提交汇报" in words(client.post(step(draft, "send"), follow=True))
        row = QuarterReport.objects.get()
        assert (row.state, row.sent_by) == (ReportState.SENT, allied.clerk)

    def test_an_empty_one_is_not_sent(self, allied, draft):
        QuarterReport.objects.update(done="")
        assert "没有填写" in words(as_(allied.clerk).post(step(draft, "send")))
        assert QuarterReport.objects.get().state == ReportState.DRAFT

    def test_it_is_taken_back(self, allied, sent):
        as_(allied.secretary).post(step(sent, "reopen"))
        assert QuarterReport.objects.get().state == ReportState.DRAFT

    @pytest.mark.parametrize(("name", "state"), [("send", "sent"), ("reopen", "draft")])
    def test_what_does_not_fit_is_said(self, allied, draft, name, state):
        QuarterReport.objects.update(state=state)
        assert "不能" in words(as_(allied.clerk).post(step(draft, name), follow=True))
        assert QuarterReport.objects.get().state == state

    def test_not_once_the_unit_said_something(self, allied, sent):
        QuarterReport.objects.update(answered_at=timezone.now())
        assert "不能撤回" in words(as_(allied.clerk).post(step(sent, "reopen"), follow=True))
        assert QuarterReport.objects.get().state == ReportState.SENT

    def test_who_only_reads_takes_no_step(self, allied, draft, sent):
        client = as_(allied.cadre)
        assert [client.post(step(draft, "send")).status_code, client.post(step(sent, "reopen")).status_code] == [403, 403]
