"""Who asked for a job sees it, who runs the jobs sees all and runs them again, nobody else sees that it exists."""

import pytest
from django.urls import reverse
from django.utils import timezone

from jobs.actions import notify
from jobs.choices import JobStatus, OutboxState
from jobs.models import Job, Notice, OutboxMessage, Schedule

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(cast, counted):
    values = {"kind": "test.work", "created_by": cast.clerk, "send_again_at": timezone.now()}
    return Job.objects.create(status=JobStatus.RUNNING, done=3, total=9, message="第一批", **values)


def as_(client, user):
    client.force_login(user)
    return client


def page_of(job) -> str:
    return reverse("jobs:job", args=[job.pk])


class TestJobPage:
    def test_ones_own_job_with_its_progress(self, client, cast, job):
        response = as_(client, cast.clerk).get(page_of(job))
        assert response["Refresh"] == "3"
        for text in ("试验任务", "执行中", "第一批", "3 / 9"):
            assert text in response.content.decode()

    def test_who_runs_the_jobs_sees_it(self, client, cast, job):
        assert as_(client, cast.system_admin).get(page_of(job)).status_code == 200

    @pytest.mark.parametrize("user", ["secretary", "grid_leader", "security_admin", "all_districts_official", "nobody"])
    def test_for_others_it_does_not_exist(self, client, cast, job, user):
        assert as_(client, getattr(cast, user)).get(page_of(job)).status_code == 404

    def test_a_stranger_is_asked_to_log_in(self, client, job):
        assert client.get(page_of(job)).status_code == 302

    def test_it_is_looked_at_and_not_posted_to(self, client, cast, job):
        assert as_(client, cast.clerk).post(page_of(job)).status_code == 405

    def test_done_it_leads_to_the_result_and_rests(self, client, cast, job):
        Job.objects.update(status=JobStatus.DONE, result={"link": "/rosters/7/"})
        response = as_(client, cast.clerk).get(page_of(job))
        assert "Refresh" not in response
        assert 'href="/rosters/7/"' in response.content.decode()

    @pytest.mark.parametrize("result", [None, {"rows": 3}, {"link": "//elsewhere.example/"}, [1]])
    def test_without_a_link_of_this_site_there_is_none(self, client, cast, job, result):
        Job.objects.update(status=JobStatus.DONE, result=result)
        content = as_(client, cast.clerk).get(page_of(job)).content.decode()
        assert "查看结果" not in content
        assert "elsewhere" not in content

    def test_failed_it_says_why(self, client, cast, job):
        Job.objects.update(status=JobStatus.FAILED, error="第1网格已撤销，请选择其他网格。")
        response = as_(client, cast.clerk).get(page_of(job))
        assert "第1网格已撤销，请选择其他网格。" in response.content.decode()

    @pytest.mark.parametrize("number", [1, 3])
    def test_queries(self, client, cast, job, number, django_assert_num_queries):
        for _more in range(number - 1):
            Job.objects.create(kind="test.work", created_by=cast.clerk, send_again_at=timezone.now())
        as_(client, cast.clerk)
        with django_assert_num_queries(4):  # session, user, posts, job
            client.get(page_of(job))


class TestNotices:
    def test_ones_own_and_no_others(self, client, cast):
        notify(recipients=[cast.clerk], subject="周报待审核", body="请于周五前审核。", link="/weeks/7/", urgent=True)
        notify(recipients=[cast.secretary], subject="别人的通知", body="")
        content = as_(client, cast.clerk).get(reverse("jobs:notices")).content.decode()
        for text in ("周报待审核", "请于周五前审核。", 'href="/weeks/7/"', "紧急", "未读"):
            assert text in content
        assert "别人的通知" not in content

    def test_an_empty_list_says_so(self, client, cast):
        assert "还没有通知" in as_(client, cast.clerk).get(reverse("jobs:notices")).content.decode()

    def test_marking_read(self, client, cast):
        for subject in ("一", "二"):
            notify(recipients=[cast.clerk], subject=subject, body="")
        first = Notice.objects.first()
        as_(client, cast.clerk)
        assert client.get(reverse("jobs:read_notices")).status_code == 405
        client.post(reverse("jobs:read_notice", args=[first.pk]))
        assert [notice.subject for notice in Notice.objects.unread()] == ["二"]
        assert client.post(reverse("jobs:read_notices")).url == reverse("jobs:notices")
        assert not Notice.objects.unread().exists()

    def test_anothers_notice_stays_unread(self, client, cast):
        notify(recipients=[cast.secretary], subject="一", body="")
        as_(client, cast.clerk).post(reverse("jobs:read_notice", args=[Notice.objects.get().pk]))
        assert Notice.objects.unread().count() == 1

    def test_a_long_list_has_pages(self, client, cast):
        for number in range(31):
            notify(recipients=[cast.clerk], subject=f"第{number}条", body="")
        content = as_(client, cast.clerk).get(reverse("jobs:notices")).content.decode()
        assert "第30条" in content
        assert "第0条" not in content
        assert "第0条" in client.get(reverse("jobs:notices"), {"page": 2}).content.decode()

    @pytest.mark.parametrize("number", [1, 3])
    def test_queries(self, client, cast, number, django_assert_num_queries):
        for _notice in range(number):
            notify(recipients=[cast.clerk], subject="周报待审核", body="")
        as_(client, cast.clerk)
        with django_assert_num_queries(6):  # session, user, count, page, whether any is unread, the posts for the tab bar
            client.get(reverse("jobs:notices"))


