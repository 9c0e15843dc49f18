"""Going through pages as an actor: requests, what came back, what they changed, and the forms that stand on them."""

import io
import re
import zipfile
from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from http.cookies import SimpleCookie

from django import forms
from django.db import transaction
from django.db.models import Model
from django.test import Client
from django.utils.encoding import force_str

from audit.models import ViewEntry
from gridparty.tests.access.world import ANONYMOUS, World, columns, marks_in, own_models, table_rows

CODE = re.compile(r"(?<!\d)37019[89]\d{6,9}(?:L\d{3})?(?![\dL])")
Change = tuple[str, int, str]  # model label, key, column


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    location: str
    context: object = None

    @property
    def marks(self) -> set[str]:
        return marks_in(self.text) | marks_in(self.location)

    @property
    def codes(self) -> set[str]:
        return set(CODE.findall(self.text)) | set(CODE.findall(self.location))


class QuietClient(Client):
    """Django's test client without its copies of every template's context, which take half of the time."""

    def request(self, **request):
        response = self.handler(self._base_environ(**request))
        response.context = None
        return response


class Visitor:
    """One actor's browser. Every request starts with the cookies of a fresh log-in, so that none colours the next."""

    def __init__(self, world: World, actor: str, *, csrf: bool = False, forms: bool = False):
        self.client = (Client if forms else QuietClient)(enforce_csrf_checks=csrf, raise_request_exception=False)
        if actor != ANONYMOUS:
            self.client.force_login(world.actors[actor])
        self._cookies = {name: morsel.value for name, morsel in self.client.cookies.items()}

    def keep(self, cookies: dict[str, str]) -> None:
        """Bring these along from now on."""
        self._cookies |= cookies

    def ask(self, method: str, url: str, data: dict | None = None) -> Answer:
        self.client.cookies = SimpleCookie(self._cookies)
        if method in ("GET", "POST"):
            response = getattr(self.client, method.lower())(url, data or {})
        else:
            body = {"content_type": "application/json"} if data is None else {"data": data, "content_type": "application/json"}
            response = getattr(self.client, method.lower())(url, **body)
        return Answer(response.status_code, text_of(response), response.get("Location", ""), response.context)


def text_of(response) -> str:
    """What can be read in an answer; workbooks are opened. (Letters in a PDF are numbers of a font: nothing to search.)"""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return "\n".join(force_str(archive.read(name), errors="replace") for name in archive.namelist())
    return force_str(body, errors="replace")


@contextmanager
def undone():
    """Whatever happens inside is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


# --- What changed


def snapshot() -> dict[str, dict[int, tuple]]:
    """All rows of all our tables; reading is logged, so the view log stays out."""
    return {
        model._meta.label: {pk: tuple(values) for pk, *values in table_rows(model)}
        for model in own_models()
        if model is not ViewEntry
    }


def changes(before: dict, after: dict) -> list[Change]:
    """Every cell that differs; a row made or deleted differs in "+" or "-"."""
    found = []
    for model in own_models():
        label = model._meta.label
        old, new = before.get(label, {}), after.get(label, {})
        if old == new:
            continue
        names = columns(model)
        found += [(label, pk, "+") for pk in new.keys() - old.keys()]
        found += [(label, pk, "-") for pk in old.keys() - new.keys()]
        for pk in old.keys() & new.keys():
            found += [(label, pk, names[n]) for n, (was, now) in enumerate(zip(old[pk], new[pk], strict=True)) if was != now]
    return found


# --- Forms


def forms_on(answer: Answer) -> list[forms.BaseForm]:
    """The forms a page was rendered with."""
    context = answer.context
    if context is None:
        return []
    if "adminform" in context:
        return [context["adminform"].form, *(inline.formset for inline in context["inline_admin_formsets"])]
    return [context["form"]] if isinstance(context.get("form"), forms.BaseForm) else []


def filled(form, world: World, spot: str = "own") -> dict[str, object]:
    """What a browser would send of a form that somebody has filled in and changed, choosing rows at `spot`."""
    if isinstance(form, forms.BaseFormSet):
        data = filled(form.management_form, world)
        for one in form.initial_forms:
            data |= filled(one, world, spot)
        return data | {f"{form.prefix}-TOTAL_FORMS": form.initial_form_count()}
    data = {}
    for name, field in form.fields.items():
        value = form[name].value()
        if value in (None, "", []):
            value = _typed(field, world, spot)
        if value is not None and not isinstance(field, forms.FileField):
            data[form.add_prefix(name)] = _sent(value)
    if getattr(getattr(form, "instance", None), "pk", None):
        data |= _other_text(form)
    return data


def _other_text(form) -> dict[str, str]:
    """Another value for the first text of a row on record."""
    for name, field in form.fields.items():
        if type(field) is forms.CharField and not form[name].is_hidden and form[name].value():
            return {form.add_prefix(name): f"{form[name].value()}B"}
    return {}


def _sent(value):
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, list | tuple):
        return [_sent(one) for one in value]
    return value


def _typed(field: forms.Field, world: World, spot: str):
    if isinstance(field, forms.ModelChoiceField):
        wanted = world.rows.get(field.queryset.model, {}).get(spot)
        row = field.queryset.filter(pk=wanted.pk).first() if wanted else None
        row = row or field.queryset.order_by("pk").first()
        return None if row is None else [row.pk] if isinstance(field, forms.ModelMultipleChoiceField) else row.pk
    if isinstance(field, forms.ChoiceField):
        return next((value for value, _label in field.choices if value not in ("", None)), None)
    if not field.required:
        return None
    if isinstance(field, forms.DateField):
        return date(2025, 1, 6).isoformat()
    return 1 if isinstance(field, forms.IntegerField) else "typed"


def row_fields(form) -> Iterable[tuple[str, forms.ModelChoiceField]]:
    """The fields of a form in which a row is chosen."""
    if isinstance(form, forms.BaseForm):
        for name, field in form.fields.items():
            if isinstance(field, forms.ModelChoiceField):
                yield form.add_prefix(name), field
