"""What waits at the desk: agreements to renew, sign and mend; commitments, reports, minutes and resolutions."""

from django.urls import reverse
from django.utils.translation import gettext as _

from gridparty.lib.access import Can, scope_of
from gridparty.lib.counting import numbers_of
from gridparty.lib.registry import Worklist, worklists
from liaison.models import Agreement, Commitment, Meeting, QuarterReport, Resolution


@worklists
def liaison_work(user) -> list[Worklist]:
    """The rows the lists show by the question in the line's address; a line only where there are any. One query for all of it."""
    if not scope_of(user).has(Can.RUN_LIAISON):
        return []
    numbers = numbers_of(_waiting(user))
    lines = {
        "agreement.objected": (_("共建协议：单位提出修改"), _("修改后再送对方确认"), False),
        "agreement.sign": (_("共建协议待签订"), _("对方已同意"), False),
        "agreement.ending": (_("共建协议即将到期"), _("60 天内到期，尚未续签"), False),
        "commitment.late": (_("共建事项逾期"), _("履行中的协议"), True),
        "commitment.confirm": (_("共建事项待核实"), _("单位已报告完成"), False),
        "quarterreport.send": (_("共建季度汇报待提交"), _("已按季度生成，补充后提交"), False),
        "meeting.minutes": (_("会议纪要待发出"), _("会议已召开"), False),
        "resolution.late": (_("会议决议逾期"), _("责任人尚未报告办结"), True),
        "resolution.confirm": (_("会议决议待核实"), _("责任人已报告办结"), False),
    }
    return [
        Worklist(title, numbers[name], _list(name), hint, late)
        for name, (title, hint, late) in lines.items()
        if numbers.get(name)
    ]


def _waiting(user) -> dict:
    agreements, commitments = Agreement.objects.visible_to(user), Commitment.objects.visible_to(user)
    resolutions = Resolution.objects.editable_by(user)
    return {
        "agreement.objected": agreements.objected(),
        "agreement.sign": agreements.to_sign(user),
        "agreement.ending": agreements.ending_soon(),
        "commitment.late": commitments.late(),
        "commitment.confirm": commitments.to_confirm(),
        "quarterreport.send": QuarterReport.objects.editable_by(user).to_send(),
        "meeting.minutes": Meeting.objects.visible_to(user).to_minute(),
        "resolution.late": resolutions.late(),
        "resolution.confirm": resolutions.to_confirm(),
    }


def _list(name: str) -> str:
    model, _dot, asked = name.partition(".")
    question = "when" if model == "meeting" else "todo"
    return f"{reverse(f'admin:liaison_{model}_changelist')}?{question}={asked}"
