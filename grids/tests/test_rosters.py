"""How levels are read, names shortened and lists walked. What a whole file comes to is shown in rosters/tests."""

import pytest

from gridparty.lib.roster import CellRefused
from grids.choices import AreaKind
from grids.rosters.areas import read_level
from grids.rules import NewArea, anchors, shorten


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("区", "县", "市辖区", "县级市", "区（县）", "区/县", "district", "County", "DISTRICT"), AreaKind.DISTRICT),
        (("街道", "镇", "乡", "街道办", "街道（镇）", "乡镇（街道）", "街 道", "street", "Town", "Subdistrict"), AreaKind.STREET),
        (("社区", "村", "村（社区）", "社区/村", "村（居）", "居委会", "行政村", "community", "Village"), AreaKind.COMMUNITY),
        (("网格", "片区", "小网格", "grid"), AreaKind.GRID),
        (("楼栋", "楼", "幢", "Building"), AreaKind.BUILDING),
    ],
)
def test_levels_as_offices_write_them(words, kind):
    assert {word: read_level(word) for word in words} == dict.fromkeys(words, kind)


@pytest.mark.parametrize("word", ["部落", "无", "5", 5, "区社区", "village green", "—"])
def test_an_unknown_level_is_told_with_those_there_are(word):
    with pytest.raises(CellRefused, match="应为区、街道、社区、网格、楼栋之一"):
        read_level(word)


@pytest.mark.parametrize(
    ("kind", "official", "short", "form"),
    [
        ("community", "东张家庄村居民委员会", "东张家庄村社区", "community"),
        ("community", "铁路家属区居委会", "铁路家属区社区", "community"),
        ("community", "桃园社区", "桃园社区", "community"),
        ("community", "杏园村", "杏园村", "village"),
        ("community", "经济开发区", "经济开发区", "other"),
        ("street", "东街街道办事处", "东街街道", "subdistrict"),
        ("street", "柳镇", "柳镇", "town"),
        ("street", "回族乡", "回族乡", "township"),
        ("street", "林场", "林场", "other"),
        ("district", "平阴县", "平阴县", "county"),
        ("district", "新泰市", "新泰市", "city"),
        ("grid", "第1网格", "第1网格", "other"),
    ],
)
def test_short_names_beyond_that_list(kind, official, short, form):
    assert shorten(kind, official) == (short, form)


def test_anchors_of_rings_and_roots():
    def area(code, parent):
        return NewArea("grid", code, code, code, "other", parent)

    listed = [area("a", "b"), area("b", "a"), area("c", "a"), area("d", "x"), area("e", "d"), area("f", None), area("g", "f")]
    found = anchors(listed)
    assert {found.pop("a"), found.pop("b")} <= {"a", "b"}
    assert found.pop("c") in {"a", "b"}
    assert found == {"d": "x", "e": "x", "f": None, "g": None}
