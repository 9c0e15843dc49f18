"""The notice of a year: masked, only while it is published, for anybody; and on paper for the wall."""

import re
import uuid
from datetime import timedelta
from io import BytesIO

import pytest
from django.urls import reverse
from pypdf import PdfReader

from gridparty.lib.dates import today
from members.actions import (
    NewMember,
    announce_year,
    ask_to_reopen,
    enrol_many,
    freeze_year,
    post_points,
    reopen_year,
)
from members.models import PointScheme
from members.notices import branches_of, list_of, notice_pdf, published
from members.tests.conftest import earned, number, typed

CANARY = "欧阳赛金丝雀"


@pytest.fixture
def hung(ledger, cast, parties) -> PointScheme:
    """The year of 东街 in notice; among its members one whose name must not be read."""
    canary = typed(CANARY, 77, phone="15400009977")
    member = enrol_many(members=[NewMember(parties.branch1, parties.ordinary, typed=canary)], by=cast.secretary)[0]
    post_points(entries=[earned(member, ledger.items["B1"]), earned(ledger.sun, ledger.items["A1"])], by=None)
    freeze_year(scheme=ledger.scheme, by=cast.street_officer)
    return announce_year(scheme=ledger.scheme, until=today() + timedelta(days=7), by=cast.street_officer)


def overview(scheme) -> str:
    return reverse("members:public_points", args=[scheme.public_key])


def list_page(scheme, organisation) -> str:
    return reverse("members:public_points_branch", args=[scheme.public_key, organisation.pk])


def test_the_organisations_with_their_numbers(client, hung, parties):
    text = client.get(overview(hung)).content.decode()
    assert "共 5 名党员" in text
    assert list_page(hung, parties.branch1) in text
    assert [(one.name, one.number) for one in branches_of(hung)] == [("第1网格党支部", 4), ("第2网格党支部", 1)]


def test_a_list_is_masked_and_says_nothing_else(client, hung, parties, ledger):
    text = client.get(list_page(hung, parties.branch1)).content.decode()
    rows = re.findall(r"<tr><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td><td[^>]*>(.*?)</td></tr>", text)
    assert rows[0] == ("1", "欧*****", "普通党员", "63")
    assert {row[:2] for row in rows[1:]} == {("2", "赵*"), ("2", "钱*"), ("2", "李*")}


def test_no_name_number_or_key_leaks(client, hung, parties, ledger):
    told = "".join(client.get(address).content.decode() for address in (overview(hung), list_page(hung, parties.branch1)))
    for secret in (CANARY, CANARY[1:], "赵一", "钱二", "李四", number(77), number(77)[-4:], "15400009977", "9977"):
        assert secret not in told
    assert f"/{ledger.zhao.pk}/" not in told


def test_it_is_neither_indexed_nor_kept(client, hung):
    answer = client.get(overview(hung))
    assert "noindex" in answer["X-Robots-Tag"]
    assert answer["Cache-Control"] == "private, max-age=60"
    assert "max-age=0" not in answer["Cache-Control"]
    assert b'name="robots" content="noindex' in answer.content
    assert client.post(overview(hung)).status_code == 405


@pytest.mark.parametrize("state", ["draft", "in_force", "frozen", "superseded"])
def test_a_year_that_is_not_published_is_nowhere(client, hung, parties, state):
    PointScheme.objects.filter(pk=hung.pk).update(state=state)
    assert client.get(overview(hung)).status_code == 404
    assert client.get(list_page(hung, parties.branch1)).status_code == 404


def test_reopened_it_is_taken_down_at_once(client, hung, cast):
    ask_to_reopen(scheme=hung, reason="漏记", by=cast.street_officer)
    reopen_year(scheme=hung, by=cast.district_official)
    assert client.get(overview(hung)).status_code == 404
    assert published(hung.public_key) is None


def test_keys_and_organisations_are_not_guessed(client, hung, parties):
    assert client.get(reverse("members:public_points", args=[uuid.uuid4()])).status_code == 404
    assert client.get(list_page(hung, parties.liuyuan)).status_code == 404


def test_the_number_of_queries_stays(client, hung, parties, django_assert_num_queries):
    with django_assert_num_queries(3):
        client.get(overview(hung))
    with django_assert_num_queries(4):
        client.get(list_page(hung, parties.branch1))


class TestPaper:
    def text_of(self, pdf: bytes) -> str:
        return "".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)

    def test_the_wall_gets_masked_lists_with_the_phone_of_the_office(self, hung, cast, areas):
        cast.street_officer.phone, cast.street_officer.phone_tail = "15400008888", "8888"
        cast.street_officer.save()
        pdf = notice_pdf(hung, branches_of(hung), by=cast.street_officer)
        assert pdf.startswith(b"%PDF")
        text = self.text_of(pdf)
        assert "15400008888" in text
        assert CANARY not in text
        assert "赵一" not in text

    def test_one_organisation_prints_its_own(self, client, cast, hung, parties):
        client.force_login(cast.secretary)
        answer = client.get(reverse("admin:members_partyorganisation_notice", args=[parties.branch2.pk]))
        assert answer["Content-Type"] == "application/pdf"
        assert "no-store" in answer["Cache-Control"]
        assert [one.place for one in list_of(hung, parties.branch2.pk)] == [1]

    def test_without_a_published_year_there_is_nothing_to_print(self, client, cast, ledger, parties):
        client.force_login(cast.secretary)
        answer = client.get(reverse("admin:members_partyorganisation_notice", args=[parties.branch1.pk]), follow=True)
        assert "没有正在公示或已定稿的积分" in answer.content.decode()
