"""A unit on its page: its agreements, what was promised and done, how it took part in this year's meetings."""

from datetime import date

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from gridparty.lib.access import Can, scope_of
from gridparty.lib.dates import start_of, today
from gridparty.lib.registry import Panel, unit_panels
from liaison.agreements import term_of
from liaison.choices import AgreementState, BodyKind, CommitmentState, MeetingState, Reply, Side
from liaison.models import Agreement, Attendance, Commitment
from members.models import Unit

LAST_AGREEMENTS = LAST_LATE = 10
HELD = (MeetingState.HELD, MeetingState.CLOSED)


@unit_panels
def liaison(unit: Unit, user) -> list[Panel]:
    """Four queries."""
    if not scope_of(user).has(Can.SEE_LIAISON):
        return []
    return [_agreements(unit, user), _commitments(unit, user), _meetings(unit, user)]


def _agreements(unit: Unit, user) -> Panel:
    rows = Agreement.objects.visible_to(user).filter(unit=unit).exclude(state=AgreementState.DISCARDED)
    lines = [
        (one.title, f"{one.get_state_display()}　{term_of(one)}", reverse("admin:liaison_agreement_change", args=[one.pk]))
        for one in rows.order_by("-ends_on", "-pk")[:LAST_AGREEMENTS]
    ]
    return Panel(_("共建协议"), lines, _("没有共建协议。"))


def _commitments(unit: Unit, user) -> Panel:
    """Of agreements in force, by side; those that are late one by one. Two queries."""
    state = CommitmentState
    rows = Commitment.objects.visible_to(user).live().filter(agreement__unit=unit)
    kept = rows.exclude(state=state.DROPPED).order_by("side")
    numbers = kept.values_list("side").annotate(n=Count("pk"), done=Count("pk", filter=Q(state=state.DONE)))
    lines = [(Side(side).label, _("完成 %(done)d/%(n)d") % {"done": done, "n": n}, "") for side, n, done in numbers]
    for one in rows.late().order_by("due_on", "pk")[:LAST_LATE]:
        told = _("%(side)s　%(text)s　%(day)s 到期") % {"side": one.get_side_display(), "text": one.text, "day": one.due_on}
        lines.append((_("逾期"), told, reverse("admin:liaison_agreement_change", args=[one.agreement_id])))
    return Panel(_("共建事项"), lines, _("没有履行中的共建事项。"))


def _meetings(unit: Unit, user) -> Panel:
    """Of whoever it sent to joint meetings of this year, as far as attendance was entered."""
    year = today().year
    begins, ends = start_of(date(year, 1, 1)), start_of(date(year + 1, 1, 1))
    rows = Attendance.objects.visible_to(user).filter(body_member__unit=unit, meeting__body__kind=BodyKind.JOINT_MEETING)
    rows = rows.filter(meeting__state__in=HELD, meeting__at__gte=begins, meeting__at__lt=ends).exclude(came=None)
    missing = Q(came=False)
    found = rows.aggregate(
        n=Count("pk"),
        there=Count("pk", filter=Q(came=True)),
        excused=Count("pk", filter=missing & Q(reply=Reply.EXCUSED)),
        absent=Count("pk", filter=missing & ~Q(reply=Reply.EXCUSED)),
    )
    names = {"n": _("应到"), "there": _("到会"), "excused": _("请假"), "absent": _("无故缺席")}
    lines = [(label, _("%(n)d 次") % {"n": found[name]}, "") for name, label in names.items()]
    return Panel(_("%(year)d年联席会") % {"year": year}, lines if found["n"] else [], _("今年没有参加联席会的记录。"))
