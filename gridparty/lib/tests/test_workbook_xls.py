"""Workbooks of Excel 97 to 2003 (.xls): read like an .xlsx, or refused with a sentence. All files are made here."""

import dataclasses
import io
import random
import struct
from datetime import date, datetime, time
from itertools import pairwise

import pytest
import xlwt

from gridparty.lib.workbook import BROWSER, FileRefused, unmerged

ROSTER = [["姓名", "性别", "住址"], ["张三", "男", "3栋1单元101"], ["李四", "女", "5栋2单元202"]]
END, FREE = 0xFFFFFFFE, 0xFFFFFFFF


def with_xlwt(fill):
    book, packed = xlwt.Workbook(), io.BytesIO()
    fill(book)
    book.save(packed)
    return packed.getvalue()


def roster(book, rows=ROSTER):
    sheet = book.add_sheet("名册")
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(number, column, value)


def compound(streams, deeper=()):
    """An OLE file of sectors of 512 bytes; `deeper` are the names of streams that lie in a folder."""
    sectors, fat, entries = [], [], []

    def add(content):
        start, count = len(sectors), max(-(-len(content) // 512), 1)
        sectors.extend(content[at : at + 512].ljust(512, b"\0") for at in range(0, count * 512, 512))
        fat.extend([*range(start + 1, start + count), END])
        return start

    names = list(streams)
    top = [name for name in names if name not in deeper]
    following = {name: 1 + names.index(after) for group in (top, list(deeper)) for name, after in pairwise(group)}
    folder = 1 + len(names)

    def entry(name, kind, right, child, start, size):
        text = name.encode("utf-16-le")
        return struct.pack("<64sHBB3L36xLQ", text, len(text) + 2, kind, 1, FREE, right, child, start, size)

    for name, content in streams.items():
        right = following.get(name, folder if deeper and name == top[-1] else FREE)
        entries.append(entry(name, 2, right, FREE, add(content.ljust(4096, b"\0")), max(len(content), 4096)))
    if deeper:
        entries.append(entry("MBD0001", 1, FREE, 1 + names.index(deeper[0]), 0, 0))
    directory = add(b"".join([entry("Root Entry", 5, FREE, 1 + names.index(top[0]), END, 0), *entries]))
    count = -(-len(fat) // 127)
    fats = range(len(fat), len(fat) + count)
    words = [*fat, *[0xFFFFFFFD] * count]
    words += [FREE] * (count * 128 - len(words))
    head = struct.pack(
        "<8s16x5H6x9L", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 62, 3, 0xFFFE, 9, 6, 0, count, directory, 0, 4096, END, 0, END, 0
    )
    head += struct.pack("<109L", *fats, *[FREE] * (109 - count))
    return head + b"".join(sectors) + struct.pack(f"<{len(words)}L", *words)


def record(kind, content=b""):
    return struct.pack("<HH", kind, len(content)) + content


def text(value):
    return struct.pack("<HB", len(value.encode("utf-16-le")) // 2, 1) + value.encode("utf-16-le")


def label(row, column, value, kind=0x0204):
    return record(kind, struct.pack("<HHH", row, column, 0) + text(value))


def number(row, column, value):
    return record(0x0203, struct.pack("<HHHd", row, column, 0, value))


def merged(*ranges):
    return record(0x00E5, struct.pack("<H", len(ranges)) + b"".join(struct.pack("<4H", *each) for each in ranges))


def begin(version=0x0600, kind=0x0010):
    return record(0x0809, struct.pack("<HHHHLL", version, kind, 0, 0, 0, 0))


def biff(*sheets, before=b"", version=0x0600, start=None):
    """The stream of a workbook whose sheets hold these records."""
    names = [f"表{index}".encode("utf-16-le") for index in range(len(sheets))]
    length = len(begin()) + len(before) + sum(len(record(0x0085, bytes(8) + name)) for name in names) + 4
    about, bodies = b"", b""
    for name, sheet in zip(names, sheets, strict=True):
        where = length + len(bodies) if start is None else start
        about += record(0x0085, struct.pack("<LBBBB", where, 0, 0, len(name) // 2, 1) + name)
        bodies += begin(version) + sheet + record(0x000A)
    return begin(version, 5) + before + about + record(0x000A) + bodies


def book(*sheets, **others):
    return compound({"Workbook": biff(*sheets, **others)})


# What is read


def test_cells_of_every_kind(read):
    def fill(book):
        sheet = book.add_sheet("名册")
        day, moment, clock = (xlwt.easyxf(num_format_str=code) for code in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm", "hh:mm"))
        sheet.write(0, 0, "文字")
        sheet.write(0, 1, 1)
        sheet.write(0, 2, 1.5)
        sheet.write(0, 3, True)
        sheet.write(0, 4, date(1990, 5, 1), day)
        sheet.write(0, 5, datetime(2024, 1, 2, 3, 4, 5), moment)
        sheet.write(0, 6, time(8, 30), clock)
        sheet.row(1).set_cell_error(1, 0x2A)
        sheet.row(1).set_cell_error(2, 0x07)
        sheet.write(1, 0, 330101195001010000)
        sheet.write_rich_text(1, 3, ["李", ("四", xlwt.easyfont("bold on"))])
        sheet.write(1, 4, " 两边有空格 ")
        sheet.write(1, 5, "")
        sheet.write(1, 6, "多\n行")

    first, second = read(with_xlwt(fill))[0].rows
    assert first == ["文字", 1.0, 1.5, True, date(1990, 5, 1), datetime(2024, 1, 2, 3, 4, 5), "08:30:00"]
    assert second == [330101195001010000.0, "#N/A", "#DIV/0!", "李四", " 两边有空格 ", None, "多\n行"]


def test_a_day_counted_from_1904(read):
    def fill(book):
        book.dates_1904 = True
        book.add_sheet("名册").write(0, 0, date(1990, 5, 1), xlwt.easyxf(num_format_str="yyyy-mm-dd"))

    assert read(with_xlwt(fill))[0].rows == [[date(1990, 5, 1)]]


def test_results_of_formulas(read):
    numbers = (struct.pack("<d", 7.5), b"\0\0\0\0\0\0\xff\xff", b"\2\0\x17\0\0\0\xff\xff", b"\1\0\1\0\0\0\xff\xff")
    cells = [record(0x0006, struct.pack("<HHH", 0, at, 0) + each + bytes(8)) for at, each in enumerate(numbers)]
    cells.insert(2, record(0x0207, text("共七户")))
    assert read(book(b"".join(cells)))[0].rows == [[7.5, "共七户", "#REF!", True]]


def test_row_numbers_are_those_of_excel_and_columns_count_from_a(read):
    (sheet,) = read(book(number(4, 2, 1) + record(0x0205, struct.pack("<HHHBB", 7, 4, 0, 42, 1)) + number(7, 1, 2)))
    assert sheet.rows == [[None, None, 1.0], [], [], [None, 2.0, None, None, "#N/A"]]
    assert (sheet.first_row, sheet.number(3)) == (5, 8)


def test_merged_ranges(read):
    def fill(book):
        sheet = book.add_sheet("名册")
        sheet.write_merge(1, 2, 0, 1, "第1网格")
        sheet.write(1, 2, "张三")
        sheet.write(2, 2, "李四")

    (sheet,) = read(with_xlwt(fill))
    assert sheet.merged == [(2, 1, 3, 2)]
    assert unmerged(sheet).rows == [["第1网格", "第1网格", "张三"], ["第1网格", "第1网格", "李四"]]


def test_a_chart_on_the_sheet_gives_no_cells_and_hides_no_merged_range(read):
    chart = begin(kind=0x0020) + number(0, 0, 99) + number(5, 5, 99) + record(0x000A)
    (sheet,) = read(book(label(0, 0, "姓名") + label(1, 0, "张三") + chart + merged((0, 1, 0, 0))))
    assert sheet.rows == [["姓名"], ["张三"]]
    assert sheet.merged == [(1, 1, 2, 1)]


def test_rare_characters_old_rich_texts_and_a_false_code_page(read):
    cells = label(0, 0, "𠮷䶮·买买提") + label(0, 1, "李四", kind=0x00D6)
    for page in (936, 1200, 1252):
        (sheet,) = read(book(cells, before=record(0x0042, struct.pack("<H", page))))
        assert (sheet.name, sheet.rows) == ("表0", [["𠮷䶮·买买提", "李四"]])


def test_false_dimensions_lose_nothing(read):
    for rows, columns in ((0, 0), (1, 1), (65_536, 256)):
        false = record(0x0200, struct.pack("<LLHHH", 0, rows, 0, columns, 0))
        assert read(book(false + number(0, 0, 1) + number(2, 2, 3)))[0].rows == [[1.0], [], [None, None, 3.0]]


def test_hidden_sheets_are_marked(read):
    def fill(book):
        for hidden, name in enumerate(("明", "暗", "很暗")):
            sheet = book.add_sheet(name)
            sheet.write(0, 0, name)
            sheet.visibility = hidden

    assert [(sheet.name, sheet.visible, sheet.rows) for sheet in read(with_xlwt(fill))] == [
        ("明", True, [["明"]]),
        ("暗", False, [["暗"]]),
        ("很暗", False, [["很暗"]]),
    ]


def test_a_large_sheet_is_read_whole(read):
    """Its texts run over many records, its sectors over more than the head of the file can list."""
    rows = [[f"人{number}", number, "3栋1单元101", f"备注{number}" * 20] for number in range(40_000)]
    content = with_xlwt(lambda book: roster(book, rows))
    assert len(content) > 109 * 128 * 512
    assert read(content)[0].rows == rows


def test_a_workbook_inside_the_workbook_is_left_alone(read):
    inner = biff(label(0, 0, "别的"))
    content = compound({"Other": b"x", "Book": inner, "Workbook": biff(label(0, 0, "姓名"))}, deeper=("Book",))
    assert read(content)[0].rows == [["姓名"]]
    content = compound({"WORKBOOK": biff(label(0, 0, "姓名")), "Workbook": inner}, deeper=("Workbook",))
    assert read(content)[0].rows == [["姓名"]]


# What is refused


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (compound({"EncryptionInfo": b"", "EncryptedPackage": b"x"}), "打开密码"),
        (book(b"", before=record(0x002F, struct.pack("<H", 1) + bytes(52))), "打开密码"),
        (compound({"Book": biff(b"", version=0x0500)}), "Excel 5.0/95"),
        (book(b"", version=0x0500), "Excel 5.0/95"),
        (compound({"WordDocument": b"x"}), "文字文档"),
        (compound({"PowerPoint Document": b"x"}), "文字文档"),
        (compound({"__properties_version1.0": b"x"}), "认不出"),
        (book(*[b""] * 51), "超过 50 个"),
        (book(number(0, 200, 1)), "工作表“表0”：第 1 行一直写到 GS 列"),
        (book(label(0, 0, "长" * 2_001)), "工作表“表0”：第 1 行 A 列的文字超过 2000 字"),
        (book(number(0, 0, 1) + number(65_535, 65_535, 1)), "过多内存"),
        (book(record(0x00FD, struct.pack("<HHHL", 0, 0, 0, 7))), "损坏"),
        (book(number(0, 0, 1), start=50_000_000), "不完整"),
        (book(record(0x0203, b"")), "损坏"),
        (book(struct.pack("<HH", 0x0203, 60_000)), "不完整"),
        (book(*[begin() * 30_000] * 2), "不完整"),
    ],
)
def test_the_sentence_fits(refusal, content, words):
    found = refusal(content)
    assert words in found or (words == "损坏" and "不完整" in found)


def test_limits_of_rows_and_of_the_file(refusal, read):
    small = dataclasses.replace(BROWSER, rows=3)
    assert "第 4 行仍有内容，超过 3 行" in refusal(book(number(0, 0, 1) + number(3, 0, 1)), small)
    assert "第 4 行仍有内容" in refusal(book(number(3, 0, 1)), small)
    assert "上限" in refusal(book(number(0, 0, 1)), dataclasses.replace(BROWSER, packed=1_000))


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9, 0.99])
def test_half_a_file(refusal, share):
    content = with_xlwt(lambda book: roster(book, ROSTER * 500))
    assert any(word in refusal(content[: int(len(content) * share)]) for word in ("不完整", "损坏"))


def forged(offset, *words):
    content = bytearray(book(label(0, 0, "姓名")))
    struct.pack_into(f"<{len(words)}L", content, offset, *words)
    return bytes(content)


def looped(position, target):
    """A link of the chain of sectors leads to another sector."""
    content = bytearray(book(label(0, 0, "姓名")))
    (fat,) = struct.unpack_from("<L", content, 76)
    struct.pack_into("<L", content, (fat + 1) * 512 + position * 4, target)
    return bytes(content)


@pytest.mark.parametrize(
    "content",
    [
        looped(0, 0),  # the stream runs in a circle
        looped(7, 3),
        looped(8, 8),  # the directory
        looped(3, 5_000_000),
        forged(68, 0),  # the list of tables leads through the stream and out of it
        forged(76, *range(1_000_000, 1_000_109)),
        forged(48, FREE),
        forged(48, 77_777),
        forged(28, 0x00FFFFFE),
        forged(56, 0xFFFFFFFF),
        compound({"Workbook": b"\xff" * 9_000}),
    ],
)
def test_chains_that_lead_nowhere(refusal, content):
    assert any(word in refusal(content) for word in ("不完整", "损坏", "认不出"))


@pytest.mark.parametrize("content", [forged(68, 9), forged(76, *[9] * 109), forged(44, 0), forged(40, FREE)])
def test_false_counts_and_links_that_do_no_harm(read, content):
    assert read(content)[0].rows == [["姓名"]]


def test_a_stream_larger_than_the_file(refusal):
    content = bytearray(book(label(0, 0, "姓名")))
    (directory,) = struct.unpack_from("<L", content, 48)
    struct.pack_into("<L", content, (directory + 1) * 512 + 128 + 120, 0x7FFFFFFF)
    assert "不完整" in refusal(bytes(content))


def test_flipped_bytes_end_in_rows_or_in_a_sentence(read):
    """The format has no checksums, so a changed text cannot be told; but nothing else goes wrong."""
    content = with_xlwt(roster)
    chance = random.Random(5)
    for _round in range(40):
        forged = bytearray(content)
        for _flip in range(3):
            forged[chance.randrange(8, len(forged))] ^= 1 << chance.randrange(8)
        try:
            assert isinstance(read(bytes(forged)), list)
        except FileRefused as refused:
            assert str(refused).endswith("。")  # noqa: PT017 both ends are right
