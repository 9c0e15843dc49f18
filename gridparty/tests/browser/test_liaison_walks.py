"""An agreement from its draft to the quarter's report; a meeting whose resolution becomes a case and comes back done."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import User
from cases.actions import Said, move_case
from cases.models import Case, Subject
from gridparty.lib.dates import today
from gridparty.tests.browser.conftest import DESK, PASSWORD, PHONE
from liaison.actions import draft_reports
from liaison.defaults import agreement_templates
from liaison.models import Agreement, AgreementScan, Commitment, Meeting, QuarterReport, Resolution
from liaison.tests.assembled import assembly  # noqa: F401
from liaison.tests.conftest import allied  # noqa: F401
from members.tests.conftest import ledger, parties  # noqa: F401
from services.choices import PeriodKind
from services.periods import Period

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SUBMIT = ".submit-row input[type=submit]"
MAIN = ".gp-bottom-main button"
LAST = Period.before(PeriodKind.QUARTER, today())


@pytest.fixture
def people(visit, cast):
    def who(username: str, device=DESK):
        user = User.objects.get(username=username)
        user.set_password(PASSWORD)
        user.save()
        visitor = visit(device)
        visitor.log_in(username)
        return visitor

    return who


def path_of(link: str) -> str:
    return "/liaison/" + link.split("/liaison/")[1]


def test_an_agreement_goes_from_draft_to_the_quarters_report(people, visit, allied, tmp_path):  # noqa: F811
    agreement_templates()
    Agreement.objects.filter(pk=allied.draft.pk).update(state="discarded")
    desk = people("secretary")
    desk.open(reverse("admin:liaison_agreement_add"))
    row = draft_at_the_desk(desk, allied)
    promise_at_the_desk(desk, row)
    desk.open(reverse("admin:liaison_agreement_offer", args=[row.pk]))
    desk.follow(SUBMIT)
    desk.open(reverse("liaison:agreement_link", args=[row.pk]))
    desk.look("desk-agreement-link")
    link = path_of(desk.page.get_attribute("input[aria-label='单位链接']", "value"))

    unit = visit(PHONE)
    assert unit.open(link) == 200
    unit.examine("phone-agreement-offered")
    unit.page.check("label:has-text('同意') input")
    unit.page.fill("[name=answerer]", "周老师")
    unit.follow(MAIN)
    unit.examine("phone-agreement-agreed")
    row.refresh_from_db()
    assert row.state == "agreed"

    sign_at_the_desk(desk, row, tmp_path)
    report_by_link(unit, link, row)
    confirm_at_the_desk(desk, row)
    assert draft_reports() == 3  # and those of the agreements that ran before
    send_report_at_the_desk(desk, row)
    unit.open(link)
    unit.follow("main a:has-text('第')")
    unit.examine("phone-agreement-report")
    unit.page.fill("[name=text]", "同意，下季度增加一次讲座。")
    unit.page.fill("[name=answerer]", "周老师")
    unit.follow(MAIN)
    assert QuarterReport.objects.get(agreement=row).answer_text == "同意，下季度增加一次讲座。"
    desk.open(reverse("admin:liaison_agreement_changelist"))
    desk.look("desk-agreements")


def draft_at_the_desk(desk, allied) -> Agreement:  # noqa: F811
    desk.page.evaluate(
        """([name, key, label]) => {
            const box = document.querySelector(`select[name=${name}]`);
            box.append(new Option(label, key, true, true));
        }""",
        ["area", str(allied.areas.taoyuan.pk), "桃园社区"],
    )
    desk.page.evaluate(
        """([key, label]) => document.querySelector("select[name=unit]").append(new Option(label, key, true, true))""",
        [str(allied.hospital.pk), "区中医院"],
    )
    desk.page.fill("[name=starts_on]", str(LAST.first))
    desk.page.fill("[name=ends_on]", str(today() + timedelta(days=300)))
    desk.look("desk-agreement-new")
    desk.follow("input[name=_save]")
    row = Agreement.objects.latest("pk")
    assert row.state == "draft"
    assert "区中医院" in row.clauses + row.their_duties + row.our_duties + row.unit.name
    desk.look("desk-agreement-draft")
    return row


def promise_at_the_desk(desk, row) -> None:
    for side, text in (("单位方", "开放会议室"), ("社区方", "为职工子女开设暑期班")):
        desk.open(reverse("admin:liaison_agreement_commit", args=[row.pk]))
        desk.page.check(f"label:has-text('{side}') input")
        desk.page.fill("[name=texts]", text)
        desk.page.check("label:has-text('每季度') input")
        desk.look("desk-agreement-commit")
        desk.follow(SUBMIT)
    assert set(row.commitments.values_list("side", flat=True)) == {"ours", "theirs"}


def sign_at_the_desk(desk, row, tmp_path) -> None:
    desk.open(reverse("admin:liaison_agreement_sign", args=[row.pk]))
    desk.page.fill("[name=signed_on]", str(LAST.first))
    desk.look("desk-agreement-sign")
    desk.follow(SUBMIT)
    with desk.page.expect_download() as papers:
        desk.page.evaluate(f"location.assign('{reverse('liaison:agreement_print', args=[row.pk])}')")
    assert papers.value.path().read_bytes().startswith(b"%PDF")
    scan = tmp_path / "signed.pdf"
    scan.write_bytes(papers.value.path().read_bytes())
    desk.open(reverse("liaison:agreement_scans", args=[row.pk]))
    desk.page.set_input_files("[name=files]", str(scan))
    desk.follow("main form [type=submit], #content form [type=submit]")
    desk.look("desk-agreement-scans")
    assert AgreementScan.objects.get().agreement == row


def report_by_link(unit, link: str, row) -> None:
    unit.open(link)
    unit.examine("phone-agreement-running")
    unit.follow("main a:has-text('开放会议室')")
    unit.page.fill("[name=text]", "开放会议室一次，到场 30 人。")
    unit.page.fill("[name=answerer]", "周老师")
    unit.examine("phone-agreement-commitment")
    unit.follow(MAIN)
    assert Commitment.objects.get(state="reported").agreement == row


def confirm_at_the_desk(desk, row) -> None:
    one = Commitment.objects.get(state="reported")
    desk.open(reverse("admin:liaison_commitment_change", args=[one.pk]))
    desk.look("desk-commitment")
    desk.open(reverse("admin:liaison_commitment_confirm", args=[one.pk]))
    desk.follow(SUBMIT)
    Commitment.objects.filter(pk=one.pk).update(done_on=LAST.last)
    assert Commitment.objects.get(pk=one.pk).state == "done"


def send_report_at_the_desk(desk, row) -> None:
    report = QuarterReport.objects.get(agreement=row)
    assert "开放会议室" in report.done
    desk.open(reverse("admin:liaison_quarterreport_change", args=[report.pk]))
    desk.page.fill("[name=plan]", "联合开展义诊。")
    desk.look("desk-quarter-report")
    desk.follow("input[name=_save]")
    desk.open(reverse("admin:liaison_quarterreport_send", args=[report.pk]))
    desk.follow(SUBMIT)
    assert QuarterReport.objects.get(pk=report.pk).state == "sent"


def test_a_resolution_becomes_a_case_and_comes_back_done(people, visit, assembly):  # noqa: F811
    subject = Subject.objects.get(name="环境卫生")
    desk = people("secretary")
    desk.open(reverse("admin:liaison_meeting_add"))
    row = convene_at_the_desk(desk, assembly)

    member, guest = people("zhao", PHONE), visit(PHONE)
    member.open(reverse("liaison:hub"))
    member.examine("phone-meetings")
    member.open(reverse("liaison:meeting", args=[row.pk]))
    member.page.check("label:has-text('参加') input >> nth=0")
    member.examine("phone-meeting")
    member.follow(MAIN)
    desk.open(reverse("liaison:meeting_links", args=[row.pk]))
    desk.look("desk-meeting-links")
    guest.open(path_of(desk.page.get_attribute("input[aria-label='周老师的链接']", "value")))
    guest.page.check("label:has-text('请假') input")
    guest.page.fill("[name=reason]", "出差")
    guest.examine("phone-invitation")
    guest.follow(MAIN)
    assert dict(row.attendances.exclude(reply="").values_list("body_member__name", "reply"))["周老师"] == "excused"

    run_at_the_desk(desk, row, assembly, subject)
    case = Case.objects.get()
    assert case.source == "meeting"
    for kind, said in (
        ("file", Said(procedure="coordinated")),
        ("handle", Said(text="已清理楼道。")),
        ("answer", Said(answer="楼道已清理干净。")),
        ("close", Said()),
    ):
        case = move_case(case=case, kind=kind, by=assembly.grid_leader, said=said)
    resolution = Resolution.objects.get(case=case)
    assert resolution.is_done
    desk.open(reverse("admin:liaison_resolution_change", args=[resolution.pk]))
    desk.look("desk-resolution-done")
    assert "楼道已清理干净" in desk.text()
    desk.open(reverse("admin:liaison_resolution_changelist"))
    desk.look("desk-resolutions")


def convene_at_the_desk(desk, assembly) -> Meeting:  # noqa: F811
    desk.page.select_option("[name=body]", str(assembly.body.pk))
    desk.page.fill("[name=at_0]", str(today()))
    desk.page.fill("[name=at_1]", "10:00")
    desk.page.fill("[name=spot]", "二楼会议室")
    desk.page.fill("[name=items]", "楼道清理\n暑期班")
    desk.look("desk-meeting-new")
    desk.follow("input[name=_save]")
    row = Meeting.objects.latest("pk")
    assert row.state == "planned"
    desk.open(reverse("admin:liaison_meeting_convene", args=[row.pk]))
    desk.look("desk-meeting-convene")
    desk.follow(SUBMIT)
    return row


def run_at_the_desk(desk, row, assembly, subject) -> None:  # noqa: F811
    desk.open(reverse("liaison:run_meeting", args=[row.pk]))
    desk.examine("desk-meeting-run")
    for box in desk.page.locator("[name=came]").all()[:2]:
        box.check()
    desk.follow("#attend [type=submit]")
    desk.look("desk-meeting-held")
    for check in desk.page.locator("form:has([name=outcome])").all():
        check.locator("label:has-text('继续办理') input").check()
        with desk.page.expect_navigation():
            check.locator("[type=submit]").click()
    desk.page.fill("#resolve [name=text]", "清理 3 号楼楼道堆物")
    desk.page.select_option("#resolve [name=owner]", str(assembly.owner.pk))
    desk.page.fill("#resolve [name=due_on]", str(today() + timedelta(days=14)))
    desk.page.select_option("#resolve [name=subject]", str(subject.pk))
    desk.page.select_option("#resolve [name=area]", str(assembly.areas.grid1.pk))
    desk.follow("#resolve [type=submit]")
    desk.page.fill("#minutes [name=minutes]", "会议研究了楼道清理和暑期班。")
    desk.follow("#minutes [type=submit]")
    desk.look("desk-meeting-minutes")
    desk.follow("#close [type=submit]")
    row.refresh_from_db()
    assert row.state == "closed"
