# ruff: noqa: F811 - fixtures are imported by name
"""桃园's joint meeting with a chair, a member who logs in and a unit's representative who does not; what they decided."""

from types import SimpleNamespace

import pytest

from conftest import make_user
from liaison.choices import MeetingState
from liaison.models import Attendance
from liaison.tests.conftest import unit_at
from liaison.tests.meeting_rows import attendance_of, body_at, meeting_of, member_of, resolution_of
from members.tests.conftest import ledger, parties  # noqa: F401 - fixtures of the cast


@pytest.fixture
def assembly(cast, areas, ledger) -> SimpleNamespace:
    """The cast and the cast of points, and with it:

    `body` of 桃园: `chair` (李四, who logs in as `li_user`), `owner` (赵一, `zhao_user`), `guest` (周老师 of `school`, who
    does not). `closed`, a meeting of ten days ago whose minutes were sent, with `mine` (赵一) and `theirs` (周老师), due in
    30 days; `invitation` is the guest's there. `held`, a meeting of today. In 柳园 `neighbours`, a resolution of the joint
    meeting there, which has no chair.
    """
    school = unit_at(areas.taoyuan, "市第一中学", contact_name="周老师")
    body = body_at(areas.taoyuan)
    chair = member_of(body, ledger.li, chairs=True, duty="社区党委副书记")
    owner = member_of(body, ledger.zhao)
    guest = member_of(body, "周老师", unit=school, duty="办公室主任")
    closed = meeting_of(body, state=MeetingState.CLOSED, days=-10)
    held = meeting_of(body, state=MeetingState.HELD, title="桃园党建联席会第2次会议")
    elsewhere = body_at(areas.liuyuan)
    stranger = member_of(elsewhere, "吴主任")
    return SimpleNamespace(
        **vars(cast) | vars(ledger),
        areas=areas,
        li_user=ledger.branch_secretary,
        school=school,
        body=body,
        chair=chair,
        owner=owner,
        guest=guest,
        closed=closed,
        held=held,
        mine=resolution_of(closed, owner),
        theirs=resolution_of(closed, guest, text="开放操场"),
        neighbours=resolution_of(meeting_of(elsewhere, state=MeetingState.CLOSED, days=-10), stranger, text="清理河道"),
        invitation=attendance_of(closed, guest),
        liuyuan_secretary=make_user("community_secretary", areas.liuyuan, username="liuyuan_secretary"),
    )


def invited(assembly, days: int = 5, **values) -> tuple:
    """(a meeting to come, the guest's invitation to it)."""
    row = meeting_of(assembly.body, state=MeetingState.CONVENED, days=days, title="桃园党建联席会第3次会议", **values)
    return row, Attendance.objects.get(meeting=row, body_member=assembly.guest)
