"""Organisations and units found by what offices call them, among those a user may see; loaded once for a whole register."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache
from itertools import zip_longest

from django.utils.translation import gettext as _

from gridparty.lib.roster import CellRefused
from gridparty.lib.text import plain
from grids.models import LEVELS, Area
from grids.queries import chunks
from grids.spellings import read_numbers
from members.choices import OrganisationKind
from members.models import ClassUse, MemberClass, PartyOrganisation, Unit

_K = OrganisationKind
_LOOSE = re.compile("[\\s()\\[\\]〔〕【】「」《》“”‘’\"']|(?<![0-9])/|/(?![0-9])")
_PARTY = re.compile("^(中国共产党|中共)")
_ENDINGS = {
    _K.WORK_COMMITTEE: "工作委员会 党工委 工委",
    _K.GENERAL_BRANCH: "总支部委员会 总支委员会 党总支部委员会 党总支委员会 党总支部 总支部 党总支 总支",
    _K.BRANCH: "支部委员会 党支部委员会 党支部 支部",
    _K.GROUP: "党小组 小组",
    _K.COMMITTEE: "党委会 党委 委员会",
}
_KIND_OF = sorted(((word, kind) for kind, words in _ENDINGS.items() for word in words.split()), key=lambda one: -len(one[0]))
# 第6网格党支部（临时） is 第6网格临时党支部
_REMARK = re.compile(f"({'|'.join(word for word, _kind in _KIND_OF)})(临时|筹|功能型)$")
_NUMBER = re.compile(r"第(?=\d)")
_SUFFIX = re.compile("(社区|街道|[区县市镇乡村])$")
# Names that every community has: outside the area a list is of, they say nothing.
_GENERIC = re.compile(r"\d*(网格|号?楼|栋|幢|片区?|组|小?区)?|退休|离退休|老年|在职|流动|机关|直属|联合|综合")
MANY = 20


@lru_cache(maxsize=10_000)  # asked for every row and every name it might be
def folded(text: str) -> str:
    """A name as it is compared: no spaces, brackets and quotes, no full-width letters, no capitals."""
    return _LOOSE.sub("", plain(text)).lower()


def named_alike(name: str) -> tuple[str, OrganisationKind | None]:
    """What two ways to write one organisation have in common, but for the places before it."""
    return _parted(name)


_FILLERS = re.compile("第|号|党|网格|社区|公司|有限|责任|股份|集团|联合|临时|筹|功能型|离(?=退)")


def likened(stem: str) -> tuple[tuple[str, ...], str]:
    """What two names that may be meant for one have in common: their numbers, and their other words in any order."""
    rest = _FILLERS.sub("", _counted(folded(stem)))
    return tuple(sorted(re.findall(r"\d+", rest))), "".join(sorted(re.sub(r"\d+", "", rest)))


def official_parts(name: str) -> tuple[str, OrganisationKind | None] | None:
    """What stands between 中共 and 支部委员会 in an official name, and its kind; None for another name."""
    text = plain(name)
    if not (begun := _PARTY.match(text)):
        return None
    text = text[begun.end() :]
    return next(((text.removesuffix(word), kind) for word, kind in _KIND_OF if text.endswith(word)), None)


def kind_in(name: str) -> OrganisationKind | None:
    """The kind of organisation that the ending of a name says."""
    return _parted(name)[1]


def _counted(text: str) -> str:
    """第一网格, 第01网格, 第1网格 as 1网格."""
    return _NUMBER.sub("", read_numbers(text))


def _parted(name: str) -> tuple[str, OrganisationKind | None]:
    """What an organisation is called without the party before it and its kind behind it, and that kind."""
    text = _REMARK.sub(r"\2\1", _PARTY.sub("", folded(name)))
    for word, kind in _KIND_OF:
        if text.endswith(word):
            return _counted(text.removesuffix(word)), kind
    return _counted(text), None


def _variants(*names: str | None) -> frozenset[str]:
    """How a place is called when it stands before a name: 桃园社区居民委员会, 桃园社区, 桃园."""
    words = {_counted(folded(name)) for name in names if name}
    return frozenset(words | {short for word in words if len(short := _SUFFIX.sub("", word)) > 1})


class _Called:
    """One organisation: the ways to write it, and what may stand before them."""

    def __init__(self, row: PartyOrganisation, before: list[frozenset[str]]):
        self.row, self.before = row, before
        stems = {_parted(name) for name in (row.name, row.full_name)}
        self.short, self.full = folded(row.name), folded(row.full_name)
        self.kinds = {row.kind, *(kind for _stem, kind in stems)}
        self.stems = {form for stem, _kind in stems for form in self._forms(stem, 3) if form}

    def _forms(self, stem: str, depth: int) -> Iterator[str]:
        """The stem, without the places before it, and with their other names."""
        yield stem
        for words in self.before if depth else ():
            for word in words:
                if stem.startswith(word):
                    rests = list(self._forms(stem.removeprefix(word), depth - 1))
                    yield from rests
                    yield from (other + rest for other in words for rest in rests)

    def explains(self, prefix: str) -> bool:
        """Whether nothing but names of what stands above was written before the name."""
        return not prefix or any(
            prefix.startswith(word) and self.explains(prefix.removeprefix(word)) for words in self.before for word in words
        )

    def means(self, stem: str, kind: str | None) -> bool:
        """Whether a name parted so is one of this organisation."""
        if kind is not None and kind not in self.kinds:
            return False
        return any(stem[cut:] in self.stems and self.explains(stem[:cut]) for cut in range(len(stem)))


class _Finder:
    """Answers are kept for each text: a register of a hundred thousand rows names some hundred organisations."""

    def __init__(self, by):
        self.by = by
        self._answers: dict[tuple, object] = {}

    def _cached(self, text: str, within: Area | None, look_up: Callable):
        key = (text, within and within.pk)
        if key not in self._answers:
            try:
                self._answers[key] = look_up(text, within)
            except CellRefused as refusal:
                self._answers[key] = str(refusal)
        answer = self._answers[key]
        if isinstance(answer, str):
            raise CellRefused(answer)
        return answer


def _indexed(pairs: Iterable[tuple]) -> dict:
    """{key: those with it}"""
    index = defaultdict(list)
    for key, one in pairs:
        index[key].append(one)
    return dict(index)


def inside(rows: Iterable, within: Area | None) -> list:
    """Those of `rows` (with `area` at hand) that stand in an area or below it."""
    return [row for row in rows if row.area is not None and covers(within, row.area)] if within else list(rows)


def covers(outer: Area, inner: Area) -> bool:
    """Whether `inner` is the area `outer` or stands below it."""
    return outer.tree_id == inner.tree_id and outer.lft <= inner.lft and inner.rght <= outer.rght


def _in_words(row) -> str:
    return f"{row.community_name} / {row.name}" if row.community_name else row.name


def _one_of(found: list, text: str, unknown: str) -> object:
    """The one found. Raises CellRefused."""
    if len(found) == 1:
        return found[0]
    words = {"text": text[:40], "names": "、".join(f"“{_in_words(row)}”" for row in found[:3]), "n": len(found)}
    if found:
        raise CellRefused(_("“%(text)s”对应 %(n)d 个：%(names)s等，请写明所在社区或全称。") % words)
    raise CellRefused(unknown % words)


class Organisations(_Finder):
    """The open organisations `by` may see (`editable`: may change), found by name; `by` None finds all. Four queries at most."""

    def __init__(self, by, *, editable: bool = False):
        super().__init__(by)
        self._editable = editable
        self._meant: dict[str, list[PartyOrganisation]] = {}
        self._by_word: dict[str, dict[str, list[_Called]]] = {}

    def find(self, text: str, within: Area | None = None) -> PartyOrganisation:
        """The organisation of this name; its `area` is at hand. Raises CellRefused.

        Full name or short name, with or without 中共 before it, with any ending of its kind (支部委员会, 党支部, 支部), and with
        or without the names of areas and organisations above before it. Those in `within` come first.
        """
        return self._cached(text, within, self._find)

    def has(self, key: int) -> bool:
        """Whether the organisation of this key is among them, open or closed."""
        return key in self._places

    def alone_at(self, area: Area) -> PartyOrganisation | None:
        """The one organisation, groups apart, that stands on this very area."""
        found = [row for row in self.open if row.area_id == area.pk and row.kind != _K.GROUP]
        return found[0] if len(found) == 1 else None

    def called(self, text: str) -> list[PartyOrganisation]:
        """All that may be meant."""
        if text not in self._meant:
            stem, kind = _parted(text)
            found = {one.row.pk: one.row for one in self._by_name.get(folded(text), ())}
            for cut in range(len(stem)):
                for one in self._candidates(stem[cut:], stem[:cut]):
                    if (kind is None or kind in one.kinds) and one.explains(stem[:cut]):
                        found[one.row.pk] = one.row
            self._meant[text] = list(found.values())
        return self._meant[text]

    def _candidates(self, stem: str, prefix: str) -> list[_Called]:
        """Those with this stem; of hundreds (every community has a first grid) those that may stand behind the prefix."""
        found = self._by_stem.get(stem, [])
        if not prefix or len(found) < MANY:
            return found
        if stem not in self._by_word:
            index = self._by_word[stem] = defaultdict(list)
            for one in found:
                for word in set().union(*one.before):
                    index[word].append(one)
        return [one for cut in range(len(prefix)) for one in self._by_word[stem].get(prefix[cut:], ())]

    def exactly(self, text: str, below: int | None = None) -> list[PartyOrganisation]:
        """Those with just this short or full name; right below this organisation, if given."""
        text = folded(text)
        if below is not None:
            return [one.row for one in self._below.get(below, ()) if text in (one.short, one.full)]
        return [one.row for one in self._by_name.get(text, ())]

    def likely(self, *names: str) -> list[PartyOrganisation]:
        """Those whose name is so like one of these that the same may be meant."""
        parted = {(stem[cut:], stem[:cut], kind) for stem, kind in map(_parted, names) for cut in range(len(stem))}
        keys = {(likened(stem), before, kind) for stem, before, kind in parted}
        found = {
            one.row.pk: one.row
            for key, before, kind in keys
            if any(key)
            for one in self._by_likeness.get(key, ())
            if (kind is None or kind in one.kinds) and one.explains(before)
        }
        return list(found.values())

    def alike_below(self, text: str, parent: int) -> list[PartyOrganisation]:
        """Those right below an organisation that may be meant."""
        stem, kind = _parted(text)
        return [one.row for one in self._below.get(parent, ()) if one.means(stem, kind)]

    def find_above(self, text: str, area: Area | None) -> PartyOrganisation:
        """As find, for the parent of an organisation at `area`: those of areas around it come first. Raises CellRefused."""
        found = self.called(text)
        if area is not None:
            around = [row for row in found if row.area is not None and covers(row.area, area)]
            beside = [row for row in found if row.community_id and row.community_id == area.community_id]
            found = around or beside or self._not_generic(found, text)
        return self._answer(found, text)

    def _find(self, text: str, within: Area | None) -> PartyOrganisation:
        found = self.called(text)
        if within is not None:
            found = inside(found, within) or self._not_generic(found, text)
        return self._answer(found, text)

    def _not_generic(self, found: list[PartyOrganisation], text: str) -> list[PartyOrganisation]:
        """None of them where the name is one that every community has: another community's is not meant."""
        return [] if _GENERIC.fullmatch(_parted(text)[0]) else found

    def _answer(self, found: list[PartyOrganisation], text: str) -> PartyOrganisation:
        if not found and any(folded(text) in (folded(row.name), folded(row.full_name)) for row in self._closed):
            raise CellRefused(_("党组织“%(text)s”已撤销，请改为现有的党组织。") % {"text": text[:40]})
        unknown = _("没有找到党组织“%(text)s”，或不在您的管理范围内，请按在案的全称填写。")
        return _one_of(self._closest(found, folded(text)), text, unknown)

    def _closest(self, found: list[PartyOrganisation], text: str) -> list[PartyOrganisation]:
        """The one called exactly so, where the others only might be meant."""
        whole = [row for row in found if folded(row.full_name) == text != folded(row.name)]
        exact = [row for row in found if text in (folded(row.name), folded(row.full_name))]
        if len(whole) == 1:
            return whole
        return exact if len(exact) == 1 and len({row.community_id for row in found}) == 1 else found

    def at(self, key: int | None) -> PartyOrganisation | None:
        """The one with this key, closed ones included."""
        return self._by_key.get(key)

    @cached_property
    def _by_key(self) -> dict[int, PartyOrganisation]:
        return {row.pk: row for row in self._rows}

    @cached_property
    def open(self) -> list[PartyOrganisation]:
        return [row for row in self._rows if row.closed_on is None]

    @cached_property
    def _closed(self) -> list[PartyOrganisation]:
        return [row for row in self._rows if row.closed_on]

    @cached_property
    def _rows(self) -> list[PartyOrganisation]:
        rows = list(self._reached.select_related("area"))
        for row in rows:
            names = self._places.get(row.pk, ())
            row.community_name = names[2 * LEVELS.index("community")] if names else None
        return rows

    @property
    def _reached(self):
        rows = PartyOrganisation.objects.all()
        if self.by is not None:
            rows = rows.editable_by(self.by) if self._editable else rows.visible_to(self.by)
        return rows

    @cached_property
    def _places(self) -> dict[int, tuple]:
        """{organisation: short and full names of its district, street … area}."""
        names = [f"{level}__{name}" for level in (*LEVELS, "area") for name in ("name", "full_name")]
        return {row[0]: row[1:] for row in self._reached.values_list("pk", *names)}

    @cached_property
    def _all_called(self) -> list[_Called]:
        rows = {row.pk: row for row in self._rows}
        parted = {pk: _above(row) for pk, row in rows.items()}
        found = []
        for row in self.open:
            names = iter(self._places[row.pk])
            places = [_variants(*pair) for pair in zip_longest(names, names) if any(pair)]
            above = [parted[pk] for pk in map(int, row.path.strip("/").split("/")[:-1]) if pk in parted]
            found.append(_Called(row, [*places, *above]))
        return found

    @cached_property
    def _by_stem(self) -> dict[str, list[_Called]]:
        return _indexed((stem, one) for one in self._all_called for stem in one.stems)

    @cached_property
    def _by_likeness(self) -> dict[tuple, list[_Called]]:
        return _indexed((key, one) for one in self._all_called for key in {likened(stem) for stem in one.stems})

    @cached_property
    def _by_name(self) -> dict[str, list[_Called]]:
        return _indexed((name, one) for one in self._all_called for name in {one.short, one.full})

    @cached_property
    def _below(self) -> dict[int | None, list[_Called]]:
        return _indexed((one.row.parent_id, one) for one in self._all_called)


