"""How lists of placed rows and of areas are narrowed down the tree."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from gridparty.lib.addresses import row_named
from grids.choices import AreaKind
from grids.models import Area

_BELOW = {
    None: AreaKind.STREET,
    AreaKind.DISTRICT: AreaKind.STREET,
    AreaKind.STREET: AreaKind.COMMUNITY,
    AreaKind.COMMUNITY: AreaKind.GRID,
}
MAX_CHOICES = 120


class WithinFilter(admin.SimpleListFilter):
    """Narrow a list of placed rows step by step: streets, then the communities of one, then its grids."""

    title = _("所在区域")
    parameter_name = "within"

    def lookups(self, request, model_admin):
        areas = Area.objects.visible_to(request.user).open()
        self.chosen = row_named(areas, self.value())
        below = _BELOW.get(self.chosen.kind if self.chosen else None)
        rows = areas.within(self.chosen) if self.chosen else areas
        found = list(rows.filter(kind=below).order_by("code")[:MAX_CHOICES]) if below else []
        if not self.chosen and len(found) < 2:  # a street's or community's own staff begin one step further down
            found = list(areas.filter(kind__in=(AreaKind.COMMUNITY, AreaKind.GRID)).order_by("code")[:MAX_CHOICES])
        shown = [self.chosen] if self.chosen else []
        return [(area.pk, area.name) for area in [*shown, *found]]

    def has_output(self) -> bool:
        return True

    def queryset(self, request, rows):
        if self.value() is None:
            return rows
        return rows.within(self.chosen) if self.chosen else rows.none()


class ParentFilter(admin.SimpleListFilter):
    """Open the tree branch by branch: the areas right below one. Without it, where the user's scope begins."""

    title = _("上级")
    parameter_name = "parent"
    template = "admin/grids/area/no_filter.html"  # the chain stands above the list, not beside it

    def lookups(self, request, model_admin):
        """The chain from where the user's scope begins down to the open branch."""
        areas = Area.objects.visible_to(request.user)
        self.searching = any(request.GET.get(name) for name in ("q", "kind__exact"))
        self.top = list(areas.exclude(parent__in=areas.order_by().values("pk")).order_by("code")[:2])
        self.chosen = row_named(areas, self.value())
        if self.value() is None and len(self.top) == 1 and not self.searching:
            self.chosen = self.top[0]
        self.chain = []
        if self.chosen is not None:
            above = areas.filter(tree_id=self.chosen.tree_id, lft__lte=self.chosen.lft, rght__gte=self.chosen.rght)
            self.chain = list(above.order_by("lft"))
        return [(area.pk, area.name) for area in self.chain]

    def has_output(self) -> bool:
        return True

    def queryset(self, request, rows):
        if self.chosen is not None:
            return rows.filter(parent=self.chosen)
        if self.value() is not None:
            return rows.none()
        if self.searching:
            return rows
        return rows.exclude(parent__in=Area.objects.visible_to(request.user).order_by().values("pk"))
