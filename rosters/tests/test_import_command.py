"""manage.py import_roster: what it writes, what it says, and the code it ends with. Refusals leave every table as it was."""

import io
import json
import zipfile

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from audit.models import ChangeEntry
from gridparty.lib.tests.test_workbook_xls import compound
from grids.actions import move_area
from grids.models import Area
from rosters.models import Import
from rosters.tests.conftest import HEADINGS, SMALL, fingerprint

pytestmark = pytest.mark.django_db


def run(path, *, kind="areas", **options):
    """(exit code, standard output, standard error)"""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command("import_roster", kind, str(path), stdout=out, stderr=err, **options)
    except SystemExit as stop:
        code = stop.code
    return code, out.getvalue(), err.getvalue()


# --- Formats

NUMBERS = [(level, name, int(code), int(parent) if parent else None) for level, name, code, parent in SMALL]


def small_in(form, csv_file, workbook):
    match form:
        case "UTF-8":
            return csv_file()
        case "UTF-8 with BOM, Windows line ends":
            return csv_file(encoding="utf-8-sig", end="\r\n")
        case "GB18030":
            return csv_file(encoding="gb18030", end="\r\n")
        case "tabs":
            return csv_file(headings=None, rows=[("\t".join(row),) for row in [HEADINGS, *SMALL]], name="areas.txt")
        case "xlsx with text":
            return workbook({"Sheet1": [HEADINGS, *SMALL]})
        case "xlsx with numbers":
            return workbook({"Sheet1": [HEADINGS, *NUMBERS]})
        case "xlsx with apostrophes":
            return workbook({"Sheet1": [HEADINGS, *([level, name, f"'{code}", parent] for level, name, code, parent in SMALL)]})
        case "English":
            words = {"区": "district", "街道": "Street", "社区": "community"}
            rows = [(words[level], *rest) for level, *rest in SMALL]
            return csv_file(rows, headings=("Level", "Name", "Code", "Parent Code"))


FORMS = [
    "UTF-8",
    "UTF-8 with BOM, Windows line ends",
    "GB18030",
    "tabs",
    "xlsx with text",
    "xlsx with numbers",
    "xlsx with apostrophes",
    "English",
]


@pytest.mark.parametrize("form", FORMS)
def test_every_usual_form_of_one_list_makes_the_same_areas(form, csv_file, workbook):
    code, said, _err = run(small_in(form, csv_file, workbook), commit=True)
    assert (code, said) == (
        0,
        f"已写入 3 条，未变 0 条，跳过 0 条，未通过 0 条。撤销：manage.py undo_import {Import.objects.get().pk}\n",
    )
    assert sorted(Area.objects.values_list("code", "kind", "full_name", "parent__code")) == [
        ("370199000000", "district", "海棠区", None),
        ("370199001000", "street", "东街街道办事处", "370199000000"),
        ("370199001001", "community", "桃园社区居民委员会", "370199001000"),
    ]


# --- Runs


def test_without_commit_it_says_what_would_happen(csv_file):
    before = fingerprint()
    assert run(csv_file()) == (0, "可以导入：新增 3，修改 0，未变 0，跳过 0。加 --commit 写入。\n", "")
    assert fingerprint() == before


def test_a_second_run_changes_no_row_of_any_table(csv_file):
    run(csv_file(), commit=True)
    before = fingerprint()
    assert run(csv_file(), commit=True) == (0, "已写入 0 条，未变 3 条，跳过 0 条，未通过 0 条。没有需要写入的行。\n", "")
    assert fingerprint() == before


def test_an_import_by_a_user_is_signed_with_the_user(csv_file, cast):
    rows = [("网格", "第3网格", "370199001001003", "370199001001")]
    assert run(csv_file(rows), commit=True, user=cast.clerk.username)[0] == 0
    entry = ChangeEntry.objects.latest("id")
    assert (entry.actor, entry.operation, entry.changes["name"]) == (cast.clerk, "rosters.import", [None, "第3网格"])


# --- Refusals


def zipped(members) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return out.getvalue()