def _above(row: PartyOrganisation) -> frozenset[str]:
    """How an organisation is called when it stands before the name of one below it."""
    stem, kind = _parted(row.full_name)
    short = _parted(row.name)[0]
    words = _ENDINGS[kind or row.kind].split()
    return frozenset({base + ending for base in (stem, short) if base for ending in ("", *words)})


class Units(_Finder):
    """The units `by` may see, found by name or credit code; `by` None finds all. One query."""

    def find(self, text: str, within: Area | None = None) -> Unit:
        """The unit of this name, its phone not loaded; those in `within` come first. Raises CellRefused."""
        return self._cached(text, within, self._find)

    def called(self, text: str) -> list[Unit]:
        return self._index.get(folded(text), [])

    def _find(self, text: str, within: Area | None) -> Unit:
        found = self.called(text)
        near = inside(found, within) or found
        return _one_of(near, text, _("没有找到单位“%(text)s”，或不在您的管理范围内，请核对名称，或先登记该单位。"))

    def likely(self, name: str) -> list[Unit]:
        """Those whose name is so like this one that the same may be meant: 桃园物业 and 桃园物业有限公司."""
        key = likened(name)
        return self._by_likeness.get(key, []) if key[1] else []

    @cached_property
    def _by_likeness(self) -> dict[tuple, list[Unit]]:
        return _indexed((likened(row.name), row) for row in self.all)

    @cached_property
    def all(self) -> list[Unit]:
        rows = Unit.objects.all() if self.by is None else Unit.objects.visible_to(self.by)
        rows = list(rows.select_related("area", "community").defer("contact_phone"))
        for row in rows:
            row.community_name = row.community.name if row.community else None
        return rows

    @cached_property
    def _index(self) -> dict[str, list[Unit]]:
        return _indexed((name, row) for row in self.all for name in {folded(row.name), row.credit_code.lower()} - {""})

    def phones(self, keys: Iterable[int]) -> dict[int, str]:
        """{unit: its phone}: only those asked for are decrypted."""
        keys = sorted(keys)
        return {
            pk: phone
            for some in chunks(keys)
            for pk, phone in Unit.objects.filter(pk__in=some).values_list("pk", "contact_phone")
        }


