from django.db import models
from django.utils.translation import gettext_lazy as _


class Sex(models.TextChoices):
    MALE = "male", _("男")
    FEMALE = "female", _("女")


class IdKind(models.TextChoices):
    """Papers that tell who somebody is; the first three carry check digit, birth date and sex (GB 11643)."""

    CITIZEN = "citizen", _("居民身份证")
    RESIDENCE_PERMIT = "residence_permit", _("港澳台居民居住证")
    FOREIGNER = "foreigner", _("外国人永久居留身份证")
    PASSPORT = "passport", _("护照")
    OTHER = "other", _("其他证件")


class Relation(models.TextChoices):
    """To the head of the household (公安部常住人口登记)."""

    HEAD = "head", _("户主")
    SPOUSE = "spouse", _("配偶")
    CHILD = "child", _("子女")
    GRANDCHILD = "grandchild", _("孙子女")
    PARENT = "parent", _("父母")
    GRANDPARENT = "grandparent", _("祖父母")
    SIBLING = "sibling", _("兄弟姐妹")
    OTHER = "other", _("其他")


class HouseholdKind(models.TextChoices):
    FAMILY = "family", _("家庭户")
    COLLECTIVE = "collective", _("集体户")


class Tenure(models.TextChoices):
    OWNED = "owned", _("自住")
    RENTED = "rented", _("出租")
    VACANT = "vacant", _("空置")
    OTHER = "other", _("其他")


class MoveKind(models.TextChoices):
    """How a residence began or ended."""

    ENTERED = "entered", _("登记")
    BORN = "born", _("出生")
    MOVED = "moved", _("迁移")
    TRANSFERRED = "transferred", _("转入")
    LEFT = "left", _("迁出")
    DIED = "died", _("死亡")
    MERGED = "merged", _("合并")


class RequestState(models.TextChoices):
    OPEN = "open", _("待对方办理")
    AGREED = "agreed", _("已同意")
    REFUSED = "refused", _("未同意")
    WITHDRAWN = "withdrawn", _("已撤回")


class VisitOutcome(models.TextChoices):
    MET = "met", _("见到")
    ABSENT = "absent", _("不在家")
    DECLINED = "declined", _("谢绝")
