"""Party organisations, the units beside them, and members, who belong where their membership is and where they live."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.choices import Origin
from audit.models import Audited, Setting
from gridparty.lib.access import Can
from gridparty.lib.crypto import EncryptedTextField
from grids.models import LEVELS, Placed
from members.choices import MemberState, MoveKind, OrganisationKind, SeatTitle, Standing, UnitKind
from members.querysets import (
    MemberQuerySet,
    MoveQuerySet,
    OfOrganisationQuerySet,
    OrganisationQuerySet,
    SeatQuerySet,
    UnitQuerySet,
)
from people.models import AboutPerson, Person

PER_LEVEL = (*LEVELS, "area")


class Unit(Placed):
    """A unit in the area (employer, school, company …); one of elsewhere has no place."""

    see = Can.SEE_MEMBERS
    edit = Can.EDIT_MEMBERS
    derived_fields = frozenset({*LEVELS, "contact_tail"})
    masked_fields = frozenset({"contact_name"})

    area = models.ForeignKey("grids.Area", models.PROTECT, verbose_name=_("所在区域"), null=True, blank=True, related_name="+")
    name = models.CharField(_("单位名称"), max_length=100, db_index=True)
    kind = models.CharField(_("单位类型"), max_length=20, choices=UnitKind, default=UnitKind.OTHER)
    credit_code = models.CharField(_("统一社会信用代码"), max_length=18, blank=True)
    address = models.CharField(_("地址"), max_length=120, blank=True)
    contact_name = models.CharField(_("联系人"), max_length=60, blank=True)
    contact_phone = EncryptedTextField(_("联系电话"), blank=True)
    contact_tail = models.CharField(_("电话后四位"), max_length=4, blank=True, editable=False)
    staff_count = models.PositiveIntegerField(_("职工人数"), null=True, blank=True)

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

    def __str__(self):
        return self.get_title_display()


class ManagementMode(Setting):
    """How members of a class are managed: who keeps in touch, how often, who scores (S4, S0)."""

    name = models.CharField(_("名称"), max_length=20, unique=True)
    contact_days = models.PositiveSmallIntegerField(_("联系间隔（天）"), default=90)
    duty = models.CharField(_("管理办法"), max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("管理方式")

    def __str__(self):
        return self.name


class ClassScheme(Setting):
    """A way to sort members into classes; the two shipped ones are examples."""

    name = models.CharField(_("名称"), max_length=40, unique=True)
    is_example = models.BooleanField(_("示例"), default=False)
    note = models.CharField(_("说明"), max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("分类方案")

    def __str__(self):
        return self.name


class MemberClass(Setting):
    scheme = models.ForeignKey(ClassScheme, models.CASCADE, verbose_name=_("分类方案"), related_name="classes")
    name = models.CharField(_("名称"), max_length=30)
    mode = models.ForeignKey(ManagementMode, models.PROTECT, verbose_name=_("管理方式"), related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("党员类别")
        constraints = [models.UniqueConstraint(fields=["scheme", "name"], name="member_class_once")]

    def __str__(self):
        return self.name


class ClassUse(Placed):
    """The scheme by which an area and all below it sort their members, until an area further down names another."""

    see = Can.SEE_MEMBERS
    edit = Can.EDIT_MEMBERS
    moves_with_merge = False

    area = models.OneToOneField("grids.Area", models.PROTECT, verbose_name=_("适用区域"), related_name="+")
    scheme = models.ForeignKey(ClassScheme, models.PROTECT, verbose_name=_("分类方案"), related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("分类适用")

    def __str__(self):
        return str(self.pk)


class Member(AboutPerson):
    """The membership of a person: placed where they live, and belonging to an organisation; both see it.

    Of somebody on record outside the writer's scope it shows only what was typed (`known_as`, `phone`). Every change of
    state is a MemberMove, made by members.actions.
    """

    see = Can.SEE_MEMBERS
    edit = Can.EDIT_MEMBERS
    goes_whole = True  # an import that cannot take this back leaves what is about it, too
    derived_fields = AboutPerson.derived_fields | {"phone_tail"}
    masked_fields = frozenset({"known_as"})

    organisation = models.ForeignKey(PartyOrganisation, models.PROTECT, verbose_name=_("所在党组织"), related_name="members")
    standing = models.CharField(_("党籍"), max_length=14, choices=Standing, default=Standing.FULL)
    state = models.CharField(_("状态"), max_length=14, choices=MemberState, default=MemberState.ACTIVE)
    member_class = models.ForeignKey(MemberClass, models.PROTECT, verbose_name=_("党员类别"), related_name="+")
    mode = models.ForeignKey(ManagementMode, models.PROTECT, verbose_name=_("管理方式"), related_name="+")
    joined_on = models.DateField(_("入党日期"), null=True, blank=True)
    full_on = models.DateField(_("转正日期"), null=True, blank=True)
    employer = models.ForeignKey(Unit, models.PROTECT, verbose_name=_("工作单位"), null=True, blank=True, related_name="members")
    known_as = models.CharField(_("所填姓名"), max_length=60, blank=True, editable=False)
    phone = EncryptedTextField(_("所填电话"), blank=True, editable=False)
    phone_tail = models.CharField(_("电话后四位"), max_length=4, blank=True, editable=False)

    objects = MemberQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("党员")
        indexes = [
            *(models.Index(fields=[level, "id"], name=f"member_{level}") for level in PER_LEVEL),
            models.Index(fields=["organisation", "state"], name="member_organisation"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["person"], name="member_once"),
            models.CheckConstraint(
                condition=Q(full_on=None) | Q(joined_on=None) | Q(full_on__gte=F("joined_on")), name="member_full_after_joining"
            ),
        ]

    def __str__(self):
        return str(self.pk)

    @property
    def name(self) -> str:
        return self.known_as or self.person.name


class MemberMove(Audited):
    """One step in the history of a membership. A transfer is open until its receipt (`done_on`)."""

    see = Can.SEE_MEMBERS
    edit = Can.EDIT_MEMBERS
    masked_fields = frozenset({"note"})

    member = models.ForeignKey(Member, models.PROTECT, verbose_name=_("党员"), related_name="moves")
    kind = models.CharField(_("事项"), max_length=12, choices=MoveKind)
    on = models.DateField(_("日期"))
    from_organisation = models.ForeignKey(
        PartyOrganisation, models.PROTECT, verbose_name=_("转出党组织"), null=True, related_name="+"
    )
    to_organisation = models.ForeignKey(
        PartyOrganisation, models.PROTECT, verbose_name=_("转入党组织"), null=True, related_name="+"
    )
    elsewhere = models.CharField(_("区外党组织"), max_length=120, blank=True)
    before = models.CharField(_("原为"), max_length=60, blank=True)
    after = models.CharField(_("现为"), max_length=60, blank=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("经办人"), null=True, related_name="+")
    done_on = models.DateField(_("回执日期"), null=True)

    objects = MoveQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("党员异动")
        indexes = [models.Index(fields=["member", "id"], name="member_move")]
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=Q(kind=MoveKind.SENT, done_on=None), name="member_one_transfer_at_a_time"
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.on}"
