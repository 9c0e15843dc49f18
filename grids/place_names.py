"""Which areas a text may name: every spelling of every area a user sees, loaded once for a list."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache

from grids import rules, spellings
from grids.choices import AreaKind
from grids.models import LEVELS, Area
from grids.queries import chunks
from grids.spellings import read_numbers, spell, tidy

KEPT = 20_000  # answers remembered: a list may have a hundred thousand texts
SMALL = (AreaKind.COMMUNITY, AreaKind.GRID, AreaKind.BUILDING)
OFFICIAL = (AreaKind.DISTRICT, AreaKind.STREET, AreaKind.COMMUNITY)
FIELDS = [field.attname for field in Area._meta.concrete_fields]
_USED = ("id", "kind", "code", "name", "full_name", "community_id", "tree_id", "lft", "rght", "closed_on")
AT = {name: FIELDS.index(name) for name in _USED}
LAST_NUMBER = re.compile(r"[0-9A-Z]+$")
ABOVE_US = re.compile(r"(?:[^省市]{2,4}省|[^区]{2,6}自治区)?(?:[^省市区县]{2,5}市)?")
_LINKS = [FIELDS.index(f"{name}_id") for name in (*LEVELS, "parent")]


class PlaceNames:
    """The areas `by` sees (None: all) and those above them, as plain tuples by their keys, and what each may be called."""

    def __init__(self, by):
        self.by = by
        self._rows: dict[int, tuple] = {}
        self._visible: set[int] | None = None  # None: all
        self._by_code: dict[str, int] = {}
        self._exact: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._stems: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        self._written: dict[str, list[int]] = defaultdict(list)  # what stands above others, as written before their names
        self._numbered: dict[str, list[int]] = defaultdict(list)  # buildings by the number their name ends with
        self._areas: dict[int, Area] = {}
        self._whole = lru_cache(KEPT)(self._whole)
        self._names = lru_cache(KEPT)(self._names)
        self._names_by_community = lru_cache(KEPT)(self._names_by_community)
        self._load()

    # --- Loading

    def _load(self) -> None:
        rows = Area.objects.all() if self.by is None else Area.objects.visible_to(self.by)
        for row in rows.values_list(*FIELDS):
            self._rows[row[0]] = row
        if self.by is not None:
            self._visible = set(self._rows)
            above = {row[at] for row in self._rows.values() for at in _LINKS}.difference(self._rows, [None])
            for some in chunks(sorted(above)):
                self._rows.update((row[0], row) for row in Area.objects.filter(pk__in=some).values_list(*FIELDS))
        for row in self._rows.values():
            self._index(row)
        self._many = len({row[AT["community_id"]] for row in self._rows.values()} - {None}) > 1

    def _index(self, row: tuple) -> None:
        key, kind = row[0], row[AT["kind"]]
        self._by_code[row[AT["code"]]] = key
        names = {read_numbers(tidy(row[AT["name"]])), read_numbers(tidy(row[AT["full_name"]]))}
        if kind not in OFFICIAL and (inner := self._without_community(row, names)):
            names.add(inner)
        stems = {stem_of(kind, name) for name in names}
        for name in names:
            self._exact[kind, name].append(key)
        for word, stem in stems | {("", stem) for _word, stem in stems}:
            self._stems[kind, word, stem].append(key)
        if kind != AreaKind.BUILDING:
            for text in {form for name in names for form in spellings.written_forms(kind, name)}:
                self._written[text].append(key)
        else:
            for number in {found[0] for _word, stem in stems if (found := LAST_NUMBER.search(stem))}:
                self._numbered[number].append(key)

    def _without_community(self, row: tuple, names: set[str]) -> str:
        """桃园社区第1网格 on record in 桃园社区 goes by 第1网格, too."""
        community = self._rows.get(row[AT["community_id"]])
        if community:
            full, short = (read_numbers(tidy(community[AT[name]])) for name in ("full_name", "name"))
            for name in names:
                for before in (full, short, spell(AreaKind.COMMUNITY, short).stem):
                    if name.startswith(before) and name != before:
                        return name.removeprefix(before)
        return ""

    def _area(self, key: int) -> Area:
        if key not in self._areas:
            self._areas[key] = Area.from_db("default", FIELDS, self._rows[key])
        return self._areas[key]

    def _is_bare(self, key: int) -> bool:
        row = self._rows[key]
        stem = stem_of(row[AT["kind"]], read_numbers(tidy(row[AT["name"]]))).stem
        return row[AT["kind"]] not in OFFICIAL and bool(LAST_NUMBER.fullmatch(stem))

    def _sees(self, key: int) -> bool:
        return self._visible is None or key in self._visible

    def _is_open(self, key: int) -> bool:
        return self._rows[key][AT["closed_on"]] is None

    def _fits(self, key: int, kind: str | None, within: Area | None) -> bool:
        row = self._rows[key]
        return (not kind or row[AT["kind"]] == kind) and (within is None or covers(numbers(within), row))

    # --- Reading names

    def _names(self, text: str) -> tuple[list[int], list[int]]:
        """Every area a text may name: by its whole name; by a shorter one or as a path."""
        read = read_numbers(text.strip(spellings.MARKS))
        exact, loose = self._whole(read)
        if not exact:
            loose = [*dict.fromkeys([*loose, *self._paths(read)])]
        if not exact and not loose and (end := ABOVE_US.match(read).end()):
            loose = [*dict.fromkeys(key for key in self._paths(read[end:]) if self._rows[key][AT["kind"]] in SMALL)]
        return exact, loose

    def _names_within(self, text: str, within: Area | None) -> Sequence[Sequence[int]]:
        """As _names, without most of those that stand elsewhere: every community has a 1号楼."""
        if within is None or within.community_id is None:
            return self._names(text)
        return [tier.get(within.community_id, ()) for tier in self._names_by_community(text)]

    def _names_by_community(self, text: str) -> list[dict[int | None, list[int]]]:
        tiers: list[dict[int | None, list[int]]] = []
        for keys in self._names(text):
            tiers.append(defaultdict(list))
            for key in keys:
                tiers[-1][self._rows[key][AT["community_id"]]].append(key)
        return tiers

    def _whole(self, text: str) -> tuple[list[int], list[int]]:
        exact: dict[int, None] = {}
        loose: dict[int, None] = {}
        for kind in AreaKind:
            word, stem = stem_of(kind, text)
            exact.update(
                dict.fromkeys(self._exact.get((kind, text)) or self._exact.get((kind, rules.shorten(kind, text).name), ()))
            )
            loose.update(dict.fromkeys(self._stems.get((kind, "", text), ())))
            loose.update(dict.fromkeys(self._stems.get((kind, word, stem), ()) if word or kind not in OFFICIAL else ()))
        return [*exact], [*loose]

    def _paths(self, text: str) -> Iterator[int]:
        """The areas named by the last of several names, each below the one before it."""
        for end in range(len(text) - 1, 0, -1):
            before, after = text[:end].rstrip(spellings.MARKS), text[end:].lstrip(spellings.MARKS)
            if not before or not after or (text[end - 1].isdigit() and text[end].isdigit()):
                continue
            if above := self._as_ancestor(before):
                exact, loose = self._whole(after)
                for one in above:
                    named = self._below(exact or loose, one)
                    yield from (key for key in named if not (self._is_large(one) and self._is_bare(key)))
                    yield from self._below([*self._paths(after)], one)

    def _as_ancestor(self, text: str) -> list[int]:
        """What a name with more behind it may mean: a grid only with its word, so that 11号楼 is not 1号楼 of grid 1."""
        exact = [key for kind in (*OFFICIAL, AreaKind.GRID) for key in self._exact.get((kind, text), ())]
        told = {self._rows[key][AT["kind"]] for key in exact}
        return exact + [key for key in self._written.get(text, ()) if self._rows[key][AT["kind"]] not in told]

    def _is_large(self, key: int) -> bool:
        return self._many and self._rows[key][AT["kind"]] not in SMALL

    def _below(self, keys: list[int], above: int) -> list[int]:
        tree, lft, rght = _numbers_of(self._rows[above])
        rows, at_tree, at_lft = self._rows, AT["tree_id"], AT["lft"]
        return [key for key in keys if lft < rows[key][at_lft] < rght and rows[key][at_tree] == tree]


def stem_of(kind: str, text: str) -> spellings.Spelling:
    """As spell; grids and buildings are the same whatever word is used for them."""
    found = spell(kind, text)
    return found if kind in OFFICIAL else spellings.Spelling("", found.stem)


def numbers(area: Area) -> tuple[int, int, int]:
    return area.tree_id, area.lft, area.rght


def _numbers_of(row: tuple) -> tuple[int, int, int]:
    return row[AT["tree_id"]], row[AT["lft"]], row[AT["rght"]]


def covers(outer: tuple[int, int, int], row: tuple) -> bool:
    tree, lft, rght = _numbers_of(row)
    return tree == outer[0] and outer[1] <= lft and rght <= outer[2]


def related(row: tuple, inside: tuple[int, int, int]) -> bool:
    tree, lft, rght = _numbers_of(row)
    return tree == inside[0] and (covers(inside, row) or (lft <= inside[1] and inside[2] <= rght))
