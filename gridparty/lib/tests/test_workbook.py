"""Good files come back cell by cell, every other file is refused with a sentence. All files are made here."""

import csv
import dataclasses
import io
import random
import socket
import struct
import subprocess
import sys
import zipfile
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridparty.lib import workbook, workbook_guard
from gridparty.lib.workbook import BROWSER, COMMAND_LINE, FileRefused, Limits, read_sheets, unmerged

MB = 1024 * 1024
XML = "http://schemas.openxmlformats.org"
MAIN = f'xmlns="{XML}/spreadsheetml/2006/main" xmlns:r="{XML}/officeDocument/2006/relationships"'
ROW = '<row r="1"><c r="A1" t="inlineStr"><is><t>姓名</t></is></c></row>'
ROSTER = [["姓名", "性别", "住址"], ["张三", "男", "3栋1单元101"], ["李四", "女", "5栋2单元202"]]
PEOPLE = "姓名,性别\r\n张三,男\r\n李四,女\r\n"


def relations(*targets):
    links = "".join(
        f'<Relationship Id="r{number}" Type="{XML}/officeDocument/2006/relationships/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{XML}/package/2006/relationships">{links}</Relationships>'


def parts(rows=ROW, *, before="", after="", prolog="", **others):
    """The members of the smallest workbook; `others` adds or replaces members by path."""
    return {
        "[Content_Types].xml": f'<Types xmlns="{XML}/package/2006/content-types"/>',
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook {MAIN}><sheets><sheet name="名册" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml")),
        "xl/worksheets/sheet1.xml": f"{prolog}<worksheet {MAIN}>{before}<sheetData>{rows}</sheetData>{after}</worksheet>",
        **others.get("members", {}),
    }


def zipped(members, compression=zipfile.ZIP_DEFLATED, level=1):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression, compresslevel=level) as archive:
        for name, content in members.items():
            with archive.open(name, "w") as member:
                for chunk in [content] if isinstance(content, str | bytes) else content:
                    member.write(chunk.encode() if isinstance(chunk, str) else chunk)
    return packed.getvalue()


def with_openpyxl(fill):
    book, packed = openpyxl.Workbook(), io.BytesIO()
    fill(book)
    book.save(packed)
    return packed.getvalue()


def with_xlsxwriter(fill):
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, {"in_memory": True}) as book:
        fill(book)
    return packed.getvalue()


def cell(ref, value="1", kind="n"):
    return f'<c r="{ref}" t="{kind}"><v>{value}</v></c>'


def row(number, *cells):
    return f'<row r="{number}">{"".join(cells)}</row>'


def declare(packed, member, size):
    """The same zip with a false unpacked size for one member, in its own header and in the directory."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        info = archive.getinfo(member)
        start = archive.start_dir
    forged = bytearray(packed)
    struct.pack_into("<L", forged, info.header_offset + 22, size)
    struct.pack_into("<L", forged, forged.index(member.encode(), start) - 46 + 24, size)
    return bytes(forged)


def locked(packed):
    """The same zip with the flag of encryption on its first member."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        start = archive.start_dir
    forged = bytearray(packed)
    forged[6] |= 1
    forged[start + 8] |= 1
    return bytes(forged)


# Workbooks that are read


def test_cells_of_every_kind(read):
    def fill(book):
        sheet = book.active
        sheet.append(["文字", 1, 1.5, True, date(1990, 5, 1), datetime(2024, 1, 2, 3, 4, 5), " 两边有空格 ", 0, False])
        sheet.append(["007", 330101195001010000, "#N/A", None, "", timedelta(hours=30), "多\n行", time(8, 30)])
        sheet["C2"].data_type = "e"

    first, second = read(with_openpyxl(fill))[0].rows
    assert first == ["文字", 1.0, 1.5, True, date(1990, 5, 1), datetime(2024, 1, 2, 3, 4, 5), " 两边有空格 ", 0.0, False]
    assert [type(value) for value in first[1:6]] == [float, float, bool, date, datetime]
    assert second == ["007", 330101195001010000.0, "#N/A", None, None, "30:00:00", "多\n行", "08:30:00"]


