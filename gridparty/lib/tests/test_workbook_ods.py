"""OpenDocument tables (.ods): read like an .xlsx, or refused with a sentence. Made here, as LibreOffice writes them."""

import dataclasses
import io
import random
import zipfile
from contextlib import suppress
from datetime import date, datetime

import pytest

from gridparty.lib.idnumbers import synthetic
from gridparty.lib.tests.test_workbook import declare, zipped
from gridparty.lib.workbook import BROWSER, COMMAND_LINE, FileRefused, unmerged

MB = 1024 * 1024
SPACES = " ".join(
    f'xmlns:{part}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for part, name in {**{name: name for name in ("office", "table", "text", "style")}, "draw": "drawing"}.items()
)
CALC = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry '
    'manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>{}</manifest:manifest>'
)


def ods(*tables, styles="", after="", prolog='<?xml version="1.0" encoding="UTF-8"?>', kind="spreadsheet", level=1, **members):
    content = (
        f"{prolog}<office:document-content {SPACES} {CALC}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:{kind}>{''.join(tables)}{after}</office:{kind}></office:body></office:document-content>"
    )
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content,
            "META-INF/manifest.xml": MANIFEST.format(""),
            **members,
        },
        level=level,
    )


def table(*rows, name="名册", about="", before=""):
    return f'<table:table table:name="{name}" {about}>{before}{"".join(rows)}</table:table>'


def row(*cells, repeats=None):
    about = f' table:number-rows-repeated="{repeats}"' if repeats else ""
    return f"<table:table-row{about}>{''.join(cells)}</table:table-row>"


def cell(text="", about="", repeats=None, span=None):
    about += f' table:number-columns-repeated="{repeats}"' if repeats else ""
    about += ' table:number-rows-spanned="{}" table:number-columns-spanned="{}"'.format(*span) if span else ""
    return f"<table:table-cell {about}>{f'<text:p>{text}</text:p>' if text else ''}</table:table-cell>"


def value(kind, text, shown="", more=""):
    attribute = {"float": "value", "percentage": "value"}.get(kind, f"{kind}-value")
    return cell(shown, f'office:value-type="{kind}" office:{attribute}="{text}" {more}')


def number(text="1"):
    return value("float", text, text)


COVERED = "<table:covered-table-cell/>"


# What is read


def test_cells_of_every_kind(read):
    cells = [
        cell("文字", 'office:value-type="string"'),
        number("1"),
        value("percentage", "0.5", "50%"),
        value("boolean", "true", "TRUE"),
        value("date", "1990-05-01", "1990年5月1日"),
        value("date", "1990-05-01T00:00:00", "1990-05-01"),
        value("date", "2024-01-02T03:04:05.000000000", "24-1-2"),
        value("time", "PT30H00M00S", "30:00:00"),
        value("time", "PT08H30M00.000000000S", "8:30"),
        number("330101195001010000"),
        value("boolean", "false", "FALSE"),
        value("date", "-0044-03-15", "44 BC"),
    ]
    (found,) = read(ods(table(row(*cells))))[0].rows
    assert found == [
        *["文字", 1.0, 0.5, True, date(1990, 5, 1), date(1990, 5, 1), datetime(2024, 1, 2, 3, 4, 5), "30:00:00", "08:30:00"],
        *[330101195001010000.0, False, "44 BC"],
    ]
    assert [type(each) for each in found[1:6]] == [float, float, bool, date, date]


def test_a_number_shown_as_a_logical_value_is_one(read):
    cells = [value("float", "1", "TRUE"), value("float", "0", "FALSE"), number("1"), number("0")]
    (found,) = read(ods(table(row(*cells))))[0].rows
    assert [(type(each), each) for each in found] == [(bool, True), (bool, False), (float, 1.0), (float, 0.0)]


def test_error_values_become_their_text(read):
    errors = [
        cell("#N/A", 'office:value-type="string" office:string-value="" calcext:value-type="error"'),
        value("float", "0", "#DIV/0!", 'calcext:value-type="error"'),
        value("float", "0", "Err:502"),
        value("float", "0", "#NAME?"),
    ]
    assert read(ods(table(row(*errors))))[0].rows == [["#N/A", "#DIV/0!", "Err:502", "#NAME?"]]


def test_texts_with_spaces_lines_links_comments_pinyin_and_pictures(read):
    note = "<office:annotation><text:p>批注</text:p></office:annotation>"
    ruby = "<text:ruby><text:ruby-base>李</text:ruby-base><text:ruby-text>lǐ</text:ruby-text></text:ruby>"
    frame = "<draw:frame><draw:text-box><text:p>图</text:p></draw:text-box></draw:frame>"
    cells = [
        f"<table:table-cell>{note}<text:p>张<text:s text:c='2'/>三<text:s/><text:tab/>&amp;</text:p>\n</table:table-cell>",
        f"<table:table-cell>\n<text:p>{ruby}<text:a><text:span>四</text:span></text:a></text:p></table:table-cell>",
        f"<table:table-cell><text:p>一</text:p><text:p/><text:p>二<text:line-break/>三</text:p>{frame}</table:table-cell>",
        cell("显示", 'office:value-type="string" office:string-value="原文"'),
    ]
    shapes = f"<table:shapes>{frame}<draw:custom-shape><text:p>形</text:p></draw:custom-shape></table:shapes>"
    (sheet,) = read(ods(table(row(*cells), before=shapes)))
    assert sheet.rows == [["张  三 \t&", "李四", "一\n\n二\n三", "原文"]]


