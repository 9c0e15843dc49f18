"""The sizes of DESIGN §8: to look at, never to game. `pytest -s` prints them.

A file over the limit is not wrong by itself: it says why in LARGE, or becomes a folder of nouns.
"""

import ast
import re
from math import ceil
from pathlib import Path

from gridparty.tests.contracts import product

FILE_LINES, FUNCTION_LINES = 500, 30
# file → why it may be longer
LARGE = {"gridparty/lib/workbook_guard.py": "a child process that may load this one file of ours and no other"}
OWNED = re.compile(r"(TODO|FIXME|XXX|HACK)(?!\([\w#-]+\): )")  # TODO(#12): …
SELF = Path(__file__)


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def functions(path: Path) -> list[tuple[int, str]]:
    """(lines of its body and head without decorators and docstring, name) of every function."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            doc = node.body[0] if ast.get_docstring(node) is not None else None
            length = node.end_lineno - node.lineno + 1 - (doc.end_lineno - doc.lineno + 1 if doc else 0)
            found.append((length, f"{product.name_of(path)}:{node.lineno} {node.name}"))
    return found


def ninetieth(values: list[int]) -> int:
    return sorted(values)[ceil(len(values) * 0.9) - 1]


def test_files_are_short():
    sizes = {product.name_of(path): lines_of(path) for path in product.python_files()}
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:5]
    print("\nlargest files:", *(f"{lines:5} {name}" for name, lines in largest), sep="\n  ")
    over = {name for name, lines in sizes.items() if lines > FILE_LINES}
    assert over == set(LARGE)


def test_functions_are_short():
    found = [function for path in product.python_files() for function in functions(path)]
    lengths = [length for length, _name in found]
    print(f"\n{len(found)} functions, nine in ten of at most {ninetieth(lengths)} lines; longest:")
    print(*(f"{length:5} {name}" for length, name in sorted(found, reverse=True)[:5]), sep="\n")
    assert ninetieth(lengths) <= FUNCTION_LINES


def test_tests_and_source():
    source = sum(map(lines_of, product.python_files()))
    tests = sum(lines_of(path) for room in product.ROOMS for path in (product.ROOT / room).rglob("tests/**/*.py"))
    print(f"\n{source} lines of source, {tests} of tests: {tests / source:.2f}")
    assert source


def test_what_is_left_to_do_has_an_owner():
    files = [*product.python_files(), *product.templates(), *product.STYLES.rglob("*.css")]
    files += [path for room in product.ROOMS for path in (product.ROOT / room).rglob("tests/**/*.py") if path != SELF]
    left = [
        f"{product.name_of(path)}:{number}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if OWNED.search(line)
    ]
    assert left == []