def test_error_values_become_their_text(read):
    """Also when the reader underneath does not know them."""
    cells = (
        cell("A1", "#N/A", "e"),
        """<c r='B1'  s='0' t = 'e' ><f>1/0</f><v>#DIV/0!</v></c>""",
        '<c t="e" r="C1"><v>#SPILL!</v></c>',
        cell("D1", 1, "b"),
        cell("E1", """&lt;c t="e"> '' t="e" """, "str"),
    )
    assert read(zipped(parts(row(1, *cells))))[0].rows == [["#N/A", "#DIV/0!", "#SPILL!", True, """<c t="e"> '' t="e" """]]


def test_no_tag_is_cut_in_two():
    for before in range(workbook_guard.CHUNK - 20, workbook_guard.CHUNK + 20):
        text = b"x" * before + b'<c r="A1" t="e"><v>' + b"y" * 2 * workbook_guard.CHUNK + b"</v><unfinished"
        pieces = list(workbook_guard.whole_tags(io.BytesIO(text)))
        assert b"".join(pieces) == text
        assert any(b'<c r="A1" t="e">' in piece for piece in pieces)


def test_a_day_counted_from_1904(read):
    def fill(book):
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        book.active.append([date(1990, 5, 1)])

    assert read(with_openpyxl(fill))[0].rows == [[date(1990, 5, 1)]]


def test_row_numbers_are_those_of_excel_and_columns_count_from_a(read):
    sheet = read(zipped(parts(row(5, cell("C5")) + row(8, cell("B8", 2)))))[0]
    assert sheet.rows == [[None, None, 1.0], [], [], [None, 2.0]]
    assert (sheet.first_row, sheet.number(0), sheet.number(3)) == (5, 5, 8)


@pytest.mark.parametrize("dimension", ["A1", "A1:XFD1048576", "C3:B2"])
def test_a_false_dimension_loses_nothing(read, dimension):
    rows = row(1, cell("A1"), cell("B1", 2)) + row(3, cell("C3", 3))
    content = zipped(parts(rows, before=f'<dimension ref="{dimension}"/>'))
    assert read(content)[0].rows == [[1.0, 2.0], [], [None, None, 3.0]]


def test_rows_and_cells_without_references(read):
    rows = "<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>"
    assert read(zipped(parts(rows)))[0].rows == [[1.0, 2.0], [3.0]]


def test_merged_cells_stand_in_their_first_cell(read):
    def fill(book):
        book.active.append(["第1网格", "张三"])
        book.active.append([None, "李四"])
        book.active.merge_cells("A1:A2")

    (sheet,) = read(with_openpyxl(fill))
    assert sheet.rows == [["第1网格", "张三"], [None, "李四"]]
    assert sheet.merged == [(1, 1, 2, 1)]
    assert unmerged(sheet).rows == [["第1网格", "张三"], ["第1网格", "李四"]]
    assert sheet.rows[1] == [None, "李四"]


def merges(*ranges):
    return "<mergeCells>" + "".join(f'<mergeCell ref="{ref}"/>' for ref in ranges) + "</mergeCells>"


def test_merged_ranges_are_numbered_as_excel_shows_them_and_end_with_the_filled_area(read):
    rows = row(4, cell("B4"), cell("D4", 4)) + row(5, cell("D5", 5)) + row(6, cell("A6", 6))
    (sheet,) = read(zipped(parts(rows, after=merges("B4:C5", "A6:XFD9", "D4:D5", "A1:A3", "F4:G9", "A7:C9"))))
    assert sheet.first_row == 4
    assert sheet.merged == [(4, 2, 5, 3), (6, 1, 6, 4), (4, 4, 5, 4)]
    assert unmerged(sheet).rows == [[None, 1.0, 1.0, 4.0], [None, 1.0, 1.0, 4.0], [6.0, 6.0, 6.0, 6.0]]


