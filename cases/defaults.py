"""Default data: subjects, time limits, the rule of reports. Examples to adapt."""

from cases.choices import Procedure, Step, Unit
from cases.models import Deadline, ReportRule, Subject
from gridparty.lib.registry import defaults

SUBJECTS = [
    "环境卫生",
    "公共设施",
    "安全隐患",
    "物业管理",
    "停车秩序",
    "噪音扰民",
    "邻里纠纷",
    "养老助残",
    "就业社保",
    "其他",
]

_D, _H = Unit.WORKDAYS, Unit.HOURS
# (procedure, step): limit; "" is before a procedure is chosen, or the whole case.
DEADLINES = {
    ("", ""): (10, _D),
    ("", Step.FOUND): (1, _D),
    ("", Step.COLLECTED): (1, _D),
    (Procedure.ON_SPOT, ""): (1, _D),
    (Procedure.ON_SPOT, Step.FILED): (1, _D),
    (Procedure.ON_SPOT, Step.HANDLED): (1, _D),
    (Procedure.COORDINATED, ""): (7, _D),
    (Procedure.COORDINATED, Step.FILED): (5, _D),
    (Procedure.COORDINATED, Step.HANDLED): (1, _D),
    (Procedure.URGENT, ""): (24, _H),
    (Procedure.URGENT, Step.FILED): (2, _H),
    (Procedure.URGENT, Step.HANDLED): (12, _H),
    (Procedure.APPROVAL, ""): (15, _D),
    (Procedure.APPROVAL, Step.APPROVING): (2, _D),
    (Procedure.APPROVAL, Step.FILED): (10, _D),
    (Procedure.APPROVAL, Step.HANDLED): (1, _D),
}


@defaults
def subjects() -> None:
    known = set(Subject.objects.values_list("name", flat=True))
    Subject.objects.bulk_create(Subject(name=name, position=at) for at, name in enumerate(SUBJECTS) if name not in known)


@defaults
def deadlines() -> None:
    known = set(Deadline.objects.values_list("procedure", "step"))
    Deadline.objects.bulk_create(
        Deadline(procedure=procedure, step=step, amount=amount, unit=unit)
        for (procedure, step), (amount, unit) in DEADLINES.items()
        if (procedure, step) not in known
    )


@defaults
def report_rule() -> None:
    if not ReportRule.objects.exists():
        ReportRule.objects.create(name="周报")
