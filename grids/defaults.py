"""Default data: how grids and buildings are numbered, and how big things should be."""

from gridparty.lib.registry import defaults
from grids.choices import AreaKind, NormKind
from grids.models import CodeRule, Norm

# 15 digits for a grid (its community's 12 and a number of 3); buildings get a letter, so that the two never meet.
RULES = {AreaKind.GRID: ("", 3), AreaKind.BUILDING: ("L", 3)}


@defaults
def code_rules() -> None:
    known = set(CodeRule.objects.values_list("kind", flat=True))
    CodeRule.objects.bulk_create(
        CodeRule(kind=kind, prefix=prefix, width=width) for kind, (prefix, width) in RULES.items() if kind not in known
    )


# Households and people a grid: S4; grids a community: S4 (S1 has 4 to 6); members a branch: from 3, over 50 a general branch.
# Days between visits of a household nobody of which is cared for: ours to begin with, once a quarter.
NORMS = {
    NormKind.HOUSEHOLDS_PER_GRID: (300, 500),
    NormKind.PEOPLE_PER_GRID: (1000, 1500),
    NormKind.GRIDS_PER_COMMUNITY: (2, 5),
    NormKind.MEMBERS_PER_BRANCH: (3, 50),
    NormKind.DAYS_BETWEEN_VISITS: (1, 90),
}


@defaults
def norms() -> None:
    known = set(Norm.objects.values_list("kind", flat=True))
    Norm.objects.bulk_create(Norm(kind=kind, low=low, high=high) for kind, (low, high) in NORMS.items() if kind not in known)