def test_a_merged_range_without_a_value_covers_nothing(read):
    rows = row(1, cell("C1", 3)) + row(2, cell("B2", 2))
    (sheet,) = read(zipped(parts(rows, after=merges("A1:B2"))))
    assert unmerged(sheet).rows == sheet.rows == [[None, None, 3.0], [None, 2.0]]


def test_a_million_merged_cells_cost_nothing(read):
    (sheet,) = read(zipped(parts(after=merges("A1:XFD1048576"))))
    assert (sheet.rows, sheet.merged) == ([["姓名"]], [])


def test_too_many_merged_ranges_and_ranges_on_top_of_each_other(read, refusal):
    rows = "".join(row(number, cell(f"A{number}"), cell(f"B{number}")) for number in range(1, 20_002))
    ranges = [f"A{number}:B{number}" for number in range(1, 20_002)]
    assert len(read(zipped(parts(rows, after=merges(*ranges[:-1]))))[0].merged) == 20_000
    assert "工作表“名册”：合并的单元格超过 20000 处" in refusal(zipped(parts(rows, after=merges(*ranges))))
    assert "损坏" in refusal(zipped(parts(rows, after=merges("A1:B20001", "A1:B20001"))))
    far = (f"A{number}:B{number}" for number in range(30_000, 60_000))
    assert read(zipped(parts(rows, after=merges(*far))))[0].merged == []


def test_rich_text_is_joined_and_the_pinyin_guide_left_out(read):
    strings = f"""<sst {MAIN}><si><t>张三</t><rPh sb="0" eb="1"><t>zhāng</t></rPh></si>
        <si><r><t>李</t></r><r><t xml:space="preserve"> 四</t></r></si></sst>"""
    rows = row(1, cell("A1", 0, "s"), cell("B1", 1, "s"))
    assert read(zipped(parts(rows, members={"xl/sharedStrings.xml": strings})))[0].rows == [["张三", "李 四"]]


def test_shared_texts_need_no_counts_and_texts_in_place_no_guide(read):
    strings = f"<sst {MAIN}><si><t>张三</t></si><si><t/></si><si><t>李四</t></si></sst>"
    inline = "<is><r><t>王</t></r><r><t>五</t></r><rPh sb='0' eb='1'><t>wáng</t></rPh></is>"
    rows = row(1, cell("A1", 2, "s"), cell("B1", 1, "s"), f'<c r="C1" t="inlineStr">{inline}</c>', cell("D1", 0, "b"))
    for false in ("", ' count="1" uniqueCount="1"', ' count="1000000" uniqueCount="1000000"'):
        content = zipped(parts(rows, members={"xl/sharedStrings.xml": strings.replace("<sst", "<sst" + false)}))
        assert read(content)[0].rows == [["李四", None, "王五", False]]


@pytest.mark.parametrize("number", [14, 31, 57, 58, 164])
def test_days_are_known_by_their_format(read, number):
    """Also by the numbers that Chinese Excel gives its own formats, without telling them."""
    code = '<numFmt numFmtId="164" formatCode="[$-804]yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@"/>'
    styles = (
        f'<styleSheet {MAIN}><numFmts>{code}</numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="{number}"/></cellXfs></styleSheet>'
    )
    members = {
        "xl/styles.xml": styles,
        "xl/_rels/workbook.xml.rels": relations(("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")),
    }
    rows = row(1, '<c r="A1" s="1"><v>32994</v></c>', '<c r="B1" s="0"><v>32994</v></c>')
    assert read(zipped(parts(rows, members=members)))[0].rows == [[date(1990, 5, 1), 32994.0]]


def test_hidden_sheets_are_marked_and_charts_left_out(read):
    def fill(book):
        for name in ("明", "暗", "很暗"):
            book.add_worksheet(name).write(0, 0, name)
        book.get_worksheet_by_name("暗").hide()
        book.get_worksheet_by_name("很暗").very_hidden()
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=明!$A$1:$A$1"})
        book.add_chartsheet("图").set_chart(chart)

    sheets = read(with_xlsxwriter(fill))
    assert [(sheet.name, sheet.visible, sheet.rows) for sheet in sheets] == [
        ("明", True, [["明"]]),
        ("暗", False, [["暗"]]),
        ("很暗", False, [["很暗"]]),
    ]


