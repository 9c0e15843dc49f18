"""Notices: made once in the transaction of the caller, sent afterwards as often as it takes and no oftener."""

import time
import uuid
from collections.abc import Iterable
from datetime import timedelta

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.operations import action
from jobs.channels import CHANNELS
from jobs.choices import OutboxState
from jobs.errors import NotResent
from jobs.models import Notice, OutboxMessage
from jobs.runs import log_failure

MAX_TRIES = 12  # about 20 hours with the waits below
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
LEASE = timedelta(minutes=10)  # a message being sent by a process that died is tried again after so long
SENT_AT_ONCE = 50
SENDING_SECONDS = 20  # a slow mail server must not keep the tick from its other work


@action("jobs.notify")
def notify(
    *, recipients: Iterable, subject: str, body: str, link: str = "", urgent: bool = False, by=None, once_key: str = ""
) -> int:
    """Tell these users; how many were told now. With a `once_key`, each user hears of it once however often this is called.

    `link` is a path of this site. Subject and body hold no personal data of residents: they go out by mail.
    """
    if link and (not link.startswith("/") or link.startswith("//")):
        raise ValueError("A notice links to a path of this site.")
    users = {user.pk: user for user in recipients}
    batch, now = uuid.uuid4(), timezone.now()
    texts = {"subject": " ".join(subject.split())[:100], "body": body, "link": link, "urgent": urgent, "once_key": once_key}
    # Two calls at once with one key both insert; the database keeps the first, and only its batch goes into the outbox.
    notices = [Notice(recipient_id=pk, batch=batch, created_at=now, **texts) for pk in users]
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    made = Notice.objects.filter(batch=batch).values_list("pk", "recipient_id")
    OutboxMessage.objects.bulk_create(
        OutboxMessage(notice_id=pk, channel=channel.name, next_try_at=now)
        for pk, recipient in made
        for channel in CHANNELS.values()
        if channel.reaches(users[recipient])
    )
    return len(made)


@action("jobs.mark_read")
def mark_read(*, by, notice_id: int | None = None) -> int:
    """Mark one's own notice, or all of one's own, as read; how many were unread."""
    unread = Notice.objects.own(by).unread()
    if notice_id is not None:
        unread = unread.filter(pk=notice_id)
    return unread.update(read_at=timezone.now())


@action("jobs.resend")
def resend(*, message: OutboxMessage, by) -> None:
    """Try a message that was given up once more, with all its tries. Raises NotResent."""
    given_up = OutboxMessage.objects.filter(pk=message.pk, state=OutboxState.FAILED)
    if not given_up.update(state=OutboxState.WAITING, attempts=0, next_try_at=timezone.now()):
        raise NotResent(_("这条消息没有发送失败，不用重发。"))


def deliver_outbox() -> None:
    """Send what is due. Called by every tick, at once by several if need be: each message is claimed by one of them."""
    enough = time.monotonic() + SENDING_SECONDS
    due = OutboxMessage.objects.due(timezone.now(), LONGEST_WAIT).select_related("notice__recipient").order_by("pk")
    for message in due[:SENT_AT_ONCE]:
        if time.monotonic() > enough:
            return
        if _claim(message):
            _deliver(message)


def _claim(message: OutboxMessage) -> bool:
    """Every claim counts one attempt, so two that read the same row cannot both get it."""
    unclaimed = OutboxMessage.objects.filter(pk=message.pk, attempts=message.attempts, state=message.state)
    message.attempts += 1
    return bool(unclaimed.update(state=OutboxState.SENDING, attempts=F("attempts") + 1, next_try_at=timezone.now() + LEASE))


def _deliver(message: OutboxMessage) -> None:
    """Send a claimed message and note what came of it. Between sending and noting, a crash sends it twice: mail has no undo."""
    try:
        CHANNELS[message.channel].send(message.notice)
    except Exception as error:  # a mail server or a bad address must not hold up the other messages
        log_failure(f"outbox message {message.pk} ({message.channel})", error)
        values = _after_failure(message.attempts) | {"error": type(error).__name__}
    else:
        values = {"state": OutboxState.SENT, "sent_at": timezone.now(), "error": ""}
    OutboxMessage.objects.filter(pk=message.pk, attempts=message.attempts).update(**values)


def _after_failure(tries: int) -> dict:
    if tries >= MAX_TRIES:
        return {"state": OutboxState.FAILED}
    wait = min(FIRST_WAIT * 2 ** (tries - 1), LONGEST_WAIT)
    return {"state": OutboxState.WAITING, "next_try_at": timezone.now() + wait}
