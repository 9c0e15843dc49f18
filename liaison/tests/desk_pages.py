"""How tests read and use the desk's pages of liaison."""

from io import BytesIO

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook


def logged_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(model: str, what: str, *args) -> str:
    return reverse(f"admin:liaison_{model}_{what}", args=args)


def listed(client, model: str, query: str = "") -> list:
    return list(client.get(f"{page(model, 'changelist')}?{query}").context["cl"].result_list)


def keys(client, model: str, queries) -> dict:
    """{query: the keys of the rows it leaves}."""
    return {query: {row.pk for row in listed(client, model, query)} for query in queries}


def said(answer) -> str:
    """What the page tells, and what is wrong with its form."""
    messages = "".join(str(one) for one in answer.context["messages"]) if answer.context and "messages" in answer.context else ""
    return messages + answer.content.decode()


def step(client, model: str, row, name: str, **data):
    return client.post(page(model, name, row.pk), data, follow=True)


def offered(client, model: str, row) -> list[str]:
    return [one.name for one in client.get(page(model, "change", row.pk)).context["steps"]]


def panels(client, model: str, row) -> dict[str, list[tuple[str, str]]]:
    """{title: its lines} of the row's page."""
    found = client.get(page(model, "change", row.pk)).context["panels"]
    return {str(panel.title): [(str(label), str(text)) for label, text, _url in panel.rows] for panel in found}


def links(client, model: str, row) -> list[str]:
    return [str(label) for label, _url in client.get(page(model, "change", row.pk)).context["links"]]


def exported(client, model: str, query: str = "") -> list[dict]:
    answer = client.get(f"{page(model, 'export')}?{query}")
    rows = list(load_workbook(BytesIO(b"".join(answer.streaming_content))).active.iter_rows())
    assert all(cell.data_type in ("s", "n") for row in rows for cell in row), "a formula went out"
    headings = [cell.value for cell in rows[0]]
    return [dict(zip(headings, (str(cell.value or "") for cell in row), strict=True)) for row in rows[1:]]


def queries(client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return len(captured)