def test_an_empty_sheet_has_no_rows(read):
    assert read(zipped(parts(rows="")))[0].rows == []


def test_formats_and_empty_formulas_far_out_do_not_count(read):
    far = row(1_048_576, '<c r="A1048576" s="0"/>', '<c r="C1048576" t="str"><f>""</f><v></v></c>')
    assert read(zipped(parts(ROW + far)))[0].rows == [["姓名"]]


def test_own_picture_with_a_doctype(read):
    picture = {"xl/media/image1.svg": '<!DOCTYPE svg PUBLIC "x" "y"><svg/>'}
    assert read(zipped(parts(members=picture)))[0].rows == [["姓名"]]


def test_a_stored_zip_and_backward_slashes(read):
    members = {name.replace("/", "\\"): content for name, content in parts().items()}
    assert read(zipped(members, zipfile.ZIP_STORED))[0].rows == [["姓名"]]


def test_a_large_sheet_is_read_whole(read):
    def fill(book):
        sheet = book.add_worksheet()
        for number in range(20_000):
            sheet.write_row(number, 0, [f"人{number}", number, "3栋1单元101", "群众"])

    rows = read(with_xlsxwriter(fill))[0].rows
    assert len(rows) == 20_000
    assert rows[-1] == ["人19999", 19_999.0, "3栋1单元101", "群众"]


# Workbooks that are refused


def test_bombs_with_honest_and_lying_sizes(refusal):
    name = "xl/worksheets/sheet1.xml"
    content = zipped(parts(members={name: (b" " * MB for _ in range(300))}), level=6)
    assert len(content) < MB
    for bomb in (content, declare(content, name, 500)):
        assert "大得反常" in refusal(bomb)
        assert "大得反常" in refusal(bomb, COMMAND_LINE)
        assert "展开后过大" in refusal(bomb, dataclasses.replace(BROWSER, ratio=1_000_000))


def test_a_small_lie_about_the_size(refusal):
    name = "xl/worksheets/sheet1.xml"
    content = zipped(parts(members={name: b" " * 5000}))
    assert "损坏" in refusal(declare(content, name, 500))
    assert "损坏" in refusal(declare(content, name, 500_000))


def test_too_much_in_one_member_and_in_all(refusal, read):
    noise = random.Random(1).randbytes(700_000)
    content = zipped(parts(members={"xl/a.bin": noise, "xl/b.bin": noise}))
    assert "展开后过大" in refusal(content, dataclasses.replace(BROWSER, member=600_000))
    assert "展开后过大" in refusal(content, dataclasses.replace(BROWSER, unpacked=MB))
    assert read(content)[0].rows == [["姓名"]]


def test_too_many_members(refusal):
    content = zipped(parts(members={f"xl/media/{number}": "" for number in range(2_000)}))
    assert "2000 个" in refusal(content)
    assert "2000 个" in refusal(content, COMMAND_LINE)


def test_members_that_share_their_bytes(refusal):
    packed = zipped(parts(members={"xl/a.bin": random.Random(1).randbytes(3 * MB)}))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        start, count = archive.start_dir, len(archive.infolist())
    end = packed.rindex(b"PK\x05\x06")
    directory = packed[start:end] * 100
    tail = bytearray(packed[end:])
    struct.pack_into("<HHL", tail, 8, count * 100, count * 100, len(directory))
    assert "展开后过大" in refusal(packed[:start] + directory + tail)


def test_too_many_sheets(refusal):
    def fill(book):
        for _number in range(50):
            book.create_sheet()

    assert "超过 50 个" in refusal(with_openpyxl(fill))


