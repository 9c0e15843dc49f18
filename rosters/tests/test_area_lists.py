"""Area lists as offices send them: read right, or refused with a sentence that says where and how to mend it."""

import io
import json
import zipfile
from io import StringIO
from pathlib import Path

import openpyxl
import pytest
from django.core.management import call_command
from openpyxl import Workbook

from accounts.choices import Role
from audit.models import ChangeEntry
from conftest import make_user
from gridparty.lib.tests.test_workbook_xls import compound
from grids.actions import close_area
from grids.choices import AreaForm, AreaKind
from grids.models import Area, AreaEvent

pytestmark = pytest.mark.django_db

LICHENG = Path("grids/data/licheng-divisions.csv")
HEAD = "level,name,code,parent_code"
SMALL = """级别,名称,编码,上级编码
社区,桃园社区居民委员会,370199001001,370199001000
区,海棠区,370199000000,
街道,东街街道办事处,370199001000,370199000000
村,刘家庄村民委员会,370199001202,370199001000
网格,第1网格,370199001001001,370199001001
楼栋,1号楼,370199001001L001,370199001001001
"""


@pytest.fixture
def file(tmp_path):
    def write(content: str | bytes, name="areas.csv", encoding="utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


@pytest.fixture
def workbook(tmp_path):
    def write(rows, name="areas.xlsx", above=()) -> Path:
        book = Workbook()
        for row in [*above, *rows]:
            book.active.append(row)
        book.save(tmp_path / name)
        return tmp_path / name

    return write


def run(path, *, kind="areas", **options):
    """(exit code, answer, what the person sees)"""
    out, err = StringIO(), StringIO()
    code = 0
    try:
        call_command("import_roster", kind, str(path), json="-", stdout=out, stderr=err, **options)
    except SystemExit as stop:
        code = stop.code
    return code, json.loads(out.getvalue().splitlines()[0]), err.getvalue()


def codes():
    return set(Area.objects.values_list("code", flat=True))


def small_rows():
    return [line.split(",") for line in SMALL.strip().splitlines()]


def test_the_real_list_loads_whole_and_a_second_run_changes_nothing():
    code, answer, _said = run(LICHENG, commit=True)
    assert (code, answer["counts"]["new"]) == (0, 650)
    assert Area.objects.filter(kind=AreaKind.COMMUNITY).count() == 632
    assert Area.objects.filter(kind=AreaKind.COMMUNITY, form=AreaForm.VILLAGE).count() == 520
    entries = ChangeEntry.objects.count()
    code, answer, _said = run(LICHENG, commit=True)
    assert (code, answer["counts"]) == (0, {"new": 0, "updated": 0, "unchanged": 650, "skipped": 0, "refused": 0})
    assert ChangeEntry.objects.count() == entries


def test_official_names_are_kept_and_short_ones_derived():
    run(LICHENG, commit=True)
    names = dict(Area.objects.values_list("code", "name"))
    assert names["370112004012"] == "桑园南社区"
    assert Area.objects.get(code="370112004012").full_name == "桑园南社区居民委员会"
    # Twins: both would be 刘家庄村; the later code goes by its full name.
    assert (names["370112010208"], names["370112010222"]) == ("刘家庄村", "刘家庄村民委员会")


def test_without_commit_nothing_is_written(file):
    code, answer, _said = run(file(SMALL))
    assert (code, answer["counts"]["new"]) == (0, 6)
    assert codes() == set()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_any_order_of_rows_in_any_usual_encoding(file, encoding):
    assert run(file(SMALL, encoding=encoding), commit=True)[0] == 0
    assert codes() == {line[2] for line in small_rows()[1:]}
    assert Area.objects.get(code="370199001202").form == AreaForm.VILLAGE


@pytest.mark.parametrize(
    "headings",
    [
        ["level", "name", "code", "parent_code"],
        ["＊级别", "区划名称(全称)", "统计用\n区划代码", "上级区划代码："],
        ["层级", " 名 称 ", "代码*", "父级编码"],
    ],
)
def test_headings_as_offices_write_them(workbook, headings):
    code, answer, _said = run(workbook([headings, *small_rows()[1:]]), commit=True)
    assert code == 0
    assert set(answer["columns"]) == {"level", "name", "code", "parent_code"}
    assert len(codes()) == 6


def test_titles_above_other_columns_and_codes_as_numbers(workbook):
    rows = [["备注", "上级编码", "编码", "名称", "级别"]]
    for level, name, code, parent in small_rows()[1:]:
        number = [int(value) if value.isdecimal() else value or None for value in (parent, code)]
        rows.append(["", *number, name, level])
    code, answer, _said = run(workbook(rows, above=[["海棠区区划名单"], [], ["单位：民政局"]]), commit=True)
    assert code == 0
    assert answer["header_rows"] == [4]
    assert answer["unmatched"] == ["备注"]
    assert answer["rows"][0]["row"] == 5
    assert codes() == {line[2] for line in small_rows()[1:]}


def test_codes_with_full_width_digits_apostrophes_and_spaces(file):
    odd = SMALL.replace("370199001000,370199000000", "３７０１９９００１０００,'370199000000").replace(
        "370199001202,370199001000", " 370199001202 ,370199001000.0"
    )
    assert run(file(odd), commit=True)[0] == 0
    assert "370199001000" in codes()


def test_all_problems_at_once_with_row_column_and_cure(file):
    bad = SMALL + "\n".join(
        [
            "部落,某部落,370199001301,370199001000",  # 8
            "社区,桃园二社区居民委员会,370199001001,370199001000",  # 9
            "社区,柳园社区居民委员会,370199001003,370199009000",  # 10
            "楼栋,2号楼,370199001001L002,370199001000",  # 11
            "社区,杏园社区居民委员会,370199002001,370199001000",  # 12
            "街道,,370199003000,370199000000",  # 13
            "社区,梅园社区居民委员会,3.70199E+11,370199001000",  # 14
            "网格,甲,370199001001011,370199001001012",  # 15
            "网格,乙,370199001001012,370199001001011",  # 16
            "网格,丙,370199001001013,370199001001013",  # 17
            "网格,第1网格,370199001001014,370199001001",  # 18
        ]
    )
    code, answer, said = run(file(bad), commit=True)
    assert code == 1
    assert codes() == set()
    refused = {row["row"]: row["reasons"] for row in answer["rows"] if row["verdict"] == "refused"}
    assert set(refused) == set(range(8, 19))
    expected = {
        8: ("级别", "不认识“部落”"),
        9: ("编码", "与第 2 行重复"),
        10: ("上级编码", "找不到上级编码 370199009000"),
        11: ("上级编码", "楼栋不能设在街道之下"),
        12: ("编码", "前 9 位应相同"),
        13: ("名称", "没有填写"),
        14: ("编码", "科学计数"),
        15: ("上级编码", "成了环"),
        16: ("上级编码", "成了环"),
        17: ("上级编码", "自己的编码"),
        18: ("名称", "名称不能相同"),
    }
    for row, (column, words) in expected.items():
        assert any(reason["column"] == column and words in reason["message"] for reason in refused[row]), refused[row]
        assert f"第 {row} 行“{column}”" in said


def test_a_changed_official_name_renames_with_history(file):
    run(file(SMALL), commit=True)
    code, answer, _said = run(file(SMALL.replace("东街街道办事处", "东大街街道办事处")), commit=True)
    assert (code, answer["counts"]["updated"], answer["counts"]["unchanged"]) == (0, 1, 5)
    assert Area.objects.get(code="370199001000").name == "东大街街道"
    assert AreaEvent.objects.get().before == "东街街道办事处"


def test_a_closed_area_and_another_parent_are_not_overwritten(file, areas):
    close_area(area=areas.building3, by=None)
    rows = (
        "level,name,code,parent_code\n楼栋,3号楼,370199001001L003,370199001001002\n楼栋,1号楼,370199001001L001,370199001001002\n"
    )
    code, answer, _said = run(file(rows), commit=True)
    assert code == 1
    messages = [row["reasons"][0]["message"] for row in answer["rows"]]
    assert "已撤销" in messages[0]
    assert "划转" in messages[1]


def test_nobody_imports_beyond_the_own_area(file, cast, areas):
    """T4: what the admin would not let a user make by hand, a file does not make either."""
    lines = [HEAD]
    lines += [f"grid,外{n}网格,370199001002{n:03d},370199001002" for n in range(100, 200)]
    lines += [f"grid,远{n}网格,370198001001{n:03d},370198001001" for n in range(100, 200)]
    before = codes()
    code, answer, _said = run(file("\n".join(lines)), commit=True, user=cast.secretary.username)
    assert (code, answer["counts"]["refused"]) == (1, 200)
    assert all("不在您的管理范围内" in row["reasons"][0]["message"] for row in answer["rows"])
    assert codes() == before
    own = "\n".join([HEAD, "grid,第3网格,370199001001003,370199001001", "building,9号楼,370199001001L009,370199001001003"])
    assert run(file(own), commit=True, user=cast.secretary.username)[0] == 0
    entry = ChangeEntry.objects.filter(model="grids.area").order_by("-id").first()
    assert entry.actor_id == cast.secretary.pk


def test_nobody_renames_the_own_area_or_imports_without_the_right(file, cast, areas):
    rename = f"{HEAD}\ncommunity,桃花园社区居民委员会,370199001001,370199001000\n"
    assert run(file(rename), commit=True, user=cast.secretary.username)[0] == 1
    assert run(file(rename), commit=True, user=cast.street_officer.username)[0] == 0
    leader = make_user(Role.GRID_LEADER, areas.grid1, username="leader")
    assert run(file(rename), commit=True, user=leader.username)[0] == 2


def zipped(**members) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return out.getvalue()


def bomb() -> bytes:
    """A workbook of a few hundred kB that unpacks to 300 MB."""
    book = io.BytesIO()
    openpyxl.Workbook().save(book)
    with zipfile.ZipFile(book) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    members["xl/worksheets/sheet1.xml"] = b"<worksheet>" + b" " * 300_000_000
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return out.getvalue()


HOSTILE = {
    "empty": (b"", "空"),
    "blank": (b"\n\n  \n", "空"),
    "heading only": ("级别,名称,编码,上级编码\n".encode(), "没有数据"),
    "no heading": (b"1,2,3\n4,5,6\n", "表头"),
    "password": (compound({"EncryptedPackage": b"x"}), "密码"),
    "half": (zipped(xl__workbook_dot_xml="<x/>" * 50)[:90], ""),
    "picture": (b"\xff\xd8\xff\xe0" + bytes(50), ""),
    "bomb": (bomb, ""),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_file_that_cannot_be_read_is_refused_whole(file, what):
    content, words = HOSTILE[what]
    code, answer, said = run(file(content() if callable(content) else content, "areas.xlsx"), commit=True)
    assert code == 2
    assert words in answer["file_refused"]
    assert answer["file_refused"].strip().endswith(("。", "？"))
    assert said.strip() == answer["file_refused"]
    assert codes() == set()


def test_a_file_that_is_not_there():
    code, answer, _said = run("nowhere.csv")
    assert code == 2
    assert "不能打开" in answer["file_refused"]


def test_the_answer_has_the_agreed_shape(file):
    _code, answer, _said = run(file(SMALL))
    assert set(answer) == {"file_refused", "sheet", "header_rows", "columns", "unmatched", "counts", "rows"}
    assert set(answer["rows"][0]) == {"sheet", "row", "verdict", "reasons", "warnings", "values"}
    assert answer["columns"]["name"] == "名称"
