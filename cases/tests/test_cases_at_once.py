"""Two at the same moment: one move, one decision, one reminder."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from cases.actions import Said, move_case, watch_clocks
from cases.models import Case
from cases.tests.conftest import open_at
from grids.tests.test_at_once import together
from jobs.models import Notice
from people.tests.test_at_once import told

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = 5


@pytest.fixture(autouse=True)
def postgresql():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite admits one writer by itself; .ci/run runs this on PostgreSQL")


@pytest.fixture
def case(voices) -> Case:
    return open_at(voices, voices.areas.building1, voices.grid_leader)


def moving(case: Case, kind: str, by, **said):
    return lambda: move_case(case=case, kind=kind, by=by, said=Said(**said))


def test_of_two_who_saw_the_same_the_second_is_told(voices, case):
    for seq in range(1, ROUNDS + 1):
        notes = [moving(case, "note", by, text="已联系", seq=seq) for by in (voices.grid_leader, voices.secretary)]
        (sentence,) = told(together(*notes))
        assert "刚由他人办理" in sentence
    assert [event.seq for event in case.events.all()] == list(range(1, ROUNDS + 2))


def test_one_passes_it_up_while_the_other_settles_it(voices, case):
    """Without having seen anything: whoever comes second finds a case they may no longer move like that."""
    case = move_case(case=case, kind="file", by=voices.grid_leader, said=Said(procedure="on_spot"))
    up = moving(case, "pass_up", voices.grid_leader, text="需协调")
    handled = moving(case, "handle", voices.grid_leader, text="已办")
    assert len(told(together(up, handled))) <= 1
    case.refresh_from_db()
    assert [event.seq for event in case.events.all()] == list(range(1, case.seq + 1))


def test_a_request_is_decided_once(voices, case):
    move_case(case=case, kind="ask_remit", by=voices.grid_leader, said=Said(text="属供电公司"))
    agreed = moving(case, "agree_remit", voices.secretary)
    refused = moving(case, "refuse_remit", voices.clerk, text="归物业")
    assert len(told(together(agreed, refused))) == 1
    assert Case.objects.get().asked_by is None


def test_two_workers_remind_and_escalate_once(voices, case):
    Notice.objects.all().delete()
    past = timezone.now() - timedelta(minutes=1)
    Case.objects.update(remind_at=past, escalate_at=past, step_due_at=past)
    found = together(watch_clocks, watch_clocks)
    told(found)
    assert sum(one["reminded"] for one in found) == sum(one["escalated"] for one in found) == 1
    assert [event.kind for event in case.events.all()] == ["opened", "remind", "escalate"]
    assert Notice.objects.filter(recipient=voices.grid_leader).count() == 2
