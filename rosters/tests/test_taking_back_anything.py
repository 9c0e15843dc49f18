"""Random lists of four registers, imported over one another and taken back: the tables are as they were, to the last bit."""

import csv
import io
import random
from contextlib import suppress
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from gridparty.lib.idnumbers import synthetic
from gridparty.lib.registry import defaults
from members.actions import NewOrganisation, found_organisations
from rosters import actions
from rosters.actions.staging import cause_of
from rosters.choices import ImportState
from rosters.errors import ImportRefused
from rosters.models import Import
from rosters.queries import causes
from rosters.tests.rounds import agreed, read, worked
from rosters.tests.test_imports import fingerprint

pytestmark = pytest.mark.django_db

PEOPLE = [("赵大伟", 11), ("钱小红", 12), ("孙远", 13), ("李明", 15), ("周静", 16), ("吴芳", 18), ("郑强", 19), ("王丽", 20)]
NUMBERS = [synthetic("370199", date(1980, 5, 1), serial) for _name, serial in PEOPLE]
PHONES = ["15400000011", "15400000012", "15400000099", "清空", ""]
CODES = ["91370199MA0000001D", "91370199MA0000002G", ""]
HOMES = ["3号楼2单元301室", "3号楼2单元302室", "1号楼1单元101室", "2号楼501室", "柳园社区1号楼1单元101室", ""]
BRANCHES = ["第1网格党支部", "桃园社区第2网格党支部", "柳园党支部", ""]

# {register: {heading: what may stand in the column}}; the first column makes the rows.
REGISTERS = {
    "residents": {
        "姓名": [name for name, _serial in PEOPLE],
        "身份证号码": NUMBERS,
        "与户主关系": ["户主", "妻子", "儿子", "租客", ""],
        "家庭住址": HOMES,
        "联系电话": PHONES,
        "民族": ["汉族", "回族", "清空", ""],
        "政治面貌": ["中共党员", "群众", ""],
        "房屋情况": ["自有", "租赁", ""],
    },
    "members": {
        "姓名": [name for name, _serial in PEOPLE],
        "身份证号码": NUMBERS,
        "所在党支部": BRANCHES,
        "人员类别": ["正式党员", "预备党员", ""],
        "党员类别": ["普通党员", "在职党员", ""],
        "入党日期": ["2005-07-01", "2006年7月", "清空", ""],
        "联系电话": PHONES,
        "工作单位": ["桃园超市", "桃园小学", ""],
        "家庭住址": HOMES,
    },
    "units": {
        "单位名称": ["桃园超市", "桃园小学", "东街书店", "桃园医院"],
        "单位类型": ["企业", "学校", "社会组织", ""],
        "统一社会信用代码": CODES,
        "所在网格": ["桃园社区第1网格", "桃园社区第2网格", "柳园社区", ""],
        "地址": ["桃园路1号", "东街9号", "清空", ""],
        "联系人": ["王一", "李二", "清空", ""],
        "联系电话": PHONES,
        "职工人数": ["3", "40", "清空", ""],
    },
    "organisations": {
        "党组织名称": ["第1网格党支部", "第2网格党支部", "第9网格党支部", "1号楼党小组", "3号楼党小组", "柳园党支部"],
        "上级党组织": ["桃园社区党委", "东街党工委", "第1网格党支部", ""],
        "所在网格": ["桃园社区", "桃园社区第1网格", "桃园社区第2网格", "1号楼", "柳园社区", ""],
        "成立时间": ["2015-07-01", "2016年3月", ""],
        "换届时间": ["2024-03-01", "2025-03-01", ""],
    },
}


def a_list(dice: random.Random, kind: str) -> SimpleUploadedFile:
    """A random list: some of those it may hold, in any order, with any of what may be said of them."""
    columns = REGISTERS[kind]
    (_first, names), *others = columns.items()
    lines = []
    for at in dice.sample(range(len(names)), dice.randint(2, len(names))):
        said = {heading: dice.choice(pool) for heading, pool in others}
        if "身份证号码" in said:
            said["身份证号码"] = NUMBERS[at] if dice.random() < 0.85 else ""
        lines.append([names[at], *said.values()])
    text = io.StringIO()
    csv.writer(text).writerows([list(columns), *lines])
    return SimpleUploadedFile("名单.csv", text.getvalue().encode())


def a_decision(dice: random.Random, imported: Import, by) -> Import:
    """Any of the answers, to some of the questions."""
    for cause in [cause for page in causes(imported, cause_of) for cause in page]:
        if cause.choice and dice.random() < 0.7:
            value = dice.choice(cause.options)[0]
            with suppress(ImportRefused):  # an earlier answer took the question away
                actions.answer(imported=imported, choice=cause.choice, value=value, by=by)
    return Import.objects.get(pk=imported.pk)


@pytest.fixture
def parties(areas):
    """东街党工委 → 桃园党委 → the branches of both grids; a branch in 柳园; the shipped classes."""
    for default in defaults:
        default()
    street = NewOrganisation("work_committee", "东街党工委", areas.east)
    taoyuan = NewOrganisation("committee", "桃园社区党委", areas.taoyuan, parent=street)
    branches = [
        NewOrganisation("branch", f"第{n}网格党支部", grid, parent=taoyuan) for n, grid in ((1, areas.grid1), (2, areas.grid2))
    ]
    liuyuan = NewOrganisation("branch", "柳园党支部", areas.liuyuan, parent=street)
    found_organisations(organisations=[street, taoyuan, *branches, liuyuan], by=None)


@pytest.mark.parametrize("many", [5, pytest.param(50, marks=pytest.mark.proof)])
def test_whatever_was_imported_can_be_taken_back_exactly(many, areas, cast, parties):
    dice, by, taken_back, written = random.Random(7), cast.district_official, 0, dict.fromkeys(REGISTERS, 0)
    for attempt in range(many * 10):
        kind = list(REGISTERS)[attempt % 4]
        before = fingerprint()
        imported = a_decision(dice, read(kind, a_list(dice, kind), by, area=areas.taoyuan), by)
        assert imported.state == ImportState.READY, imported.said
        if not imported.counts["new"] and not imported.counts["updated"]:
            continue
        promised = imported.counts["new"] + imported.counts["updated"]
        done = worked(agreed(imported, by))
        assert (done.state, done.said) == (ImportState.DONE, ""), (kind, done.said)
        assert done.written == promised
        after = fingerprint()
        if attempt < 4 or dice.random() < 0.3:  # stays: later lists meet what is on record
            continue
        undone = worked(actions.undo(imported=done, by=by))
        assert (undone.state, undone.said) == (ImportState.UNDONE, "")
        assert fingerprint() == before != after
        taken_back, written[kind] = taken_back + 1, written[kind] + done.written
        if taken_back == many:
            break
    assert taken_back == many
    print(f"\nT26  {many} of {many} random imports taken back to the same hash of all business tables; rows written: {written}")
