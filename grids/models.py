"""The area tree and the base of everything that has a place in it."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from mptt.managers import TreeManager
from mptt.models import MPTTModel, TreeForeignKey

from audit.models import Audited, Setting
from gridparty.lib.access import Can, Reach
from grids import locks
from grids.choices import AreaEventKind, AreaForm, AreaKind, NormKind
from grids.querysets import AreaQuerySet, PlacedQuerySet

# The copied ancestors of a place. `grid` is the outermost one, so that scope on it is an equality.
LEVELS = ("district", "street", "community", "grid")


def _ancestor(label):
    # No index of its own: each model declares composite ones that begin with these columns. Nor a constraint in the database:
    # these are copies of what `area`, which has one, says; four more checks a row cost a long list more than all its columns.
    return models.ForeignKey(
        "grids.Area",
        models.PROTECT,
        verbose_name=label,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )


class AncestorColumns(models.Model):
    """`district` … `grid`, copied from the area; written only by grids.tree and the place action."""

    district = _ancestor(_("区"))
    street = _ancestor(_("街道"))
    community = _ancestor(_("社区"))
    grid = _ancestor(_("网格"))

    class Meta:
        abstract = True


class Area(MPTTModel, Audited, AncestorColumns):
    """One place of the tree. Tree and ancestor columns change only through grids.actions, under the tree lock."""

    see = Can.SEE_AREAS
    edit = Can.EDIT_AREAS
    derived_fields = frozenset({"lft", "rght", "tree_id", "level", "revision", *LEVELS})

    kind = models.CharField(_("级别"), max_length=10, choices=AreaKind)
    form = models.CharField(_("建制"), max_length=12, choices=AreaForm, default=AreaForm.OTHER)
    code = models.CharField(_("编码"), max_length=24, unique=True)
    name = models.CharField(_("简称"), max_length=60)
    full_name = models.CharField(_("全称"), max_length=100)
    parent = TreeForeignKey("self", models.PROTECT, verbose_name=_("上级"), null=True, blank=True, related_name="children")
    opened_on = models.DateField(_("设立日期"), null=True, blank=True)
    closed_on = models.DateField(_("撤销日期"), null=True, blank=True)
    # Raised by every redrawing: who acts on an older drawing is told instead of undoing another's work.
    revision = models.PositiveIntegerField(default=0, editable=False)

    objects = TreeManager.from_queryset(AreaQuerySet)()

    class Meta:
        verbose_name = verbose_name_plural = _("区域")
        # django-mptt adds (tree_id, lft) itself; naming tree_id here fails (FieldDoesNotExist).
        indexes = [
            models.Index(fields=["district", "kind", "code"], name="area_district"),
            models.Index(fields=["street", "kind", "code"], name="area_street"),
            models.Index(fields=["community", "kind", "code"], name="area_community"),
            models.Index(fields=["grid", "kind", "code"], name="area_grid"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"], condition=Q(closed_on=None), name="area_name_unique_among_open_siblings"
            ),
        ]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        moved = "parent_id" not in getattr(self, "_stored", {}) or self._stored["parent_id"] != self.parent_id
        if moved and not locks.lock_is_held():
            raise RuntimeError("The area tree changes only under grids.locks.tree_lock (use grids.actions).")
        super().save(*args, **kwargs)

    @property
    def is_open(self) -> bool:
        return self.closed_on is None

    @property
    def reach(self) -> Reach:
        """This area and all below it, as a filter."""
        own_column = self.kind in LEVELS and getattr(self, f"{self.kind}_id") == self.pk
        column = self.kind if own_column else ("grid" if self.grid_id else "community")
        return Reach(
            area_id=self.pk,
            column=column,
            column_id=getattr(self, f"{column}_id"),
            exact=own_column,
            tree_id=self.tree_id,
            lft=self.lft,
            rght=self.rght,
        )


class Placed(Audited, AncestorColumns):
    """Base of every row with a place: `area` is the truth, the ancestor columns are copies for scope and lists.

    A row is placed by grids.actions.place and moved with its area by grids.actions; nothing else writes these columns.
    Subclasses name the capabilities `see` and `edit`, and carry composite indexes that begin with the ancestor columns.
    """

    derived_fields = frozenset(LEVELS)
    moves_with_merge = True  # False: rows stay with the closed area as history, and a hand-over deals with what is open

    area = models.ForeignKey("grids.Area", models.PROTECT, verbose_name=_("所在区域"), related_name="+")

    objects = PlacedQuerySet.as_manager()

    class Meta:
        abstract = True


class AreaEvent(Placed):
    """What happened to an area: the history that a new drawing leaves behind."""

    see = Can.SEE_AREAS
    edit = Can.EDIT_AREAS
    moves_with_merge = False

    kind = models.CharField(_("事项"), max_length=10, choices=AreaEventKind)
    on = models.DateField(_("日期"))
    other = models.ForeignKey(Area, models.PROTECT, verbose_name=_("另一方"), null=True, blank=True, related_name="+")
    before = models.CharField(_("原为"), max_length=100, blank=True)
    after = models.CharField(_("现为"), max_length=100, blank=True)
    carried = models.JSONField(_("随迁数量"), default=dict, blank=True)  # {model label: rows}
    note = models.CharField(_("说明"), max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("区域沿革")
        indexes = [models.Index(fields=["area", "id"], name="area_event_area")]

    def __str__(self):
        return f"{self.get_kind_display()} {self.on}"


class CodeRule(Setting):
    """How grids and buildings are numbered within their community: community code + prefix + number of `width` digits."""

    kind = models.CharField(
        _("级别"), max_length=10, choices=[(k.value, k.label) for k in (AreaKind.GRID, AreaKind.BUILDING)], unique=True
    )
    prefix = models.CharField(_("前缀"), max_length=4, blank=True)
    width = models.PositiveSmallIntegerField(_("序号位数"), default=3)

    class Meta:
        verbose_name = verbose_name_plural = _("编码规则")

    def __str__(self):
        return f"{self.get_kind_display()} {self.prefix}{'0' * self.width}"


class Norm(Setting):
    """How big things should be (S1, S4); what falls outside is listed to be looked at, never refused."""

    kind = models.CharField(_("事项"), max_length=24, choices=NormKind, unique=True)
    low = models.PositiveIntegerField(_("下限"))
    high = models.PositiveIntegerField(_("上限"))

    class Meta:
        verbose_name = verbose_name_plural = _("规模标准")
        constraints = [models.CheckConstraint(condition=Q(high__gte=F("low")), name="norm_low_to_high")]

    def __str__(self):
        return f"{self.get_kind_display()} {self.low}—{self.high}"

    def fits(self, number: int) -> bool:
        return self.low <= number <= self.high