def test_limits_of_the_used_area_name_sheet_row_and_column(refusal, read):
    small = dataclasses.replace(BROWSER, rows=3, columns=2, cell=5)
    assert read(zipped(parts(row(3, cell("B3")))), small)[0].rows == [[None, 1.0]]
    assert "工作表“名册”：第 4 行仍有内容，超过 3 行" in refusal(zipped(parts(ROW + row(4, cell("A4")))), small)
    assert "第 4 行仍有内容" in refusal(zipped(parts(row(4, cell("A4")))), small)
    assert "第 2 行一直写到 C 列，超过 2 列" in refusal(zipped(parts(row(2, cell("A2"), cell("C2")))), small)
    assert "第 2 行一直写到 C 列" in refusal(zipped(parts(row(2, cell("C2")))), small)
    assert "第 1 行 B 列的文字超过 5 字" in refusal(zipped(parts(row(1, cell("A1"), cell("B1", "六个字六个字", "str")))), small)


def test_a_huge_cell(refusal, read):
    assert read(zipped(parts(row(1, cell("A1", "长" * 2_000, "str")))))[0].rows == [["长" * 2_000]]
    assert "第 1 行 A 列的文字超过 2000 字" in refusal(zipped(parts(row(1, cell("A1", "长" * 2_001, "str")))))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (row(1, cell("AAAAA1")), "写到 AAAAA 列"),
        (row(1, cell("A1"), cell("XFD1")), "写到 XFD 列"),
        (row(1_048_576, cell("A1048576")), "第 1048576 行仍有内容"),
        (row(99_999_999_999, cell("A99999999999")), "行仍有内容"),
        (row(1, cell("A1")) + row(1_048_576, cell("XFD1048576")), "过多内存"),
        (row(1, cell("A1")) + row(4_000_000_000, cell("A4000000000")), "过多内存"),
    ],
)
def test_cells_far_out(refusal, rows, words):
    assert words in refusal(zipped(parts(rows)))


def test_one_long_text_repeated_until_memory_is_full(refusal):
    strings = f"<sst {MAIN}><si><t>{'长' * 2_000}</t></si></sst>"
    rows = (row(line, *(f'<c t="s"><v>{0:0{column % 7 + 1}}</v></c>' for column in range(100))) for line in range(1, 5_000))
    content = zipped(parts("".join(rows), members={"xl/sharedStrings.xml": strings}))
    assert "过多内存" in refusal(content)


@pytest.mark.parametrize(
    "prolog", ["<!DOCTYPE x>", '<!DOCTYPE x [<!ENTITY a "aaaa">]>', "<!ENTITY a SYSTEM 'file:///etc/passwd'>"]
)
def test_entities(refusal, prolog):
    assert "实体声明" in refusal(zipped(parts(prolog=prolog)))


def test_entities_behind_the_first_chunk(refusal):
    for padding in range(workbook_guard.CHUNK - 12, workbook_guard.CHUNK + 2, 3):
        assert "实体声明" in refusal(zipped(parts(members={"xl/styles.xml": " " * padding + "<!DOCTYPE x>"})))


def test_macros(refusal):
    assert "宏" in refusal(zipped(parts(members={"xl/vbaProject.bin": "x"})))
    types = '<Types><Override ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/></Types>'
    assert "宏" in refusal(zipped(parts(members={"[Content_Types].xml": types})))


@pytest.mark.parametrize(
    "content",
    [
        zipped(parts(row(1, cell("A1", "NaN")))),
        zipped(parts(row(1, cell("A1", "1e999")))),
        zipped(parts(row(1, cell("A1", 7, "s")))),
        zipped(parts('<row r="1"><c r="A1"><v>1</v>')),
        zipped(parts(members={"xl/worksheets/sheet1.xml": "no markup"})),
        zipped(parts(members={"xl/workbook.xml": ""})),
        zipped({"[Content_Types].xml": "<Types/>"}),
        zipped(parts(before='<dimension ref="nonsense"/>')),
    ],
)
def test_damaged_workbooks(read, content):
    """Refused; a reader that makes something empty of it is not wrong either."""
    with suppress(FileRefused):
        assert all(sheet.rows == [] for sheet in read(content))


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.9, 0.99])
def test_half_a_file(refusal, share):
    content = with_openpyxl(lambda book: [book.active.append(line) for line in ROSTER * 50])
    assert "不完整" in refusal(content[: int(len(content) * share)])


