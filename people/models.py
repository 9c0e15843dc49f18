"""People: one human, one record, wherever they appear; where they live, and what care, visits and skills are noted of them."""

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.models import Audited, Setting
from gridparty.lib.access import Can
from gridparty.lib.crypto import EncryptedTextField
from grids.models import LEVELS, Placed
from people.choices import (
    HouseholdKind,
    IdKind,
    MoveKind,
    Relation,
    RequestState,
    Sex,
    Tenure,
    VisitOutcome,
)
from people.querysets import HouseholdQuerySet, MergeQuerySet, PersonQuerySet, RequestQuerySet, id_hashes


# Lists go page by page in the order of entry within one ancestor; with the tree joined PostgreSQL walked the whole table.
def _paged(stem: str) -> list[models.Index]:
    return [models.Index(fields=[level, "id"], name=f"{stem}_{level}") for level in (*LEVELS, "area")]


def _begins_with(name: str) -> models.Index:
    """For a text that is looked for whole or by its beginning."""
    return models.Index(fields=[name], name=f"person_{name}", opclasses=["varchar_pattern_ops"])


# Few of all residents: those among whom members that stand in no list are looked for.
_STATED = Q(stated_member=True, merged_into=None, died_on=None, erased_on=None)


class Household(Placed):
    """A dwelling and those who live there. Written by people.actions.homes."""

    see = Can.SEE_PEOPLE
    edit = Can.EDIT_PEOPLE

    area = models.ForeignKey("grids.Area", models.PROTECT, verbose_name=_("楼栋"), related_name="+", db_index=False)
    unit = models.CharField(_("单元"), max_length=10, blank=True)
    room = models.CharField(_("室号"), max_length=20)
    kind = models.CharField(_("户别"), max_length=12, choices=HouseholdKind, default=HouseholdKind.FAMILY)
    tenure = models.CharField(_("房屋情况"), max_length=10, choices=Tenure, default=Tenure.OWNED)

    objects = HouseholdQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("住户")
        indexes = [
            *_paged("household"),
            models.Index(fields=["community", "unit", "room"], name="household_door"),
        ]
        constraints = [models.UniqueConstraint(fields=["area", "unit", "room"], name="household_once")]

    def __str__(self):
        return f"{self.unit}-{self.room}" if self.unit else self.room


class Person(Placed):
    """One human. Placed by the current residence; without one (a member who lives elsewhere) no area sees the record.

    Written by people.actions; only an ID number makes two rows the same human.
    """

    see = Can.SEE_PEOPLE
    edit = Can.EDIT_PEOPLE
    # The place follows the residence, the rest what it is computed from.
    derived_fields = frozenset({*LEVELS, "area", "pinyin", "initials", "id_hash", "id_tail", "phone_tail"})
    masked_fields = frozenset({"name", "sex", "born_on", "ethnicity", "employer", "stated_member"})
    goes_whole = True  # an import that cannot take this back leaves what is about it, too
    hashed_fields = {"id_hash": lambda person: id_hashes(person.id_number)[0] if person.id_number else None}

    area = models.ForeignKey(
        "grids.Area", models.PROTECT, verbose_name=_("居住地"), null=True, blank=True, related_name="+", db_index=False
    )
    household = models.ForeignKey(Household, models.PROTECT, verbose_name=_("住户"), null=True, blank=True, related_name="people")
    relation = models.CharField(_("与户主关系"), max_length=12, choices=Relation, blank=True)
    name = models.CharField(_("姓名"), max_length=60)
    pinyin = models.CharField(_("拼音"), max_length=120, blank=True, editable=False)
    initials = models.CharField(_("拼音首字母"), max_length=20, blank=True, editable=False)
    sex = models.CharField(_("性别"), max_length=6, choices=Sex, blank=True)
    born_on = models.DateField(_("出生日期"), null=True, blank=True)
    id_kind = models.CharField(_("证件类型"), max_length=16, choices=IdKind, blank=True)
    id_number = EncryptedTextField(_("证件号码"), blank=True)
    id_hash = models.CharField(max_length=64, null=True, editable=False)  # null: unknown, and unknown ones never meet
    id_tail = models.CharField(_("证件号码后四位"), max_length=4, blank=True, editable=False)
    phone = EncryptedTextField(_("联系电话"), blank=True)
    phone_tail = models.CharField(_("电话后四位"), max_length=4, blank=True, editable=False)
    ethnicity = models.CharField(_("民族"), max_length=20, blank=True)
    employer = models.CharField(_("服务处所"), max_length=100, blank=True)
    # What a household list says; the membership itself is a matter of members. Somebody not on their rolls is looked for.
    stated_member = models.BooleanField(_("自报党员"), default=False)
    died_on = models.DateField(_("死亡日期"), null=True, blank=True, editable=False)
    erased_on = models.DateField(_("删除日期"), null=True, blank=True, editable=False)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, verbose_name=_("并入记录"), null=True, editable=False, related_name="+", db_index=False
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("用户"), null=True, editable=False, related_name="person"
    )

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("人员")
        indexes = [
            *_paged("person"),
            # db_index on a text makes two of each, and every one costs an import a tenth of its writing.
            *(_begins_with(name) for name in ("name", "pinyin", "initials")),
            *(models.Index(fields=[name], name=f"person_{name}") for name in ("id_tail", "phone_tail")),
            models.Index(fields=["merged_into"], name="person_merged", condition=~Q(merged_into=None)),
            *(models.Index(fields=[level, "id"], name=f"person_stated_{level}", condition=_STATED) for level in LEVELS),
        ]
        constraints = [
            models.UniqueConstraint(fields=["id_hash"], condition=Q(merged_into=None), name="person_id_once"),
            models.UniqueConstraint(fields=["household"], condition=Q(relation=Relation.HEAD), name="person_one_head"),
            models.CheckConstraint(condition=Q(household=None) | ~Q(relation=""), name="person_relation_in_household"),
        ]

    def __str__(self):
        return str(self.pk)  # names stay out of logs and messages

    @property
    def is_current(self) -> bool:
        return self.died_on is None and self.merged_into_id is None and self.erased_on is None


