"""Synthetic registers as xlsx: members and residents of one district, 25 columns a line, more than half of them not ours."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count

import xlsxwriter

from bench.places import new_area
from gridparty.lib.idnumbers import synthetic
from grids.actions import load_areas
from grids.choices import AreaKind
from grids.models import Area
from members.actions import NewOrganisation, found_organisations
from people.demo import FIRST, SECOND, SURNAMES

STREETS, COMMUNITIES, GRIDS, BUILDINGS = 17, 125, 4, 10  # 500 grids with a branch each, 1,250 buildings
SIX = "730999"
CLASSES = ("普通党员", "在职党员")

MEMBER_HEADINGS = (
    *("序号", "姓名", "性别", "公民身份号码", "出生日期", "民族", "联系电话", "工作单位", "所在党支部", "人员类别", "党员类别"),
    *("入党日期", "转正日期", "学历", "学位", "职称", "籍贯", "婚姻状况", "毕业院校", "专业", "参加工作日期", "健康状况"),
    *("新社会阶层类型", "党费标准", "备注说明"),
)
RESIDENT_HEADINGS = (
    *("序号", "姓名", "性别", "身份证号码", "出生日期", "民族", "联系电话", "工作单位", "与户主关系", "所属社区", "楼栋", "单元"),
    *("室号", "房屋情况", "入住时间", "政治面貌", "文化程度", "婚姻状况", "兵役状况", "籍贯", "医保类型", "健康状况", "车牌"),
    *("宠物情况", "备注说明"),
)


def build() -> None:
    """The district and its organisations: a committee for each community, a branch for each grid."""
    lines = [(AreaKind.DISTRICT.value, "名册试验区", f"{SIX}000000", "")]
    for street in range(1, STREETS + 1):
        lines.append((AreaKind.STREET.value, f"名册{street}街道", f"{SIX}{street:03d}000", f"{SIX}000000"))
    below = []
    for n in range(COMMUNITIES):
        street = n % STREETS + 1
        code = f"{SIX}{street:03d}{n // STREETS + 1:03d}"
        lines.append((AreaKind.COMMUNITY.value, f"试验{n + 1}社区居民委员会", code, f"{SIX}{street:03d}000"))
        below += [(AreaKind.GRID.value, f"第{grid}网格", f"{code}{grid:03d}", code) for grid in range(1, GRIDS + 1)]
    for _kind, _name, code, above in [line for line in below if line[0] == AreaKind.GRID and line[2].endswith("001")]:
        for number in range(1, BUILDINGS + 1):
            grid = f"{above}{number % GRIDS + 1:03d}"
            below.append((AreaKind.BUILDING.value, f"{number}号楼", f"{code[:-3]}L{number:03d}", grid))
    load_areas(areas=[new_area(line) for line in (*lines, *below)], by=None)
    _found(list(Area.objects.filter(kind=AreaKind.COMMUNITY).order_by("code")))


def _found(communities: list[Area]) -> None:
    grids = Area.objects.filter(kind=AreaKind.GRID).select_related("community").order_by("code")
    committees = {
        area.pk: NewOrganisation("committee", f"{area.name}党委", area, full_name=f"中共{area.name}委员会")
        for area in communities
    }
    branches = [
        NewOrganisation(
            "branch",
            f"{grid.name}党支部",
            grid,
            full_name=f"中共{grid.community.name}{grid.name}支部委员会",
            parent=committees[grid.community_id],
        )
        for grid in grids
    ]
    found_organisations(organisations=[*committees.values(), *branches], by=None)


def _somebody(n: int, county: str) -> tuple[str, str, str, date, str]:
    """(name, sex, ID number, born on, phone); no two with the same number."""
    sex = "male" if n % 2 else "female"
    first, second = FIRST[sex], SECOND[sex]
    name = SURNAMES[n % len(SURNAMES)] + first[n // 7 % len(first)] + second[n // 97 % len(second)]
    born_on = date(1950, 1, 1) + timedelta(days=n % 15_000)
    number = synthetic(county, born_on, n // 15_000 * 2 + n % 2)
    return name, "男" if sex == "male" else "女", number, born_on, f"154{n:08d}"


def _more(n: int, times: int) -> Iterator[str]:
    words = ("大学本科", "学士", "工程师", "山东海棠", "已婚", "海棠大学", "行政管理", "1998-07", "健康", "无", "20", "已核对")
    return (words[(n + k) % len(words)] for k in range(times))


def members(many: int) -> Iterator[list]:
    """The lines of a register of members: branches spelt in three ways, as several clerks write them."""
    for n in range(many):
        name, sex, number, born_on, phone = _somebody(n, "370199")
        place, grid = n % (COMMUNITIES * GRIDS) // GRIDS + 1, n % GRIDS + 1
        branch = (
            f"中共试验{place}社区第{grid}网格支部委员会",
            f"试验{place}社区第{grid}网格党支部",
            f"试验{place}社区{grid}网格支部",
        )[n % 3]
        joined = date(born_on.year + 25, 7, 1)
        own = [n + 1, name, sex, number, born_on.isoformat(), "汉族", phone, f"第{n % 800}商店", branch, "正式党员"]
        yield [*own, CLASSES[n % 2], joined.isoformat(), date(joined.year + 1, 7, 1).isoformat(), *_more(n, 12)]


def residents(many: int) -> Iterator[list]:
    """The lines of a register of residents: three people behind each door."""
    doors = (
        (c, b, u, f"{f}0{d}") for f in count(1) for d in (1, 2, 3, 4) for u in (1, 2, 3) for b in range(1, 11) for c in range(125)
    )
    for n in range(many):
        if n % 3 == 0:
            community, building, unit, room = next(doors)
        name, sex, number, born_on, phone = _somebody(n, "370198")
        own = [n + 1, name, sex, number, born_on.isoformat(), "汉族", phone, "", ("户主", "配偶", "子女")[n % 3]]
        home = [f"试验{community + 1}社区", f"{building}号楼", f"{unit}单元", room, "自有", "2015-03-01", "群众"]
        yield [*own, *home, *_more(n, 9)]


def write(kind: str, many: str, path: str) -> str:
    """Write a register to an xlsx file."""
    headings, lines = {"members": (MEMBER_HEADINGS, members), "residents": (RESIDENT_HEADINGS, residents)}[kind]
    with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_numbers": False}) as book:
        sheet = book.add_worksheet("名单")
        for number, line in enumerate((headings, *lines(int(many)))):
            sheet.write_row(number, 0, line)
    return path
