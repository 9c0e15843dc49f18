"""The header of a table: where it stands, which column of the register each heading names, what may be meant by the others."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import islice
from typing import Any

from gridparty.lib.roster import Column, Roster, plain
from gridparty.lib.workbook import Cell

HEADER_DEPTH = 20  # a heading stands within the first filled rows, below titles and units
HEADER_LINES = 3  # 基本信息 / 联系方式 / 手机
WHO = ("name", "id_number")  # what makes a row a person of its own
NEAR = 0.6  # how like a heading must be to be suggested

_HINT = re.compile(r"[(\[【〔{<《].*?(?:[)\]】〕}>》]|$)", re.DOTALL)
_HINTS = re.compile(r"[(\[【〔{<《]([^)\]】〕}>》]*)")
_BRACKETS = re.compile(r"[(\[【〔{<《)\]】〕}>》]")
_NOISE = re.compile(r"[\s*:_★☆※●◆▲■□#\"'“”‘’]+")
_NUMBER = re.compile(r"^(\d{1,2}[.、]|[一二三四五六七八九十]{1,2}、)|[.。、,;]+$")

# A heading above others that speaks of somebody or something else: the name below 配偶 is not the name of the row.
_OTHERS = re.compile(
    "户主|配偶|丈夫|妻子|联系人|监护|家属|亲属|亲友|介绍人|父亲|母亲|父母|子女|紧急|帮扶|包联|结对|责任|负责|书记"
    "|网格员|网格长|楼长|楼栋长|组长|房东|业主|承租|单位|户籍|^原|^曾|^前任|转出"
)
_TITLE = re.compile(r"[:：]|[表册单]$|\d{4}")  # a line of these is a title or a unit, no heading of several columns

_VALUE = re.compile(r"\d{6}")  # no heading has such a number


def bare(heading: Any) -> str:
    """A heading without stars, numbers, hints in brackets, line breaks and spaces. What is all in brackets loses only these."""
    text = plain(heading)
    stem = _NOISE.sub("", _HINT.sub("", text)) or _NOISE.sub("", _BRACKETS.sub("", text))
    return _NUMBER.sub("", stem).lower()


@dataclass
class Header:
    """A header as it was understood. Rows are counted from 0."""

    rows: list[int]
    columns: dict[int, Column] = field(default_factory=dict)
    headings: dict[int, str] = field(default_factory=dict)  # several rows joined by a space
    twice: dict[int, Column] = field(default_factory=dict)  # headings of a column that an earlier heading has taken
    sure: bool = False  # said by the user, or the one word at the head of a sheet
    passed_over: set[int] = field(default_factory=set)  # 原因, the first column of our own list of refused rows

    def missing(self, roster: Roster) -> list[Column]:
        """The columns that the file must have and has not."""
        found = {column.field for column in self.columns.values()}
        return [column for column in roster.columns if column.required and column.field not in found]

    def is_whole(self, roster: Roster) -> bool:
        """Whether it has all it must, and more than the one word that a line of data or of prose may have by chance."""
        return not self.missing(roster) and (self.sure or len(self.columns) > 1)


class Names:
    """The headings of a register, with what the user said about this file and what the office said before."""

    def __init__(self, roster: Roster, chosen: Mapping[str, str], known: Mapping[str, str]):
        columns = {column.field: column for column in roster.columns}
        chosen = {name: heading for name, heading in chosen.items() if name in columns}
        self.roster = roster
        self.chosen = {bare(heading): columns[name] for name, heading in chosen.items() if bare(heading)}
        self.known = {heading: columns.get(name) for heading, name in known.items() if name in columns or not name}
        self.declared: dict[str, Column | None] = {}
        for of_column in (
            lambda column: [column.label],
            lambda column: [*column.headings, *column.general],
            lambda column: [column.field],
        ):
            for column in roster.columns:
                for heading in of_column(column):
                    self.declared.setdefault(bare(heading), column)
        dropped = {name for name, heading in chosen.items() if not bare(heading)}  # said to be in no column
        for words in (self.known, self.declared):
            words.update({heading: None for heading, column in words.items() if column and column.field in dropped})

    def __contains__(self, heading: str) -> bool:
        return bool(heading) and (heading in self.declared or heading in self.known or heading in self.chosen)

    def claim(self, texts: Sequence[str]) -> tuple[int, Column] | None:
        """The column that these texts, from the uppermost heading to the lowest, name, and how sure that is (0: most)."""
        joined, leaf = bare(" ".join(texts)), bare(texts[-1])
        for rank, words in enumerate((self.chosen, self.known)):
            for near, heading in enumerate((joined, leaf)):
                if heading and heading in words:
                    return (2 * rank + near, words[heading]) if words[heading] else None
        if self.hints_at_others(texts[-1]):
            return None
        for first in range(len(texts)):
            if any(self.speaks_of_others(text) for text in texts[:first]):
                break
            column = self.declared.get(bare(" ".join(texts[first:])) or None)
            if column is not None:
                return (5 if bare(" ".join(texts[first:])) in map(bare, column.general) else 4), column
        return None

    def speaks_of_others(self, text: str) -> bool:
        """Whether a heading over several columns makes them somebody else's. 单位信息 in the register of 单位 does not."""
        return any(word not in str(self.roster.label) for word in _OTHERS.findall(bare(text)))

    def hints_at_others(self, text: str) -> bool:
        """Whether the hint in brackets says whose it is: 姓名（户主）. A longer one explains: （与户籍一致）."""
        hints = _HINTS.findall(plain(text)) if bare(text) in self.declared else ()
        return any(len(found[0]) > 1 and len(hint) - len(found[0]) <= 2 for hint in hints if (found := _OTHERS.match(hint)))


