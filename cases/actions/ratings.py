"""Rating a matter that was answered: the resident by a signed link, the team by its post."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.operations import action
from cases.choices import RATE_DAYS, Outcome, Side, Step
from cases.errors import RatingRefused
from cases.models import Case, Rating
from gridparty.lib.access import Can, scope_of
from grids.actions import place


@action("cases.rate")
def rate(*, case: Case, side: str, score: int, by=None, text: str = "") -> Rating:
    """Score one round of an answered case, once for each side; `by` is None for the resident, who came by a signed link.

    Raises RatingRefused.
    """
    case = Case.objects.select_for_update().get(pk=case.pk)  # without the holder, whom another may change meanwhile
    if case.step not in (Step.ANSWERED, Step.CLOSED) or case.answered_at is None or case.outcome == Outcome.OUT_OF_REMIT:
        raise RatingRefused(_("该事项没有答复或正在重新办理，答复后再评价。"))
    if case.answered_at + timedelta(days=RATE_DAYS) < timezone.now():
        raise RatingRefused(_("答复已超过 %(days)d 天，不再接受评价。") % {"days": RATE_DAYS})
    if not 1 <= score <= 5:
        raise RatingRefused(_("请选择 1 到 5 分。"))
    if side == Side.TEAM and not scope_of(by).covers(Can.HANDLE_CASES, case.holder):
        raise RatingRefused(_("自评由办理单位填写。"))
    rating = Rating(case=case, round=case.round, side=side, score=score, text=text.strip(), by=by)
    place(row=rating, area=case.holder)
    try:
        with transaction.atomic():
            rating.save()
    except IntegrityError:
        raise RatingRefused(_("该事项已评价过，不能重复评价。")) from None
    return rating
