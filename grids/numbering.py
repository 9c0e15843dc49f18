"""The next free codes of grids and buildings, many at a time."""

from collections.abc import Iterable

from django.db.models.functions import Left
from django.utils.translation import gettext as _

from grids.choices import AreaKind
from grids.errors import AreaRefused
from grids.models import Area, CodeRule
from grids.queries import chunks

COMMUNITY_DIGITS = 12


class Numbers:
    """Gives codes by the rule of the kind (CodeRule): above every number taken in the community, by closed areas, too.

    `communities`: the codes of those that get new ones; `taken`: codes that are to be given out otherwise.
    """

    def __init__(self, communities: Iterable[str], taken: Iterable[str] = ()):
        self._rules = {rule.kind: rule for rule in CodeRule.objects.all()}
        rows = Area.objects.annotate(community_code=Left("code", COMMUNITY_DIGITS)).values_list("code", flat=True)
        self._taken = set(taken)
        for some in chunks(sorted(set(communities))):
            self._taken.update(rows.filter(community_code__in=some))
        self._last: dict[str, int] = {}
        for rule in self._rules.values():
            self._count(rule)

    def _count(self, rule: CodeRule) -> None:
        for code in self._taken:
            stem = f"{code[:COMMUNITY_DIGITS]}{rule.prefix}"
            number = code.removeprefix(stem)
            if code.startswith(stem) and number.isdecimal() and len(code) > COMMUNITY_DIGITS:
                self._last[stem] = max(self._last.get(stem, 0), int(number))

    def next(self, kind: str, community: str) -> str:
        """A code nobody has. Raises AreaRefused where no rule says how the kind is numbered."""
        rule = self._rules.get(kind)
        if rule is None:
            raise AreaRefused(_("没有%(kind)s的编码规则，请填写编码。") % {"kind": AreaKind(kind).label})
        stem = f"{community}{rule.prefix}"
        self._last[stem] = self._last.get(stem, 0) + 1
        return f"{stem}{self._last[stem]:0{rule.width}d}"
