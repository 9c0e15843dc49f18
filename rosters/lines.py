"""Which lines below a header are data. Titles in between, sums, signatures, notes and repeated headers are told, never lost."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby, pairwise

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gridparty.lib.roster import plain
from gridparty.lib.workbook import Cell, FileRefused, Sheet, unmerged
from rosters.headings import WHO, Header, Names, bare, find_header, side_by_side

EXAMPLES = ("示例：", "示例:", "【示例】", "[示例]")
SHOWN = 20  # lines named in one note
TITLE_LENGTH = 30  # what is longer, alone in its line, is prose

# Nobody is called so, whatever else stands in the line.
_NOBODY = re.compile(
    r"(本[页表])?(合计|小计|总计|共计|累计|总人数|总户数|汇总)([:：\d(（人户].*)?"
    r"|(填表|填报|制表|制单|审核|复核|审批|经办|统计|报送|录入)(人|单位|日期|时间|人员)"
)
# So do lines begin that are no data, unless all that a row must have stands in them.
_SIGNED = re.compile(
    r"((填表|填报|制表|制单|审核|复核|审批|负责|经办|统计|联系|报送|报表|录入|登记|核对|核实|校对|主管|分管|签发|打印|编制|采集|盖章|签字|签名)"
    r"(人|单位|日期|时间|人员|领导|部门|电话|科室)?(签字|签名|签章|盖章)?(\(.*?\))?"
    r"|备注|注|附注|说明|填表说明|填写说明|填报说明|注意事项|单位|日期)[:：].*"
    r"|备注|说明|填表说明|填写说明|填报说明|注意事项|单位\(?(公章|盖章)\)?|\(?(公章|盖章|签章)\)?|注\d?[.、].*"
    r"|\(?以下(空白|无正文|为空)\)?|第\d+页.*|共\d+[页人户名条个栋].*"
)
_PROSE = re.compile(r"[(（]?[\d一二三四五六七八九十]{1,3}[)）]?[.、．].{5,}|.*[。；：:;].*", re.DOTALL)
# What heads a part of a list of people. 李国栋, 王玉楼 and 冯小村 are people.
_SECTION = re.compile(
    r".*(网格|片区|社区|街道|支部|党委|总支|小组|单元|小区|家园|花园|部门|科室|党员|人员|居民|群众|住户|村委会|村民委员会"
    r"|[\d一二三四五六七八九十]号?[栋幢楼]|.{3}村)([(（].*)?"
)
_PERHAPS_ASIDE = re.compile(r"\s*[本合小总共累汇备注说填第以公盖单制审复经统报录(（]|.*[:：.、]")
_MARKS = ("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳", "甲乙丙丁戊己庚辛壬癸", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "一二三四五六七八九十")


class Why(StrEnum):
    """Why a line is no data."""

    BLANK = "blank"
    HEADING = "heading"
    NUMBERS = "numbers"
    EXAMPLE = "example"
    ASIDE = "aside"
    ELSEWHERE = "elsewhere"
    CONTINUED = "continued"
    PREFILLED = "prefilled"


SENTENCES = {
    Why.HEADING: gettext_lazy("%(rows)s与上方的表头或标题重复，没有读取。"),
    Why.NUMBERS: gettext_lazy("%(rows)s是栏号，没有读取。"),
    Why.EXAMPLE: gettext_lazy("%(rows)s是示例，没有读取。"),
    Why.ASIDE: gettext_lazy("%(rows)s是标题、合计或说明，不是名单中的一行，没有读取。"),
    Why.ELSEWHERE: gettext_lazy("%(rows)s只在没有对应的列里有内容，没有读取。"),
    Why.CONTINUED: gettext_lazy("%(rows)s与上一行合并了姓名等单元格，是同一人的续行，其中另填的内容没有读取，请核对。"),
    Why.PREFILLED: gettext_lazy("%(rows)s只有预先填好的内容，没有姓名等必填项，没有读取。"),
}


@dataclass
class Lines:
    """One sheet as people read it, and which of its cells are only carried on by a merged range. Counted from 0."""

    sheet: Sheet
    merged: list[tuple[int, int, int, int]]
    carried: dict[int, set[int]]
    merged_at: dict[int, list[tuple[int, int, int, int]]]  # by their first row
    spread: set[int]  # rows with cells that are merged with their neighbours on the right
    left_out: list[tuple[Why, int, str]] = field(default_factory=list)  # why, number of the line, its beginning

    @property
    def rows(self) -> list[list[Cell]]:
        return self.sheet.rows

    def own(self, index: int) -> dict[int, Cell]:
        """{position: cell} of what was typed into this line."""
        carried = self.carried.get(index, ())
        return {at: cell for at, cell in enumerate(self.rows[index]) if at not in carried and filled(cell)}

    def has(self, index: int, at: int) -> bool:
        """Whether something was typed into this cell."""
        cells = self.rows[index]
        return at < len(cells) and filled(cells[at]) and at not in self.carried.get(index, ())


def filled(cell: Cell) -> bool:
    """Whether people see something in the cell."""
    return cell is not None and (type(cell) is not str or cell.isalnum() or plain(cell) != "")


def lines_of(sheet: Sheet) -> Lines:
    """The sheet with its merged ranges filled."""
    first = sheet.first_row
    merged = [(top - first, left - 1, bottom - first, right - 1) for top, left, bottom, right in sheet.merged]
    carried, merged_at, spread = defaultdict(set), defaultdict(list), set()
    for top, left, bottom, right in merged:
        merged_at[top].append((top, left, bottom, right))
        if right > left:
            spread.update(range(top, bottom + 1))
            carried[top].update(range(left + 1, right + 1))
        for index in range(top + 1, bottom + 1):
            carried[index].update(range(left, right + 1))
    return Lines(unmerged(sheet) if merged else sheet, merged, dict(carried), dict(merged_at), spread)


def split(lines: Lines, names: Names, header: Header) -> list[tuple[Header, list[int]]]:
    """The tables from this header on: each header with the indexes of its data lines. What is left out is noted in `lines`."""
    tables = []
    following: Header | None = header
    while following is not None:
        copies = side_by_side(names.roster, following)
        following = None
        for copy in copies:
            elsewhere = {at for other in copies for at in other.headings} - copy.headings.keys()
            sorter = _Sorter(lines, names, copy, elsewhere)
            following = sorter.sort(following)
            tables.append((copy, sorter.data))
    return tables


class _Sorter:
    """Sorts the lines below one header, down to the next header."""

    def __init__(self, lines: Lines, names: Names, header: Header, elsewhere: Set[int]):
        self.lines, self.names, self.header = lines, names, header
        columns = header.columns
        self.keys = [at for at, column in columns.items() if column.filled] or list(columns)
        self.must = {at for at, column in columns.items() if column.filled or column.required}
        self.who = {at for at, column in columns.items() if column.field in WHO}
        self.of_people = bool(self.who) and any(column.field in ("id_number", "phone") for column in names.roster.columns)
        self.ignored = elsewhere | header.passed_over
        above = [index for index in range(header.rows[-1] + 1) if index not in header.rows]
        titles = [list(own.values()) for index in above if (own := lines.own(index))]
        self.titles = {bare(cells[0]): [*map(bare, cells)] for cells in titles}
        self.words = {cell for index in header.rows for cell in lines.rows[index] if cell is not None}
        self.words |= {text for column in names.roster.columns for text in (str(column.label), *column.headings)}
        self.words |= {cells[0] for cells in titles}
        self.data: list[int] = []
        self.gap = False
        self.title: int | None = None  # a line of one cell after a gap: a title, if a header follows

    def sort(self, following: Header | None = None) -> Header | None:
        """Fills `data` down to the following header, given or found: one of other columns or elsewhere. Returns it."""
        rows, spread = self.lines.rows, self.lines.spread
        for index in range(self.header.rows[-1] + 1, following.rows[0] if following else len(rows)):
            if self.data and not self.gap and index not in spread and self._plainly_data(index, rows[index]):
                self.data.append(index)
                continue
            own = {at: cell for at, cell in self.lines.own(index).items() if at not in self.ignored}
            following = following or self._next_header(index, own)
            if following is not None and following.rows[0] == index:
                self._drop_title(index)
                break
            why = self._why_not(index, own)
            if why is None and self.of_people:
                self._check_name(index, own)
            if why is Why.HEADING:
                self._drop_title(index)
            elif why is None and self.gap and len(own) == 1:
                self.title = index
            self.gap = why is not None
            if why is None:
                self.data.append(index)
            elif why is not Why.BLANK:
                self._leave_out(why, index, own)
        self._drop_prefilled()
        return following

    def _check_name(self, index: int, own: Mapping[int, Cell]) -> None:
        """A form for one person, or a table of something else below the list, has headings for names. Raises FileRefused."""
        for at in self.who & own.keys():
            if own[at] in self.words and bare(own[at]) in self.names.declared:
                words = {"row": self.lines.sheet.number(index), "label": self.header.columns[at].label, "text": plain(own[at])}
                raise FileRefused(
                    _(
                        "第 %(row)d 行的%(label)s是“%(text)s”，像是另一张表的表头，或一人一表的登记表，不能按名单读取。"
                        "请整理成一行一人的名单后再导入。"
                    )
                    % words
                )

    def _leave_out(self, why: Why, index: int, own: Mapping[int, Cell]) -> None:
        text = plain(next(iter(own.values()), ""))
        self.lines.left_out.append((why, self.lines.sheet.number(index), text))

    def _plainly_data(self, index: int, cells: list[Cell]) -> bool:
        """True only of data: a quick look that spares most lines the slow one."""
        width, words, carried = len(cells), self.words, self.lines.carried.get(index, ())
        if width - cells.count(None) - len(carried) < 3:
            return False
        for at in self.keys:
            cell = cells[at] if at < width else None
            if at in carried or cell in words or not filled(cell):
                return False
        first = next(cell for cell in cells if cell is not None)
        for cell in (first, *(cells[at] for at in self.who if at < width)):
            if type(cell) is str and (cell in words or _PERHAPS_ASIDE.match(cell)):
                return False
        return not any(type(cell) is str and cell.startswith(EXAMPLES) for cell in cells)

    def _why_not(self, index: int, own: dict[int, Cell]) -> Why | None:
        """Why the line is no data; None if it is."""
        texts = [plain(cell) for cell in own.values()]
        mine = {at for at in own if at in self.header.columns}
        if not own:
            return Why.BLANK
        if self._is_repeated(own):
            return Why.HEADING
        if any(text.startswith(EXAMPLES) for text in texts):
            return Why.EXAMPLE
        if not self.data and _is_numbering(texts):
            return Why.NUMBERS
        if self._is_aside(index, own, texts, mine):
            return Why.ASIDE
        if not mine:
            return Why.BLANK if all(_is_count(text) for text in texts) else Why.ELSEWHERE
        return Why.CONTINUED if self._is_continued(index, mine) else None

    def _is_repeated(self, own: dict[int, Cell]) -> bool:
        """Whether this is a line of the header or from above it again, as lists that were laid out for printing have them."""
        if not any(cell in self.words for cell in own.values()) and not self.gap:
            return False
        cells = list(own.values())
        title = self.titles.get(bare(cells[0]), [])
        if len(title) == len(cells) and all(bare(cell) == text for cell, text in zip(cells, title, strict=True)):
            return True
        if len(own) < min(2, len(self.header.headings)):
            return False
        rows = [self.lines.rows[index] for index in self.header.rows]
        return all(any(at < len(row) and _same(cell, row[at]) for row in rows) for at, cell in own.items())

    def _next_header(self, index: int, own: dict[int, Cell]) -> Header | None:
        """The header of a further table that begins in this line, with its columns elsewhere or others."""
        known = sum(cell in self.words for cell in own.values())
        if known * 2 <= max(len(own), 2) and not (self.gap and any(bare(cell) in self.names for cell in list(own.values())[:6])):
            return None
        if self._is_repeated(own):
            return None
        merged = [each for top in (index, index + 1) for each in self.lines.merged_at.get(top, ())]
        header = find_header(self.names, self.lines.rows, merged, index, depth=2)
        if header is None or header.rows[0] != index or not header.is_whole(self.names.roster):
            return None
        return header if len(header.columns) * 2 > len(self.lines.own(header.rows[-1])) else None

    def _is_aside(self, index: int, own: dict[int, Cell], texts: list[str], mine: set[int]) -> bool:
        """Whether the line is a title in between, a sum, a signature or a note. In doubt it is data."""
        first = next(iter(own))
        starts = ["".join(text.split()) for text in (texts[0], *(plain(own[at]) for at in self.who if at in own))]
        if any(_NOBODY.fullmatch(text) for text in starts):
            return True
        complete = (first not in self.must or len(self.keys) > 1) and all(
            at == first or (at in own and not re.search("[:：]", plain(own[at]))) for at in self.keys
        )
        if _SIGNED.fullmatch(starts[0]) and not complete:
            return True
        if self.of_people and mine <= self.who and len(mine) == 1 and _SECTION.fullmatch(plain(own[min(mine)])):
            return True
        if len(own) > 1 or len(self.header.headings) < 3:
            return False
        if self._is_spread(index, first):
            return True
        if not self.of_people and first in self.must:  # places and organisations have long names
            return False
        return bool(
            _PROSE.fullmatch(texts[0]) or len(texts[0]) > TITLE_LENGTH or (self.of_people and _SECTION.fullmatch(texts[0]))
        )

    def _is_spread(self, index: int, at: int) -> bool:
        """Whether the one cell of the line is merged over several columns of the table."""
        spans = (set(range(left, right + 1)) for _top, left, _bottom, right in self.lines.merged_at.get(index, ()) if left == at)
        return any(len(self.header.headings.keys() & span) > 1 for span in spans)

    def _is_continued(self, index: int, mine: set[int]) -> bool:
        """Whether name and number are only carried on from above by merged cells: the person above, not another one."""
        carried = self.lines.carried.get(index, set()) & self.who
        cells = self.lines.rows[index]
        if not any(at < len(cells) and filled(cells[at]) for at in carried):
            return False
        filled_here = {at for at in mine if self.header.columns[at].filled}
        return not mine & self.who and not filled_here

    def _drop_title(self, index: int) -> None:
        """The line before this header, if one cell after a gap is all it has, is the title of what follows."""
        if self.title == index - 1 and self.data and self.data[-1] == self.title:
            self._leave_out(Why.ASIDE, self.data.pop(), self.lines.own(index - 1))

    def _drop_prefilled(self) -> None:
        """At the end, lines that repeat what stands above them and have nothing that a row must have."""
        end = len(self.data)
        while self.must and end > 1:
            own = {at: cell for at, cell in self.lines.own(self.data[end - 1]).items() if at in self.header.columns}
            cells, above = self.lines.rows[self.data[end - 1]], self.lines.rows[self.data[end - 2]]
            if any(at < len(cells) and filled(cells[at]) for at in self.must):
                break
            if any(at >= len(above) or above[at] != cell for at, cell in own.items()):
                break
            end -= 1
        for index in self.data[end:]:
            self._leave_out(Why.PREFILLED, index, self.lines.own(index))
        del self.data[end:]


def _same(cell: Cell, heading: Cell) -> bool:
    return heading is not None and (cell == heading or (type(cell) is str and bare(cell) == bare(heading) != ""))


def _is_count(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


def _is_numbering(texts: Sequence[str]) -> bool:
    """Whether the cells number the columns: 1 2 3, (1) (2) (3), ①②③, 甲乙丙, 甲 乙 1 2, 5=3+4."""
    marks = [re.sub(r"[()（）\s]|栏$|(?<=\d)[=＝].*", "", text) for text in texts]
    if len(marks) < 3 or len(set(marks)) < len(marks):
        return False
    numbers = [int(mark.removesuffix(".0")) for mark in marks if mark.removesuffix(".0").isdecimal() and len(mark) < 5]
    others = "".join(mark for mark in marks if not mark.removesuffix(".0").isdecimal())
    rising = all(after - before == 1 for before, after in pairwise(numbers))
    return len(numbers) + len(others) == len(marks) and rising and (not others or any(others in row for row in _MARKS))


def describe(lines: Lines, with_name: bool) -> Iterable[str]:
    """One sentence for each reason why lines were left out, with their numbers and beginnings."""
    for why, sentence in SENTENCES.items():
        found = sorted({(number, text) for each, number, text in lines.left_out if each is why})
        if found:
            quoted = why in (Why.ASIDE, Why.ELSEWHERE)
            rows = _listed(found, quoted)
            place = _("工作表“%(sheet)s”的") % {"sheet": lines.sheet.name} if with_name else ""
            yield str(sentence) % {"rows": place + rows}


def _listed(found: list[tuple[int, str]], quoted: bool) -> str:
    """第 3 行“第一网格”、第 9 行“合计”, or 第 3 至 9 行、第 11 行; a long list is cut, with the number of its lines."""
    if quoted:
        rows = [_("第 %(row)d 行") % {"row": row} + f"“{text[:12]}{'…' * (len(text) > 12)}”" for row, text in found]
    else:
        runs = [[row for _at, (row, _text) in run] for _key, run in groupby(enumerate(found), lambda each: each[1][0] - each[0])]
        rows = [
            (_("第 %(row)d 至 %(last)d 行") if len(run) > 1 else _("第 %(row)d 行")) % {"row": run[0], "last": run[-1]}
            for run in runs
        ]
    more = _("等 %(count)d 行") % {"count": len(found)} if len(rows) > SHOWN else ""
    return "、".join(rows[:SHOWN]) + more
