"""Members, who belong where their membership is and where they live; the classes they are sorted into."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from audit.models import Audited, Setting
from gridparty.lib.access import Can
from gridparty.lib.crypto import EncryptedTextField
from grids.models import Placed
from members.choices import ContactWay, MemberState, MoveKind, Standing
from members.models.organisations import PER_LEVEL, PartyOrganisation, Unit
from members.querysets import ContactQuerySet, MemberQuerySet, MoveQuerySet
from people.models import AboutPerson


class ManagementMode(Setting):
    """How members of a class are managed: who keeps in touch, how often, who scores (S4, S0)."""

    name = models.CharField(_("名称"), max_length=20, unique=True)
    contact_days = models.PositiveSmallIntegerField(_("联系间隔（天）"), default=90)
    duty = models.CharField(_("管理办法"), max_length=200, blank=True)
    feeds_back = models.BooleanField(
        _("向单位反馈"), default=False, help_text=_("定期把在社区的表现以反馈卡告知工作单位党组织（在职党员）。")
    )

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

    organisation = models.ForeignKey(
        PartyOrganisation, models.PROTECT, verbose_name=_("所在党组织"), related_name="members", db_index=False
    )
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

    member = models.ForeignKey(Member, models.PROTECT, verbose_name=_("党员"), related_name="moves", db_index=False)
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


class Contact(Audited):
    """Somebody of the organisation was in touch with a member; the management mode says when the next contact is due."""

    see = Can.SEE_MEMBERS
    edit = Can.PROPOSE_POINTS
    masked_fields = frozenset({"note"})

    member = models.ForeignKey(Member, models.PROTECT, verbose_name=_("党员"), related_name="contacts", db_index=False)
    on = models.DateField(_("日期"))
    way = models.CharField(_("方式"), max_length=8, choices=ContactWay, default=ContactWay.VISIT)
    note = models.CharField(_("情况"), max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("联系人"), null=True, related_name="+")

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("联系记录")
        indexes = [models.Index(fields=["member", "-on"], name="contact_member")]
        constraints = [models.UniqueConstraint(fields=["member", "on", "way", "by"], name="contact_once")]

    def __str__(self):
        return f"{self.on} {self.get_way_display()}"
