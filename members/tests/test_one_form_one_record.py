"""T38: on a bad network a form is one record, however often it is sent, in whatever order, whichever answers are lost."""

import random
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.messages import get_messages
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from accounts.models import User
from gridparty.lib.dates import today
from jobs.models import FormReceipt
from members.choices import Proposer
from members.models import PointEntry
from members.tests.conftest import a_picture

SENDERS = 4


class Phones:
    """Members who propose points for themselves, each form 1–4 times, all sendings in one heap without order."""

    def __init__(self, ledger, seed: int, forms: int):
        self.draw = random.Random(seed)
        items = [item.pk for item in ledger.items.values() if item.proposer == Proposer.MEMBER]
        users = [ledger.zhao_user, ledger.branch_secretary, ledger.organiser]
        self.forms = {uuid.UUID(int=self.draw.getrandbits(128), version=4): self._typed(number, items) for number in range(forms)}
        self.sender = {form_id: self.draw.choice(users) for form_id in self.forms}
        self.sendings = [form_id for form_id in self.forms for _time in range(self.draw.randint(1, 4))]
        self.draw.shuffle(self.sendings)
        self.answers: dict[uuid.UUID, list] = {form_id: [] for form_id in self.forms}
        self.came_back: set[uuid.UUID] = set()

    def _typed(self, number: int, items: list[int]) -> dict:
        return {"item": self.draw.choice(items), "on": today().isoformat(), "quantity": "1", "note": f"第{number}份"}

    def send(self, form_id: uuid.UUID) -> None:
        """As the browser does; what comes back may get lost, but the server has answered."""
        client = self._client(self.sender[form_id])
        typed = self.forms[form_id] | {"form_id": str(form_id)}
        if form_id.int % 10 == 0:
            typed["photo"] = a_picture()
        answer = client.post(reverse("members:mine_propose"), typed)
        said = tuple(str(message) for message in get_messages(answer.wsgi_request))
        self.answers[form_id].append((answer.status_code, answer.get("Location"), said))
        if self.draw.random() < 0.5:
            self.came_back.add(form_id)

    def _client(self, user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    def send_until_answered(self, form_ids) -> None:
        """What the phone still holds: it goes on until it has an answer."""
        for form_id in form_ids:
            while form_id not in self.came_back:
                self.send(form_id)

    def check(self) -> None:
        entries = PointEntry.objects.filter(note__startswith="第")
        assert sorted(entries.values_list("note", flat=True)) == sorted(typed["note"] for typed in self.forms.values())
        assert entries.values("source").distinct().count() == FormReceipt.objects.count() == len(self.forms)
        for form_id, answers in self.answers.items():
            assert len(set(answers)) == 1, answers
            entry = PointEntry.objects.get(source=f"form:{form_id}")
            assert answers[0][:2] == (302, reverse("members:mine_entry", args=[entry.pk]))
            assert "已申报" in answers[0][2][0]


def one_after_the_other(phones: Phones) -> None:
    for form_id in phones.sendings:
        phones.send(form_id)
    phones.send_until_answered(phones.forms)


def at_once(phones: Phones) -> None:
    def send(form_ids):
        try:
            for form_id in form_ids:
                phones.send(form_id)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(send, [phones.sendings[number::SENDERS] for number in range(SENDERS)]))
    phones.send_until_answered(phones.forms)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_form_sent_several_times_is_one_record(ledger, seed):
    phones = Phones(ledger, seed, forms=15)
    one_after_the_other(phones)
    phones.check()


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one transaction write at a time")
@pytest.mark.django_db(transaction=True)
def test_so_it_is_when_they_come_at_once(ledger):
    phones = Phones(ledger, 3, forms=30)
    phones.sendings = [form_id for form_id in phones.sendings for _same_moment in range(2)]
    at_once(phones)
    phones.check()


@pytest.mark.proof
@pytest.mark.django_db(transaction=True)
def test_a_thousand_forms_are_a_thousand_records(ledger):
    phones = Phones(ledger, 38, forms=1000)
    (at_once if connection.vendor == "postgresql" else one_after_the_other)(phones)
    phones.check()
    times = sum(map(len, phones.answers.values()))
    print(f"\n{len(phones.forms)} forms, sent {times} times, {PointEntry.objects.count()} records")
