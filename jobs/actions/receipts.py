"""Forms that may be sent several times, because the answer to the first time was lost on the way: one form does one thing."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from jobs.errors import NotThisForm
from jobs.models import FormReceipt

KEEP_RECEIPTS = timedelta(days=30)  # static/js/phone.js sends nothing again that is older


def send_once(*, form_id: UUID, by, act: Callable[[], tuple[str, str]], page: str = "", content: str = "") -> tuple[str, str]:
    """Do what a form asks for, once however often it is sent; the address to go to and the sentence to show.

    `act` does it (with actions, which sign it) and returns that answer; the same form sent again gets the same answer.
    Receipt and deed are one transaction: of two that arrive at once, one waits for the other; what `act` raises leaves
    neither. `page` is the address the form was sent to, `content` a hash of what was typed: what was changed after it had
    arrived is refused, not passed over. `by` is None on a page open to everybody. Raises NotThisForm, and what `act` raises.
    """
    with transaction.atomic():
        values = {"user": by, "page": page[:200], "content": content}
        receipt, fresh = FormReceipt.objects.get_or_create(form_id=form_id, defaults=values)
        if fresh:
            receipt.address, receipt.sentence = act()
            receipt.save(update_fields=["address", "sentence"])
        elif (receipt.user_id, receipt.page) != (by and by.pk, page[:200]):
            raise NotThisForm(_("这张表单已由其他账号或在其他页面提交过，没有保存。请重新打开本页填写。"))
        elif receipt.content != content:
            raise NotThisForm(_("这张表单已经提交过，后来改动的内容没有保存。请重新打开本页，核对后再填写。"))
    return receipt.address, receipt.sentence


def prune_receipts() -> int:
    """Delete receipts of forms that nobody will send again; how many."""
    return FormReceipt.objects.filter(at__lt=timezone.now() - KEEP_RECEIPTS).delete()[0]