def test_row_numbers_columns_and_repeats(read):
    rows = [
        row(cell(repeats=16_384), repeats=4),
        row(cell(repeats=2), number("1"), cell(repeats=16_381)),
        row(cell("群众", repeats=3), repeats=2),
        f"<table:table-header-rows>{row(cell('姓名'))}</table:table-header-rows>",
        row(cell(repeats=16_384), repeats=1_048_568),
    ]
    (sheet,) = read(ods(table(*rows)))
    assert sheet.rows == [[None, None, 1.0], ["群众"] * 3, ["群众"] * 3, ["姓名"]]
    assert (sheet.first_row, sheet.number(3)) == (5, 8)


def test_merged_ranges(read):
    rows = [
        row(cell("名册", span=(1, 3)), COVERED, COVERED),
        row(cell("第1网格", span=(2, 1)), cell("张三"), cell(span=(9, 9))),
        row(COVERED, cell("李四")),
        row(cell("甲", span=(1, 2)), COVERED, number(), repeats=2),
        row(cell(span=(2, 2)), repeats=1_000_000),
    ]
    (sheet,) = read(ods(table(*rows)))
    assert sheet.merged == [(1, 1, 1, 3), (2, 1, 3, 1), (2, 3, 5, 3), (4, 1, 4, 2), (5, 1, 5, 2)]
    assert unmerged(sheet).rows == [
        ["名册", "名册", "名册"],
        ["第1网格", "张三"],
        ["第1网格", "李四"],
        ["甲", "甲", 1.0],
        ["甲", "甲", 1.0],
    ]


def test_hidden_sheets_are_marked_and_copies_of_other_files_left_out(read):
    style = '<style:style style:name="ta{0}" style:family="table"><style:table-properties table:display="{1}"/></style:style>'
    styles = style.format(1, "true") + style.format(2, "false")
    tables = [
        table(row(cell("明")), name="明", about='table:style-name="ta1"'),
        table(row(cell("暗")), name="暗", about='table:style-name="ta2"'),
        table(row(cell("外")), name="'file:///a.ods'#名册", about='table:style-name="ta_extref"'),
        table(name="空"),
    ]
    linked = f"<table:dde-links>{table(row(cell('外')), name='链接')}</table:dde-links>"
    changed = f"<table:tracked-changes>{row(cell('旧'))}</table:tracked-changes>"
    sheets = read(ods(changed, *tables, styles=styles, after=linked))
    assert [(sheet.name, sheet.visible, sheet.rows) for sheet in sheets] == [
        ("明", True, [["明"]]),
        ("暗", False, [["暗"]]),
        ("空", True, []),
    ]


def test_a_table_inside_a_cell_is_left_out(read):
    inner = f"<table:table-cell><text:p>外</text:p>{table(row(cell('内')))}</table:table-cell>"
    assert read(ods(table(row(inner, cell("后")))))[0].rows == [["外", "后"]]


def test_no_cell_is_cut_in_two(read):
    rows = [[f"人{line}-{column}" * (line % 7 + 1) for column in range(12)] for line in range(1_000)]
    content = ods(table(*(row(*(cell(each) for each in line)) for line in rows)))
    assert read(content)[0].rows == rows


def test_macros_and_pictures_with_a_doctype_are_left_alone(read):
    members = {"Basic/script-lc.xml": "<!DOCTYPE x><x/>", "Pictures/1.svg": '<!DOCTYPE svg PUBLIC "x" "y"><svg/>'}
    assert read(ods(table(row(cell("姓名"))), **members))[0].rows == [["姓名"]]


def test_a_million_repeated_rows_of_nothing_cost_nothing(read):
    rows = [row(cell("姓名")), *[row(cell(repeats=16_384), repeats=1_000_000_000)] * 5_000]
    assert read(ods(table(*rows)))[0].rows == [["姓名"]]


def test_as_many_repeated_cells_as_are_allowed(read):
    (sheet,) = read(ods(table(row(value("float", "1"), repeats=1), row(cell("甲", repeats=200), repeats=9_999))))
    assert len(sheet.rows) == 10_000
    assert sheet.rows[-1] == ["甲"] * 200


# What is refused

BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (ods(table(row(cell("甲"), repeats=1_000_000))), "工作表“名册”：第 100001 行仍有内容，超过 100000 行"),
        (ods(table(row(repeats=1_000_000), row(cell("甲")))), "第 1000001 行仍有内容"),
        (ods(table(row(cell("甲", repeats=16_384), repeats=1_000_000))), "第 1 行一直写到 XFD 列，超过 200 列"),
        (ods(table(row(), row(cell(repeats=1_000_000_000), cell("甲")))), "第 2 行一直写到"),
        (ods(table(row(cell("甲" * 2_001)))), "第 1 行 A 列的文字超过 2000 字"),
        (ods(table(row(cell("<text:s text:c='999999999'/>")))), "第 1 行 A 列的文字超过 2000 字"),
        (ods(*[table(name=str(index)) for index in range(51)]), "超过 50 个"),
        (ods(table(row(cell("甲", span=(1, 2)), cell("乙"), repeats=20_001))), "合并的单元格超过 20000 处"),
        (ods(table(row(cell("甲", repeats=2, span=(9, 9)), repeats=9))), "损坏"),
        (ods(table(row(cell("&c;"))), prolog=BOMB), "实体声明"),
        (ods(prolog="<!DOCTYPE x SYSTEM 'file:///etc/passwd'>"), "实体声明"),
        (ods(table(row(cell("&c;")))), "损坏"),
        (ods(kind="text"), "文字文档"),
        (ods(table(row(number("NaN")))), "损坏"),
        (ods(table(row(number("1e999")))), "损坏"),
        (ods(table(row(number("一")))), "损坏"),
        (ods(table(row(cell(repeats="x")))), "损坏"),
        (ods(table(row("<x>"))), "损坏"),
        (ods(cell("甲"), table(cell("甲"))), "损坏"),
        (ods(**{"content.xml": ""}), "损坏"),
        (ods(**{"META-INF/manifest.xml": MANIFEST.format("<manifest:encryption-data/>")}), "打开密码"),
        (zipped({"mimetype": "x", "encrypted-package": "x", "META-INF/manifest.xml": MANIFEST.format("")}), "打开密码"),
    ],
)
def test_the_sentence_fits(refusal, content, words):
    assert words in refusal(content)


def test_entities_in_another_encoding(refusal):
    content = f"<?xml version='1.0' encoding='UTF-16'?>{BOMB}<x>&c;</x>".encode("utf-16")
    assert "实体声明" in refusal(ods(**{"content.xml": content}))


def test_a_long_list_of_marks_is_no_bomb(read):
    """LibreOffice writes some 170 characters around each 0 and 1: the list unpacks to more than a hundred times its size."""
    about = 'table:style-name="ce1" calcext:value-type="float"'
    marks = (value("float", "0", "0", about) + value("float", "1", "1", about)) * 40
    lines = [
        row(cell(f"人{number}"), cell(synthetic("370199", date(1980, 5, 1), number % 1000)), marks) for number in range(3000)
    ]
    content = ods(table(*lines), level=6)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        about = archive.getinfo("content.xml")
    assert about.file_size > BROWSER.ratio * about.compress_size
    assert read(content)[0].rows[-1] == ["人2999", synthetic("370199", date(1980, 5, 1), 999), *[0.0, 1.0] * 40]


def test_bombs_with_honest_and_lying_sizes(refusal):
    content = ods(level=6, **{"content.xml": b" " * (150 * MB)})
    for bomb in (content, declare(content, "content.xml", 500)):
        assert "大得反常" in refusal(bomb)
        assert "大得反常" in refusal(bomb, COMMAND_LINE)
        assert "展开后过大" in refusal(bomb, dataclasses.replace(BROWSER, ratio=1_000_000))


def test_a_reader_kept_busy_is_stopped(refusal):
    """Ranges outside the filled area, a thousand million of them."""
    rows = [row(cell("姓名")), *[row(cell(repeats=200, span=(2, 2)), repeats=100_000)] * 500]
    assert "秒" in refusal(ods(table(*rows)), dataclasses.replace(BROWSER, seconds=1))


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.99])
def test_half_a_file(refusal, share):
    content = ods(table(*(row(cell(f"人{number}")) for number in range(500))))
    assert "不完整" in refusal(content[: int(len(content) * share)])


def test_flipped_bytes_are_refused_or_harmless(read):
    content = ods(table(row(cell("姓名"), cell("性别")), row(cell("张三"), cell("男"))))
    chance = random.Random(4)
    for _round in range(25):
        forged = bytearray(content)
        forged[chance.randrange(4, len(forged))] ^= 1 << chance.randrange(8)
        with suppress(FileRefused):
            assert read(bytes(forged))[0].rows == [["姓名", "性别"], ["张三", "男"]]


def test_nothing_is_left_behind(read, refusal, tmp_path):
    read(ods(table(row(cell("姓名")))))
    refusal(ods(table(row(cell("&c;"))), prolog=BOMB))
    assert [path.name for path in tmp_path.iterdir()] == ["上传 1"]