class Classes:
    """The classes of members, found by their label in the scheme that is in force at an area. Two queries."""

    def find(self, text: str, area: Area | None) -> MemberClass:
        """The class of this label. Raises CellRefused."""
        classes = self._at(area)
        found = [one for one in classes if folded(one.name) == folded(text)][:1]  # no scheme is named: the first has it
        found = found or [one for one in classes if folded(one.name).removesuffix("党员") == folded(text).removesuffix("党员")]
        if len(found) == 1:
            return found[0]
        words = {"text": text[:20], "names": "、".join(dict.fromkeys(one.name for one in classes))}
        raise CellRefused(_("没有“%(text)s”这个党员类别，应为%(names)s之一。") % words)

    def first(self, area: Area | None) -> MemberClass | None:
        """The class of who is in none: the first of the scheme."""
        return next(iter(self._at(area)), None)

    def _at(self, area: Area | None) -> list[MemberClass]:
        key = area and area.pk
        if key not in self._answers:
            above = [use for use in self._uses if area is not None and use.area.reach.covers(area)]
            scheme = max(above, key=lambda use: use.area.level).scheme_id if above else None
            self._answers[key] = [one for one in self._all if scheme is None or one.scheme_id == scheme]
        return self._answers[key]

    @cached_property
    def _answers(self) -> dict[int | None, list[MemberClass]]:
        return {}

    @cached_property
    def _uses(self) -> list[ClassUse]:
        return list(ClassUse.objects.select_related("area"))

    @cached_property
    def _all(self) -> list[MemberClass]:
        return list(MemberClass.objects.select_related("mode").order_by("scheme", "pk"))
