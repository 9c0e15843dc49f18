"""What a member does for others, on their page at the desk: posts, hours of this year, what the employer answered last."""

from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import today
from gridparty.lib.registry import Panel, panels
from members.models import Member
from people.models import Person
from services.card_lists import period_of
from services.choices import LIVE, SERVED, SHOWN
from services.models import Claim, FeedbackCard, ServiceHours

LAST_POSTS = 5


@panels
def services(person: Person, user) -> list[Panel]:
    """Of members only: one query for everybody else."""
    if not scope_of(user).has(Can.SEE_SERVICES):
        return []
    member = Member.objects.visible_to(user).filter(person=person).defer("phone").first()
    if member is None:
        return []
    lines = [*_posts(member, user), *_hours(member, user), *_card(member, user)]
    return [Panel(_("社区服务"), lines, _("没有服务记录。"))]


def _posts(member: Member, user) -> list[tuple]:
    rows = Claim.objects.visible_to(user).filter(member=member, state__in=sorted(LIVE | SERVED)).select_related("post")
    return [
        (claim.post.title, claim.get_state_display(), reverse("admin:services_claim_change", args=[claim.pk]))
        for claim in rows.order_by("-pk")[:LAST_POSTS]
    ]


def _hours(member: Member, user) -> list[tuple]:
    year = today().year
    rows = ServiceHours.objects.visible_to(user).confirmed().filter(member=member, on__year=year)
    hours = rows.aggregate(sum=Sum("hours"))["sum"]
    return [(_("%(year)d年服务时长") % {"year": year}, _("%(n)s 小时") % {"n": f"{hours:.1f}"}, "")] if hours else []


def _card(member: Member, user) -> list[tuple]:
    rows = FeedbackCard.objects.visible_to(user).filter(member=member, state__in=sorted(SHOWN))
    card = rows.order_by("-from_on", "-pk").first()
    if card is None:
        return []
    told = card.get_answer_display() or card.get_state_display()
    return [
        (_("%(period)s反馈卡") % {"period": period_of(card)}, told, reverse("admin:services_feedbackcard_change", args=[card.pk]))
    ]
