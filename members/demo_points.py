"""The demo's points: this year in force with a year's entries of the shown community, last year closed, a draft of a street."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageDraw

from accounts.models import User
from audit.operations import action
from gridparty.lib.dates import today
from grids.demo import SHOWN_COMMUNITY
from grids.models import Area
from members.actions import (
    NewEntry,
    appeal_points,
    decide_points,
    draft_scheme,
    freeze_year,
    note_contacts,
    post_points,
    publish_scheme,
    reverse_points,
)
from members.choices import ContactWay, SchemeState, SeatTitle
from members.models import Member, PointItem, PointScheme, Seat
from members.points import meeting_source

# (item, in which months, of how many members one stays away, what it was)
MEETINGS = [
    ("A1", range(1, 13), 5, "集中学习"),
    ("B1", (3, 6, 9, 12), 7, "支部党员大会"),
    ("B2", (2, 4, 7, 8, 10), 6, "主题党日"),
]


def points_of_the_demo(district: Area) -> str:
    """Both years, the draft, and what waits to be decided."""
    first, second = PointScheme.objects.filter(is_example=True).order_by("pk")[:2]
    members = _shown_members()
    street = members[0].organisation.street
    last = draft_scheme(source=first, area=street, year=today().year - 1, by=None)
    publish_scheme(scheme=last, by=None)
    post_points(entries=list(_year_of(last, members)), by=None)
    _close(freeze_year(scheme=last, by=None))
    now = draft_scheme(source=first, area=district, year=today().year, by=None)
    publish_scheme(scheme=now, by=None)
    posted = post_points(entries=list(_year_of(now, members)), by=None)
    _open_work(now, members)
    for n, way in enumerate(ContactWay):  # one member in five nobody was in touch with
        note_contacts(members=members[n::5], on=today() - timedelta(days=5 + 9 * n), way=way, by=None)
    draft_scheme(source=second, area=street, year=today().year, by=None, name=_("党员积分加分不封顶（征求意见稿）"))
    return _("积分办法：3 个，积分记录 %(n)d 条") % {"n": len(posted.entries)}


def _shown_members() -> list[Member]:
    rows = Member.objects.on_roll().filter(organisation__community__name__startswith=SHOWN_COMMUNITY)
    return list(rows.select_related("organisation__street", "person").order_by("pk"))


def _items(scheme: PointScheme) -> dict[str, PointItem]:
    return {item.code: item for item in PointItem.objects.filter(category__scheme=scheme)}


def _year_of(scheme: PointScheme, members: list[Member]) -> Iterator[NewEntry]:
    """Meetings month by month with most members there, service by some, a deduction for few."""
    items = _items(scheme)
    for code, months, away, title in MEETINGS:
        for on in (date(scheme.year, month, 15) for month in months):
            called, source = f"{on.month}月{title}", meeting_source(on, f"{on.month}月{title}")
            if on <= today():
                there = (one for n, one in enumerate(members) if (n + on.month) % away)
                yield from (NewEntry(one, items[code], on, source, note=called) for one in there)
    for n, member in enumerate(members):
        on = date(scheme.year, 1 + n % 12, 8)
        if n % 3 == 0 and on <= today():
            yield NewEntry(member, items["C1"], on, f"demo:{n}:C1", quantity=1 + n % 4, note=_("社区环境整治志愿服务"))
        if n % 40 == 9 and on <= today():
            yield NewEntry(member, items["E1"], on, f"demo:{n}:E1", note=_("未请假"))


def _open_work(scheme: PointScheme, members: list[Member]) -> None:
    """In the branch of the cast: proposals that wait, one with a photo; a refusal, an appeal, a reversal."""
    secretary, member = (User.objects.filter(username=name).first() for name in ("zhibu", "dangyuan"))
    own = next((one for one in members if member and one.person.user_id == member.pk), None)
    if own is None or secretary is None:
        return
    items, branch = _items(scheme), [one for one in members if one.organisation_id == own.organisation_id]
    seat = Seat.objects.filter(organisation=own.organisation_id, title=SeatTitle.ORGANISER).select_related("person__user").first()
    organiser = User.objects.get(pk=seat.person.user_id)

    def put(code: str, by, note: str, whom: Member = own, **more) -> NewEntry:
        new = NewEntry(whom, items[code], today(), f"form:demo:{code}:{whom.pk}", note=note, **more)
        return post_points(entries=[new], by=by).entries[0]

    put("C1", member, _("雨后清扫3号楼前积水"), quantity=2, photo=_photo())
    put("C4", member, _("反映2单元路灯不亮，已修好"))
    for one in branch[4:8]:
        put("C3", organiser, _("入户看望独居老人"), one)
    decide_points(entries=[put("A3", member, _("学习心得"))], approve=False, by=secretary, reason=_("未附心得全文"))
    late = put("E1", secretary, _("集中学习未到"))
    appeal_points(entry=late, by=member, text=_("当天已向组织委员请假"))
    wrong = put("B1", secretary, _("补记党员大会"), branch[5])
    reverse_points(entry=wrong, by=secretary, reason=_("当天本人未到场，记错人"))


def _photo() -> SimpleUploadedFile:
    """A drawn picture: wet ground, a broom."""
    picture = Image.new("RGB", (640, 480), "#dfe6ec")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 300, 640, 480), fill="#9fb3c8")
    draw.line((200, 120, 380, 400), fill="#7a5230", width=14)
    draw.polygon([(350, 380), (430, 360), (470, 450), (360, 460)], fill="#c9a227")
    content = BytesIO()
    picture.save(content, "JPEG")
    return SimpleUploadedFile("photo.jpg", content.getvalue(), "image/jpeg")


@action("members.demo_year")
def _close(scheme: PointScheme) -> None:
    """As if the notice had hung in January: the actions would not let it end before its time."""
    year = scheme.year + 1
    scheme.state, scheme.signed_at = SchemeState.CLOSED, datetime(year, 1, 16, 1, tzinfo=UTC)
    scheme.notice_from, scheme.notice_until = date(year, 1, 8), date(year, 1, 15)
    scheme.save()


@action("members.demo_cast")
def link_cast(members: list[Member]) -> None:
    """Let the cast be members of the first branch of the shown community: 支部书记 its first, 党员 one without an office."""
    branches = [one for one in members if one.organisation.community.name.startswith(SHOWN_COMMUNITY)]
    first = min(branches, key=lambda one: one.organisation.area.code).organisation_id if branches else None
    own = [one for one in branches if one.organisation_id == first]
    for username, n in (("zhibu", 0), ("dangyuan", 3)):
        user = User.objects.filter(username=username).first()
        if user is None or len(own) <= n:
            continue
        person = own[n].person
        person.user, user.name = user, person.name
        person.save()
        user.save()
