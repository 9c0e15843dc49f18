from django.db import models
from django.utils.translation import gettext_lazy as _


class AreaKind(models.TextChoices):
    DISTRICT = "district", _("区")
    STREET = "street", _("街道")
    COMMUNITY = "community", _("社区")
    GRID = "grid", _("网格")
    BUILDING = "building", _("楼栋")


# Which kind may stand under which (None: a root). A grid may hold grids: S1 has large and middle ones, S2 six sub-areas.
# A building stands under its community until the grids are drawn.
ALLOWED_PARENTS: dict[AreaKind, frozenset[AreaKind | None]] = {
    AreaKind.DISTRICT: frozenset({None}),
    AreaKind.STREET: frozenset({AreaKind.DISTRICT}),
    AreaKind.COMMUNITY: frozenset({AreaKind.STREET}),
    AreaKind.GRID: frozenset({AreaKind.COMMUNITY, AreaKind.GRID}),
    AreaKind.BUILDING: frozenset({AreaKind.COMMUNITY, AreaKind.GRID}),
}


class AreaForm(models.TextChoices):
    """What the place is called on its own documents; two forms of one kind have the same rules."""

    DISTRICT = "district", _("区")
    COUNTY = "county", _("县")
    CITY = "city", _("市")
    SUBDISTRICT = "subdistrict", _("街道")
    TOWN = "town", _("镇")
    TOWNSHIP = "township", _("乡")
    COMMUNITY = "community", _("社区")
    VILLAGE = "village", _("村")
    OTHER = "other", _("其他")


class AreaEventKind(models.TextChoices):
    RENAMED = "renamed", _("更名")
    MOVED = "moved", _("划转")
    SPLIT = "split", _("拆分")
    MERGED = "merged", _("合并")
    CLOSED = "closed", _("撤销")


class NormKind(models.TextChoices):
    """What a norm counts: sizes, and the days until a household is to be visited again."""

    HOUSEHOLDS_PER_GRID = "households_per_grid", _("每网格户数")
    PEOPLE_PER_GRID = "people_per_grid", _("每网格人数")
    GRIDS_PER_COMMUNITY = "grids_per_community", _("每社区网格数")
    MEMBERS_PER_BRANCH = "members_per_branch", _("每支部正式党员数")
    DAYS_BETWEEN_VISITS = "days_between_visits", _("普通住户走访间隔天数")
