"""The moves of a case as steps of the desk: built from the table of moves, each with the form its `asks` make."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.actions import Said, move_case
from cases.choices import MOVES, REOPEN_DAYS, MoveKind, Who
from cases.forms.desk import form_of
from cases.models import Case
from cases.queries import may
from people.admin.steps import Step

M = MoveKind
BY_STAFF = {kind: move for kind, move in MOVES.items() if move.who & {Who.HOLDER, Who.ABOVE}}
# What follows beside the next step.
FOLLOWS = {
    M.FILE: _("按所选程序重新计算全程时限和环节时限。"),
    M.ASK_APPROVAL: _("报请后由上级审批，同意或者不同意以前本单位不能办理。"),
    M.APPROVE: _("同意后由报请单位按审批办理程序办理。"),
    M.DENY: _("退回报请单位，由其另选程序。"),
    M.ANSWER: _("答复对外公开：居民凭查询码可以看到，可以评价，%(days)d 天内可以要求重新办理。"),
    M.CLOSE: _("居民在答复后 %(days)d 天内仍可要求重新办理。"),
    M.REOPEN: _("重新计算时限，督办撤销。"),
    M.PASS_UP: _("由上级办理，本环节时限重新计算，并通知其办理人员。"),
    M.PASS_DOWN: _("由发生地所在的下一级办理，本环节时限重新计算，并通知其办理人员。"),
    M.NOTE: _("记入办理过程，环节和时限不变。"),
    M.ASK_REMIT: _("须由其他办理人员或者上级同意后才结案；答复以前不能继续办理。"),
    M.AGREE_REMIT: _("事件不再办理，办结方式记为“职责范围外”。"),
    M.REFUSE_REMIT: _("退回继续办理，本环节时限重新计算。"),
    M.URGE: _("列为督办，并通知办理单位。"),
}


def _unfit(kind: str):
    """Why the move cannot be made now, by this user."""

    def unfit(case: Case, user) -> str:
        if may(case, kind, user):
            return ""
        words = {"step": case.get_step_display(), "move": MoveKind(kind).label, "holder": case.holder.name}
        if case.waits_for_remit or case.asked_by_id == user.pk:
            return gettext("该事件有待他人同意的申请，现在不能办理“%(move)s”。") % words
        return gettext("该事件现为“%(step)s”，由%(holder)s办理，您现在不能办理“%(move)s”。") % words

    return unfit


def _says(kind: str):
    def says(case: Case, user) -> list[str]:
        step = MOVES[kind].to
        words = {"from": case.get_step_display(), "to": step.label if step else ""}
        lines = [gettext("环节由“%(from)s”转为“%(to)s”。") % words] if step else []
        return [*lines, str(FOLLOWS[kind]) % {"days": REOPEN_DAYS}] if kind in FOLLOWS else lines

    return says


def _run(kind: str):
    return lambda case, data, by: move_case(case=case, kind=kind, by=by, said=Said(**data))


def steps() -> tuple[Step, ...]:
    """All moves somebody with a post may make, in the order of the table."""
    return tuple(
        Step(str(kind), move.label, _says(kind), _run(kind), form_of(kind), _unfit(kind)) for kind, move in BY_STAFF.items()
    )
