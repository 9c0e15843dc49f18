"""What is hung out of a year of points: the masked list of each organisation, for the public page and the wall."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.db.models import Count
from django.utils import timezone

from accounts.choices import Role
from accounts.models import Appointment
from gridparty.lib import pdf
from gridparty.lib.dates import CHINA
from gridparty.lib.masking import mask_name
from members.choices import PUBLISHED
from members.models import PartyOrganisation, PointBalance, PointScheme
from members.points import board, places_on


@dataclass(frozen=True)
class Listed:
    """One member on the masked list: what anybody may read, and nothing else."""

    place: int
    name: str
    member_class: str
    total: object


@dataclass(frozen=True)
class Branch:
    """An organisation and how many of its members are on the list."""

    pk: int
    name: str
    number: int
    street: str
    community: str

    @property
    def title(self) -> str:
        """With its community, for a name like 第1网格党支部 stands everywhere."""
        return self.name if self.name.startswith(self.community) else f"{self.community}{self.name}"


def published(key) -> PointScheme | None:
    """The year hung out under this key; none while it runs or is frozen."""
    return PointScheme.objects.filter(public_key=key, state__in=sorted(PUBLISHED)).select_related("area").first()


def latest_published(organisation: PartyOrganisation) -> PointScheme | None:
    """The last year hung out for an organisation's place, by its street or else by its district."""
    places = [key for key in (organisation.street_id, organisation.district_id) if key]
    rows = PointScheme.objects.filter(area__in=places, state__in=sorted(PUBLISHED)).select_related("area")
    return max(rows, key=lambda row: (row.year, -places.index(row.area_id)), default=None)


def branches_of(scheme: PointScheme, path: str = "") -> list[Branch]:
    """The organisations below `path` with members on the list, in the order of the areas. Two queries."""
    ranked = PointBalance.objects.filter(scheme=scheme, ranked=True)
    ranked = ranked.filter(organisation__path__startswith=path) if path else ranked
    numbers = dict(ranked.order_by().values_list("organisation").annotate(n=Count("pk")))
    rows = PartyOrganisation.objects.filter(pk__in=numbers).select_related("street", "community")
    return [
        Branch(
            row.pk, row.name, numbers[row.pk], row.street.name if row.street else "", row.community.name if row.community else ""
        )
        for row in rows.order_by("street__code", "community__code", "path")
    ]


def by_place(branches: Iterable[Branch]) -> list[tuple[str, int, list[tuple[str, list[Branch]]]]]:
    """[(street, members, [(community, branches)])], in the order given."""
    found = []
    for street, rows in groupby(branches, key=lambda one: one.street):
        rows = list(rows)
        inside = [(community, list(some)) for community, some in groupby(rows, key=lambda one: one.community)]
        found.append((street, sum(one.number for one in rows), inside))
    return found


def list_of(scheme: PointScheme, organisation: int) -> list[Listed]:
    """The masked list of one organisation, the most points first. One query."""
    rows = board(PointBalance.objects.filter(scheme=scheme, organisation=organisation), scheme.year)
    rows = rows.select_related("member__person", "member_class").only(
        *("total", "year", "member_class__name", "member__known_as", "member__person__name")
    )
    return [Listed(place, mask_name(row.member.name), row.member_class.name, row.total) for place, row in places_on(rows)]


def notice_phone(scheme: PointScheme) -> str:
    """The duty phone of the office that made the scheme, where one is on record: it is shown because the post asks for it."""
    offices = (Role.STREET_OFFICER, Role.DISTRICT_OFFICIAL)
    posts = Appointment.objects.in_force().filter(role__in=offices, area=scheme.area_id).exclude(user__phone_tail="")
    post = posts.select_related("user").order_by("pk").first()
    return post.user.phone if post else ""


# --- On paper

MOST_ON_PAPER = 5_000  # members in one file


def notice_pdf(scheme: PointScheme, branches: Iterable[Branch], *, by) -> bytes:
    """The lists of these organisations for the wall, each from a page of its own."""
    rows = [(branch, list_of(scheme, branch.pk)) for branch in branches]
    return pdf.render(
        "points_notice.typ",
        {
            "scheme": scheme.name,
            "year": scheme.year,
            "office": scheme.area.full_name,
            "first": _day(scheme.notice_from),
            "last": _day(scheme.notice_until),
            "phone": notice_phone(scheme),
            "printed_by": by.name,
            "printed_at": f"{timezone.now().astimezone(CHINA):%Y-%m-%d %H:%M}",
            "branches": [{"name": branch.title, "rows": [_on_paper(one) for one in listed]} for branch, listed in rows],
        },
    )


def _on_paper(one: Listed) -> dict:
    return {"place": one.place, "name": one.name, "class": one.member_class, "total": f"{one.total.normalize():f}"}


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
