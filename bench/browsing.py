"""The part of bench.pages that runs on a database: follow the desk's links as one user and measure every kind of page."""

import re
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from urllib.parse import parse_qs, urljoin, urlsplit

from django.db import connection
from django.test import Client
from django.urls import Resolver404, resolve

from accounts.models import User
from bench import ground

START = "/admin/"
EXAMPLES = 3  # pages of one kind: the same view with the same parameters in its address
TIMES = 3
SHOWN = 10
USERS = {"quji": "district", "jiedao": "street"}
_LINK = re.compile(r'<a\s[^>]*?href="([^"#]+)')


def heaviest(database: str) -> str:
    """Two tables: the heaviest pages by size and by queries, one of each view and official."""
    pages = [page for username, name in USERS.items() for page in _pages(username, name)]
    lightest = min(page.seconds for page in pages)
    heading = ("page", "official", "queries", "kB", "ms ÷ lightest")
    tables = []
    for what, weight in (("size", lambda page: page.size), ("queries", lambda page: page.queries)):
        rows = [
            (page.address, page.official, page.queries, f"{page.size / 1000:.1f}", f"{page.seconds / lightest:.1f}")
            for page in sorted(pages, key=weight, reverse=True)[:SHOWN]
        ]
        title = f"{database}: the heaviest desk pages by {what}, of {len(pages)} (lightest {lightest * 1000:.1f} ms)"
        tables.append(ground.table(title, heading, rows))
    return "\n\n".join(tables)


@dataclass(frozen=True)
class Page:
    """One page as measured."""

    address: str
    official: str
    queries: int
    size: int  # bytes
    seconds: float


def _pages(username: str, official: str) -> list[Page]:
    """The biggest page of each view that links lead to, measured once more."""
    client = Client()
    client.force_login(User.objects.get(username=username))
    biggest: dict[str, tuple[int, str]] = {}
    for address, size in _walk(client):
        view = resolve(urlsplit(address).path).view_name
        biggest[view] = max(biggest.get(view, (0, "")), (size, address))
    return [_measure(client, address, official) for _size, address in biggest.values()]


def _walk(client: Client) -> Iterator[tuple[str, int]]:
    """(address, bytes) of a few pages of each kind."""
    seen, kinds, waiting = {START}, Counter(), [START]
    while waiting:
        address = waiting.pop(0)
        response = client.get(address)
        if response.status_code != 200 or not response["Content-Type"].startswith("text/html"):
            continue
        yield address, len(response.content)
        for link in _LINK.findall(response.content.decode()):
            target = urljoin(address, unescape(link))
            if target not in seen and (kind := _kind(target)) and kinds[kind] < EXAMPLES:
                kinds[kind] += 1
                seen.add(target)
                waiting.append(target)


def _kind(address: str) -> tuple | None:
    """The view and the names in the query; None for what does not belong to the desk."""
    place = urlsplit(address)
    if place.netloc or not place.path.startswith(START) or "logout" in place.path:
        return None
    try:
        view = resolve(place.path).view_name
    except Resolver404:
        return None
    return view, *sorted(parse_qs(place.query, keep_blank_values=True))


def _measure(client: Client, address: str, official: str) -> Page:
    """One page, its time the middle of several."""
    statements, times = [], []

    def count(execute, sql, *rest):
        statements.append(sql)
        return execute(sql, *rest)

    for _time in range(TIMES):
        statements.clear()
        started = time.perf_counter()
        with connection.execute_wrapper(count):
            response = client.get(address)
        times.append(time.perf_counter() - started)
    return Page(address, official, len(statements), len(response.content), statistics.median(times))