def find_header(
    names: Names, rows: Sequence[list[Cell]], merged: Sequence[tuple], start: int = 0, depth: int = HEADER_DEPTH
) -> Header | None:
    """The first header that has all it must, or else the best, among the first filled rows. `merged` as in Sheet, from 0."""
    filled = list(islice((index for index in range(start, len(rows)) if any(map(plain, rows[index]))), depth))
    headers = (_header_ending(names, rows, merged, index, start) for index in filled)
    candidates = [header for header in headers if header and header.columns]
    if not candidates:
        return None
    candidates[0].sure = len(candidates[0].headings) == 1 and candidates[0].rows == filled[:1] == [0]

    def score(header: Header) -> tuple:
        return header.is_whole(names.roster), -len(header.missing(names.roster)), len(header.columns), len(header.rows)

    whole = [header for header in candidates if header.is_whole(names.roster)]
    most = max((len(header.columns) for header in whole), default=0)
    # What stands before the fullest header may be a table of its own, or a line of a form with two of its words.
    first = next((header for header in whole if len(header.columns) * 2 >= most), None) or max(candidates, key=score)
    return max((header for header in candidates if header is first or first.rows[-1] in header.rows), key=score)


def _header_ending(names: Names, rows: Sequence[list], merged: Sequence[tuple], last: int, start: int) -> Header | None:
    """The header whose lowest row is this one, with the rows above that group its columns; None if it names nothing."""
    if any(_VALUE.search(plain(cell)) for cell in rows[last]):
        return None
    block = [last]
    while len(block) < HEADER_LINES and block[0] > start and _groups(names, rows, merged, block[0] - 1, block[0]):
        block.insert(0, block[0] - 1)
    if len(block) > 1 and not _names_something(names, rows, block):
        return None
    return read_header(names, rows, merged, block)


def _groups(names: Names, rows: Sequence[list], merged: Sequence[tuple], index: int, below: int) -> bool:
    """Whether the row holds headings of several columns each, and is no title, no unit line and no data."""
    texts = {plain(cell) for cell in rows[index]} - {""}
    if not texts or any(type(cell) in (int, float) for cell in rows[index]):
        return False
    if any(_TITLE.search(text) or len(text) > 20 for text in texts):
        return False
    widths = [right - left for top, left, bottom, right in merged if top <= index <= bottom and right > left]
    width = sum(bool(plain(cell)) for cell in rows[below])
    return bool(widths and max(widths) + 1 < width) if len(texts) == 1 else True


def _names_something(names: Names, rows: Sequence[list], block: list[int]) -> bool:
    """Whether the lowest row is a heading at all: some cell of its own, alone or with what is above, names a column."""
    above, cells = rows[block[-2]], rows[block[-1]]
    for position, cell in enumerate(cells):
        over = above[position] if position < len(above) else None
        if plain(cell) and cell != over and (bare(cell) in names or bare(f"{plain(over)} {plain(cell)}") in names):
            return True
    return False


def read_header(names: Names, rows: Sequence[list[Cell]], merged: Sequence[tuple], block: list[int]) -> Header:
    """What these rows say as the header of a table."""
    header = Header(block)
    touching = [each for each in merged if each[0] <= block[-1] and each[2] >= block[0]]
    texts = _texts(rows, touching, block)
    if texts and bare(texts[min(texts)][-1]) == "原因":
        header.passed_over = {min(texts)}
        del texts[min(texts)]
    header.headings = {position: " ".join(each)[:100] for position, each in texts.items()}
    claims = sorted((*claim, position) for position, each in texts.items() if (claim := _ordered(names, each)))
    others = _groups_of_others(names, texts)
    order = names.roster.columns
    taken = set()
    for rank, number, position in claims:
        column = order[number]
        if rank >= 4 and " ".join(texts[position][:-1]) in others:
            continue
        if column.field in taken:
            header.twice[position] = column
        else:
            taken.add(column.field)
            header.columns[position] = column
    header.columns = dict(sorted(header.columns.items()))
    return header


