"""桃园 and the units it works with: an agreement in force, a draft, and one of the neighbouring community."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from conftest import make_user
from gridparty.lib.dates import today
from grids.actions import place
from liaison.choices import AgreementState, CommitmentState, Side
from liaison.models import Agreement, Commitment
from members.actions import NewUnit, add_unit
from members.models import Unit
from members.tests.conftest import parties  # noqa: F401 - a fixture of the cast

TEXTS = {
    "title": "结对共建协议书",
    "clauses": "每季度召开一次联席会。",
    "our_duties": "为单位职工提供社区服务。",
    "their_duties": "开放会议室。",
}
SIGNED = frozenset({AgreementState.IN_FORCE, AgreementState.EXPIRED, AgreementState.ENDED})


def day(days: int) -> date:
    """So many days from today."""
    return today() + timedelta(days=days)


def unit_at(area, name: str, **values) -> Unit:
    return add_unit(new=NewUnit(name=name, kind="institution", area=area, **values), by=None)


def agreement_with(unit, area, *, state: str = AgreementState.IN_FORCE, **values) -> Agreement:
    """As it stands in the table; from 100 days ago for 265 more, signed on its first day where its state needs it."""
    given = TEXTS | {"unit": unit, "starts_on": day(-100), "ends_on": day(265), "state": state} | values
    if state in SIGNED:
        given.setdefault("signed_on", given["starts_on"])
    row = Agreement(**given)
    place(row=row, area=area)
    row.save()
    return row


def commitment_of(agreement, *, side: str = Side.THEIRS, state: str = CommitmentState.OPEN, **values) -> Commitment:
    """Due in 20 days; done ones were done yesterday."""
    given = {"text": "开放会议室一次", "due_on": day(20), "who": "", "side": side, "state": state}
    if state in (CommitmentState.DONE, CommitmentState.REPORTED):
        given |= {"done_on": day(-1), "done_text": "已开放，到场 12 人。"}
    return Commitment.objects.create(agreement=agreement, **given | values)


@pytest.fixture
def allied(cast, areas, parties) -> SimpleNamespace:  # noqa: F811
    """The cast (`allied.secretary`, `allied.clerk` …), and with it:

    units `school` and `hospital` of 桃园, `mill` of 柳园; `agreement` (in force, 桃园 with the school) with the commitments
    `ours` (due in 20 days), `theirs` (due in 20 days) and `late` (theirs, due 10 days ago); `draft` (桃园 with the hospital, from
    tomorrow for a year, nothing promised yet); `neighbour` (in force, 柳园 with the mill) with `neighbours` (a commitment of
    theirs); `liuyuan_secretary`, who keeps 柳园.
    """
    school = unit_at(areas.taoyuan, "市第一中学", contact_name="周老师", contact_phone="0531-88880000")
    hospital, mill = unit_at(areas.taoyuan, "区中医院"), unit_at(areas.liuyuan, "柳园纸厂")
    agreement = agreement_with(school, areas.taoyuan, organisation=parties.taoyuan, their_head="周校长")
    term = {"starts_on": day(1), "ends_on": day(365)}
    draft = agreement_with(hospital, areas.taoyuan, state=AgreementState.DRAFT, organisation=parties.taoyuan, **term)
    neighbour = agreement_with(mill, areas.liuyuan, organisation=parties.liuyuan)
    return SimpleNamespace(
        **vars(cast),
        areas=areas,
        parties=parties,
        school=school,
        hospital=hospital,
        mill=mill,
        agreement=agreement,
        draft=draft,
        neighbour=neighbour,
        ours=commitment_of(agreement, side=Side.OURS, text="为教职工体检一次"),
        theirs=commitment_of(agreement),
        late=commitment_of(agreement, text="志愿队进社区一次", due_on=day(-10)),
        neighbours=commitment_of(neighbour),
        liuyuan_secretary=make_user("community_secretary", areas.liuyuan, username="liuyuan_secretary"),
    )
