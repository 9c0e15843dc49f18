"""Ratings of matters served, by the resident and by those who served (双向评价, E5)."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.choices import Side
from cases.models.cases import Case
from cases.querysets import RatingQuerySet
from gridparty.lib.access import Can
from gridparty.lib.crypto import EncryptedTextField
from grids.models import LEVELS, Placed


class Rating(Placed):
    """One side's score of one round of a case. `area` is who is rated: the area that held the case when it was answered.

    Single ratings are seen above that area only; the rated see sums over five or more (cases.queries.rating_gap).
    """

    see = Can.SEE_RATINGS
    edit = Can.SEE_RATINGS
    moves_with_merge = False
    masked_fields = frozenset({"score"})

    case = models.ForeignKey(Case, models.PROTECT, verbose_name=_("事件"), related_name="ratings", db_index=False)
    round = models.PositiveSmallIntegerField(_("第几次办理"))
    side = models.CharField(_("评价方"), max_length=10, choices=Side)
    score = models.PositiveSmallIntegerField(_("评分"), validators=[MinValueValidator(1), MaxValueValidator(5)])
    text = EncryptedTextField(_("意见"), blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("评价人"), null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField(_("评价时间"), default=timezone.now)

    objects = RatingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("评价")
        indexes = [models.Index(fields=[level, "at"], name=f"rating_{level}") for level in LEVELS]
        constraints = [
            models.UniqueConstraint(fields=["case", "round", "side"], name="rating_once"),
            models.CheckConstraint(condition=Q(score__gte=1, score__lte=5), name="rating_score"),
        ]

    def __str__(self):
        return str(self.pk)
