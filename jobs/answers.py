"""What a page answers when one of its forms is sent: once, however often it comes."""

import json
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.crypto import salted_hmac

from gridparty.lib.errors import Refused
from gridparty.lib.phone_forms import SentForm
from jobs.actions import send_once
from jobs.models import FormReceipt


def answer(request: HttpRequest, form: SentForm, act: Callable[[], tuple[str, str]]) -> HttpResponse | None:
    """Lead on with the sentence `act` returned (address, sentence), or None: the form, which then says why, is shown again.

    `form` is bound to what was sent. For views: `return answer(request, form, act) or render(request, …, {"form": form})`.
    """
    valid = form.is_valid()
    form_id = form.cleaned_data.get("form_id")
    if not valid and not _arrived_before(request, form_id):
        return None
    try:
        by = request.user if request.user.is_authenticated else None
        address, sentence = send_once(form_id=form_id, by=by, act=act, page=request.path, content=content_of(request))
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return None
    if sentence:  # a tap's mark at its door says it
        messages.success(request, sentence)
    return redirect(address)


def content_of(request: HttpRequest) -> str:
    """A keyed hash of what was typed and ticked. Pictures do not count: who takes another changes the words, too."""
    typed = sorted((name, values) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken")
    return salted_hmac("jobs.FormReceipt", json.dumps(typed), algorithm="sha256").hexdigest()


def _arrived_before(request: HttpRequest, form_id) -> bool:
    """A form that was good when it came may not be now: what it did is done, so it cannot be done again."""
    return FormReceipt.objects.own(request.user).filter(form_id=form_id, page=request.path).exists()
