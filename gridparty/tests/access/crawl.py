"""Every address a browser can come to: pages, lists with what can be asked of them, pop-ups, and the links found there."""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urlencode, urljoin, urlsplit

from django.contrib import admin
from django.db.models import ForeignKey, Model
from django.urls import reverse

from accounts.models import User
from gridparty.tests.access.matrix import PLACES, SELF, Matrix
from gridparty.tests.access.oracle import is_unplaced
from gridparty.tests.access.routes import Route
from gridparty.tests.access.visits import CODE, Answer
from grids.models import Area
from people.models import Person

HREF = re.compile(r'(?:href|action|data-ajax--url|src)="([^"#]+)"')
PHONE = re.compile(r"(?<!\d)15\d{9}(?!\d)")
ID_NUMBER = re.compile(r"(?<!\d)37019[89]\d{11}[\dX]")
LISTED = ("all=1", "o=99.-99", "p=9", "e=1", "_popup=1&_to_field=id", "_popup=1&_to_field=password")
BAD_VALUES = ("x", "9" * 30, "\x00")


def pages(matrix: Matrix, actor: str) -> Iterator[str]:
    """Every route once for every row the actor might open, the rows of all places included."""
    for route in matrix.routes:
        model = route.about.model
        if model is None:
            yield route.url()
        else:
            yield from (route.url(row.pk) for row in rows_of(matrix, model, actor))


def rows_of(matrix: Matrix, model: type[Model], actor: str) -> list[Model]:
    spots = ["own"] if is_unplaced(model) else [*PLACES, *([SELF] if model in matrix.world.about.get(actor, {}) else [])]
    return [matrix.row(model, spot, actor) for spot in spots]


def lists(matrix: Matrix, actor: str) -> list[Route]:
    """The lists that open for the actor; that the others stay shut is the matrix's to see."""
    found = [route for route in matrix.routes if route.page == "changelist"]
    return [route for route in found if matrix.oracle.lists(actor, route.model_admin.model)]


def searches(matrix: Matrix, actor: str) -> Iterator[str]:
    """Every list asked for the beginning of every name, login name, code and phone that stands elsewhere.

    The beginning only: what is found shows its end, what was merely typed does not.
    """
    for route in lists(matrix, actor):
        if route.model_admin.search_fields:
            for word in beginnings(matrix):
                yield f"{route.url()}?{urlencode({'q': word})}"


def beginnings(matrix: Matrix) -> list[str]:
    words = {area.code[:-1] for area in matrix.world.rows[Area].values()}
    for place in ("own", "other_street"):
        user = matrix.world.rows[User][place]
        person = matrix.world.rows[Person][place]
        words |= {user.name[:-2], user.username[:-2], user.phone_tail}
        words |= {person.name[:-2], person.initials[:-2], person.phone_tail, person.id_tail, person.id_number}
    return sorted(words | {area.name[:2] for area in matrix.world.areas.values()} | {"李四", "u"})


def popups(matrix: Matrix, actor: str) -> Iterator[str]:
    """The choices of every related field of every model; those of each model once with every beginning."""
    url, known = reverse("admin:autocomplete"), set()
    for model in admin.site._registry:
        for field in (field for field in model._meta.concrete_fields if isinstance(field, ForeignKey)):
            asked = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": field.name}
            for term in ["", *(() if field.related_model in known else beginnings(matrix))]:
                yield f"{url}?{urlencode(asked | {'term': term})}"
            known.add(field.related_model)


def filters(matrix: Matrix, actor: str) -> Iterator[str]:
    """Every list narrowed by what it declares, and by what it does not, to rows elsewhere and to nonsense."""
    foreign = [str(matrix.world.rows[Area][place].pk) for place in ("sibling_grid", "other_street", "other_district")]
    for route in lists(matrix, actor):
        for name in {*declared(route), "within", "parent"}:
            for value in [*foreign, *BAD_VALUES]:
                yield f"{route.url()}?{urlencode({name: value})}"
        yield from (f"{route.url()}?{asked}" for asked in LISTED)


def declared(route: Route) -> list[str]:
    """The parameters of the filters a list shows."""
    filters = (item[0] if isinstance(item, tuple) else item for item in route.model_admin.list_filter)
    return [getattr(item, "parameter_name", item) for item in filters]


def lookups(route: Route) -> Iterator[tuple[str, str]]:
    """(lookup, column path) of every column of the list's model that no filter declares, and of each model it leads to."""
    known = set()
    for field in route.model_admin.model._meta.concrete_fields:
        if field.name in declared(route):
            continue
        yield field.name, field.attname
        if isinstance(field, ForeignKey) and field.related_model not in known:
            known.add(field.related_model)
            for further in field.related_model._meta.concrete_fields:
                yield f"{field.name}__{further.name}", f"{field.name}__{further.attname}"


def links(answer: Answer, page: str) -> set[str]:
    """The addresses of this site that stand on a page; sorting a list anew shows the same rows."""
    found = {urljoin(page, unescape(href)) for href in HREF.findall(answer.text)}
    return {url for url in found if not urlsplit(url).netloc and "/static/" not in url and "o=" not in urlsplit(url).query}


class Reader:
    """Opens addresses as one actor and notes what should not stand there."""

    def __init__(self, matrix: Matrix, actor: str):
        self.visitor, self.world, self.actor = matrix.visitors[actor], matrix.world, actor
        self.marks, self.codes = matrix.allowed[actor]
        self.found: list[str] = []
        self.links: set[str] = set()
        self.read: set[str] = set()

    def open(self, url: str) -> Answer:
        self.read.add(url)
        answer = self.visitor.ask("GET", url)
        self.links |= links(answer, url)
        shown = (answer.marks - self.marks) & self.world.words.keys()
        shown |= (answer.codes - self.codes - set(CODE.findall(url))) & self.world.areas.keys()
        self.found += [f"{url} shows {word} of {sorted(self.world.words.get(word, ''))}" for word in shown]
        self.found += [f"{url} shows a whole phone number" for _phone in PHONE.findall(answer.text)[:1]]
        typed = set(ID_NUMBER.findall(url))
        self.found += [f"{url} shows a whole ID number" for number in ID_NUMBER.findall(answer.text)[:1] if number not in typed]
        self.found += [f"{url} answered {answer.status}"] if answer.status >= 500 and "readyz" not in url else []
        return answer
