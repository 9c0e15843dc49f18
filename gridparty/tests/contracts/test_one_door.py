"""Rows reach pages, forms, lists and files through one door.

In every module that answers a user, `X.objects` of a scoped model is followed, in the same chain, by a door: visible_to,
editable_by, parents_for, own or none. `get_object_or_404(X, …)` and the back doors `_default_manager` and `_base_manager` are
errors there. What cannot be said by a chain stands in ALLOWED with its reason.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent

import pytest

from gridparty.tests.contracts import product

# The modules that answer a user; the same files as folders count too.
GUARDED = re.compile(
    r"(^|/)(\w*views|\w*admin|api|\w*forms|filters|rosters|worklists|figures)(\.py|/\w+\.py)$|^dashboard/queries(\.py|/\w+\.py)$"
)
DOORS = {"visible_to", "editable_by", "parents_for", "own", "none"}
BACK_DOORS = {"_default_manager", "_base_manager"}
BY_CLASS = {"get_object_or_404", "get_list_or_404"}

# (file, function, what) → why it may. One allowance covers one place.
ALLOWED: dict[tuple[str, str, str], str] = {
    ("gridparty/lib/scoped_admin.py", "ScopedAdmin.formfield_for_foreignkey", "db_field.remote_field.model.objects"): (
        "the door is taken in the next line, where the model has one"
    ),
    ("gridparty/lib/scoped_admin.py", "ScopedAdmin.history_view", "apps.get_model('audit', 'ChangeEntry').objects"): (
        "the entries of one row, which came through the door before"
    ),
    **{
        (
            file,
            function,
            f"{model}.objects",
        ): "a figure: counted within an area that the reader was let into (gridparty.lib.figures)"
        for file, function, model in (
            ("cases/figures.py", "_cases", "Case"),
            ("cases/figures.py", "voices", "JournalEntry"),
            ("cases/figures.py", "voices", "Case"),
            ("cases/figures.py", "voices", "Rating"),
            ("people/figures.py", "rounds", "Visit"),
            ("people/figures.py", "rounds", "Residence"),
            ("services/figures.py", "services", "ServicePost"),
            ("services/figures.py", "services", "ServiceHours"),
            ("liaison/figures.py", "_signed", "Agreement"),
            ("liaison/figures.py", "_done", "Commitment"),
            ("liaison/figures.py", "_held", "Meeting"),
            ("liaison/figures.py", "_settled", "Resolution"),
        )
    },
    ("grids/admin.py", "AreaAdmin.get_queryset", "Area.objects"): "a number: how many stand right below an area on the list",
    ("grids/admin.py", "_below", "Area.objects"): "numbers: what goes along with an area the user may redraw",
    ("grids/admin.py", "_below", "model.objects"): "numbers: what goes along with an area the user may redraw",
    ("grids/rosters/areas.py", "keep_within", "Area.objects"): "the door of two capabilities at once, from the user's scope",
    ("grids/rosters/areas.py", "commit", "Area.objects"): "rows the check has let through; on the command line there is no user",
}


@dataclass(frozen=True)
class Finding:
    file: str
    function: str  # dotted, with its class; "" on the level of the module
    what: str  # the source of the chain's beginning: Area.objects
    line: int

    @property
    def key(self) -> tuple[str, str, str]:
        return self.file, self.function, self.what

    def __str__(self):
        return f"{self.file}:{self.line} {self.function}: {self.what} without a door"


def scoped_models() -> set[str]:
    return {model.__name__ for model in product.own_models() if is_guarded(model)}


def is_guarded(model) -> bool:
    rows = model._default_manager.all()
    return any(hasattr(rows, door) for door in ("visible_to", "own"))


class Lint(ast.NodeVisitor):
    """Walks one module; `other` names the models without any scope."""

    def __init__(self, file: str, models: set[str], others: set[str]):
        self.file, self.models, self.others = file, models, others
        self.path: list[str] = []
        self.findings: list[Finding] = []
        self._parents: dict[ast.AST, ast.AST] = {}

    def run(self, source: str) -> list[Finding]:
        tree = ast.parse(source)
        for node in ast.walk(tree):
            for child in ast.iter_child_nodes(node):
                self._parents[child] = node
        self.visit(tree)
        return self.findings

    def _enter(self, node):
        self.path.append(node.name)
        self.generic_visit(node)
        self.path.pop()

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _enter  # noqa: N815 - names the visitor looks for

    def visit_Attribute(self, node):
        if node.attr in BACK_DOORS or (node.attr == "objects" and self._is_model(node.value) and not self._has_door(node)):
            self._found(node)
        self.generic_visit(node)

    def visit_Call(self, node):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name in BY_CLASS and node.args and getattr(node.args[0], "id", "") in self.models:
            self._found(node)
        self.generic_visit(node)

    def _is_model(self, value: ast.expr) -> bool:
        """A scoped model, or a name nobody can tell: `self.model`, `related`."""
        name = getattr(value, "id", getattr(value, "attr", ""))
        return name in self.models or name not in self.others

    def _has_door(self, node: ast.AST) -> bool:
        """Whether a door is called in the chain that begins with this attribute."""
        parent = self._parents.get(node)
        while isinstance(parent, ast.Attribute | ast.Call) and getattr(parent, "value", getattr(parent, "func", None)) is node:
            if isinstance(parent, ast.Attribute) and parent.attr in DOORS and self._is_called(parent):
                return True
            node, parent = parent, self._parents.get(parent)
        return False

    def _is_called(self, node: ast.AST) -> bool:
        call = self._parents.get(node)
        return isinstance(call, ast.Call) and call.func is node

    def _found(self, node: ast.AST) -> None:
        what = ast.unparse(node)
        self.findings.append(Finding(self.file, ".".join(self.path), what, node.lineno))


def lint(source: str, file: str = "rooms/views.py", models=None, others=frozenset()) -> list[Finding]:
    return Lint(file, {"Area", "Person", "Notice"} if models is None else models, set(others)).run(dedent(source))


def findings() -> Iterator[Finding]:
    scoped = scoped_models()
    others = {model.__name__ for model in product.own_models()} - scoped
    for path in product.python_files():
        if GUARDED.search(product.name_of(path)):
            yield from lint(path.read_text(encoding="utf-8"), product.name_of(path), scoped, others)


def test_rows_reach_users_through_the_doors_alone():
    allowed = Counter(ALLOWED)
    wrong = [str(finding) for finding in findings() if finding.key not in allowed]
    assert not wrong, "Begin with visible_to(user) or editable_by(user):\n" + "\n".join(wrong)


def test_no_allowance_outlives_its_reason():
    found = Counter(finding.key for finding in findings())
    assert set(ALLOWED) <= set(found), "take the stale ones out of ALLOWED"
    assert {key: n for key, n in found.items() if n > 1 and key in ALLOWED} == {}, "one allowance, one place"
    assert all(len(reason.split()) > 3 for reason in ALLOWED.values())


def test_the_modules_that_answer_users_are_looked_at():
    looked_at = {product.name_of(path) for path in product.python_files() if GUARDED.search(product.name_of(path))}
    assert looked_at >= {
        "accounts/views.py",
        "accounts/admin.py",
        "accounts/forms.py",
        "grids/rosters/areas.py",
        "grids/filters.py",
    }
    assert not {"grids/actions.py", "grids/queries.py", "accounts/querysets.py"} & looked_at


# --- The lint itself


@pytest.mark.parametrize(
    "source",
    [
        "rows = Area.objects.all()",
        "rows = Area.objects.filter(name=q).order_by('code')",
        "row = Area.objects.get(pk=pk)",
        "count = Area.objects.count()",
        "def page(request):\n    return render(request, 'x.html', {'rows': Area.objects.filter(parent=None)})",
        "rows = models.Area.objects.exclude(closed_on=None)",
        "rows = self.model.objects.filter(pk=1)",
        "rows = related.objects.all()",
        "manager = Area.objects",
        "field = forms.ModelChoiceField(Area.objects.all())",
        "row = get_object_or_404(Area, pk=pk)",
        "row = shortcuts.get_object_or_404(Person, pk=pk)",
        "rows = Area._default_manager.all()",
        "rows = Area._base_manager.filter(pk=1)",
        "rows = Area.objects.within(area)",
        "rows = Area.objects.filter(visible_to=user)",
        "door = Area.objects.visible_to",
        "rows = visible_to(Area.objects.all(), user)",
        "rows = Area.objects.filter(pk__in=Area.objects.visible_to(user))",
        "class Page:\n    rows = Person.objects.all()",
        "rows = (Area.objects\n    .filter(kind='grid')\n    .order_by('code'))",
    ],
)
def test_a_way_around_the_door_is_found(source):
    assert len(lint(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "rows = Area.objects.visible_to(request.user)",
        "rows = Area.objects.filter(kind='grid').visible_to(request.user).order_by('code')",
        "rows = Area.objects.editable_by(user).open()",
        "rows = Area.objects.parents_for(user)",
        "rows = Notice.objects.own(user).unread()",
        "field = forms.ModelChoiceField(Area.objects.none())",
        "rows = Area.objects.visible_to(user).within(area)",
        "row = get_object_or_404(Area.objects.visible_to(user), pk=pk)",
        "rows = Scheme.objects.all()",
        "rows = self.objects",
        "rows = self.model.objects.visible_to(request.user)",
        "rows = Person.objects.visible_to(user).exclude(pk__in=Area.objects.visible_to(user).values('pk'))",
        "objects = PersonQuerySet.as_manager()",
    ],
)
def test_a_row_that_came_through_the_door_is_fine(source):
    assert lint(source, others={"Scheme", "self"}) == []


def test_a_finding_says_where():
    (finding,) = lint("class Page:\n    def get(self):\n        return Area.objects.all()\n")
    assert finding.key == ("rooms/views.py", "Page.get", "Area.objects")
    assert str(finding) == "rooms/views.py:3 Page.get: Area.objects without a door"
