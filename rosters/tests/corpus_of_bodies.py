"""More lists as offices send them: buildings, organisations, units and posts, each for its own register.

`mess.rows` is what must be read from the file, `mess.roster` the register it is for. All people are invented.
"""

from rosters.engine import roster_of
from rosters.tests.corpus import COVERED, Mess, _bytes, _openpyxl, _text, _xls, cell, ods, row, table


def _rows(fields: str, *lines: tuple) -> list[dict]:
    return [dict(zip(fields.split(), line, strict=True)) for line in lines]


def _mess(kind: str, name: str, suffix: str, save, fields: str, *lines: tuple) -> Mess:
    return Mess(f"{kind}_{name}", suffix, save, _rows(fields, *lines), roster_of(kind))


_SIGNED = [[], ["填报人：钱二", None, "审核人：孙三", None, "填报日期：2026年3月1日"]]

# --- Grids and buildings

_BUILDINGS = "community grid building"
BUILDINGS = [
    _mess(
        "buildings",
        "merged_under_a_title",
        ".xlsx",
        _openpyxl(
            {
                "楼栋": [
                    ["桃园社区网格楼栋一览表"],
                    ["序号", "社区名称", "网格名称", "楼号", "户数"],
                    [1, "桃园社区", "第3网格", "11号楼", 60],
                    [2, None, None, "12号楼", 72],
                    ["小计", None, None, "2栋", 132],
                    [3, None, "第4网格", "13号楼", 54],
                    ["合计", None, None, "3栋", 186],
                    *_SIGNED,
                ]
            },
            merged=["A1:E1", "B3:B4", "C3:C4", "A5:C5"],
        ),
        _BUILDINGS,
        ("桃园社区", "第3网格", "11号楼"),
        ("桃园社区", "第3网格", "12号楼"),
        (None, "第4网格", "13号楼"),
    ),
    _mess(
        "buildings",
        "as_above_and_spans",
        ".csv",
        _text(
            [
                ["社区", "网格", "楼栋", "网格党支部"],
                ["桃园社区", "第5网格", "21-23号楼", "第5网格党支部"],
                ["同上", "〃", "24、25号楼", "同上"],
                ["桃园社区", "第6网格", "26号楼", ""],
            ],
            encoding="gb18030",
        ),
        "community grid building branch",
        ("桃园社区", "第5网格", "21-23号楼", "第5网格党支部"),
        ("桃园社区", "第5网格", "24、25号楼", "第5网格党支部"),
        ("桃园社区", "第6网格", "26号楼", None),
    ),
    _mess(
        "buildings",
        "open_document",
        ".ods",
        _bytes(
            ods(
                table(
                    row(cell("楼栋台账", span=(1, 3)), COVERED, COVERED),
                    row(*map(cell, ("所属社区", "所属网格", "楼栋号"))),
                    row(cell("桃园社区", span=(2, 1)), cell("第7网格"), cell("31号楼")),
                    row(COVERED, cell("第8网格"), cell("32号楼")),
                    row(cell(repeats=3), repeats=40),
                )
            )
        ),
        _BUILDINGS,
        ("桃园社区", "第7网格", "31号楼"),
        ("桃园社区", "第8网格", "32号楼"),
    ),
]

# --- Party organisations

ORGANISATIONS = [
    _mess(
        "organisations",
        "two_header_rows_in_any_order",
        ".xlsx",
        _openpyxl(
            {
                "党组织": [
                    ["东街街道基层党组织花名册"],
                    ["序号", "基本信息", None, None, "换届情况", None, "备注"],
                    [None, "党组织全称", "上级党组织", "所在网格", "本届选举日期", "应换届日期", None],
                    [1, "第7支部", "桃园党总支", "第1网格", "2024年3月1日", "2027-03-01", None],
                    [2, "桃园党总支", "桃园社区党委", "桃园社区", None, None, "新设"],
                    [3, "第8支部", "同上", "第2网格", "2024.05.06", None, None],
                    *_SIGNED,
                ]
            },
            merged=["A1:G1", "A2:A3", "B2:D2", "E2:F2", "G2:G3"],
        ),
        "full_name parent area elected_on",
        ("第7支部", "桃园党总支", "第1网格", "2024年3月1日"),
        ("桃园党总支", "桃园社区党委", "桃园社区", None),
        ("第8支部", "桃园社区党委", "第2网格", "2024.05.06"),
    ),
    _mess(
        "organisations",
        "a_sheet_for_each_kind",
        ".xlsx",
        _openpyxl(
            {
                "填写说明": [["一、按全称填写"]],
                "党支部": [["桃园社区党支部"], ["党支部名称", "上级党组织", "所在网格"], ["第9支部", "桃园社区党委", "第1网格"]],
                "党小组": [["序号", "组织名称", "上级组织", "所在楼栋"], [1, "三号楼党小组", "第一支部", "3号楼"]],
                "字典": [["党支部", "党小组"]],
            },
            hidden=["字典"],
        ),
        "full_name parent area",
        ("第9支部", "桃园社区党委", "第1网格"),
        ("三号楼党小组", "第一支部", "3号楼"),
    ),
    _mess(
        "organisations",
        "tabs_of_utf16",
        ".txt",
        _text(
            [["党组织名册"], ["名称", "隶属", "网格"], ["第10支部", "桃园社区党委", "第2网格"]], encoding="utf-16", delimiter="\t"
        ),
        "full_name parent area",
        ("第10支部", "桃园社区党委", "第2网格"),
    ),
]