def test_flipped_bytes_are_refused_or_harmless(read):
    """A byte changed anywhere: the rows are right, or the file is refused; never another error, never wrong rows."""
    content = with_openpyxl(lambda book: [book.active.append(line) for line in ROSTER])
    chance = random.Random(3)
    for _round in range(25):
        forged = bytearray(content)
        forged[chance.randrange(4, len(forged))] ^= 1 << chance.randrange(8)
        try:
            assert read(bytes(forged))[0].rows == ROSTER
        except FileRefused:
            continue


# Files of other kinds


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "空的"),
        (b"\xef\xbb\xbf", "空的"),
        (b"\xff\xfe", "空的"),
        (" \r\n\t\r\n\u3000", "空的"),
        (b"\xef\xbb\xbf \r\n", "空的"),
        (locked(zipped(parts())), "加了密"),
        (zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}), "文字文档"),
        (b"\x09\x08\x08\x00\x00\x05\x05\x00" + b"\0" * 90, "Excel 5.0/95"),
        (zipped({"xl/workbook.bin": "x"}), ".xlsb"),
        (zipped({"word/document.xml": "<x/>"}), "文字文档"),
        (zipped({"名册.xlsx": "x"}), "压缩包"),
        (zipped({}), "压缩包"),
        (b"Rar!\x1a\x07\x01\x00" + b"x" * 50, "压缩包"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "PDF"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x11" * 90, "图片"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 90, "图片"),
        ("<html><table><tr><td>姓名</td></tr></table></html>", "网页"),
        ("\ufeff\r\n<!DOCTYPE HTML><html>", "网页"),
        ("<TABLE border=1>".encode("utf-16"), "网页"),
        ('<?xml version="1.0"?><!DOCTYPE html><html xmlns="x">', "网页"),
        ('<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?><Workbook/>', "XML"),
        (random.Random(2).randbytes(5_000), "认不出"),
        (b"\x7fELF\x02\x01\x01" + b"\0" * 500, "认不出"),
        (PEOPLE.replace("四", "\0"), "第 3 行夹有看不见的空字符"),
        (PEOPLE.encode("gb18030")[:-6] + b"\xff\xff,\r\n", "编码无法识别"),
        ("姓名,性别".encode("utf-16") + b"\x00", "编码无法识别"),
        ("姓名,性别\r\n张三,男\r\n".encode() + "李四,女".encode("gb18030"), "混用了两种编码"),
        (PEOPLE.encode()[:-4] + b"\r\n", "损坏的文字"),
    ],
)
def test_the_sentence_fits_the_kind(refusal, content, words):
    assert words in refusal(content)


def test_a_file_that_is_too_big(refusal, read):
    content = PEOPLE * 100
    assert "上限" in refusal(content, dataclasses.replace(BROWSER, packed=1_000))
    assert len(read(content)[0].rows) == 300


