"""Areas and doors by what offices write: a code, a name, a path of names, building-unit-room in one cell or several."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from gridparty.lib.access import Can, scope_of
from gridparty.lib.roster import CellRefused
from grids import spellings
from grids.choices import AreaKind
from grids.models import Area
from grids.place_names import ABOVE_US, AT, SMALL, PlaceNames, numbers, related
from grids.spellings import DoorText, read_chinese_numbers, read_numbers, spell, tidy

SHOWN = 3  # candidates named in a sentence
LONGEST = 200  # a text longer than this is no place
_CODE = re.compile(r"\d{6}|\d{9}|\d{12}[A-Z]{0,4}\d{0,8}", re.ASCII)
_SEVERAL = re.compile(r"[\w)][、,;/和&+][\w(]")
_LETTER_FOR_DIGIT = re.compile(r"\d[OIL]|[OIL]\d")
# An address names a road or a compound. A word for an area in what we do not know is a place we do not know; another building
# is one of two that may be meant.
_OTHER_PLACE = re.compile(
    "社区|居委|委员会|街道|办事处|网格|片区|镇|乡|村|县|州|盟|(?<![小园校院])区|市(?!场)|号楼|栋|幢|座|#|单元|室"
)
_ADDRESS = re.compile("路|街|巷|弄|胡同|大道|号|院|小区|公寓|宿舍")
_LAST_BUILDING = re.compile(
    r"(?P<address>.+?)-?(?P<building>第?[A-Z]?\d{1,4}[A-Z]?(?:号楼栋|号楼|号栋|号幢|#楼|#栋|楼栋|栋|幢|座|#))"
)


@dataclass(frozen=True, slots=True)
class Door:
    """A building with unit ("" where it has none) and room, written as households keep them."""

    building: Area
    unit: str
    room: str


class Places(PlaceNames):
    """Every area `by` sees, by its spellings; loaded once for a list (two queries). `by` None sees all.

    `area`: the Area the list is of; names that repeat are looked for there first, else in the only place `by` has.
    """

    def __init__(self, by, area: Area | None = None):
        super().__init__(by)
        self.context = area or self._only_place()
        self._found: dict[tuple, Area | CellRefused] = {}

    # --- What is asked

    def find(self, text: str, kind: str | None = None, within: Area | None = None) -> Area:
        """The open area `text` writes, of the kind, in `within` (another cell of the row). Raises CellRefused with a sentence.

        What stands outside the user's areas is not found, like what never was.
        """
        return self._remembered(self._find, tidy(text), kind, within)

    def find_door(self, text: str, within: Area | None = None, *, unit: str = "", room: str = "") -> Door:
        """The door `text` writes, or the parts of it that `unit` and `room` leave to it. `within`: the building or an area above.

        Raises CellRefused with an example of how to write it; never takes one of two buildings.
        """
        shown, text, unit, room = _cut(f"{text}{unit}{room}"), tidy(text), spellings.read_unit(unit), tidy(room)
        inside = within if within is not None else self.context
        known = inside is not None and inside.kind == AreaKind.BUILDING
        if room and "单元" in text:
            door = spellings.read_door(f"{text}-{room}", inside=known)
            if door and unit not in ("", door.unit):
                raise CellRefused(_("“%(text)s”里楼栋一格写的单元与单元一格的不一致，请核对。") % {"text": shown})
        elif room:
            door = DoorText(text, unit, spellings.read_room(room))
            parts = spellings.read_door(room, inside=True)
            if parts and not unit:
                door = DoorText(text + parts.building, parts.unit, parts.room)
            elif parts and parts.unit and len(parts.room) > 2:  # 2-301 beside 2单元; 1-1 may be a floor and a flat
                door = DoorText(text, unit, _room_of(parts, text, unit, shown))
        else:
            door = spellings.read_door(text, inside=known)
        if door is None or not door.room or not (door.building or known):
            raise CellRefused(_unclear_door(text, shown))
        if _SEVERAL.search(door.unit) or _SEVERAL.search(door.room):
            raise CellRefused(_("“%(text)s”像是几处房屋，请每处一行，室号只写 301 这样的号码。") % {"text": shown})
        if _LETTER_FOR_DIGIT.search(door.room):
            raise CellRefused(_("“%(text)s”的室号里有字母 O、I 或 L，像是数字写成了字母，请改正。") % {"text": shown})
        if len(door.unit) > 10 or len(door.room) > 20:
            raise CellRefused(_("“%(text)s”的单元或室号过长，请写成“3号楼2单元301室”。") % {"text": shown})
        building = self._remembered(self._building, door.building, within) if door.building else inside
        return Door(building, door.unit, door.room)

    def matches(self, text: str, kind: str, within: Area | None = None) -> list[Area]:
        """Every open area the text may mean, within the area; those above the user's included. By name only."""
        text = tidy(text)
        for tier in self._names_within(text, within):
            found = [key for key in tier if self._fits(key, kind, within) and self._is_open(key)]
            if found:
                return [self._area(key) for key in found]
        return []

    def at(self, code: str) -> Area | None:
        """The area of this code, closed ones and those above the user's included."""
        key = self._by_code.get(code)
        return None if key is None else self._area(key)

    def at_id(self, key: int | None) -> Area | None:
        """The area of this key, as `at`."""
        return self._area(key) if key in self._rows else None

    def parent(self, area: Area) -> Area | None:
        """The area above, so far as it may be named."""
        return self.at_id(area.parent_id)

    def is_called(self, area: Area, text: str) -> bool:
        """Whether the text is one way to write the area's name."""
        return any(area.pk in tier for tier in self._whole(read_numbers(tidy(text))))

    def path(self, area: Area) -> str:
        """桃园社区第1网格1号楼: how an area is named where several have its name."""
        outer = [self._rows.get(getattr(area, f"{level}_id")) for level in ("community", "grid")]
        names = [row[AT["name"]] for row in outer if row and row[AT["id"]] != area.pk]
        return "".join([*names, area.name])

    # --- Choosing

    def _only_place(self) -> Area | None:
        """The one area all of the user's rights are in, so far as it is small enough to tell anything."""
        scope = scope_of(self.by)
        keys = {reach.area_id for reach in scope.reaches(Can.SEE_AREAS)}
        if len(keys) != 1 or scope.everywhere(Can.SEE_AREAS):
            return None
        return Area.objects.visible_to(self.by).filter(pk__in=keys).first()

    def _remembered(self, search: Callable[..., Area], text: str, *rest) -> Area:
        key = (search.__name__, text, *(getattr(one, "pk", one) for one in rest))
        if key not in self._found:
            try:
                self._found[key] = search(text, *rest)
            except CellRefused as refusal:
                self._found[key] = refusal
        found = self._found[key]
        if isinstance(found, CellRefused):
            raise CellRefused(str(found))
        return found

    def _find(self, text: str, kind: str | None, within: Area | None) -> Area:
        if not text or len(text) > LONGEST:
            raise CellRefused(_not_found(text, kind, within))
        if _CODE.fullmatch(text) and len(text) >= 6:
            return self._of_code(text, kind, within)
        inside = [within] if within is not None or self.context is None else [self.context, None]
        for one in inside:
            for tier in self._names_within(text, one):
                found = [key for key in tier if self._sees(key) and self._fits(key, kind, one)]
                if standing := [key for key in found if self._is_open(key)]:
                    return self._one_of(text, standing, one)
        tiers = self._names_within(text, within)
        closed = {key for tier in tiers for key in tier if self._sees(key) and self._fits(key, kind, within)}
        if len(closed) == 1:
            raise CellRefused(_closed(self._area(*closed)))
        raise CellRefused(_not_found(text, kind, within))

    def _of_code(self, text: str, kind: str | None, within: Area | None) -> Area:
        key = self._by_code.get(text.ljust(12, "0"))
        if key is None or not self._sees(key) or (within is not None and not self._fits(key, None, within)):
            raise CellRefused(_not_found(text, kind, within))
        area = self._area(key)
        if kind and area.kind != kind:
            words = {"code": text, "kind": area.get_kind_display(), "wanted": AreaKind(kind).label}
            raise CellRefused(_("编码 %(code)s 是%(kind)s，这里应填%(wanted)s的名称或编码。") % words)
        if not area.is_open:
            raise CellRefused(_closed(area))
        return area

    def _one_of(self, text: str, keys: list[int], inside: Area | None) -> Area:
        areas = [self._area(key) for key in keys]
        words = {"text": _cut(text), "example": self.path(areas[0])}
        if len(keys) == 1:
            if (inside is None or inside.kind not in SMALL) and self._is_number_of_many(keys[0], text):
                raise CellRefused(_("只写“%(text)s”看不出是哪个社区的，请写明社区（如“%(example)s”）或填写编码。") % words)
            return areas[0]
        raise CellRefused(self.which(text, areas))

    def which(self, text: str, areas: Sequence[Area]) -> str:
        """The sentence that asks which of these is meant."""
        listed = "、".join(f"{self.path(area)}（{area.code}）" for area in areas[:SHOWN])
        words = {"text": _cut(text), "n": len(areas), "listed": listed + ("等" if len(areas) > SHOWN else "")}
        words["example"] = self.path(areas[0])
        return _("“%(text)s”有 %(n)d 处：%(listed)s，请连同社区一起写明（如“%(example)s”）或填写编码。") % words

    def _is_number_of_many(self, key: int, text: str) -> bool:
        """Whether a bare 57号楼 was asked for that any of several communities may have, though one alone has it on record."""
        exact, loose = self._whole(read_numbers(text.strip(spellings.MARKS)))
        return self._many and self._is_bare(key) and key in (*exact, *loose)

    # --- Doors

    def _building(self, text: str, within: Area | None) -> Area:
        try:
            return self._find(text, AreaKind.BUILDING, within)
        except CellRefused:
            if (found := self._at_address(text, within)) is None:
                raise
            return found

    def _at_address(self, text: str, within: Area | None) -> Area | None:
        """The building at the end of a street address that is not ours to know (桃园路12号院3号楼), where only one can be meant.

        Only within a community, and only where a single building there ends with this number: two compounds have two.
        """
        parts = _LAST_BUILDING.fullmatch(read_numbers(read_chinese_numbers(text)))
        if not parts:
            return None
        address, inside = self._inside_of(parts["address"], within if within is not None else self.context)
        stem = spell(AreaKind.BUILDING, parts["building"]).stem
        if inside is None or inside.kind not in SMALL or not self._is_address(address):
            return None
        keys = [key for key in self._numbered.get(stem, ()) if self._sees(key) and self._fits(key, None, inside)]
        keys = [key for key in keys if self._is_open(key)]
        if len(keys) != 1:
            return None
        found = self._area(keys[0])
        return found if spell(AreaKind.BUILDING, read_numbers(tidy(found.name))).stem == stem else None

    def _is_address(self, text: str) -> bool:
        """Whether this is a road or a compound, and not the name of an area, one we know or one we do not."""
        return not text or bool(_ADDRESS.search(text) and not _OTHER_PLACE.search(text) and not any(self._names(text)))

    def _inside_of(self, address: str, inside: Area | None) -> tuple[str, Area | None]:
        """The address without the names of areas at its beginning, and the smallest of them."""
        found = ABOVE_US.match(address)
        for start in dict.fromkeys((found.end(), 0)):
            for end in range(len(address), start + 1, -1):
                named = [self._area(key) for key in self._named_above(address[start:end], inside)]
                if len(named) == 1:
                    return address[end:], named[0] if inside is None or named[0].rght < inside.rght else inside
        return address, inside

    def _named_above(self, text: str, inside: Area | None) -> list[int]:
        """Areas down to the grid that the text names and that cover the context or stand in it.

        Only by a name with its word: 桃园 may be the beginning of a road.
        """
        keys = {key for tier in self._names(text) for key in tier if spell(self._rows[key][AT["kind"]], text).word}
        if inside is not None:
            keys = {key for key in keys if related(self._rows[key], numbers(inside))}
        return [key for key in keys if self._rows[key][AT["kind"]] != AreaKind.BUILDING and self._is_open(key)]


