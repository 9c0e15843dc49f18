"""The rules of the area tree: which kind under which, how codes are built, how official names are shortened."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from grids.choices import ALLOWED_PARENTS, AreaForm, AreaKind

NAME_LENGTH, FULL_NAME_LENGTH, CODE_LENGTH = 60, 100, 24

# National codes (GB/T 2260, GB/T 10114 and the statistical division codes): 6 digits district, 3 street, 3 community.
_SHAPES = {
    AreaKind.DISTRICT: (r"\d{6}0{6}", 0),
    AreaKind.STREET: (r"\d{6}(?!000)\d{3}000", 6),
    AreaKind.COMMUNITY: (r"\d{9}(?!000)\d{3}", 9),
}
_INNER = r"\d{12}[A-Z]{0,4}\d{1,8}"  # grid and building: their community's code, a prefix, a number (CodeRule)
_SHAPE_WORDS = {
    AreaKind.DISTRICT: gettext_lazy("区的编码应为 12 位数字，后 6 位为 0"),
    AreaKind.STREET: gettext_lazy("街道的编码应为 12 位数字，第 7 至 9 位不全为 0，后 3 位为 0"),
    AreaKind.COMMUNITY: gettext_lazy("社区的编码应为 12 位数字，后 3 位不全为 0"),
    AreaKind.GRID: gettext_lazy("网格的编码应为所属社区的 12 位编码加序号"),
    AreaKind.BUILDING: gettext_lazy("楼栋的编码应为所属社区的 12 位编码加前缀和序号"),
}


def code_problem(kind: str, code: str, parent_code: str | None) -> str | None:
    """A sentence when the code is not of the kind's shape or does not begin as its parent's does, else None."""
    shape, shared = _SHAPES.get(kind, (_INNER, 12))
    if not re.fullmatch(shape, code, flags=re.ASCII):
        return _("编码 %(code)s 不符合规则：%(rule)s。") % {"code": code, "rule": _SHAPE_WORDS[kind]}
    if parent_code and code[:shared] != parent_code[:shared]:
        return _("编码 %(code)s 与上级编码 %(parent)s 不一致：前 %(n)d 位应相同，请核对两者。") % {
            "code": code,
            "parent": parent_code,
            "n": shared,
        }
    return None


class OfficialName(NamedTuple):
    name: str
    form: str


_VILLAGE = re.compile(r"(.+?)(村民委员会|村委会)$")
_COMMUNITY = re.compile(r"(.+?)(社区居民委员会|社区居委会|居民委员会|居委会|社区)$")
_STREET_FORMS = [
    ("街道办事处", AreaForm.SUBDISTRICT),
    ("街道", AreaForm.SUBDISTRICT),
    ("镇", AreaForm.TOWN),
    ("乡", AreaForm.TOWNSHIP),
]
_DISTRICT_FORMS = [("区", AreaForm.DISTRICT), ("县", AreaForm.COUNTY), ("市", AreaForm.CITY)]


def shorten(kind: str, full_name: str) -> OfficialName:
    """The short name people use and the form, from the official name: …社区居民委员会 → …社区, …村民委员会 → …村."""
    if kind == AreaKind.COMMUNITY:
        if found := _VILLAGE.match(full_name):
            stem = found[1]
            return OfficialName(stem if stem.endswith("村") else f"{stem}村", AreaForm.VILLAGE)
        if found := _COMMUNITY.match(full_name):
            # 东张家庄村居民委员会 and 某某家属区居民委员会 keep their own last word and get 社区 behind it.
            return OfficialName(f"{found[1]}社区", AreaForm.COMMUNITY)
        return OfficialName(full_name, AreaForm.VILLAGE if full_name.endswith("村") else AreaForm.OTHER)
    forms = {AreaKind.DISTRICT: _DISTRICT_FORMS, AreaKind.STREET: _STREET_FORMS}.get(kind, [])
    form = next((form for ending, form in forms if full_name.endswith(ending)), AreaForm.OTHER)
    return OfficialName(full_name.removesuffix("办事处"), form)


@dataclass(slots=True)
class NewArea:
    """An area to be made; `parent_code` None for a district. `kind` and `name` are "" where a file does not tell them."""

    kind: str
    code: str
    name: str
    full_name: str
    form: str
    parent_code: str | None


class Known(NamedTuple):
    """What must be known of an area on record."""

    id: int
    kind: str
    code: str
    name: str
    full_name: str
    parent_code: str | None
    tree_id: int
    open: bool


class Problem(NamedTuple):
    """What is wrong with the area at `index` of a list, in which of its fields."""

    index: int
    field: str  # kind | code | name | parent_code
    message: str


def settle_names(areas: Iterable[NewArea], known: Mapping[str, Known]) -> Iterator[tuple[NewArea, str]]:
    """Where siblings' official names shorten to the same (刘家庄村民委员会, 刘家庄村村民委员会), the one whose code comes later
    goes by its full name. Yields those whose full name a sibling has as well, with a sentence."""
    taken = {(one.parent_code, one.name): one.code for one in known.values() if one.open}
    for area in sorted(areas, key=lambda area: area.code):
        if not area.parent_code or not area.name:
            continue
        if taken.get((area.parent_code, area.name), area.code) != area.code:
            area.name = area.full_name[:NAME_LENGTH]
        other = taken.setdefault((area.parent_code, area.name), area.code)
        if other != area.code:
            yield area, name_taken(area.name, other)


def name_taken(name: str, code: str) -> str:
    return _("同一上级下已有“%(name)s”（编码 %(code)s），名称不能相同，请加以区别。") % {"name": name, "code": code}


def problems(areas: Iterable[NewArea], known: Mapping[str, Known]) -> Iterator[Problem]:
    """Everything that is wrong with these new areas among themselves and against what is on record (code → Known)."""
    areas = list(areas)
    by_code: dict[str, int] = {}
    names = {(one.parent_code, one.name): one.code for one in known.values() if one.open}
    for index, area in enumerate(areas):
        if by_code.setdefault(area.code, index) != index:
            yield Problem(index, "code", _("编码 %(code)s 在名单中出现了两次，请核对。") % {"code": area.code})
        elif area.code in known:
            # Without its name: it may lie outside the user's scope.
            yield Problem(index, "code", _("编码 %(code)s 已被使用，请核对。") % {"code": area.code})
    for index, area in enumerate(areas):
        above = list(_parent_problems(index, area, areas, by_code, known))
        yield from above
        yield from _own_problems(index, area, None if above else area.parent_code)
        if area.parent_code and area.name and by_code[area.code] == index:
            other = names.setdefault((area.parent_code, area.name), area.code)
            if other != area.code:
                yield Problem(index, "name", name_taken(area.name, other))
    yield from _cycles(areas, by_code)


def _own_problems(index: int, area: NewArea, parent_code: str | None) -> Iterator[Problem]:
    if not area.kind:
        yield Problem(index, "kind", _("没有级别，请填写。"))
    if not area.name:
        yield Problem(index, "name", _("没有名称，请填写。"))
    if len(area.name) > NAME_LENGTH or len(area.full_name) > FULL_NAME_LENGTH:
        yield Problem(index, "name", _("名称过长，最多 %(n)d 个字，请缩短。") % {"n": NAME_LENGTH})
    if len(area.code) > CODE_LENGTH:
        yield Problem(index, "code", _("编码过长，最多 %(n)d 位，请核对。") % {"n": CODE_LENGTH})
    elif area.kind and (message := code_problem(area.kind, area.code, parent_code)):
        yield Problem(index, "code", message)


def parent_problem(kind: str, parent_kind: str | None) -> str | None:
    """A sentence when an area of this kind may not stand under that kind, else None."""
    if parent_kind in ALLOWED_PARENTS[AreaKind(kind)]:
        return None
    allowed = "、".join(str(parent.label) for parent in AreaKind if parent in ALLOWED_PARENTS[AreaKind(kind)])
    if not allowed:
        return _("%(kind)s是最上一级，不能有上级，请留空。") % {"kind": AreaKind(kind).label}
    if parent_kind is None:
        return _("没有上级，%(kind)s的上级应为%(allowed)s。") % {"kind": AreaKind(kind).label, "allowed": allowed}
    return _("%(kind)s不能设在%(parent)s之下，上级应为%(allowed)s。") % {
        "kind": AreaKind(kind).label,
        "parent": AreaKind(parent_kind).label,
        "allowed": allowed,
    }


def _parent_problems(index, area: NewArea, areas, by_code, known) -> Iterator[Problem]:
    if area.parent_code is None:
        parent_kind = None
    elif area.parent_code == area.code:
        yield Problem(index, "parent_code", _("上级编码就是自己的编码 %(code)s，请改正。") % {"code": area.code})
        return
    elif area.parent_code in by_code:
        parent_kind = areas[by_code[area.parent_code]].kind
    elif area.parent_code in known:
        parent_kind = known[area.parent_code].kind
        if not known[area.parent_code].open:
            words = {"code": area.parent_code, "name": known[area.parent_code].name}
            yield Problem(index, "parent_code", _("上级 %(code)s“%(name)s”已撤销，请改为现有区域的编码。") % words)
    else:
        yield Problem(index, "parent_code", _("找不到上级编码 %(code)s，请先补上该区域或改正编码。") % {"code": area.parent_code})
        return
    if area.kind and parent_kind != "" and (message := parent_problem(area.kind, parent_kind)):
        yield Problem(index, "parent_code", message)


def anchors(areas: Iterable[NewArea]) -> dict[str, str | None]:
    """{code: the code of its nearest ancestor that is not among these areas}, None below a new district.

    Rings anchor at one of themselves.
    """
    parent_of = {area.code: area.parent_code for area in areas}
    found: dict[str, str | None] = {}
    for code in parent_of:
        path, at = [], code
        while at in parent_of and at not in found:
            found[at] = at  # a ring comes back here
            path.append(at)
            at = parent_of[at]
        found.update(dict.fromkeys(path, found.get(at, at)))
    return found


def _cycles(areas: list[NewArea], by_code: dict[str, int]) -> Iterator[Problem]:
    """Areas that are their own ancestor (only grids can be: every other kind stands under another kind)."""
    done: set[str] = set()
    for area in areas:
        path: dict[str, None] = {}
        code: str | None = area.code
        while code in by_code and code not in done and code not in path:
            path[code] = None
            code = areas[by_code[code]].parent_code
        if code in path:
            ring = list(path)[list(path).index(code) :]
            if len(ring) > 1:  # a ring of one is told as its own parent
                shown = " → ".join([*ring[:5], *(["…"] if len(ring) > 5 else []), code])
                message = _("上级关系成了环：%(path)s，请改正其中一个的上级编码。") % {"path": shown}
                for member in ring:
                    yield Problem(by_code[member], "parent_code", message)
        done.update(path)