def book() -> bytes:
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "xl/workbook.xml": "<workbook/>",
            "xl/worksheets/sheet1.xml": "<worksheet>" + " " * 20_000 + "</worksheet>",
        }
    )


def bomb() -> bytes:
    """300 kB that unpack to 300 MB."""
    return zipped({"xl/workbook.xml": "<workbook/>", "xl/worksheets/sheet1.xml": b" " * 300_000_000})


FILES = {
    "empty": (b"", "文件是空的"),
    "blank": ("\ufeff \r\n　\r\n".encode(), "文件是空的"),
    "half a workbook": (book()[:400], "文件不完整"),
    "password": (compound({"EncryptedPackage": b"x"}), "工作簿设有打开密码"),
    "old workbook": (compound({"Book": b"x"}), "这是 Excel 5.0/95 或更早版本的文件"),
    "bomb": (bomb(), "展开后"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(64), "这是图片"),
    "web page": (b"<html><table><tr><td>1</td></tr></table></html>", "这是网页文件"),
    "half a character": ("级别,名称,编码,上级编码\n区,海棠区,370199000000,\n".encode() + b"\xe6\xb5", "损坏的文字"),
    "open quotes": ('级别,名称,编码,上级编码\n区,"海棠区,370199000000,\n'.encode(), "双引号没有成对"),
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_cannot_be_read_is_refused_with_one_sentence(what, tmp_path):
    content, sentence = FILES[what]
    path = tmp_path / "areas.xlsx"
    path.write_bytes(content)
    before = fingerprint()
    code, said, told = run(path, commit=True)
    assert (code, said) == (2, "")
    assert sentence in told
    assert "请" in told, "the sentence says how to mend it"
    assert told.count("\n") == 1
    assert fingerprint() == before


def test_a_path_that_leads_to_no_file(tmp_path):
    assert run(tmp_path / "none.csv") == (2, "", f"不能打开 {tmp_path / 'none.csv'}：没有这个文件，请核对路径。\n")
    assert run(tmp_path) == (2, "", f"不能打开 {tmp_path}：这是文件夹，请指明其中的文件。\n")


def test_refused_rows_end_with_one_and_nothing_of_the_good_ones_is_written(csv_file):
    before = fingerprint()
    code, said, told = run(csv_file([*SMALL, ("部落", "某部落", "370199001301", "370199001000")]), commit=True)
    assert (code, said) == (1, "")
    assert told.splitlines() == [
        "第 5 行“级别”：不认识“部落”，应为区、街道、社区、网格、楼栋之一。",
        "共 1 行有误。",
        "未写入任何数据，请改正后重新导入。",
    ]
    assert fingerprint() == before


def test_of_many_problems_fifty_are_shown_and_the_rest_counted(csv_file, tmp_path):
    rows = [("部落", f"{n}部落", f"370199001{n}", "370199001000") for n in range(301, 361)]
    code, _said, told = run(csv_file(rows), json=str(tmp_path / "out.json"))
    assert code == 1
    # Each row has an unknown level and a parent that is nowhere.
    assert told.splitlines()[-3:] == [
        "……另有 70 处，可用 --json 查看全部。",
        "共 60 行有误。",
        "未写入任何数据，请改正后重新导入。",
    ]
    rows = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["rows"]
    assert sum(len(row["reasons"]) for row in rows) == 120


def test_two_hundred_rows_aimed_at_foreign_areas(csv_file, cast):
    """T4: 0 written, 200 named."""
    rows = [("网格", f"外{n}网格", f"370199001002{n}", "370199001002") for n in range(100, 200)]
    rows += [("社区", f"远{n}社区", f"370198001{n}", "370198001000") for n in range(100, 200)]
    before = fingerprint()
    code, _said, told = run(csv_file(rows), commit=True, user=cast.secretary.username)
    assert code == 1
    assert told.splitlines()[-2:] == ["共 200 行有误。", "未写入任何数据，请改正后重新导入。"]
    assert fingerprint() == before


def test_a_user_without_the_right_and_one_who_is_not_there(csv_file, cast):
    code, _said, told = run(csv_file(), commit=True, user=cast.grid_leader.username)
    assert (code, told) == (2, "您没有导入名单的权限，请由有权限的人员导入，或请管理员为您任职。\n")
    cast.clerk.is_active = False
    cast.clerk.save()
    for username in ("nobody-at-all", cast.clerk.username):
        with pytest.raises(CommandError, match="没有登录名为") as refused:
            run(csv_file(), commit=True, user=username)
        assert refused.value.returncode == 2


def test_what_only_the_writing_can_find_refuses_the_whole_file(csv_file, cast, areas):
    """A grid moved out of the clerk's community keeps its code; the clerk cannot see that it is taken."""
    move_area(area=areas.grid2, parent=areas.liuyuan, by=None)
    rows = [("网格", f"第{n}网格", f"37019900100100{n}", "370199001001") for n in (2, 3)]
    before = fingerprint()
    code, _said, told = run(csv_file(rows), commit=True, user=cast.clerk.username)
    assert (code, told) == (2, "编码 370199001001002 已被使用，请核对。\n")
    assert fingerprint() == before


# --- --json

SHAPE = {"file_refused", "sheet", "header_rows", "columns", "unmatched", "counts", "rows"}


def answer(path, tmp_path, **options):
    out = tmp_path / "answer.json"
    run(path, json=str(out), **options)
    return json.loads(out.read_text(encoding="utf-8"))


def test_the_answer_of_a_good_file(csv_file, tmp_path):
    rows = [(*row, "x") for row in SMALL]
    assert answer(csv_file(rows, headings=(*HEADINGS, "备注")), tmp_path) == {
        "file_refused": None,
        "sheet": "",
        "header_rows": [1],
        "columns": {"level": "级别", "name": "名称", "code": "编码", "parent_code": "上级编码"},
        "unmatched": ["备注"],
        "counts": {"new": 3, "updated": 0, "unchanged": 0, "skipped": 0, "refused": 0},
        "rows": [
            {"sheet": "", "row": n, "verdict": "new", "reasons": [], "warnings": [], "values": values}
            for n, values in enumerate(
                [
                    {
                        "level": "community",
                        "name": "桃园社区居民委员会",
                        "short_name": "桃园社区",
                        "code": "370199001001",
                        "parent_code": "370199001000",
                    },
                    {"level": "district", "name": "海棠区", "short_name": "海棠区", "code": "370199000000", "parent_code": ""},
                    {
                        "level": "street",
                        "name": "东街街道办事处",
                        "short_name": "东街街道",
                        "code": "370199001000",
                        "parent_code": "370199000000",
                    },
                ],
                2,
            )
        ],
    }


def test_the_answer_of_refused_rows(csv_file, tmp_path):
    found = answer(csv_file([("部落", "", "370199001301", "")]), tmp_path, commit=True)
    assert found["file_refused"] is None
    assert found["counts"]["refused"] == 1
    assert found["rows"][0] | {"values": None} == {
        "sheet": "",
        "row": 2,
        "verdict": "refused",
        "reasons": [
            {"column": "级别", "message": "不认识“部落”，应为区、街道、社区、网格、楼栋之一。"},
            {"column": "名称", "message": "没有填写，请补上。"},
        ],
        "warnings": [],
        "values": None,
    }


def test_the_answer_of_a_refused_file_has_the_same_shape(tmp_path):
    found = answer(tmp_path / "none.csv", tmp_path)
    assert set(found) == SHAPE
    assert found["file_refused"].endswith("没有这个文件，请核对路径。")
    assert (found["rows"], found["header_rows"], found["counts"]["new"]) == ([], [], 0)


def test_standard_output_holds_the_answer_and_nothing_else(csv_file):
    code, said, _told = run(csv_file(), json="-", commit=True)
    assert code == 0
    assert set(json.loads(said)) == SHAPE


def test_an_answer_that_cannot_be_written_stops_before_anything_is(csv_file, tmp_path):
    with pytest.raises(CommandError, match="不能写入结果文件") as refused:
        run(csv_file(), json=str(tmp_path / "nowhere" / "out.json"), commit=True)
    assert refused.value.returncode == 2
    assert not Area.objects.exists()
