"""Default data: how grids and buildings are numbered."""

from gridparty.lib.registry import defaults
from grids.choices import AreaKind
from grids.models import CodeRule

# 15 digits for a grid (its community's 12 and a number of 3); buildings get a letter, so that the two never meet.
RULES = {AreaKind.GRID: ("", 3), AreaKind.BUILDING: ("L", 3)}


@defaults
def code_rules() -> None:
    known = set(CodeRule.objects.values_list("kind", flat=True))
    CodeRule.objects.bulk_create(
        CodeRule(kind=kind, prefix=prefix, width=width) for kind, (prefix, width) in RULES.items() if kind not in known
    )