def test_a_missing_file_is_not_the_files_fault(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_sheets(tmp_path / "none.xlsx", BROWSER)


# Text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_text_files(read, encoding, delimiter, end):
    text = end.join(delimiter.join(line) for line in ROSTER)
    if encoding in ("utf-16-le", "utf-16-be"):
        text = "\ufeff" + text
    (sheet,) = read(text.encode(encoding))
    assert sheet.rows == ROSTER
    assert (sheet.first_row, sheet.visible) == (1, True)


def test_rare_characters_of_gb18030(read):
    names = ["䶮", "㛃", "𠮷", "𬭎", "𫖯", "·买买提", "€", "〇", "龴"]
    lines = [["姓名", "住址"], *([name, "七里街道"] for name in names)]
    text = "\n".join(",".join(line) for line in lines)
    assert read(text.encode("gb18030"))[0].rows == lines
    assert read(text.encode("gb18030"))[0].rows == read(text)[0].rows


def test_a_byte_order_mark_is_not_part_of_the_first_header(read):
    assert read('\ufeff"姓名",性别\n')[0].rows == [["姓名", "性别"]]
    assert read('\ufeff"姓名",性别\n'.encode("gb18030"))[0].rows == [["姓名", "性别"]]


def test_the_delimiter_is_counted_outside_quotes(read):
    assert read('姓名;"住址,a,b,c"\n张三;"1,2,3,4"\n')[0].rows == [["姓名", "住址,a,b,c"], ["张三", "1,2,3,4"]]


def test_a_text_file_that_takes_too_long(refusal):
    assert "秒" in refusal(PEOPLE * 10_000, dataclasses.replace(BROWSER, seconds=-1))


def test_the_delimiter_shows_below_a_title_and_beside_commas_in_the_text(read):
    text = "花名册,2026年\n姓名\t电话\t备注\n张三\t1\t住院,出院,复诊,转院\n李四\t2\t好,很好\n"
    assert read(text)[0].rows[1] == ["姓名", "电话", "备注"]


def test_one_column(read):
    assert read("姓名\n张三\n")[0].rows == [["姓名"], ["张三"]]


def test_records_count_blank_lines_and_lines_within_a_cell(read):
    (sheet,) = read('姓名,备注\n\n张三,"一\n二"\n李四,"说""好"""\n,,\n\n')
    assert sheet.rows == [["姓名", "备注"], [], ["张三", "一\n二"], ["李四", '说"好"']]
    assert sheet.number(3) == 4


def test_text_is_not_altered(read):
    cells = [" 张三 ", "007", "=1+1", "1e5", "—", "\u3000", "a\u2028b", 'x"y']
    assert read(",".join(["姓名", *cells]))[0].rows == [["姓名", *cells]]


@pytest.mark.parametrize(
    "text",
    [
        '姓名,备注\n张三,"没有合上\n李四,好\n',
        '姓名,备注\n张三,"合上"之后\n',
        '姓名,备注\n张三,"' + "没有合上的长文\n" * 30_000,
    ],
)
def test_quotes_that_do_not_match(refusal, text):
    assert "从第 2 行起，英文双引号没有成对" in refusal(text)


def test_limits_of_text(refusal, read):
    small = dataclasses.replace(BROWSER, rows=3, columns=2, cell=5)
    assert "第 4 行仍有内容，超过 3 行" in refusal("姓名\n1\n2\n3\n", small)
    assert "第 2 行一直写到 C 列" in refusal("姓名\n1,2,3\n", small)
    assert "第 2 行 B 列的文字超过 5 字" in refusal("姓名,备注\n1,六个字六个字\n", small)
    assert "第 2 行有一格文字过长" in refusal("姓名\n" + "长" * 200_000)
    assert len(read("姓名\n1\n2\n" + ",\n" * 1000, small)[0].rows) == 3


def test_a_file_of_line_ends_costs_nothing(read):
    assert read("姓名" + "\n" * MB)[0].rows == [["姓名"]]


def test_the_command_line_takes_what_the_browser_does_not(refusal, read):
    text = "姓名,性别\n" + "张三,男\n" * 100_000
    assert "100000 行" in refusal(text)
    assert len(read(text, COMMAND_LINE)[0].rows) == 100_001


words = st.text(st.characters(exclude_categories=("Cs", "Cc", "Co", "Cn"), exclude_characters=",;\t\ufeff"), max_size=8)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(words, min_size=4, max_size=4)), encoding=st.sampled_from(["utf-8", "gb18030", "utf-16"]))
def test_any_text_comes_back(read, rows, encoding):
    rows = [["姓名", "性别", "身份证号", "住址"], *rows]
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    (sheet,) = read(text.getvalue().encode(encoding))
    for number, line in enumerate(rows):
        found = sheet.rows[number] if number < len(sheet.rows) else []
        assert [value or "" for value in found] + [""] * (4 - len(found)) == line


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(read, content):
    """Zips apart: they have their own test."""
    with suppress(FileRefused):
        assert read(content if not content.startswith(b"PK") else b"")


