"""A list too long to wait for is written by a job: the same file, kept for its reader alone, and not for long."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Appointment
from audit.models import ViewEntry
from conftest import make_user
from gridparty.lib.crypto import unseal
from jobs.actions import rerun, run_job
from jobs.models import Job
from members.actions import NewMember, enrol
from members.models import Member
from members.tests.conftest import parties  # noqa: F401
from people.actions import NewHousehold, NewPerson, enter_people, open_households
from people.models import Person
from people.tests.conftest import number
from rosters import actions, exports
from rosters.models import Export
from rosters.tests.test_exports import cells, desk, export  # noqa: F401

LIST = reverse("admin:people_person_changelist")
NAMES = ["王建国", "李秀英", "王小明", "赵大伟", "王远", "=1+1", "孙六"]


@pytest.fixture
def people(areas):
    """Seven people of 桃园, three of whom live behind one door."""
    (home,) = open_households(households=[NewHousehold(areas.building1, "1", "101")], by=None)
    at = [{"household": home, "relation": relation} for relation in ("head", "spouse", "child")]
    at += [{"area": area} for area in (areas.grid1, areas.grid2, areas.taoyuan, areas.building1)]
    new = [NewPerson(name, number(n), phone=f"1540000{n:04}", **at[n]) for n, name in enumerate(NAMES)]
    return enter_people(people=new, by=None)


@pytest.fixture
def short(monkeypatch):
    """Nobody waits for more than two rows, and no more than two are held in memory."""
    monkeypatch.setattr(exports, "MOST", 2)
    monkeypatch.setattr(exports, "AT_ONCE", 2)


def asked(client, model=Person, **query) -> Export:
    """A long list, asked for at the desk."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_export"
    answer = client.get(reverse(name), query)
    found = Export.objects.order_by("pk").last()
    assert (answer.status_code, answer["Location"]) == (302, reverse("jobs:job", args=[found.job_id]))
    return found


def worked(export: Export) -> Job:
    run_job(job_id=export.job_id)
    export.refresh_from_db()
    return Job.objects.get(pk=export.job_id)


def fetched(client, export: Export) -> bytes:
    answer = client.get(reverse("rosters:export", args=[export.pk]))
    assert answer.status_code == 200
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    assert "no-store" in answer["Cache-Control"]
    return answer.getvalue()


def test_a_long_list_is_the_file_that_a_short_one_is(desk, people, short, monkeypatch):  # noqa: F811
    job = worked(asked(desk))
    assert (job.status, job.done, job.total, job.result) == ("done", 7, 7, {"link": f"/rosters/exports/{job.args['of']}/"})
    assert "查看结果" in desk.get(reverse("jobs:job", args=[job.pk])).content.decode()
    written = cells(fetched(desk, Export.objects.get()))
    monkeypatch.setattr(exports, "MOST", 20_000)
    assert written == cells(export(desk, Person))
    assert [row[1] for row in written[1:]] == NAMES


def test_what_the_list_adds_to_its_rows_is_there_in_every_part(desk, areas, cast, parties, short, monkeypatch):  # noqa: F811
    at = {"organisation": parties.branch1, "member_class": parties.ordinary}
    enter_people(people=[NewPerson("王建国", number(1), area=areas.grid1)], by=None)
    enter_people(people=[NewPerson("李四", number(4), area=areas.liuyuan)], by=None)
    typed = [
        NewPerson("王建国", number(1)),
        NewPerson("李四", number(4)),
        NewPerson("赵六", number(6)),
        NewPerson("钱七", number(7)),
    ]
    for one in typed:
        enrol(new=NewMember(**at, typed=one), by=cast.secretary)
    queued = asked(desk, Member)
    assert worked(queued).status == "done"
    written = cells(fetched(desk, queued))
    monkeypatch.setattr(exports, "MOST", 20_000)
    assert written == cells(export(desk, Member))
    assert [(row[1], row[7]) for row in written[1:]] == [
        ("王建国", "桃园社区 / 第1网格"),
        ("李四", ""),
        ("赵六", ""),
        ("钱七", ""),
    ]


def test_filters_and_search_hold(desk, people, short):  # noqa: F811
    queued = asked(desk, q="王", living="yes", p="2")
    worked(queued)
    assert [row[1] for row in cells(fetched(desk, queued))[1:]] == ["王建国", "王小明", "王远"]


def test_it_is_noted_when_it_is_fetched(desk, cast, people, short):  # noqa: F811
    queued = asked(desk, q="王", living="yes")
    worked(queued)
    assert not ViewEntry.objects.exists()
    fetched(desk, queued)
    noted = ViewEntry.objects.values_list("actor", "kind", "model", "object_id", "rows", "purpose")
    assert list(noted) == [(cast.secretary.pk, "exported", "people.person", None, 3, "筛选：在世情况")]