# --- Sentences


def _cut(text) -> str:
    return str(text)[:30]


def _room_of(parts: DoorText, building: str, unit: str, shown: str) -> str:
    """The room of a cell that repeats the unit, or building and unit, of the cells beside it. Raises CellRefused for others."""
    other = (
        parts.building and spell(AreaKind.BUILDING, parts.building).stem != spell(AreaKind.BUILDING, read_numbers(building)).stem
    )
    if parts.unit != unit or other:
        raise CellRefused(_("“%(text)s”里室号写的单元或楼栋与前面的不一致，请核对，室号只写 301 这样的号码。") % {"text": shown})
    return parts.room


def _not_found(text: str, kind: str | None, within: Area | None) -> str:
    words = {"text": _cut(text), "kind": AreaKind(kind).label if kind else _("区域")}
    if within is not None:
        return _("“%(within)s”之下没有找到%(kind)s“%(text)s”，请核对两者，或填写编码。") % {**words, "within": within.name}
    return _("您的管理范围内没有找到%(kind)s“%(text)s”，请核对名称，或填写编码。") % words


def _closed(area: Area) -> str:
    words = {"name": area.name, "code": area.code}
    return _("“%(name)s”（编码 %(code)s）已撤销，请改填现有的区域。") % words


def _unclear_door(text: str, shown: str) -> str:
    if not shown:
        return _("没有填写楼栋和室号，请写成“桃园社区3号楼2单元301室”的样子。")
    if spellings.is_two_numbers(text):
        return _("“%(text)s”看不出是哪号楼还是哪个单元，请写成“3号楼2单元301室”或“3号楼301室”。") % {"text": shown}
    return _("“%(text)s”看不出楼栋、单元和室号，请写成“桃园社区3号楼2单元301室”或“3-2-301”。") % {"text": shown}
