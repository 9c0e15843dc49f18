"""Party organisations, the units beside them, their zones and their seats."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.choices import Origin
from audit.models import Audited
from gridparty.lib.access import Can
from gridparty.lib.crypto import EncryptedTextField
from grids.models import LEVELS, Placed
from members.choices import OrganisationKind, SeatTitle, UnitKind
from members.querysets import OfOrganisationQuerySet, OrganisationQuerySet, SeatQuerySet, UnitQuerySet
from people.models import Person

PER_LEVEL = (*LEVELS, "area")


class Unit(Placed):
    """A unit in the area (employer, school, company …); one of elsewhere has no place."""

    see = Can.SEE_MEMBERS
    edit = Can.EDIT_MEMBERS
    derived_fields = frozenset({*LEVELS, "contact_tail"})
    masked_fields = frozenset({"contact_name", "head"})

    area = models.ForeignKey("grids.Area", models.PROTECT, verbose_name=_("所在区域"), null=True, blank=True, related_name="+")
    name = models.CharField(_("单位名称"), max_length=100, db_index=True)
    kind = models.CharField(_("单位类型"), max_length=20, choices=UnitKind, default=UnitKind.OTHER)
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18, blank=True)
    address = models.CharField(_("地址"), max_length=120, blank=True)
    head = models.CharField(_("负责人"), max_length=60, blank=True)
    contact_name = models.CharField(_("联系人"), max_length=60, blank=True)
    contact_phone = EncryptedTextField(_("联系电话"), blank=True)
    contact_tail = models.CharField(_("电话后四位"), max_length=4, blank=True, editable=False)
    staff_count = models.PositiveIntegerField(_("职工人数"), null=True, blank=True)
    # 共治资源清单 and 治理需求清单 (FIELD.md §6), one thing a line.
    offers = models.CharField(_("可提供资源"), max_length=500, blank=True)
    needs = models.CharField(_("需求"), max_length=500, blank=True)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("单位")
        indexes = [models.Index(fields=[level, "id"], name=f"unit_{level}") for level in LEVELS]
        constraints = [
            models.UniqueConstraint(fields=["credit_code"], condition=~Q(credit_code=""), name="unit_code_once"),
            models.UniqueConstraint(fields=["area", "name"], name="unit_once"),
        ]

    def __str__(self):
        return self.name


class PartyOrganisation(Placed):
    """One organisation of the tree: work committee → committee → general branch → branch → group; those of units beside it.

    Attached to an area; of a unit it may stand nowhere. Changed only by members.actions, which keep `path`.
    """

    see = Can.SEE_MEMBERS
    edit = Can.EDIT_MEMBERS
    derived_fields = frozenset({*LEVELS, "path"})
    moves_with_merge = False  # an area closes only when its organisations have been moved or closed (members.handover)

    area = models.ForeignKey("grids.Area", models.PROTECT, verbose_name=_("所在区域"), null=True, blank=True, related_name="+")
    kind = models.CharField(_("组织类别"), max_length=16, choices=OrganisationKind)
    name = models.CharField(_("简称"), max_length=60)
    full_name = models.CharField(_("全称"), max_length=120)
    parent = models.ForeignKey(
        "self", models.PROTECT, verbose_name=_("上级党组织"), null=True, blank=True, related_name="children"
    )
    # The keys of all above and its own, each followed by a slash: what stands below begins with it.
    path = models.CharField(max_length=80, editable=False, db_index=True)
    unit = models.ForeignKey(
        Unit, models.PROTECT, verbose_name=_("所属单位"), null=True, blank=True, related_name="organisations"
    )
    founded_on = models.DateField(_("成立日期"), null=True, blank=True)
    term_years = models.PositiveSmallIntegerField(_("任期（年）"), default=3)
    elected_on = models.DateField(_("本届选举日期"), null=True, blank=True)
    next_election_on = models.DateField(_("应换届日期"), null=True, blank=True)
    closed_on = models.DateField(_("撤销日期"), null=True, blank=True, editable=False)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("党组织")
        indexes = [models.Index(fields=[level, "kind"], name=f"organisation_{level}") for level in PER_LEVEL]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"], condition=Q(closed_on=None), name="organisation_name_once_under_parent"
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def is_open(self) -> bool:
        return self.closed_on is None


class Zone(Audited):
    """A building that a group answers for (党员责任区)."""

    see = Can.SEE_MEMBERS
    edit = Can.EDIT_MEMBERS

    organisation = models.ForeignKey(PartyOrganisation, models.PROTECT, verbose_name=_("党小组"), related_name="zones")
    building = models.OneToOneField("grids.Area", models.PROTECT, verbose_name=_("楼栋"), related_name="+")

    objects = OfOrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("党员责任区")

    def __str__(self):
        return str(self.pk)


class Seat(Audited):
    """Who holds which office of an organisation from then to then. Filling it makes the appointment, emptying it ends it."""

    see = Can.SEE_MEMBERS
    edit = Can.EDIT_MEMBERS

    organisation = models.ForeignKey(PartyOrganisation, models.PROTECT, verbose_name=_("党组织"), related_name="seats")
    title = models.CharField(_("职务"), max_length=16, choices=SeatTitle)
    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("任职人"), related_name="seats")
    origin = models.CharField(_("产生方式"), max_length=12, choices=Origin, default=Origin.ELECTED)
    # 兼职委员: whose leader it is that serves here part-time (S3); none for those of the neighbourhood itself.
    unit = models.ForeignKey(
        Unit, models.PROTECT, verbose_name=_("兼职人员所在单位"), null=True, blank=True, related_name="seats", db_index=False
    )
    starts_on = models.DateField(_("任期自"))
    ends_on = models.DateField(_("任期至"), null=True, blank=True)
    ended_on = models.DateField(_("离任日期"), null=True, blank=True, editable=False)
    appointment = models.OneToOneField(
        "accounts.Appointment", models.PROTECT, verbose_name=_("任职"), null=True, editable=False, related_name="seat"
    )

    objects = SeatQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("班子成员")
        constraints = [
            models.UniqueConstraint(fields=["organisation", "title", "person"], condition=Q(ended_on=None), name="seat_once"),
            models.CheckConstraint(condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="seat_term_forward"),
        ]
        indexes = [models.Index(fields=["unit"], condition=~Q(unit=None), name="seat_of_unit")]

    def __str__(self):
        return self.get_title_display()
