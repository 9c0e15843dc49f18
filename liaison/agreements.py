"""Agreements, read: what a template says for two parties, where the unit's link leads, what was promised and done."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.queries import post_holders
from gridparty.lib.access import Can
from gridparty.lib.codes import address
from gridparty.lib.dates import today
from gridparty.lib.links import SignedLink
from grids.queries import chunks
from liaison.choices import WITH_THE_UNIT, AgreementState, CommitmentState, Side
from liaison.models import Agreement, AgreementTemplate, Commitment

# --- The texts

TEXTS = ("title", "clauses", "our_duties", "their_duties")


def filled(template: AgreementTemplate, *, ours: str, theirs: str, starts_on: date, ends_on: date) -> dict[str, str]:
    """The texts of a template with the parties and the term in place."""
    values = {"{甲方}": ours, "{乙方}": theirs, "{开始}": in_words(starts_on), "{结束}": in_words(ends_on)}
    texts = {name: getattr(template, name) for name in TEXTS}
    for sign, value in values.items():
        texts = {name: text.replace(sign, value) for name, text in texts.items()}
    return texts


def party_name(agreement) -> str:
    """甲方 as it stands on paper: the party organisation, or the place that has none on record."""
    return agreement.organisation.full_name if agreement.organisation else agreement.area.full_name


def in_words(day: date) -> str:
    return _("%(year)d年%(month)d月%(day)d日") % {"year": day.year, "month": day.month, "day": day.day}


def term_of(agreement) -> str:
    return f"{in_words(agreement.starts_on)}—{in_words(agreement.ends_on)}"


# --- The unit's link

AGREEMENT_LINK = SignedLink("liaison.agreement", days=400, key="link_key")
OPENS_AFTER_DAYS = 30  # so long after its last day the unit still reads it


def link_of(agreement: Agreement) -> str:
    """In full, as it is sent."""
    return address("liaison:agreement_by_link", AGREEMENT_LINK.token(agreement))


def agreement_by_link(token: str) -> Agreement | None:
    """The agreement a link opens: with the unit, or over for a short while, and not revoked since. One query at most."""
    lately = Q(state=AgreementState.EXPIRED, ends_on__gte=today() - timedelta(days=OPENS_AFTER_DAYS))
    rows = Agreement.objects.filter(Q(state__in=sorted(WITH_THE_UNIT)) | lately).defer("unit__contact_phone")
    return AGREEMENT_LINK.row(token, rows.select_related("unit", "area", "community", "organisation"))


def objected_by_link(token: str) -> Agreement | None:
    """What the unit sent back by this link, and is being changed: the same link opens it again once it is offered anew."""
    return AGREEMENT_LINK.row(token, Agreement.objects.objected())


# --- Who keeps it


def keepers_of(agreement: Agreement, can: Can = Can.RUN_LIAISON) -> list[User]:
    """Who hears of it: those with a post in its community, or in the street or district that made it. One query."""
    where = agreement.community_id or agreement.area_id
    return post_holders([where], can).get(where, [])


# --- What was promised, and done


def with_progress(rows: QuerySet[Agreement]) -> QuerySet[Agreement]:
    """With `promised` (dropped ones left out), `done`, `late` and `to_confirm`: of the commitments of each, without a query
    of their own."""
    state = CommitmentState
    late = Q(state=state.OPEN, due_on__lt=today(), agreement__state=AgreementState.IN_FORCE)
    return rows.annotate(
        promised=_number(~Q(state=state.DROPPED)),
        done=_number(Q(state=state.DONE)),
        late=_number(late),
        to_confirm=_number(Q(state=state.REPORTED)),
    )


def _number(which: Q) -> Coalesce:
    counted = Commitment.objects.filter(which, agreement=OuterRef("pk")).order_by().values("agreement")
    return Coalesce(Subquery(counted.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0)


def done_in(agreement: Agreement, first: date, last: date) -> list[str]:
    """Sentences of what either side did in these days. One query."""
    return done_by_agreement([agreement.pk], first, last).get(agreement.pk, [])


def done_by_agreement(agreements: Iterable[int], first: date, last: date) -> dict[int, list[str]]:
    """{agreement: sentences of what either side did in these days}, ours first, then by day. One query for thousands."""
    found: dict[int, list[str]] = defaultdict(list)
    rows = Commitment.objects.filter(state=CommitmentState.DONE, done_on__range=(first, last))
    for some in chunks(sorted(agreements)):
        for one in sorted(rows.filter(agreement__in=some), key=_order):
            found[one.agreement_id].append(_sentence(one))
    return dict(found)


def _order(one: Commitment) -> tuple:
    return one.side != Side.OURS, one.done_on, one.pk


def _sentence(one: Commitment) -> str:
    words = {"month": one.done_on.month, "day": one.done_on.day, "side": one.get_side_display()}
    words |= {"text": one.text, "done": one.done_text.rstrip("。.；; ")}
    return _("%(month)d月%(day)d日，%(side)s完成“%(text)s”：%(done)s。") % words