class TestDesk:
    jobs = "/admin/jobs/job/"

    def run_again(self, client, *jobs):
        return client.post(self.jobs, {"action": "run_again", "_selected_action": [job.pk for job in jobs]}, follow=True)

    def test_the_clerk_sees_the_own_jobs_and_cannot_run_them_again(self, client, cast, job):
        other = Job.objects.create(kind="test.work", send_again_at=timezone.now(), created_by=cast.secretary)
        as_(client, cast.clerk)
        assert client.get(self.jobs).context["cl"].result_count == 1
        assert client.get(f"{self.jobs}{job.pk}/change/").status_code == 200
        assert client.get(f"{self.jobs}{other.pk}/change/").status_code == 404
        Job.objects.update(status=JobStatus.FAILED)
        self.run_again(client, job)
        assert Job.objects.count() == 2

    def test_who_runs_the_jobs_runs_them_again(self, client, cast, job, counted, django_capture_on_commit_callbacks):
        Job.objects.update(status=JobStatus.FAILED)
        waiting = Job.objects.create(kind="test.work", send_again_at=timezone.now())
        as_(client, cast.system_admin)
        with django_capture_on_commit_callbacks(execute=True):
            content = self.run_again(client, job, waiting).content.decode()
        assert "1 个任务已重新排队。" in content
        assert f"任务 {waiting.pk} 还在排队或执行" in content
        again = Job.objects.get(again_of=job)
        assert (again.status, again.created_by, counted) == (JobStatus.DONE, cast.clerk, [{}])

    @pytest.mark.parametrize("model", ["job", "schedule", "outboxmessage"])
    def test_nothing_is_added_or_deleted(self, client, cast, job, model):
        as_(client, cast.system_admin)
        assert client.get(f"/admin/jobs/{model}/").status_code == 200
        assert client.get(f"/admin/jobs/{model}/add/").status_code == 403
        assert client.get(f"/admin/jobs/{model}/{job.pk}/delete/").status_code in (403, 404)

    @pytest.mark.parametrize("model", ["schedule", "outboxmessage"])
    def test_schedules_and_outbox_are_for_who_runs_the_jobs(self, client, cast, model):
        assert as_(client, cast.clerk).get(f"/admin/jobs/{model}/").status_code == 403

    def test_lists_filter_by_state_and_kind(self, client, cast, job):
        as_(client, cast.system_admin)
        assert client.get(self.jobs, {"status__exact": "running", "kind": "test.work"}).context["cl"].result_count == 1
        assert client.get(self.jobs, {"kind": "jobs.prune"}).context["cl"].result_count == 0

    def test_a_schedule_gets_new_times_and_keeps_its_kind(self, client, cast):
        schedule = Schedule.objects.create(name="nightly", kind="jobs.prune", next_due_at=timezone.now())
        path = f"/admin/jobs/schedule/{schedule.pk}/change/"
        times = {"minute": "15", "hour": "4", "day_of_week": "*", "day_of_month": "*", "month_of_year": "*"}
        as_(client, cast.system_admin)
        client.post(path, times | {"enabled": "on", "kind": "other.kind"})
        schedule.refresh_from_db()
        assert (schedule.minute, schedule.hour, schedule.kind) == ("15", "4", "jobs.prune")
        refused = client.post(path, times | {"hour": "25"}).content.decode()
        assert "时间写法有误" in refused

    def test_a_failed_mail_is_sent_again(self, client, cast):
        cast.clerk.email = "clerk@example.cn"
        notify(recipients=[cast.clerk], subject="周报待审核", body="")
        OutboxMessage.objects.update(state=OutboxState.FAILED, attempts=12)
        message = OutboxMessage.objects.get()
        form = {"action": "send_again", "_selected_action": [message.pk]}
        content = as_(client, cast.system_admin).post("/admin/jobs/outboxmessage/", form, follow=True).content.decode()
        message.refresh_from_db()
        assert "1 条消息将重新发送。" in content
        assert (message.state, message.attempts) == (OutboxState.WAITING, 0)

    @pytest.mark.parametrize("number", [1, 3])
    def test_queries(self, client, cast, job, number, django_assert_num_queries):
        for _more in range(number - 1):
            Job.objects.create(kind="test.work", created_by=cast.clerk, send_again_at=timezone.now())
        as_(client, cast.system_admin)
        with django_assert_num_queries(5):  # session, user, posts, count, rows
            client.get(self.jobs)
