"""Doors to the area tree and to what is placed in it."""

from django.db.models import Q
from mptt.querysets import TreeQuerySet

from audit.querysets import AuditedQuerySet
from gridparty.lib.access import Can, ScopedQuerySet, scope_of


class PlacedQuerySet(AuditedQuerySet, ScopedQuerySet):
    """Rows that have a place."""

    def within(self, area):
        """The rows in `area` and below it (an Area row)."""
        return self.filter(area.reach.q("area__"))


class OfPlacedQuerySet(AuditedQuerySet, ScopedQuerySet):
    """Parts of a row that has a place; `path` leads to it."""

    path = ""

    @classmethod
    def of(cls, path: str):
        """The manager of parts that find their whole by this path ("post__")."""
        return type(cls.__name__, (cls,), {"path": path}).as_manager()

    def _reach(self, user, can: Can) -> Q:
        return scope_of(user).q(can, area_path=f"{self.path}area__", place_path=self.path)


class AreaQuerySet(TreeQuerySet, AuditedQuerySet, ScopedQuerySet):
    def _reach(self, user, can: Can) -> Q:
        """Areas are their own place; what one may change begins below the area one is appointed to."""
        return scope_of(user).q(can, area_path="", strictly_below=can == self.model.edit)

    def reached_by(self, user, can: Can):
        """Every area a capability of `user` reaches, the one it stands on included: where the user may put something."""
        return self.filter(scope_of(user).q(can, area_path=""))

    def parents_for(self, user):
        """What `user` may draw new areas under."""
        return self.reached_by(user, self.model.edit)

    def within(self, area):
        return self.filter(area.reach.q(""))

    def open(self):
        return self.filter(closed_on=None)
