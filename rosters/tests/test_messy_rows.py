"""Rows as offices fill them, each judged by hand: taken (new), found again (unchanged), waiting for an answer (skipped), refused.

One row of each register is good; every line of a table puts other text into one of its cells.
"""

from datetime import date

import pytest

from gridparty.lib.dates import today
from gridparty.lib.idnumbers import synthetic
from members.actions import NewUnit, add_unit
from members.tests.conftest import ledger, parties  # noqa: F401 the fixtures
from rosters.tests.rolls import reader

NUMBER = synthetic("370199", date(1970, 7, 1), 11)
POINTS = ["姓名", "党组织", "积分项目", "日期", "数量", "事由"]
GOOD = {
    "residents": {"姓名": "赵大伟", "身份证号码": NUMBER, "住址": "3号楼2单元301", "与户主关系": "户主"},
    "members": {"姓名": "赵大伟", "公民身份号码": NUMBER, "所在党支部": "第1网格党支部"},
    "organisations": {"党组织名称": "老年党支部", "上级党组织": "桃园社区党委", "所在区域": "第1网格"},
    "units": {"单位名称": "桃园超市", "单位类型": "民企", "所在区域": "第1网格"},
    "buildings": {"社区": "桃园社区", "网格": "第1网格", "楼栋": "5号楼"},
    "areas": {"街道": "东街街道", "社区": "桃园社区", "网格": "第1网格", "楼栋": "5号楼"},
    "appointments": {"姓名": "王小明", "职务": "网格长", "网格": "第1网格"},
    "points": dict(zip(POINTS, ("赵一", "第1网格党支部", "B1", f"{today().year}-01-01", "1", "大会"), strict=True)),
}
# (register, heading, verdict): the texts, parted by spaces
TABLE = {
    ("residents", "姓名", "new"): "赵大伟1 赵大伟(女) 赵大伟、 1.赵大伟 ①赵大伟 赵大伟★ 钱氏 买买提·艾力 欧阳小明 先生明 ZHAO",
    ("residents", "姓名", "refused"): (
        "赵大伟（租户） 赵大伟/钱红 赵大伟等3人 赵大伟夫妇 赵大伟一家 赵大伟* 赵某 赵某某 赵XX 赵×× 赵女士 赵大爷"
        " 小赵 赵 孩子 未命名 新生儿"
        " 婴儿 无名氏 测试 空房 租户 #N/A 2024-01-01 15400000001 赵大伟（代）"
    ),
    ("residents", "住址", "new"): (
        "3＃楼2单元301 3栋-2-301 3号楼2单元3层301 3-2-301号 桃园3-2-301 ３－２－３０１ 3.2.301 3/2/301 3_2_301"
        " 3＃2单元301 3号楼2门301"
        " 3-2-301室 3幢2单元301室(自购) 3号楼02单元0301室 3号楼2单元三楼301 3号楼-2单元-301室 3号2单元301"
        " 三号楼二单元三零一"
        " 桃园社区第2网格3号楼2单元301 3号楼301-2室 3号楼2单元301东"
    ),
    ("residents", "住址", "refused"): (
        "3号楼2单元301、302 3号楼2单元301/302 3号楼2单元301-302 3号楼2单元地下室 3号楼1层商铺5 3号楼2单元30l"
        " 3号楼2单元3O1 桃园路8号"
        " 外地 同上 3#2#301 3-2-3-301 1号楼3号楼2单元301 2单元301 3号楼B座301 桃园社区第1网格3号楼2单元301 3.301"
        " 3号楼2单元301（东区）"
        " 3号楼（拆除）2单元301 9号楼2单元301"
    ),
    ("residents", "身份证号码", "refused"): f"37019919700701 身份证丢失 {NUMBER[:-1]}* E12345678 3.70199E+17",
    ("residents", "出生日期", "new"): "1970.7 1970年7月1日 1970/7/1 19700701 1970-07",
    ("residents", "出生日期", "refused"): "70.7.1 农历五月初五 2970-07-01 7/1/1970",
    ("residents", "联系电话", "new"): "15400000001/15400000002 无 0531-88880000转8 154-0000-0001",
    ("residents", "联系电话", "refused"): "1540000001 15400000001（儿子） 空号",
    ("residents", "政治面貌", "new"): "团员 群众 中共党员（预备） 党员（关系不在本社区） 民主党派 √",
    ("residents", "与户主关系", "new"): "户主 本人 之妻 长媳 租客",
    ("residents", "入住时间", "refused"): "2020年 原住民",
    ("members", "所在党支部", "new"): "一网格支部 第１网格党支部 第1网格党支部（书记王小明） 1号楼党小组 桃园社区党委 柳园党支部",
    ("members", "所在党支部", "refused"): (
        "第一支部 第1网格党支部1组 第1、2网格党支部 原第1网格党支部 外地 第1网格党支部（已撤销） 第9网格党支部"
    ),
    ("members", "姓名", "refused"): "赵大伟（预备） 赵大伟(流动) 赵大伟（已转出） 赵某 赵老师 赵大伟同志 赵书记",
    ("members", "入党时间", "new"): "1999.7 1999-07-01 1999年7月1日 199907",
    ("members", "入党时间", "refused"): "99年7月 1999 1980.7 2099.7 1999.7.1转正2000.7.1",
    ("members", "人员类别", "new"): "正式党员 预备 中共党员",
    ("members", "人员类别", "refused"): "发展对象 入党积极分子 已转出 群众",
    (
        "organisations",
        "党组织名称",
        "unchanged",
    ): "第一网格支部 第１网格党支部 一网格党支部 第01网格党支部 第1网格党支部（书记王小明）",
    ("organisations", "党组织名称", "skipped"): "第一党支部 1支部 桃园社区党委第一支部",
    ("organisations", "党组织名称", "new"): "第1、2网格联合党支部 第3网格党支部 第1网格老年支部 老年二支部",
    ("organisations", "党组织名称", "refused"): (
        "第1网格党支部（已撤销） 第1网格党支部/第2网格党支部 第1网格党支部书记王小明 党支部 支部 第1网格 无"
        " 第1网格党支部（合并到第2网格党支部）"
        " 第3网格党支部（原第4网格党支部）"
    ),
    ("organisations", "任期", "new"): "3 三年 5年 2024.3-2027.3 2024年3月至2029年3月 每届三年",
    ("organisations", "任期", "refused"): "2024-2027 2024.3-2025.12 2027.3-2024.3 30年 第三届",
    ("organisations", "所在区域", "refused"): "第1、2网格 全社区 1号楼-5号楼 第9网格",
    ("organisations", "上级党组织", "refused"): "桃园社区党总支 没有的党委",
    ("units", "单位名称", "new"): "桃园超市（分店） 桃园超市（有限合伙） 桃园业委会（筹） 超市（原野路店）",
    ("units", "单位名称", "refused"): (
        "桃园超市（已注销） 桃园超市（原柳园超市） 桃园超市-已搬走 无 共12家 个体 待定 甲公司、乙公司"
        " 丙公司/丁公司 #N/A 2024-01-01 公司名称"
        " 15400000001 88"
    ),
    ("units", "单位名称", "updated"): "桃园物业 桃园物业(联系人王小明)",
    ("units", "联系人", "refused"): "王女士 王经理 王小明、李红 王小明15400000001 王某",
    ("units", "职工人数", "refused"): "约30 30余人 3.5 三十",
    ("buildings", "楼栋", "unchanged"): "1号楼 01号楼 1# 1栋 1号楼、2号楼",
    ("buildings", "楼栋", "new"): "4栋 5-7号楼 8、9号楼 37~39号 沿街商铺 甲1号楼 A座 8-1号楼",
    ("buildings", "楼栋", "refused"): (
        "10号楼（拆除） 10号楼已拆除 11号楼1单元 12号楼2-301 13号楼(1-3单元) 共15栋 3号楼 2024-01-02 30.31.32"
        " 33号楼等 34号楼以北 全部 其他"
    ),
    ("buildings", "网格", "refused"): "网格1（王小明） 第1、2网格 1-2网格 合计 第7网格（撤销）",
    ("areas", "楼栋", "refused"): "56号楼（拆除） 60-62号楼 63、64号楼 3号楼 66号楼1单元 全部",
    ("areas", "网格", "refused"): "第1网格（老区） 第1/2网格 合计",
    ("appointments", "姓名", "refused"): "王小明（代） 空缺 王小明/李红 王主任 王小明书记 王某 王XX 待定",
    ("appointments", "职务", "refused"): "网格长兼楼栋长 书记 原网格长 网格长（已离任） 副网格长",
    ("appointments", "任期", "new"): "2026.5-2029.5 2026.5— 三年 长期 2026年5月1日起三年",
    ("appointments", "任期", "refused"): "至2029年5月 一届 2029.5 2026-2029",
    ("appointments", "网格", "refused"): "第1、2网格 第9网格 1号楼",
    ("points", "姓名", "new"): "赵一 赵一、 1.赵一 钱二 李四",
    ("points", "姓名", "refused"): "赵某 赵一/钱二 赵一等3人 赵一（请假） 孙三 王五 #N/A 全体党员",
    ("points", "党组织", "new"): "第一网格支部 １网格党支部 第1网格党支部（书记李四） 桃园社区党委",
    ("points", "党组织", "refused"): "第2网格党支部 第9网格党支部 第1、2网格党支部 柳园党支部",
    (
        "points",
        "积分项目",
        "new",
    ): "B1 b1 Ｂ1 参加三会一课 B1参加三会一课 B1.参加三会一课 参加三会一课（+3分） 无故缺席集中学习",
    ("points", "积分项目", "refused"): "三会一课 B 10 Z9 A1、B1 参加 +3 #REF! 2024-01-01",
    ("points", "日期", "refused"): "2019-05-01 2099-01-01 1月1日 1/1/1970 上周五 2026年 2026-02-30 1~3月 每周一",
    ("points", "数量", "new"): "1 1.0 1次 １ 1人次 无 —",
    ("points", "数量", "refused"): "0 -1 2000 1分 +3 两次 约2 1.25 1小时 3分 #DIV/0!",
    ("points", "事由", "new"): "大会 3月5日党员大会 无 ！！",
}
ROWS = [(kind, heading, text, verdict) for (kind, heading, verdict), texts in TABLE.items() for text in texts.split()]


def test_the_table_is_large_and_has_every_register():
    assert len(ROWS) > 150
    assert {kind for kind, *_rest in ROWS} == set(GOOD)


@pytest.mark.parametrize(("kind", "heading", "verdict"), list(TABLE))
def test_messy_rows(request, areas, cast, parties, tmp_path, kind, heading, verdict):  # noqa: F811 the fixture
    if kind == "points":
        request.getfixturevalue("ledger")
    add_unit(new=NewUnit("桃园物业", area=areas.grid1), by=None)
    read = reader(kind, tmp_path)
    found = {}
    for text in TABLE[kind, heading, verdict].split():
        cells = GOOD[kind] | {heading: text}
        rows = read(" ".join(cells), list(cells.values()), area=areas.taoyuan).rows
        found[text] = [row.verdict.value for row in rows]
        if verdict in ("refused", "skipped"):
            assert all(row.reasons for row in rows), text
    assert found == {text: [verdict] for text in found}
