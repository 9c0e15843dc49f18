"""What is counted of the journal and of cases."""

from datetime import date, datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cases.choices import Procedure, Side
from cases.journal import address
from cases.models import Case, JournalEntry, Rating
from gridparty.lib.dates import start_of
from gridparty.lib.figures import Figure, figures


def _instants(first: date, last: date) -> tuple[datetime, datetime]:
    """From the first moment of the first day in China to the first after the last."""
    return start_of(first), start_of(last + timedelta(days=1))


def _between(column: str, first: date, last: date) -> dict:
    begins, ends = _instants(first, last)
    return {f"{column}__gte": begins, f"{column}__lt": ends}


def _entries(area, first: date, last: date) -> str:
    return address(area=area.pk, first=first, last=last)


def _cases(key: str, label: str, on: str) -> Figure:
    """Cases that were opened, answered or closed."""
    return Figure(
        key,
        label,
        _("件"),
        lambda a, b: Case.objects.filter(**_between(f"{on}_at", a, b)),
        lambda area, a, b: f"{reverse('cases:cases')}?show=all&on={on}&area={area.pk}&from={a}&to={b}",
    )


@figures
def voices() -> list[Figure]:
    return [
        Figure("journal", _("民情日志"), _("条"), lambda a, b: JournalEntry.objects.filter(on__range=(a, b)), _entries),
        _cases("cases_opened", _("新受理事件"), "opened"),
        _cases("cases_answered", _("已答复事件"), "answered"),
        _cases("cases_closed", _("结案事件"), "closed"),
        Figure(
            "cases_urgent",
            _("紧急事件"),
            _("件"),
            lambda a, b: Case.objects.filter(procedure=Procedure.URGENT, **_between("opened_at", a, b)),
        ),
        Figure("ratings", _("居民评价"), _("次"), lambda a, b: Rating.objects.filter(side=Side.RESIDENT, **_between("at", a, b))),
    ]
