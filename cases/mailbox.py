"""The mailbox and what residents see of their case: where a code leads, signed links, limits, QR codes, papers (E6)."""

from django.utils import timezone

from cases.choices import RATE_DAYS, REOPEN_DAYS, Side, Step
from cases.models import Case, Rating, Subject
from cases.queries import can_reopen
from gridparty.lib import pdf
from gridparty.lib.codes import address, qr_svg, spelt
from gridparty.lib.dates import CHINA
from gridparty.lib.limits import Limit
from gridparty.lib.links import SignedLink
from grids.choices import AreaKind
from grids.models import Area

# A carrier puts many phones behind one address, and a power cut brings many letters at once.
BY_ADDRESS = Limit("mailbox_address", "20/h/ip")
BY_AREA = Limit("mailbox_area", "100/h/key")
WRONG_CODES = Limit("mailbox_code", "30/h/ip")

RATE_LINK = SignedLink("cases.rate", RATE_DAYS, "rating_key")
REOPEN_LINK = SignedLink("cases.reopen", REOPEN_DAYS, "rating_key")

_PLACES = [AreaKind.COMMUNITY, AreaKind.GRID, AreaKind.BUILDING]


def area_of(code: str) -> Area | None:
    """The open area whose mailbox this is: a grid's; a building's or a community's falls to its office. One query."""
    rows = Area.objects.open().filter(kind__in=_PLACES).select_related("street", "community", "grid", "parent")
    return rows.filter(code=code).first()


def place_of(area: Area) -> str:
    """桃园社区 第1网格 1号楼, from the community down."""
    above = [getattr(area, level) for level in ("community", "grid") if getattr(area, f"{level}_id") not in (None, area.pk)]
    return " ".join(one.name for one in (*above, area))


def subjects() -> list[Subject]:
    return list(Subject.objects.filter(in_use=True))


def case_by(link: SignedLink, token: str) -> Case | None:
    return link.row(token, Case.objects.select_related("subject", "community", "grid", "holder"))


def links_for(case: Case) -> dict[str, str]:
    """What the resident may still do with an answered case: {"rate": token, "reopen": token}. One query at most."""
    if case.step not in (Step.ANSWERED, Step.CLOSED) or case.answered_at is None:
        return {}
    links = {} if is_rated(case) or is_late_to_rate(case) else {"rate": RATE_LINK.token(case)}
    return links | ({"reopen": REOPEN_LINK.token(case)} if can_reopen(case) else {})


def is_rated(case: Case) -> bool:
    return Rating.objects.filter(case=case, round=case.round, side=Side.RESIDENT).exists()


def is_late_to_rate(case: Case) -> bool:
    return (timezone.now() - case.answered_at).days >= RATE_DAYS


# --- On paper


def slip_pdf(case: Case, *, by) -> bytes:
    """What whoever told a matter at the counter takes home. Nothing of who they are or what they said."""
    url = address("cases:tracked", case.receipt)
    facts = {
        "place": place_of(case.area),
        "subject": case.subject.name,
        "number": case.number,
        "opened": f"{case.opened_at.astimezone(CHINA):%Y-%m-%d %H:%M}",
        "receipt": spelt(case.receipt),
        "track": address("cases:track"),
        "office": case.community.full_name if case.community else case.area.full_name,
    }
    return pdf.render("case_slip.typ", facts | {"qr": qr_svg(url), "printed_by": by.name, "printed_at": _now()})


def poster_pdf(area: Area) -> bytes:
    """The mailbox of an area for the wall of its stairwells; who printed it is nobody's business there."""
    url = address("cases:mailbox", area.code)
    facts = {
        "place": place_of(area),
        "office": area.community.full_name if area.community else area.full_name,
        "track": address("cases:track"),
    }
    return pdf.render("mailbox_poster.typ", facts | {"qr": qr_svg(url), "printed_at": _now()})


def _now() -> str:
    return f"{timezone.now().astimezone(CHINA):%Y-%m-%d %H:%M}"
