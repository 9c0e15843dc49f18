"""The certificate of a year's service on paper."""

from django.utils import timezone

from gridparty.lib import pdf
from gridparty.lib.dates import CHINA, today
from members.models import Member
from services.gatherings import served_in


def certificate_pdf(member: Member, year: int, *, by) -> bytes:
    """What the member served in a year as far as it was confirmed, for the office to seal."""
    lines = served_in(member, year)
    on = today()
    return pdf.render(
        "service_certificate.typ",
        {
            "name": member.name,
            "organisation": member.organisation.name,
            "office": _office(member),
            "year": year,
            "is_whole": year < on.year,
            "until": _day(on),
            "times": sum(times for _title, times, _hours in lines),
            "total": _number(sum(hours for _title, _times, hours in lines)),
            "rows": [[title, str(times), _number(hours)] for title, times, hours in lines],
            "on": _day(on),
            "printed_by": by.name,
            "printed_at": f"{timezone.now().astimezone(CHINA):%Y-%m-%d %H:%M}",
        },
    )


def _office(member: Member) -> str:
    """The community that seals it: of the organisation, else where the member lives, else the organisation itself."""
    area = member.organisation.community or member.community
    return area.full_name if area else member.organisation.name


def _number(hours) -> str:
    return f"{hours.normalize():f}"


def _day(day) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