def test_nothing_of_it_lies_readable(desk, people, short):  # noqa: F811
    queued = asked(desk, q="王")
    job = worked(queued)
    assert job.args == {"of": queued.pk}
    with connection.cursor() as cursor:
        cursor.execute("SELECT query, content, filters FROM rosters_export")
        ((query, content, filters),) = cursor.fetchall()
    assert (unseal(query), filters) == ("q=%E7%8E%8B", "")
    assert unseal(content).startswith("UEs")  # a zip


def test_it_is_its_readers_alone(desk, client, areas, people, short, cast):  # noqa: F811
    queued = asked(desk)
    address = reverse("rosters:export", args=[queued.pk])
    assert desk.get(address).status_code == 404  # not written yet
    worked(queued)
    colleague = make_user("community_secretary", areas.taoyuan, username="colleague")
    for user, status in ((colleague, 404), (cast.system_admin, 404), (cast.grid_leader, 403), (cast.secretary, 200)):
        client.force_login(user)
        assert client.get(address).status_code == status
    assert client.post(address).status_code == 405
    client.logout()
    assert client.get(address).status_code == 302


def end_posts(user) -> None:
    Appointment.objects.filter(user=user).update(ended_at=timezone.now(), end_reason="removed")


def test_who_lost_the_right_meanwhile_gets_no_file(desk, cast, people, short):  # noqa: F811
    queued = asked(desk)
    end_posts(cast.secretary)
    job = worked(queued)
    assert (job.status, job.error) == (
        "failed",
        "您现在没有查看这个名单的权限，没有导出。如需要，请联系管理员核对您的职务和任期。",
    )
    assert (queued.done_at, queued.content) == (None, "")


def test_it_is_written_with_the_rights_of_then(desk, areas, cast, people, short):  # noqa: F811
    queued = asked(desk)
    end_posts(cast.secretary)
    make_user("community_secretary", areas.liuyuan, username="other")
    Appointment.objects.filter(user__username="other").update(user=cast.secretary)
    worked(queued)
    assert len(cells(fetched(desk, queued))) == 1  # nobody lives in 柳园


def test_a_list_of_where_one_worked_before_is_gone(desk, areas, cast, people, short):  # noqa: F811
    queued = asked(desk)
    worked(queued)
    end_posts(cast.secretary)
    make_user("community_secretary", areas.liuyuan, username="other")
    Appointment.objects.filter(user__username="other").update(user=cast.secretary)
    assert desk.get(reverse("rosters:export", args=[queued.pk])).status_code == 404


def test_run_twice_it_is_one_file(desk, people, short):  # noqa: F811
    queued = asked(desk)
    job = worked(queued)
    first = Export.objects.values().get()
    run_job(job_id=job.pk)
    run_job(job_id=rerun(job=job, by=None).pk)
    assert Export.objects.values().get() == first


def test_asked_twice_it_is_one_job(desk, people, short):  # noqa: F811
    first = asked(desk)
    assert asked(desk) == first
    assert asked(desk, q="王") != first
    worked(first)
    assert asked(desk) not in (first, None)
    assert (Export.objects.count(), Job.objects.count()) == (3, 3)


def test_what_no_file_holds_is_refused_with_a_way_out(desk, people, short, monkeypatch):  # noqa: F811
    monkeypatch.setattr(exports, "LONGEST", 6)
    answer = desk.get(reverse("admin:people_person_export"), {"living": "yes"}, follow=True)
    assert answer.redirect_chain == [(f"{LIST}?living=yes", 302)]
    sentence = "名单超过 6 条，一个文件放不下。请先用筛选或搜索缩小范围，再分几次导出。"
    assert [str(message) for message in answer.context["messages"]] == [sentence]
    assert not Export.objects.exists()


def test_a_list_that_grew_too_long_says_so(desk, people, short, monkeypatch):  # noqa: F811
    queued = asked(desk)
    monkeypatch.setattr(exports, "LONGEST", 6)
    job = worked(queued)
    assert (job.status, job.error) == ("failed", "名单超过 6 条，一个文件放不下。请先用筛选或搜索缩小范围，再分几次导出。")


def test_it_goes_after_a_week(desk, people, short):  # noqa: F811
    old, new = asked(desk), asked(desk, living="yes")
    Export.objects.filter(pk=old.pk).update(made_at=timezone.now() - timedelta(days=8))
    assert actions.expire() == 1
    assert Export.objects.get() == new
    job = Job.objects.get(pk=old.job_id)
    run_job(job_id=job.pk)
    job.refresh_from_db()
    assert (job.status, job.error) == ("failed", "这次导出已过期清理，请在名单页面重新导出。")


def test_parts_cost_the_same_however_many_rows_they_hold(desk, people, short, monkeypatch):  # noqa: F811
    counts = []
    for at_once in (2, 4):  # four parts, two parts
        monkeypatch.setattr(exports, "AT_ONCE", at_once)
        queued = asked(desk)
        with CaptureQueriesContext(connection) as captured:
            worked(queued)
        counts.append(len(captured))
    four, two = counts
    assert (four - two) % 2 == 0
    assert (four - two) // 2 == 6