class AboutPerson(Placed):
    """Base of rows that go where the person goes: people.actions moves their place with the person's."""

    derived_fields = frozenset({*LEVELS, "area"})

    area = models.ForeignKey(
        "grids.Area", models.PROTECT, verbose_name=_("居住地"), null=True, blank=True, editable=False, related_name="+"
    )
    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("人员"), related_name="%(class)s_set")

    class Meta:
        abstract = True

    @staticmethod
    def kinds() -> list[type["AboutPerson"]]:
        return [model for model in apps.get_models() if issubclass(model, AboutPerson)]


class Residence(Placed):
    """Where somebody lived from then to then. It stays with the place: who lives there now does not see where they go."""

    see = Can.SEE_PEOPLE
    edit = Can.EDIT_PEOPLE

    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("人员"), related_name="residences")
    household = models.ForeignKey(
        Household, models.PROTECT, verbose_name=_("住户"), null=True, related_name="residences", db_index=False
    )
    relation = models.CharField(_("与户主关系"), max_length=12, choices=Relation, blank=True)
    from_on = models.DateField(_("迁入日期"))
    came = models.CharField(_("迁入方式"), max_length=12, choices=MoveKind, default=MoveKind.ENTERED)
    until_on = models.DateField(_("迁出日期"), null=True, blank=True)
    went = models.CharField(_("迁出方式"), max_length=12, choices=MoveKind, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("居住记录")
        indexes = [models.Index(fields=["household", "from_on"], name="residence_household")]
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(until_on=None), name="residence_one_at_a_time"),
            models.CheckConstraint(condition=Q(until_on=None) | Q(until_on__gte=F("from_on")), name="residence_forward"),
        ]

    def __str__(self):
        return f"{self.from_on}—{self.until_on or ''}"


class MoveRequest(Placed):
    """A residence typed for an ID number on record outside the writer's scope. `area` is where the person is to live.

    The asking side sees what it typed and the outcome, the other side sees the person and who asks.
    """

    see = Can.SEE_PEOPLE
    edit = Can.EDIT_PEOPLE
    moves_with_merge = False
    masked_fields = frozenset({"typed_name", "reason", "answer"})

    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("人员"), related_name="move_requests")
    held_area = models.ForeignKey("grids.Area", models.PROTECT, verbose_name=_("现登记地"), related_name="+")
    household = models.ForeignKey(Household, models.PROTECT, verbose_name=_("迁入住户"), null=True, related_name="+")
    relation = models.CharField(_("与户主关系"), max_length=12, choices=Relation, blank=True)
    typed_name = models.CharField(_("所填姓名"), max_length=60)
    reason = models.CharField(_("申请说明"), max_length=200, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("申请人"), related_name="+")
    asked_at = models.DateTimeField(_("申请时间"), default=timezone.now)
    state = models.CharField(_("状态"), max_length=12, choices=RequestState, default=RequestState.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("办理人"), null=True, related_name="+"
    )
    decided_at = models.DateTimeField(_("办理时间"), null=True)
    answer = models.CharField(_("答复"), max_length=200, blank=True)

    objects = RequestQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("转入申请")
        indexes = [models.Index(fields=["held_area", "state"], name="move_request_held")]
        constraints = [
            models.UniqueConstraint(fields=["person", "area"], condition=Q(state=RequestState.OPEN), name="move_request_once")
        ]

    def __str__(self):
        return str(self.pk)


