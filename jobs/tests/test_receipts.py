"""A form is answered once, however often it arrives: one deed, one receipt, the same answer each time."""

import re
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django import forms
from django.db import connection, connections
from django.http import HttpResponse
from django.urls import include, path, reverse
from django.utils import timezone

from accounts.models import User
from gridparty.lib.errors import Refused
from gridparty.lib.phone_forms import SentForm
from jobs.actions import notify, prune_receipts, send_once
from jobs.answers import answer
from jobs.errors import NotThisForm
from jobs.models import FormReceipt, Notice


@pytest.fixture
def told(cast):
    """A deed that leaves a row: the clerk is told something."""

    def act() -> tuple[str, str]:
        notify(recipients=[cast.clerk], subject="桃园社区周报", body="请办理。", by=cast.secretary)
        return "/jobs/notices/", f"已提醒 {Notice.objects.count()} 人"

    return act


class TestSendOnce:
    def test_the_second_time_does_nothing_and_is_answered_the_same(self, cast, told):
        form_id = uuid.uuid4()
        answers = {send_once(form_id=form_id, by=cast.secretary, act=told, page="/a/") for _time in range(4)}
        assert answers == {("/jobs/notices/", "已提醒 1 人")}
        assert Notice.objects.count() == FormReceipt.objects.count() == 1

    def test_two_forms_are_two_deeds(self, cast, told):
        for _form in range(2):
            send_once(form_id=uuid.uuid4(), by=cast.secretary, act=told)
        assert Notice.objects.count() == 2

    def test_nobody_else_gets_the_answer(self, cast, told):
        form_id = uuid.uuid4()
        send_once(form_id=form_id, by=cast.secretary, act=told)
        with pytest.raises(NotThisForm, match="其他账号"):
            send_once(form_id=form_id, by=cast.clerk, act=told)
        assert Notice.objects.count() == 1

    def test_no_other_page_gets_it(self, cast, told):
        form_id = uuid.uuid4()
        send_once(form_id=form_id, by=cast.secretary, act=told, page="/members/mine/entries/1/withdraw/")
        with pytest.raises(NotThisForm, match="其他页面"):
            send_once(form_id=form_id, by=cast.secretary, act=told, page="/members/mine/entries/2/withdraw/")
        assert Notice.objects.count() == 1

    def test_what_was_refused_leaves_nothing_and_can_be_mended(self, cast, told):
        form_id = uuid.uuid4()

        def refuse():
            told()
            raise Refused("本年度已冻结。")

        with pytest.raises(Refused, match="本年度已冻结"):
            send_once(form_id=form_id, by=cast.secretary, act=refuse)
        assert not Notice.objects.exists()
        assert not FormReceipt.objects.exists()
        assert send_once(form_id=form_id, by=cast.secretary, act=told) == ("/jobs/notices/", "已提醒 1 人")

    def test_a_deed_that_breaks_leaves_nothing(self, cast, told):
        def breaks():
            told()
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            send_once(form_id=uuid.uuid4(), by=cast.secretary, act=breaks)
        assert not Notice.objects.exists()
        assert not FormReceipt.objects.exists()


def test_receipts_go_after_a_month(cast, told):
    old, young = uuid.uuid4(), uuid.uuid4()
    for form_id, days in ((old, 31), (young, 29)):
        send_once(form_id=form_id, by=cast.secretary, act=told)
        FormReceipt.objects.filter(pk=form_id).update(at=timezone.now() - timedelta(days=days))
    assert prune_receipts() == 1
    assert FormReceipt.objects.get().pk == young


def reminding(request):
    """A page with such a form: tells the clerk something, but nothing twice the same."""

    class Form(SentForm):
        text = forms.CharField()

        def clean_text(self):
            if Notice.objects.filter(subject=self.cleaned_data["text"]).exists():
                raise forms.ValidationError("已提醒过。")
            return self.cleaned_data["text"]

    def act():
        if form.cleaned_data["text"] == "已冻结":
            raise Refused("本年度已冻结。")
        notify(recipients=User.objects.filter(username="clerk"), subject=form.cleaned_data["text"], body="", by=request.user)
        return reverse("phone"), f"已提醒：{form.cleaned_data['text']}"

    form = Form(request.POST if request.method == "POST" else None)
    done = answer(request, form, act) if request.method == "POST" else None
    return done or HttpResponse(form.as_p())


urlpatterns = [path("remind/", reminding), path("", include("gridparty.urls"))]