# The child process


@pytest.fixture
def child(monkeypatch, tmp_path, refusal):
    """The refusal when the child process is another script."""

    def child(script, limits=BROWSER):
        path = tmp_path / "child.py"
        path.write_text(script)
        monkeypatch.setattr(workbook_guard, "__file__", str(path))
        return refusal(zipped(parts()), limits)

    return child


def test_a_child_that_takes_too_long_is_stopped(child):
    forever = "import time\nprint('[1', flush=True)\ntime.sleep(600)"
    assert "秒" in child(forever, dataclasses.replace(BROWSER, seconds=0.2))


def test_a_child_without_memory(child):
    assert "过多内存" in child("import os\nos.abort()")


@pytest.mark.parametrize("script", ["", "raise SystemExit(1)", "print('[1', flush=True)", "print('\\x80')"])
def test_a_child_that_fails_is_logged_without_content(child, caplog, script):
    assert "损坏" in child(script)
    assert "名册" not in caplog.text
    assert "ended with" in caplog.text


def test_the_child_knows_no_secret(monkeypatch, child):
    monkeypatch.setenv("SECRET_KEY", "hidden")
    told = "import json, os, sys\nprint(json.dumps({'refused': 'rows', 'params': {'row': %s, 'limit': 1}}))"
    assert "hidden" not in child(told % "str(dict(os.environ))")


def test_the_child_can_write_no_file_and_take_no_more_memory(tmp_path):
    probe = f"""import sys
sys.path.insert(0, {str(Path(workbook_guard.__file__).parent)!r})
import workbook_guard as guard
guard.confine(guard.Limits(memory=300 * 2**20))
try:
    bytearray(400 * 2**20)
except MemoryError:
    print("memory")
try:
    with open({str(tmp_path / "file")!r}, "wb", buffering=0) as file:
        file.write(b"x")
except OSError:
    print("file")
print(sorted(name for name in sys.modules if name.startswith(("django", "celery"))))"""
    told = subprocess.run([sys.executable, "-I", "-c", probe], capture_output=True, text=True, check=True).stdout
    assert told.split("\n") == ["memory", "file", "[]", ""]


def test_no_outside_address_is_called(read):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        outside = relations(("externalLinkPath", url), ("image", url), ("attachedTemplate", url))
        links = f'<externalLink {MAIN}><externalBook r:id="r1"/></externalLink>'
        formula = row(1, f'<c r="A1" t="str"><f>WEBSERVICE("{url}")</f><v>旧值</v></c>')
        members = {"xl/externalLinks/externalLink1.xml": links, "xl/externalLinks/_rels/externalLink1.xml.rels": outside}
        assert read(zipped(parts(formula, members=members)))[0].rows == [["旧值"]]
        with pytest.raises(BlockingIOError):
            server.accept()


def test_every_refusal_has_a_sentence():
    source = "".join(Path(module.__file__).read_text() for module in (workbook, workbook_guard))
    for code, sentence in workbook.SENTENCES.items():
        assert f'"{code}"' in source.replace(f'"{code}": gettext_noop', "")
        assert "请" in sentence
        assert "！" not in sentence


def test_documented_limits():
    limits = Limits()
    assert (limits.packed, limits.unpacked, limits.member) == (20 * MB, 200 * MB, 120 * MB)
    assert (limits.ratio, limits.members, limits.sheets, limits.seconds) == (100, 2_000, 50, 30)
    assert (limits.rows, limits.columns, limits.cell, limits.merged) == (100_000, 200, 2_000, 20_000)
    assert (COMMAND_LINE.ratio, COMMAND_LINE.members) == (100, 2_000)


@pytest.mark.parametrize(("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")])
def test_column_letters(index, letters):
    assert workbook_guard.column_letters(index) == letters
