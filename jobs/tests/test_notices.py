"""A notice is made once and sent once, however often it is asked for and however the mail server behaves."""

import smtplib
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from jobs.actions import deliver_outbox, mark_read, notify, resend
from jobs.actions.notices import MAX_TRIES
from jobs.choices import OutboxState
from jobs.errors import NotResent
from jobs.models import Notice, OutboxMessage

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(cast):
    """The clerk and the secretary read mail, the grid leader does not."""
    for user in (cast.clerk, cast.secretary):
        user.email = f"{user.pk}@example.cn"
        user.save()
    return cast


class Refusing(EmailBackend):
    """A mail server that refuses; `refusals` says how often."""

    refusals = 0

    def send_messages(self, messages):
        if Refusing.refusals:
            Refusing.refusals -= 1
            raise smtplib.SMTPRecipientsRefused({messages[0].to[0]: (550, b"no such user")})
        return super().send_messages(messages)


@pytest.fixture
def mail_server(settings):
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    yield Refusing
    Refusing.refusals = 0


def tell(*users, **values):
    return notify(recipients=users, **{"subject": "周报待审核", "body": "第1网格已提交周报。"} | values)


class TestNotify:
    def test_each_recipient_gets_one_and_mail_goes_to_who_has_an_address(self, staff):
        assert tell(staff.clerk, staff.secretary, staff.grid_leader, staff.clerk, link="/weeks/7/") == 3
        assert Notice.objects.count() == 3
        deliver_outbox()
        assert sorted(message.to[0] for message in mail.outbox) == sorted([staff.clerk.email, staff.secretary.email])
        assert mail.outbox[0].subject == "周报待审核"
        assert mail.outbox[0].body == "第1网格已提交周报。\n\nhttp://127.0.0.1:8000/weeks/7/"

    def test_the_same_event_told_twice_counts_once(self, staff):
        assert tell(staff.clerk, once_key="week:7") == 1
        assert tell(staff.clerk, staff.secretary, once_key="week:7") == 1
        deliver_outbox()
        assert Notice.objects.count() == len(mail.outbox) == 2

    def test_without_a_key_every_call_counts(self, staff):
        tell(staff.clerk)
        tell(staff.clerk)
        assert Notice.objects.count() == 2

    def test_a_disabled_account_gets_no_mail(self, staff):
        staff.clerk.is_active = False
        tell(staff.clerk)
        assert not OutboxMessage.objects.exists()

    def test_urgent_says_so(self, staff):
        tell(staff.clerk, urgent=True)
        deliver_outbox()
        assert mail.outbox[0].subject == "【紧急】周报待审核"

    @pytest.mark.parametrize("link", ["https://elsewhere.example/", "//elsewhere.example/", "weeks/7/"])
    def test_a_notice_leads_nowhere_else(self, staff, link):
        with pytest.raises(ValueError, match="path of this site"):
            tell(staff.clerk, link=link)

    def test_a_line_break_in_the_subject_does_not_stop_the_mail(self, staff):
        tell(staff.clerk, subject="周报\n待审核")
        deliver_outbox()
        assert mail.outbox[0].subject == "周报 待审核"

    def test_queries(self, staff, django_assert_num_queries):
        with django_assert_num_queries(5):  # savepoint, notices, which are new, outbox, release
            tell(staff.clerk)
        with django_assert_num_queries(5):
            tell(staff.clerk, staff.secretary, staff.grid_leader)
        with django_assert_num_queries(4):  # nobody with an address
            tell(staff.grid_leader)


class TestOutbox:
    def test_sent_once(self, staff):
        tell(staff.clerk)
        for _tick in range(3):
            deliver_outbox()
        assert len(mail.outbox) == 1
        assert OutboxMessage.objects.get().state == OutboxState.SENT

    def test_a_refusing_server_is_asked_ever_more_rarely(self, staff, mail_server, caplog):
        mail_server.refusals = 4
        start = timezone.now()
        with time_machine.travel(start, tick=False):
            tell(staff.clerk)
        tried = []
        for minutes in range(60):
            with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
                before = OutboxMessage.objects.get().attempts
                deliver_outbox()
            if OutboxMessage.objects.get().attempts > before:
                tried.append(minutes)
        message = OutboxMessage.objects.get()
        assert tried == [0, 1, 3, 7, 15]
        assert (message.state, message.error, len(mail.outbox)) == (OutboxState.SENT, "", 1)
        assert "SMTPRecipientsRefused" in caplog.text
        assert staff.clerk.email not in caplog.text

    def test_given_up_after_a_day_and_sent_again_by_hand(self, staff, mail_server):
        mail_server.refusals = MAX_TRIES
        start = timezone.now()
        tell(staff.clerk)
        for minutes in range(0, 48 * 60, 10):
            with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
                deliver_outbox()
        message = OutboxMessage.objects.get()
        assert message.state == OutboxState.FAILED
        assert (message.attempts, message.error, mail.outbox) == (MAX_TRIES, "SMTPRecipientsRefused", [])
        resend(message=message, by=staff.system_admin)
        deliver_outbox()
        assert len(mail.outbox) == 1
        with pytest.raises(NotResent):
            resend(message=message, by=staff.system_admin)

    def test_one_bad_address_does_not_hold_up_the_others(self, staff, mail_server):
        mail_server.refusals = 1
        tell(staff.clerk, staff.secretary)
        deliver_outbox()
        assert len(mail.outbox) == 1

    def test_a_sender_that_died_is_followed_by_another(self, staff):
        tell(staff.clerk)
        OutboxMessage.objects.update(state=OutboxState.SENDING, attempts=1, next_try_at=timezone.now() + timedelta(minutes=10))
        deliver_outbox()
        assert mail.outbox == []
        with time_machine.travel(timezone.now() + timedelta(minutes=11)):
            deliver_outbox()
        assert len(mail.outbox) == 1

    def test_a_clock_that_went_back_holds_nothing_up(self, staff):
        with time_machine.travel(timezone.now() + timedelta(days=400)):
            tell(staff.clerk)
        deliver_outbox()
        assert len(mail.outbox) == 1

    @pytest.mark.parametrize("number", [1, 3])
    def test_queries(self, staff, number, django_assert_num_queries):
        for _notice in range(number):
            tell(staff.clerk)
        with django_assert_num_queries(1 + 2 * number):  # one look; each message claimed and marked on its own
            deliver_outbox()


def test_marking_read_touches_ones_own(staff):
    tell(staff.clerk, staff.secretary)
    tell(staff.clerk)
    others = Notice.objects.own(staff.secretary).get()
    assert mark_read(by=staff.clerk, notice_id=others.pk) == 0
    assert mark_read(by=staff.clerk, notice_id=Notice.objects.own(staff.clerk).first().pk) == 1
    assert mark_read(by=staff.clerk) == 1
    assert list(Notice.objects.unread()) == [others]