# --- Units

_UNIT_HEADS = ["序号", "驻区单位名称", "单位性质", "所属网格", "联络员", "联系方式", "职工数"]
_UNITS = "name kind area contact_name contact_phone staff_count"
UNITS = [
    _mess(
        "units",
        "pages_of_a_printed_list",
        ".xls",
        _xls(
            [
                ["桃园社区驻区单位一览表"],
                _UNIT_HEADS,
                [1, "桃园小学", "学校", "第1网格", "王小明", "0531-88880000", "40人"],
                [2, "桃园超市", "非公企业", "同上", "李小红", "15400000031", "约3人"],
                ["第1页 共2页"],
                ["桃园社区驻区单位一览表"],
                _UNIT_HEADS,
                [3, "东街书店", "个体", "第2网格", "—", None, 2.0],
                ["第2页 共2页"],
            ],
            merged=[(0, 0, 0, 6), (5, 5, 0, 6)],
        ),
        _UNITS,
        ("桃园小学", "学校", "第1网格", "王小明", "0531-88880000", "40人"),
        ("桃园超市", "非公企业", "第1网格", "李小红", "15400000031", "约3人"),
        ("东街书店", "个体", "第2网格", "—", None, 2.0),
    ),
    _mess(
        "units",
        "side_by_side",
        ".xlsx",
        _openpyxl(
            {
                "单位": [
                    ["序号", "单位名称", "地址", None, "序号", "单位名称", "地址"],
                    [1, "桃园医院", "桃园路1号", None, 3, "桃园药房", "桃园路3号"],
                    [2, "桃园银行", "桃园路2号", None, 4, "桃园饭店", "桃园路4号"],
                ]
            }
        ),
        "name address",
        ("桃园医院", "桃园路1号"),
        ("桃园银行", "桃园路2号"),
        ("桃园药房", "桃园路3号"),
        ("桃园饭店", "桃园路4号"),
    ),
    _mess(
        "units",
        "own_error_workbook",
        ".xlsx",
        _openpyxl({"单位": [["原因", "单位名称", "统一社会信用代码"], ["校验码不对", "桃园超市", "91370199MA0000001D"]]}),
        "name credit_code",
        ("桃园超市", "91370199MA0000001D"),
    ),
]

# --- Posts

_GRID_LEADERS = _rows(
    "name role grid phone term",
    ("王小明", "网格长", "第1网格", "15400000041", "2026-01 至 2028-12"),
    ("李小红", "网格长", "第2网格", 15400000042.0, "2026-01 至 2028-12"),
)
_BUILDING_LEADERS = _rows(
    "name role grid area phone",
    ("赵大伟", "楼栋长", "第1网格", "1号楼", "15400000043"),
    ("钱小军", "楼栋长", "第1网格", "2号楼", "15400000044"),
)
POSTS = [
    Mess(
        "appointments_one_below_the_other",
        ".xlsx",
        _openpyxl(
            {
                "任职": [
                    ["网格长名单"],
                    ["序号", "姓 名", "职务", "所在网格", "手机号码", "任期"],
                    [1, "王小明", "网格长", "第1网格", "15400000041", "2026-01 至 2028-12"],
                    [2, "李小红", "网格长", "第2网格", 15400000042.0, "同上"],
                    [],
                    ["楼栋长名单"],
                    ["姓名", "岗位", "所在网格", "楼栋", "电话"],
                    ["赵大伟", "楼栋长", "第1网格", "1号楼", "15400000043"],
                    ["钱小军", "楼栋长", None, "2号楼", "15400000044"],
                ]
            },
            merged=["A1:F1", "C8:C9"],
        ),
        [*_GRID_LEADERS, *_BUILDING_LEADERS],
        roster_of("appointments"),
    ),
    _mess(
        "appointments",
        "as_above",
        ".csv",
        _text(
            [
                ["姓名", "职务", "任职区域", "任职日期"],
                ["孙远", "安全员", "第1网格", "2026.1.1"],
                ["周静", "同上", "第2网格", "″"],
            ],
            encoding="gb18030",
        ),
        "name role area starts_on",
        ("孙远", "安全员", "第1网格", "2026.1.1"),
        ("周静", "安全员", "第2网格", "2026.1.1"),
    ),
]
BODIES = [*BUILDINGS, *ORGANISATIONS, *UNITS, *POSTS]
