"""Points: a year's scheme, the ledger of what members earned, and the balance that can always be rebuilt from it (C4)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from audit.models import Audited
from gridparty.lib.access import Can
from grids.models import LEVELS, Placed
from members.choices import LIVE, AppealState, Approver, CapPeriod, EntryState, Feed, Proposer, SchemeState
from members.models.membership import Member, MemberClass
from members.models.organisations import PartyOrganisation
from members.querysets import BalanceQuerySet, EntryQuerySet, OfSchemeQuerySet, SchemeQuerySet, refuse_to_edit


def points_field(label, **options) -> models.DecimalField:
    """Points are counted to the half."""
    return models.DecimalField(label, max_digits=8, decimal_places=1, **options)


class PointScheme(Placed):
    """How members of a district or street earn points in a year. The examples to start from stand nowhere and in no year.

    Another version takes the place of the one in force; the entries stay as they were given and are counted by it.
    Written by members.actions.schemes.
    """

    see = Can.SEE_MEMBERS
    edit = Can.SET_POINTS
    moves_with_merge = False

    area = models.ForeignKey(
        "grids.Area", models.PROTECT, verbose_name=_("适用区域"), null=True, blank=True, related_name="+", db_index=False
    )
    year = models.PositiveSmallIntegerField(_("年度"), null=True, blank=True)
    version = models.PositiveSmallIntegerField(_("版本"), default=1, editable=False)
    name = models.CharField(_("名称"), max_length=60)
    state = models.CharField(_("状态"), max_length=10, choices=SchemeState, default=SchemeState.DRAFT, editable=False)
    is_example = models.BooleanField(_("示例"), default=False, editable=False)
    base = points_field(_("基础分"), default=0)
    ceiling = points_field(_("总分上限"), null=True, blank=True, help_text=_("不填为不封顶。"))
    floor = points_field(_("总分下限"), default=0)
    note = models.CharField(_("说明"), max_length=300, blank=True)
    notice_from = models.DateField(_("公示自"), null=True, editable=False)
    notice_until = models.DateField(_("公示至"), null=True, editable=False)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("定稿人"),
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )
    signed_at = models.DateTimeField(_("定稿时间"), null=True, editable=False)
    # Reopening takes two: who asks, with the reason, and who agrees.
    reopen_reason = models.CharField(_("重新打开的原因"), max_length=200, blank=True, editable=False)
    reopen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("申请人"),
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )
    public_key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    objects = SchemeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("积分办法")
        constraints = [
            models.UniqueConstraint(fields=["area", "year", "version"], name="points_version_once"),
            models.UniqueConstraint(fields=["area", "year"], condition=Q(state__in=sorted(LIVE)), name="points_one_in_force"),
            models.CheckConstraint(condition=Q(ceiling=None) | Q(ceiling__gte=F("floor")), name="points_floor_to_ceiling"),
        ]

    def __str__(self):
        return f"{self.year} {self.name}" if self.year else self.name


class ExemptClass(Audited):
    """A class whose members take no part (离退休党员不实行 …)."""

    see = Can.SEE_MEMBERS
    edit = Can.SET_POINTS

    scheme = models.ForeignKey(PointScheme, models.CASCADE, verbose_name=_("积分办法"), related_name="exempt", db_index=False)
    member_class = models.ForeignKey(MemberClass, models.PROTECT, verbose_name=_("不参加的类别"), related_name="+")

    objects = OfSchemeQuerySet.of("scheme__")

    class Meta:
        verbose_name = verbose_name_plural = _("不参加积分的类别")
        constraints = [models.UniqueConstraint(fields=["scheme", "member_class"], name="exempt_class_once")]

    def __str__(self):
        return str(self.pk)


class NamedDay(Audited):
    """Days on which points count more (七一, 抢险救灾期间 …)."""

    see = Can.SEE_MEMBERS
    edit = Can.SET_POINTS

    scheme = models.ForeignKey(PointScheme, models.CASCADE, verbose_name=_("积分办法"), related_name="days")
    name = models.CharField(_("名称"), max_length=30)
    first_on = models.DateField(_("自"))
    last_on = models.DateField(_("至"))
    factor = models.DecimalField(_("倍数"), max_digits=3, decimal_places=1)

    objects = OfSchemeQuerySet.of("scheme__")

    class Meta:
        verbose_name = verbose_name_plural = _("加倍日")
        constraints = [
            models.CheckConstraint(condition=Q(last_on__gte=F("first_on")), name="named_day_forward"),
            models.CheckConstraint(condition=Q(factor__gt=0), name="named_day_factor"),
        ]

    def __str__(self):
        return self.name


class PointCategory(Audited):
    see = Can.SEE_MEMBERS
    edit = Can.SET_POINTS

    scheme = models.ForeignKey(PointScheme, models.CASCADE, verbose_name=_("积分办法"), related_name="categories", db_index=False)
    name = models.CharField(_("类别"), max_length=30)
    cap = points_field(_("全年封顶"), null=True, blank=True, help_text=_("本类各项合计最多计多少分，不填为不封顶。"))
    position = models.PositiveSmallIntegerField(_("顺序"), default=0)

    objects = OfSchemeQuerySet.of("scheme__")

    class Meta:
        verbose_name = verbose_name_plural = _("积分类别")
        constraints = [
            models.UniqueConstraint(fields=["scheme", "name"], name="point_category_once"),
            models.CheckConstraint(condition=Q(cap=None) | Q(cap__gt=0), name="point_category_cap"),
        ]

    def __str__(self):
        return self.name


class PointItem(Audited):
    """What earns points, or costs them. `code` stays the same from version to version."""

    see = Can.SEE_MEMBERS
    edit = Can.SET_POINTS

    category = models.ForeignKey(PointCategory, models.CASCADE, verbose_name=_("类别"), related_name="items", db_index=False)
    code = models.CharField(_("编号"), max_length=12, help_text=_("修订时保持不变，如 A1。"))
    name = models.CharField(_("项目"), max_length=60)
    points = points_field(_("分值"), help_text=_("扣分填负数。"))
    per = models.CharField(_("计量单位"), max_length=8, default="次")
    cap = points_field(_("封顶"), null=True, blank=True, help_text=_("加分或扣分最多计多少分，填正数；不填为不封顶。"))
    cap_period = models.CharField(_("封顶周期"), max_length=8, choices=CapPeriod, default=CapPeriod.YEAR)
    proposer = models.CharField(_("谁申报"), max_length=8, choices=Proposer, default=Proposer.LEADER)
    approver = models.CharField(_("谁审核"), max_length=8, choices=Approver, default=Approver.BRANCH)
    feed = models.CharField(
        _("自动记分"), max_length=10, choices=Feed, blank=True, help_text=_("由服务时长、参加活动自动记分的项目，每种最多一项。")
    )
    position = models.PositiveSmallIntegerField(_("顺序"), default=0)

    objects = OfSchemeQuerySet.of("category__scheme__")

    class Meta:
        verbose_name = verbose_name_plural = _("积分项目")
        constraints = [
            models.UniqueConstraint(fields=["category", "code"], name="point_item_once"),
            models.CheckConstraint(condition=~Q(points=0), name="point_item_counts"),
            models.CheckConstraint(condition=Q(cap=None) | Q(cap__gt=0), name="point_item_cap"),
        ]

    def __str__(self):
        return self.name


class ItemClass(Audited):
    """A class an item is for; an item without any is for all."""

    see = Can.SEE_MEMBERS
    edit = Can.SET_POINTS

    item = models.ForeignKey(PointItem, models.CASCADE, verbose_name=_("积分项目"), related_name="classes", db_index=False)
    member_class = models.ForeignKey(MemberClass, models.PROTECT, verbose_name=_("适用类别"), related_name="+")

    objects = OfSchemeQuerySet.of("item__category__scheme__")

    class Meta:
        verbose_name = verbose_name_plural = _("适用类别")
        constraints = [models.UniqueConstraint(fields=["item", "member_class"], name="item_class_once")]

    def __str__(self):
        return str(self.pk)


class PointBalance(Placed):
    """What a member has in a year. All of it follows from the ledger, the scheme and the membership; `rebuild_points` shows it.

    Placed where the organisation is. In an open year organisation and class follow the member; a frozen year keeps them.
    Its row is the lock under which entries of the member are written.
    """

    see = Can.SEE_MEMBERS
    edit = Can.PROPOSE_POINTS
    derived_fields = frozenset(
        {*LEVELS, "area", "scheme", "organisation", "member_class", "base", "earned", "counted", "total", "ranked"}
    )

    area = models.ForeignKey("grids.Area", models.PROTECT, verbose_name=_("所在区域"), null=True, blank=True, related_name="+")
    member = models.ForeignKey(Member, models.PROTECT, verbose_name=_("党员"), related_name="balances", db_index=False)
    year = models.PositiveSmallIntegerField(_("年度"))
    scheme = models.ForeignKey(PointScheme, models.PROTECT, verbose_name=_("积分办法"), related_name="balances")
    organisation = models.ForeignKey(PartyOrganisation, models.PROTECT, verbose_name=_("党组织"), related_name="+")
    member_class = models.ForeignKey(MemberClass, models.PROTECT, verbose_name=_("类别"), related_name="+", db_index=False)
    base = points_field(_("基础分"), default=0)
    earned = points_field(_("累计得分"), default=0)  # all that was approved
    counted = points_field(_("计入得分"), default=0)  # what the caps of items and categories let through
    total = points_field(_("总分"), default=0)  # base and counted, between floor and ceiling
    ranked = models.BooleanField(_("参加排名"), default=True)  # on the roll, and not of an exempt class

    objects = BalanceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("积分")
        indexes = [
            models.Index(fields=["year", level, "-total", "id"], condition=Q(ranked=True), name=f"points_{level}")
            for level in (*LEVELS, "organisation")
        ]
        constraints = [models.UniqueConstraint(fields=["member", "year"], name="balance_once")]

    def __str__(self):
        return f"{self.year} {self.total}"

    @property
    def lost(self):
        """What was earned beyond caps."""
        return self.earned - self.counted


class PointEntry(Audited):
    """One line of the ledger: never edited, never deleted; a reversal is a line of its own with the opposite points.

    Only what was decided about it is written later, by members.actions.rulings.
    """

    see = Can.SEE_MEMBERS
    edit = Can.DECIDE_POINTS
    masked_fields = frozenset({"note", "reason", "appeal_text", "appeal_answer"})
    # What makes the line. It stays, but for a text and a picture that are erased with their member.
    fixed_fields = frozenset(
        {"balance", "item", "on", "quantity", "factor", "points", "source", "reverses", "proposed_by", "proposed_at"}
    )

    balance = models.ForeignKey(PointBalance, models.PROTECT, verbose_name=_("积分"), related_name="entries", db_index=False)
    item = models.ForeignKey(PointItem, models.PROTECT, verbose_name=_("项目"), related_name="+", db_index=False)
    on = models.DateField(_("日期"))
    quantity = models.DecimalField(_("数量"), max_digits=6, decimal_places=1, default=1)
    factor = models.DecimalField(_("倍数"), max_digits=3, decimal_places=1, default=1)
    points = points_field(_("分值"))
    # Where it comes from: a meeting, an activity, a sent form. One entry for each.
    source = models.CharField(max_length=80, editable=False)
    reverses = models.OneToOneField(
        "self", models.PROTECT, verbose_name=_("冲正"), null=True, editable=False, related_name="reversal"
    )
    note = models.CharField(_("事由"), max_length=500, blank=True)
    photo = models.ImageField(_("照片"), upload_to="points/", blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=EntryState)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("申报人"), null=True, related_name="+", db_index=False
    )
    proposed_at = models.DateTimeField(_("申报时间"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("审核人"), null=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(_("审核时间"), null=True)
    reason = models.CharField(_("审核意见"), max_length=500, blank=True)
    appeal = models.CharField(_("申诉"), max_length=10, choices=AppealState, blank=True)
    appeal_text = models.CharField(_("申诉理由"), max_length=500, blank=True)
    appealed_at = models.DateTimeField(_("申诉时间"), null=True)
    appeal_answer = models.CharField(_("申诉答复"), max_length=500, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("答复人"), null=True, related_name="+", db_index=False
    )
    answered_at = models.DateTimeField(_("答复时间"), null=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("积分记录")
        indexes = [
            models.Index(fields=["id"], condition=Q(state=EntryState.PROPOSED), name="entry_proposed"),
            models.Index(fields=["id"], condition=Q(appeal=AppealState.OPEN), name="entry_appealed"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["balance", "item", "source"], name="entry_once"),
            models.CheckConstraint(condition=~Q(points=0), name="entry_counts"),
        ]

    def __str__(self):
        return f"{self.on} {self.points}"

    def save(self, **options):
        if not self._state.adding:
            refuse_to_edit(type(self), self._changed(None))
        super().save(**options)

    def delete(self, *args, **kwargs):
        raise RuntimeError("The ledger is not deleted: reverse the entry instead.")