class PersonMerge(Audited):
    """Two records of one human made one. `before` holds what undoing needs: keys and names of columns, no personal values."""

    see = Can.SEE_PEOPLE
    edit = Can.EDIT_PEOPLE

    kept = models.ForeignKey(Person, models.PROTECT, verbose_name=_("保留记录"), related_name="merges")
    dropped = models.ForeignKey(Person, models.PROTECT, verbose_name=_("并入记录"), related_name="+")
    merged_at = models.DateTimeField(_("合并时间"), default=timezone.now)
    before = models.JSONField(_("合并前"), default=dict)
    undone_at = models.DateTimeField(_("撤销时间"), null=True)

    objects = MergeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("记录合并")

    def __str__(self):
        return str(self.pk)


class CareClass(Setting):
    """A reason to visit and help regularly (S3, S2). Never opinions, religion or "key persons"."""

    name = models.CharField(_("名称"), max_length=30, unique=True)
    interval_days = models.PositiveSmallIntegerField(_("走访间隔（天）"), default=30)
    note = models.CharField(_("说明"), max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("关爱类别")

    def __str__(self):
        return self.name


class Care(AboutPerson):
    """Somebody to visit and help: why, since when, how often, by whom."""

    see = Can.SEE_PEOPLE
    edit = Can.EDIT_PEOPLE
    derived_fields = AboutPerson.derived_fields | {"last_visit_on", "next_visit_on"}
    masked_fields = frozenset({"reason", "end_reason"})

    care_class = models.ForeignKey(CareClass, models.PROTECT, verbose_name=_("关爱类别"), related_name="+")
    reason = models.CharField(_("原因"), max_length=200, blank=True)
    since_on = models.DateField(_("起始日期"))
    interval_days = models.PositiveSmallIntegerField(_("走访间隔（天）"), null=True, blank=True)
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("走访责任人"), null=True, blank=True, related_name="+"
    )
    last_visit_on = models.DateField(_("上次走访"), null=True, editable=False)
    next_visit_on = models.DateField(_("下次走访"), editable=False)
    ended_on = models.DateField(_("终止日期"), null=True, blank=True, editable=False)
    end_reason = models.CharField(_("终止原因"), max_length=100, blank=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = _("关爱对象")
        indexes = [
            *(
                models.Index(fields=[level, "next_visit_on"], name=f"care_due_{level}", condition=Q(ended_on=None))
                for level in LEVELS
            ),
            models.Index(fields=["responsible", "next_visit_on"], name="care_responsible", condition=Q(ended_on=None)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["person", "care_class"], condition=Q(ended_on=None), name="care_once"),
        ]

    def __str__(self):
        return str(self.pk)


class Visit(Placed):
    """One knock at one door. It stays with the place."""

    see = Can.SEE_PEOPLE
    edit = Can.RECORD_VISITS

    household = models.ForeignKey(Household, models.PROTECT, verbose_name=_("住户"), null=True, blank=True, related_name="visits")
    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("走访对象"), null=True, blank=True, related_name="visits")
    on = models.DateField(_("走访日期"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("走访人"), editable=False, related_name="+")
    outcome = models.CharField(_("结果"), max_length=10, choices=VisitOutcome, default=VisitOutcome.MET)
    note = EncryptedTextField(_("走访记录"), blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("走访")
        indexes = [
            *(models.Index(fields=[level, "on"], name=f"visit_{level}") for level in LEVELS),
            models.Index(fields=["household", "on"], name="visit_household"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(household=None, person=None), name="visit_to_somebody"),
        ]

    def __str__(self):
        return str(self.on)


class Skill(Setting):
    """Something people can do for others (能人库)."""

    name = models.CharField(_("名称"), max_length=30, unique=True)

    class Meta:
        verbose_name = verbose_name_plural = _("特长")

    def __str__(self):
        return self.name


class PersonSkill(AboutPerson):
    """A skill somebody agreed to be asked for, until they withdraw."""

    see = Can.SEE_PEOPLE
    edit = Can.EDIT_PEOPLE
    masked_fields = frozenset({"detail"})

    skill = models.ForeignKey(Skill, models.PROTECT, verbose_name=_("特长"), related_name="+")
    detail = models.CharField(_("具体内容"), max_length=100, blank=True)
    agreed_on = models.DateField(_("同意公开日期"))
    withdrawn_on = models.DateField(_("撤回日期"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = _("能人")
        indexes = [models.Index(fields=[level, "skill"], name=f"skill_{level}") for level in LEVELS]
        constraints = [
            models.UniqueConstraint(fields=["person", "skill"], condition=Q(withdrawn_on=None), name="person_skill_once"),
        ]

    def __str__(self):
        return str(self.pk)
