"""What happens by itself when a day has come: agreements expire, and whoever has to do something hears of it.

Each is safe to run twice, at once, or after missed days: a notice is made once by its key.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Count, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.queries import post_holders
from audit.operations import action
from cases.choices import OPEN, Outcome, Step
from gridparty.lib.access import Can
from gridparty.lib.dates import Week, start_of, today
from grids.queries import chunks
from jobs.actions import notify
from liaison.actions.resolutions import named
from liaison.choices import AGREEMENT_MOVES, REMIND_DAYS, AgreementMove, MeetingState, ResolutionState
from liaison.models import Agreement, Body, BodyMember, Commitment, Resolution

SOON_DAYS = 7  # commitments
OWNER_DAYS = 3  # before a resolution's day
CASE_DAYS = 30  # so long after a case was closed its end is still told
_OFFICE = Coalesce("community", "area")  # whose keepers hear of it; None where the place lies above communities


@action("liaison.expire_agreements")
def expire_agreements(*, day: date | None = None) -> int:
    """Agreements whose last day is over are in force no more; how many."""
    rule = AGREEMENT_MOVES[AgreementMove.EXPIRE]
    over = Agreement.objects.filter(state__in=sorted(rule.states), ends_on__lt=day or today())
    done = 0
    for some in chunks(sorted(over.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))):
        done += over.filter(pk__in=some).update(state=rule.to)
    return done


def remind(*, day: date | None = None) -> dict[str, int]:
    """Tell of what ends, falls due or is late; how many notices were new, of each kind."""
    day = day or today()
    return {
        "agreements": remind_agreements(day=day),
        "commitments": remind_commitments(day=day),
        "owners": remind_owners(day=day),
        "chairs": remind_chairs(day=day),
        "cases": remind_cases(day=day),
    }


# --- Agreements and what was promised


@action("liaison.remind_agreements")
def remind_agreements(*, day: date) -> int:
    """Each threshold once: the smallest that is not passed yet, also when the days before were missed."""
    ending = Agreement.objects.in_force().filter(ends_on__range=(day, day + timedelta(days=max(REMIND_DAYS))), renewal=None)
    rows = list(ending.select_related("unit").defer("unit__contact_phone").annotate(office=_OFFICE).order_by("pk"))
    keepers, told = _keepers(row.office for row in rows), 0
    for row in rows:
        threshold = min(days for days in REMIND_DAYS if days >= (row.ends_on - day).days)
        words = {"title": row.title, "unit": row.unit.name, "day": row.ends_on}
        told += notify(
            recipients=keepers.get(row.office, ()),
            subject=_("共建协议 %d 天内到期") % threshold,
            body=_("%(unit)s《%(title)s》于 %(day)s 到期，请办理续签或到期终止。") % words,
            link=reverse("admin:liaison_agreement_change", args=[row.pk]),
            once_key=f"agreement-{row.pk}-{threshold}-{row.ends_on}",
        )
    return told


@action("liaison.remind_commitments")
def remind_commitments(*, day: date) -> int:
    """One notice a week for each office: how many are late, how many fall due within the week."""
    due = Commitment.objects.open().filter(due_on__lte=day + timedelta(days=SOON_DAYS)).order_by()
    office = Coalesce("agreement__community", "agreement__area")
    counted = due.annotate(office=office).values("office").annotate(late=Count("pk", filter=Q(due_on__lt=day)), all=Count("pk"))
    numbers = {row["office"]: (row["late"], row["all"] - row["late"]) for row in counted}
    keepers, told = _keepers(numbers), 0
    for area, (late, soon) in sorted(numbers.items()):
        told += notify(
            recipients=keepers.get(area, ()),
            subject=_("共建事项：逾期 %(late)d 项，一周内到期 %(soon)d 项") % {"late": late, "soon": soon},
            body=_("请联系责任方办理，办理后登记完成情况。"),
            link=reverse("admin:liaison_commitment_changelist") + ("?todo=late" if late else ""),
            once_key=f"commitments-{area}-{Week.of(day)}",
        )
    return told


# --- Resolutions


def _owned():
    """Those their owner still has to see to, with whom they are about; of meetings whose minutes were sent."""
    rows = Resolution.objects.open().filter(state=ResolutionState.OPEN, meeting__state=MeetingState.CLOSED)
    return rows.exclude(case__step__in=sorted(OPEN)).select_related("meeting", "owner__person__user")


@action("liaison.remind_owners")
def remind_owners(*, day: date) -> int:
    """Shortly before the day once, after it every week. Whoever has no account is reminded by who keeps the meetings."""
    due = _owned().filter(due_on__lte=day + timedelta(days=OWNER_DAYS), owner__person__user__is_active=True)
    told = 0
    for row in due.defer("owner__person__phone", "owner__person__id_number").order_by("pk"):
        late = row.due_on < day
        told += notify(
            recipients=[row.owner.person.user],
            subject=_("您负责的决议已逾期") if late else _("您负责的决议即将到期"),
            body=_("%(which)s，期限 %(day)s。办结后请报告。") % {"which": named(row), "day": row.due_on},
            link=reverse("liaison:resolution", args=[row.pk]),
            once_key=f"resolution-{row.pk}-" + (f"late-{Week.of(day)}" if late else f"due-{row.due_on}"),
        )
    return told


@action("liaison.remind_chairs")
def remind_chairs(*, day: date) -> int:
    """Every week, for each body that has any: how many of its resolutions are late. Also those that became cases."""
    rows = Resolution.objects.open().filter(state=ResolutionState.OPEN, meeting__state=MeetingState.CLOSED, due_on__lt=day)
    counted = rows.order_by().values_list("meeting__body", "meeting__body__name").annotate(n=Count("pk"))
    numbers = {body: (name, n) for body, name, n in counted}
    who, told = _who_chairs(numbers), 0
    for body, (name, n) in sorted(numbers.items()):
        chairs, users = who[body]
        told += notify(
            recipients=users,
            subject=_("%(body)s有 %(n)d 项决议逾期") % {"body": name, "n": n},
            body=_("请督促责任人办理，或在下次会议上检查。"),
            link=_page(chairs) or reverse("admin:liaison_resolution_changelist") + "?todo=late",
            once_key=f"resolutions-late-{body}-{Week.of(day)}",
        )
    return told


@action("liaison.remind_cases")
def remind_cases(*, day: date) -> int:
    """What became of resolutions that were handed on as cases: solved, they are done; out of remit, they are open still."""
    closed = Resolution.objects.live().exclude(state=ResolutionState.DROPPED)
    closed = closed.filter(case__step=Step.CLOSED, case__closed_at__gte=start_of(day - timedelta(days=CASE_DAYS)))
    rows = closed.select_related("meeting", "case").defer("case__text", "case__teller", "case__teller_phone").order_by("pk")
    rows = list(rows)
    who, told = _who_chairs({row.meeting.body_id for row in rows}), 0
    for row in rows:
        solved = row.case.outcome == Outcome.SOLVED
        chairs, users = who[row.meeting.body_id]
        words = {"which": named(row), "case": row.case.number}
        said = _("%(which)s转成的事件 %(case)s 已办结，答复见决议页面。")
        back = _("%(which)s转成的事件 %(case)s 按职责范围外结案，决议仍在办理中，请另行安排。")
        told += notify(
            recipients=users,
            subject=_("决议已落实") if solved else _("决议转办的事件未办理"),
            body=(said if solved else back) % words,
            link=_page(chairs) or reverse("admin:liaison_resolution_change", args=[row.pk]),
            once_key=f"resolution-{row.pk}-case-{row.case.outcome}-{row.case.round}",
        )
    return told


# --- Whom


def _who_chairs(bodies: Iterable[int]) -> dict[int, tuple[bool, list[User]]]:
    """{body: (whether it is its chair, who hears)}: the chair; where that has no account, who keeps the meetings. Two queries."""
    chairs, offices = {}, {}
    held = BodyMember.objects.current().filter(chairs=True, person__user__is_active=True)
    for some in chunks(sorted(bodies)):
        rows = held.filter(body__in=some).select_related("person__user").defer("person__phone", "person__id_number")
        chairs |= {row.body_id: row.person.user for row in rows}
        places = Body.objects.filter(pk__in=set(some) - set(chairs))
        offices |= dict(places.annotate(office=_OFFICE).values_list("pk", "office"))
    keepers: dict[int, list[User]] = defaultdict(list, _keepers(offices.values()))
    found = {body: (True, [user]) for body, user in chairs.items()}
    return found | {body: (False, keepers[office]) for body, office in offices.items()}


def _page(chairs: bool) -> str:
    """The chair sees on the phone what is open of the bodies they chair; who keeps the meetings has the desk."""
    return reverse("liaison:hub") if chairs else ""


def _keepers(offices: Iterable[int]) -> dict[int, list[User]]:
    """{area: who keeps agreements and meetings there}."""
    found: dict[int, list[User]] = {}
    for some in chunks(sorted(set(offices))):
        found |= post_holders(some, Can.RUN_LIAISON)
    return found
