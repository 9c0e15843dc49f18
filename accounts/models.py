"""Who holds posts and may log in, and the appointments that are their rights."""

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.choices import EndReason, Engagement, Origin, Role
from accounts.querysets import AppointmentQuerySet, UserManager
from accounts.roles import CAPABILITIES
from audit.models import Audited, Setting
from gridparty.lib.access import Can, Grant, Scope
from gridparty.lib.crypto import EncryptedTextField
from grids.choices import AreaKind
from grids.models import Placed


class User(Audited, AbstractBaseUser):
    """A holder of posts, who may log in once invited. Password, posts and access change only through accounts.actions."""

    see = Can.SEE_POSTS
    edit = Can.EDIT_POSTS
    derived_fields = frozenset({"last_login", "session_epoch", "phone_tail"})
    masked_fields = frozenset({"password"})

    username = models.CharField(
        _("登录名"),
        max_length=60,
        unique=True,
        validators=[UnicodeUsernameValidator()],
        error_messages={"unique": _("这个登录名已有人使用，请换一个。")},
    )
    name = models.CharField(_("姓名"), max_length=60)
    phone = EncryptedTextField(_("值班电话"), blank=True)
    phone_tail = models.CharField(_("电话后四位"), max_length=4, blank=True, editable=False, db_index=True)
    email = models.EmailField(_("电子邮箱"), blank=True)
    photo = models.ImageField(_("照片"), upload_to="users/", blank=True)
    is_active = models.BooleanField(_("可登录"), default=True)
    created_at = models.DateTimeField(_("登记时间"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name=_("登记人"),
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    # A first password is handed over on paper: it works once, until the day given, and must then be replaced.
    first_password_until = models.DateTimeField(_("初始密码有效期至"), null=True, blank=True, editable=False)
    first_password_used_at = models.DateTimeField(_("初始密码使用时间"), null=True, blank=True, editable=False)
    # Part of every session's key: raising it ends all sessions of the user at their next request.
    session_epoch = models.PositiveIntegerField(default=0, editable=False)

    objects = UserManager()
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = verbose_name_plural = _("用户")
        indexes = [models.Index(fields=["created_by"], name="user_created_by")]

    def __str__(self):
        return self.name

    def get_full_name(self) -> str:
        return self.name

    get_short_name = get_full_name

    @staticmethod
    def posts_model():
        return apps.get_model("accounts", "Appointment")

    def get_session_auth_hash(self) -> str:
        return self._session_key(settings.SECRET_KEY)

    def get_session_auth_fallback_hash(self):
        return (self._session_key(secret) for secret in settings.SECRET_KEY_FALLBACKS)

    def _session_key(self, secret: str) -> str:
        value = f"{self.password}:{self.session_epoch}:{self.is_active}"
        return salted_hmac("accounts.User.session", value, secret=secret, algorithm="sha256").hexdigest()

    @property
    def must_change_password(self) -> bool:
        return self.first_password_until is not None

    @property
    def can_log_in(self) -> bool:
        """Whether there is a password that opens the account now: one's own, or a first one neither spent nor expired."""
        if not self.has_usable_password() or self.first_password_until is None:
            return self.has_usable_password()
        return self.first_password_used_at is None and self.first_password_until > timezone.now()

    @cached_property
    def scope(self) -> Scope:
        """The rights of this moment, by one query; a request loads its user anew, so never older than the request."""
        if not self.is_active:
            return Scope()
        posts = Appointment.objects.in_force().filter(user=self).select_related("area")
        return Scope(
            tuple(
                Grant(post.role, CAPABILITIES[Role(post.role)], post.area.reach if post.area else None, post.body)
                for post in posts
            )
        )

    # Django's admin asks these three; the answers come from the scope, Django's own permissions are not used.
    @property
    def is_staff(self) -> bool:
        return self.scope.has(Can.USE_DESK)

    def has_perm(self, perm, obj=None) -> bool:
        return False

    def has_module_perms(self, app_label) -> bool:
        return self.is_staff


class Appointment(Placed):
    """This user holds this role in this area from then to then. Written only by accounts.actions (appoint, end).

    A seat in a party organisation has no area but a body, the organisation's key, which only members can read.
    """

    see = Can.SEE_POSTS
    edit = Can.EDIT_POSTS
    moves_with_merge = False  # the post of a closed grid ends with it (accounts.handover)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("任职人"), related_name="posts")
    role = models.CharField(_("职务"), max_length=24, choices=Role)
    area = models.ForeignKey("grids.Area", models.PROTECT, verbose_name=_("任职区域"), null=True, blank=True, related_name="+")
    body = models.CharField(_("任职组织"), max_length=60, blank=True, editable=False)
    starts_on = models.DateField(_("任期自"))
    ends_on = models.DateField(_("任期至"), null=True, blank=True)  # the last day in force
    ended_at = models.DateTimeField(_("提前结束时间"), null=True, blank=True, editable=False)
    end_reason = models.CharField(_("结束原因"), max_length=12, choices=EndReason, blank=True, editable=False)
    origin = models.CharField(_("产生方式"), max_length=12, choices=Origin, default=Origin.APPOINTED)
    engagement = models.CharField(_("专兼职"), max_length=10, choices=Engagement, default=Engagement.PART_TIME)
    duties = models.CharField(_("职责（一岗多责）"), max_length=300, blank=True)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("任职")
        indexes = [
            models.Index(fields=["user", "starts_on"], name="post_user"),
            models.Index(fields=["area", "role"], name="post_area"),
            models.Index(fields=["district", "role"], name="post_district"),
            models.Index(fields=["street", "role"], name="post_street"),
            models.Index(fields=["community", "role"], name="post_community"),
            models.Index(fields=["grid", "role"], name="post_grid"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="post_term_forward"),
            models.UniqueConstraint(
                fields=["user", "role", "area", "starts_on"], condition=Q(ended_at=None), name="post_once_a_day"
            ),
            models.UniqueConstraint(
                fields=["user", "role", "body", "starts_on"],
                condition=Q(ended_at=None, area=None),
                name="post_without_area_once_a_day",
            ),
        ]

    def __str__(self):
        return self.get_role_display()


class RoleScheme(Setting):
    """Which posts each level must have (一长三员, 一片三长 …). Data; the shipped ones are examples to adapt."""

    name = models.CharField(_("名称"), max_length=40, unique=True)
    is_example = models.BooleanField(_("示例"), default=False)
    note = models.CharField(_("说明"), max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("岗位方案")

    def __str__(self):
        return self.name


class SchemePost(Setting):
    """One line of a scheme: an area of this kind needs so many of this role."""

    scheme = models.ForeignKey(RoleScheme, models.CASCADE, verbose_name=_("方案"), related_name="posts")
    kind = models.CharField(_("级别"), max_length=10, choices=AreaKind)
    role = models.CharField(_("职务"), max_length=24, choices=Role)
    title = models.CharField(_("当地称谓"), max_length=30, blank=True)  # 片长 for the grid leader of 一片三长
    needed = models.PositiveSmallIntegerField(_("应配人数"), default=1)
    origin = models.CharField(_("产生方式"), max_length=12, choices=Origin, default=Origin.APPOINTED)
    duties = models.CharField(_("职责"), max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("应设岗位")
        constraints = [models.UniqueConstraint(fields=["scheme", "kind", "role"], name="scheme_post_once")]

    def __str__(self):
        return self.title or self.get_role_display()


class SchemeUse(Placed):
    """The scheme in force in an area and below it, until an area further down names another."""

    see = Can.SEE_POSTS
    edit = Can.EDIT_POSTS
    moves_with_merge = False  # the receiving area has a scheme of its own, or its ancestors' one

    scheme = models.ForeignKey(RoleScheme, models.PROTECT, verbose_name=_("岗位方案"))
    area = models.OneToOneField("grids.Area", models.PROTECT, verbose_name=_("适用区域"), related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = _("方案适用")

    def __str__(self):
        return str(self.pk)