def _ordered(names: Names, texts: Sequence[str]) -> tuple[int, int] | None:
    """The claim with the number of its column, so that claims can be sorted."""
    claim = names.claim(texts)
    return claim and (claim[0], next(n for n, column in enumerate(names.roster.columns) if column is claim[1]))


def _groups_of_others(names: Names, texts: Mapping[int, Sequence[str]]) -> set[str]:
    """Groups that name again who the row is about, after another did: 本人 姓名 … 家庭成员 姓名. Nothing is taken of them."""
    first: dict[str, str] = {}
    others = set()
    for position in sorted(texts):
        group = " ".join(texts[position][:-1])
        claim = names.claim(texts[position])
        names_somebody = claim and (claim[1].filled or claim[1].field in WHO)
        if names_somebody and first.setdefault(claim[1].field, group) != group and group:
            others.add(group)
    return others


def _texts(rows: Sequence[list], merged: Sequence[tuple], block: list[int]) -> dict[int, list[str]]:
    """{position: its headings from above to below}; what a merged range carries on to the right is no heading of its own."""
    width = max(len(rows[index]) for index in block)
    table = [[plain(cell) for cell in rows[index]] + [""] * (width - len(rows[index])) for index in block]
    for line, index in zip(table[:-1], block[:-1], strict=True):
        if not any(top <= index <= bottom for top, _left, bottom, _right in merged):
            _carry_right(line, table[-1])
    found = {}
    for position in range(width):
        texts = [line[position] for line in table]
        texts = [text for number, text in enumerate(texts) if text and text not in texts[:number]]
        lowest = max((index for index, line in zip(block, table, strict=True) if line[position]), default=None)
        carried = any(top <= (lowest or 0) <= bottom and left < position <= right for top, left, bottom, right in merged)
        if texts and not (carried and _is_lowest(table, position)):
            found[position] = texts
    return found


def _is_lowest(table: list[list[str]], position: int) -> bool:
    """Whether the lowest heading here is that of the neighbour on the left."""
    return [line[position] for line in table] == [line[position - 1] for line in table]


def _carry_right(line: list[str], below: list[str]) -> None:
    """Without merged cells a group stands over its first column only: it holds on to the next one."""
    group = ""
    for position, text in enumerate(line):
        if text:
            group = text if below[position] and text != below[position] else ""
        elif below[position]:
            line[position] = group


def side_by_side(roster: Roster, header: Header) -> list[Header]:
    """The header, or one for each of the tables that stand side by side under the same headings again."""
    positions = sorted(header.headings)
    texts = [bare(header.headings[position]) for position in positions]
    sizes = range(len(texts) // 2, 0, -1) if header.twice else ()
    start, length = next(((at, n) for n in sizes for at in range(len(texts)) if _repeats(texts, at, n)), (0, 0))
    if not length:
        return [header]
    part = texts[start : start + length]
    length = next(n for n in range(1, length + 1) if part[:n] * (length // n) == part)
    count = 1
    while texts[start + count * length :][:length] == texts[start:][:length]:
        count += 1
    named = header.columns | header.twice
    common = {position: header.columns[position] for position in positions[:start] if position in header.columns}
    copies = []
    for number in range(count):
        part = positions[start + number * length :][:length]
        columns = common | {position: named[position] for position in part if position in named}
        headings = {position: header.headings[position] for position in (*positions[:start], *part)}
        copies.append(Header(header.rows, columns, headings, passed_over=header.passed_over))
    behind = set(positions[start + count * length :])
    if copies[0].missing(roster) or behind.intersection(named):  # whose they are cannot be told
        return [header]
    copies[-1].headings |= {position: header.headings[position] for position in behind}
    return copies


def _repeats(texts: list[str], start: int, length: int) -> bool:
    part = texts[start : start + length]
    return len(part) == length and part == texts[start + length : start + 2 * length]


def suggest(columns: Iterable[Column], headings: Iterable[str]) -> dict[str, str]:
    """{field: heading that may be meant} for these columns of the register among these headings of the file."""
    free = list(dict.fromkeys(headings))
    found = {}
    pairs = [(likeness(column, heading), column, heading) for column in columns for heading in free]
    for like, column, heading in sorted(pairs, key=lambda pair: (-pair[0], not pair[1].required)):
        if like >= NEAR and column.field not in found and heading not in found.values():
            found[column.field] = heading
    return found


def likeness(column: Column, heading: str) -> float:
    """How like the heading is to one of the column's, 0 to 1; 户主姓名 holds 姓名 and is near, but never the same."""
    text = bare(heading)
    best = 0.0
    for word in filter(None, {bare(each) for each in (column.label, *column.headings)}):
        within = len(min(text, word, key=len)) > 1 and (text in word or word in text)
        best = max(best, SequenceMatcher(None, text, word).ratio(), NEAR if within else 0)
    return best