@pytest.mark.urls(__name__)
class TestPage:
    @pytest.fixture
    def secretary(self, client, cast):
        client.force_login(cast.secretary)
        return client

    @staticmethod
    def number_on(page) -> str:
        return re.search(r'name="form_id" value="([0-9a-f-]{36})"', page.content.decode())[1]

    def test_every_page_opened_is_a_form_of_its_own(self, secretary):
        assert self.number_on(secretary.get("/remind/")) != self.number_on(secretary.get("/remind/"))

    def test_sent_twice_it_leads_to_the_same_place_with_the_same_sentence(self, secretary):
        typed = {"form_id": self.number_on(secretary.get("/remind/")), "text": "请交周报"}
        for _time in range(2):
            page = secretary.post("/remind/", typed, follow=True)
            assert page.redirect_chain == [("/phone/", 302)]
            assert "已提醒：请交周报" in page.content.decode()
            assert "已保存" in page.content.decode()
        assert Notice.objects.count() == 1

    def test_what_was_changed_after_it_had_arrived_is_refused(self, secretary):
        number = self.number_on(secretary.get("/remind/"))
        secretary.post("/remind/", {"form_id": number, "text": "请交周报"})
        page = secretary.post("/remind/", {"form_id": number, "text": "请交月报"})
        assert "后来改动的内容没有保存" in page.content.decode()
        assert Notice.objects.count() == 1

    def test_refused_it_is_shown_again_with_its_number_and_what_was_typed(self, secretary):
        number = self.number_on(secretary.get("/remind/"))
        page = secretary.post("/remind/", {"form_id": number, "text": "已冻结"})
        assert "本年度已冻结。" in page.content.decode()
        assert 'value="已冻结"' in page.content.decode()
        assert self.number_on(page) == number
        assert secretary.post("/remind/", {"form_id": number, "text": "请交周报"}).status_code == 302

    @pytest.mark.parametrize("number", [None, "", "17", "not-a-number"])
    def test_without_a_number_nothing_is_done(self, secretary, number):
        page = secretary.post("/remind/", {"text": "请交周报"} | ({} if number is None else {"form_id": number}))
        assert "页面已过期" in page.content.decode()
        assert not Notice.objects.exists()


class TestReceipts:
    """What the phone is told of a form it sent."""

    @staticmethod
    def told_of(client, form_id):
        return client.get(reverse("jobs:receipts"), {"form": str(form_id)}).json()

    def test_only_who_sent_it_hears_that_it_arrived(self, client, cast, told):
        form_id = uuid.uuid4()
        send_once(form_id=form_id, by=cast.secretary, act=told)
        client.force_login(cast.secretary)
        here = self.told_of(client, form_id)
        assert (here["address"], here["user"]) == ("/jobs/notices/", str(cast.secretary.pk))
        client.force_login(cast.clerk)
        assert self.told_of(client, form_id)["address"] is None

    def test_what_did_not_arrive_is_not_there(self, client, cast):
        client.force_login(cast.secretary)
        assert self.told_of(client, uuid.uuid4())["address"] is None
        assert client.get(reverse("jobs:receipts"), {"form": "17"}).status_code == 404

    def test_a_stranger_is_asked_to_log_in(self, client, db):
        assert client.get(reverse("jobs:receipts"), {"form": str(uuid.uuid4())}).status_code == 302


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one transaction write at a time")
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    THREADS = 6

    def at_once(self, send) -> list:
        start = threading.Barrier(self.THREADS)

        def call(number: int):
            try:
                start.wait()
                return send(number)
            except Refused as refusal:
                return refusal
            finally:
                connections.close_all()

        with ThreadPoolExecutor(self.THREADS) as pool:
            return list(pool.map(call, range(self.THREADS)))

    def test_all_but_one_wait_and_are_answered_the_same(self, cast, told):
        for _form in range(10):
            form_id = uuid.uuid4()
            answers = self.at_once(lambda _number, form_id=form_id: send_once(form_id=form_id, by=cast.secretary, act=told))
            assert len(set(answers)) == 1
        assert Notice.objects.count() == FormReceipt.objects.count() == 10

    def test_where_the_first_is_refused_the_next_is_done(self, cast, told):
        form_id, tried = uuid.uuid4(), []

        def act():
            tried.append(1)
            if len(tried) == 1:
                raise Refused("请稍后再试。")
            return told()

        answers = self.at_once(lambda _number: send_once(form_id=form_id, by=cast.secretary, act=act))
        done = [one for one in answers if not isinstance(one, Refused)]
        assert len(done) == self.THREADS - 1
        assert len(set(done)) == 1
        assert Notice.objects.count() == 1
