"""Many at the same moment: places of activities, one member's time, one closing."""

from datetime import time

import pytest
from django.db import connection

from gridparty.lib.dates import today
from grids.tests.test_at_once import together
from members.models import PointEntry
from people.tests.test_at_once import told
from services.actions import (
    decide_hours,
    enter_hours,
    hold_activity,
    sign_up,
    tick_attendance,
    withdraw_sign_up,
)
from services.choices import SignUpState
from services.models import Activity, ServiceHours, SignUp
from services.tests.conftest import activity_at
from services.tests.test_hours import hours_row, new_in

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def postgresql():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite admits one writer by itself; .ci/run runs this on PostgreSQL")


@pytest.fixture
def five(served) -> list:
    return [served.zhao_user, served.qian_user, served.li_user, served.sun_user, served.zhou_user]


def signing(activity, by, wait=False):
    return lambda: sign_up(activity=activity, by=by, wait=wait)


def test_five_for_two_places_none_too_many_none_empty(served, five):
    one = activity_at(served.areas.taoyuan, places=2)
    assert len(told(together(*(signing(one, user) for user in five)))) == 3
    assert (Activity.objects.get().taken, SignUp.objects.count()) == (2, 2)


def test_places_given_back_go_to_who_waits(served, five):
    one = activity_at(served.areas.taoyuan, places=2)
    told(together(*(signing(one, user, wait=True) for user in five)))
    there = list(SignUp.objects.filter(state=SignUpState.SIGNED).select_related("member__person__user"))
    leaving = [lambda row=row: withdraw_sign_up(signup=row, by=row.member.person.user) for row in there]
    assert told(together(*leaving)) == []
    states = list(SignUp.objects.values_list("state", flat=True))
    assert (states.count("signed"), states.count("waiting"), Activity.objects.get().taken) == (2, 1, 2)


def test_one_member_and_two_activities_of_one_time(served):
    both = [activity_at(served.areas.taoyuan), activity_at(served.areas.taoyuan, title="义诊")]
    assert len(told(together(*(signing(one, served.zhao_user) for one in both)))) == 1
    assert SignUp.objects.count() == 1


def test_one_member_enters_the_same_time_twice(served):
    entering = [lambda: enter_hours(new=new_in(served), by=served.zhao_user)] * 3
    assert len(told(together(*entering))) == 2
    assert ServiceHours.objects.count() == 1


def test_two_close_it_and_two_confirm(served):
    one = activity_at(served.areas.taoyuan, on=today(), begins=time(20), ends=time(21))
    tick_attendance(activity=one, members=[served.zhao, served.qian], by=served.clerk)
    told(together(*(lambda by=by: hold_activity(activity=one, by=by) for by in (served.clerk, served.secretary))))
    assert (ServiceHours.objects.count(), PointEntry.objects.count()) == (2, 2)
    rows = [hours_row(served, served.zhao), hours_row(served, served.qian)]
    deciding = [lambda by=by: decide_hours(rows=rows, confirm=True, by=by) for by in (served.clerk, served.secretary)]
    assert sum(together(*deciding)) == 2
    assert PointEntry.objects.count() == 4
