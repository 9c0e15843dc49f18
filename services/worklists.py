"""What waits at the desk: posts to approve, claims and hours to confirm, explanations to answer."""

from django.urls import reverse
from django.utils.translation import gettext as _

from gridparty.lib.access import Can, scope_of
from gridparty.lib.counting import numbers_of
from gridparty.lib.registry import Worklist, worklists
from services.card_lists import to_do
from services.models import Absence, Claim, FeedbackCard, ServiceHours, ServicePost


@worklists
def services_work(user) -> list[Worklist]:
    """One query for all of it."""
    waiting = running(user)
    numbers = numbers_of(waiting) if waiting else {}
    posts, claims, hours, absences = (
        reverse(f"admin:services_{name}_changelist") for name in ("servicepost", "claim", "servicehours", "absence")
    )
    lists = {
        "approve": (_("待审批岗位"), f"{posts}?todo=approve", _("已提交，审批后发布")),
        "decide": (_("待确认认领"), f"{claims}?todo=decide", _("党员选岗，由您定岗")),
        "confirm": (_("待确认时长"), f"{hours}?todo=confirm", _("确认后自动计入积分")),
        "answer": (_("待答复说明"), f"{absences}?todo=answer", _("未到岗的本人说明")),
    }
    return [Worklist(title, numbers[name], url, hint) for name, (title, url, hint) in lists.items() if name in numbers]


def running(user) -> dict:
    """What waits for who runs services, at the desk and on the phone; without what their capabilities do not reach."""
    scope = scope_of(user)
    waiting = {}
    if scope.has(Can.APPROVE_SERVICES):
        waiting["approve"] = ServicePost.objects.visible_to(user).to_approve(user)
    if scope.has(Can.RUN_SERVICES):
        waiting["decide"] = Claim.objects.visible_to(user).to_decide(user)
        waiting["confirm"] = ServiceHours.objects.visible_to(user).to_confirm(user)
        waiting["answer"] = Absence.objects.visible_to(user).to_answer(user)
    return waiting


@worklists
def cards_work(user) -> list[Worklist]:
    """Feedback cards, in the order of their way; most of the year there are none. One query for all of it."""
    if not scope_of(user).has(Can.KEEP_CARDS):
        return []
    lists = {
        "remark": (_("反馈卡待填评语"), _("已按期生成，填写后提交审批"), False),
        "approve": (_("反馈卡待审批"), _("评语已提交"), True),
        "send": (_("反馈卡待发出"), _("发链接或打印后送单位"), False),
        "late": (_("反馈卡逾期未回执"), _("已过回执期限，请联系单位"), True),
        "left": (_("已不在本单位"), _("单位回执已不在，请核实工作单位"), True),
    }
    waiting = to_do(FeedbackCard.objects.visible_to(user), user)
    numbers = numbers_of({name: waiting[name] for name in lists})
    page = reverse("admin:services_feedbackcard_changelist")
    return [
        Worklist(title, numbers[name], f"{page}?todo={name}", hint, late)
        for name, (title, hint, late) in lists.items()
        if numbers[name]
    ]
