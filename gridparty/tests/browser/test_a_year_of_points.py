"""A year of points from its scheme to its closing: the desk of the street, branch and member on the phone, the public notice."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.choices import Role
from conftest import make_user
from gridparty.lib.dates import today
from gridparty.tests.browser.conftest import DESK, PASSWORD, PHONE
from jobs.actions import run_job
from jobs.models import Job
from members.actions import rebuild_points
from members.choices import SchemeState
from members.models import PointBalance, PointCategory, PointItem, PointScheme
from members.tests.conftest import ledger, parties  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCHEME = "admin:members_pointscheme"


def step(desk, name: str, scheme: PointScheme, look: str = "") -> None:
    """One step on a scheme's page, after what it says was looked at."""
    desk.open(reverse(f"{SCHEME}_{name}", args=[scheme.pk]))
    if look:
        desk.look(look)
    desk.follow(".submit-row input[type=submit]")


def state_of(scheme: PointScheme) -> str:
    return PointScheme.objects.get(pk=scheme.pk).state


def total(member) -> float:
    return float(PointBalance.objects.get(member=member, year=today().year).total)


@pytest.fixture
def street(visit, ledger):  # noqa: F811
    desk = visit(DESK)
    desk.log_in("street_officer")
    return desk


@pytest.fixture
def secretary(visit, ledger):  # noqa: F811
    ledger.branch_secretary.set_password(PASSWORD)
    ledger.branch_secretary.save()
    phone = visit(PHONE)
    phone.log_in(ledger.branch_secretary.username)
    return phone


def revise(desk, ledger) -> PointScheme:  # noqa: F811
    """A second version of this year's scheme in which a study counts two and a half points, put into force."""
    step(desk, "revise", ledger.scheme, "year-revise")
    draft = PointScheme.objects.get(area=ledger.scheme.area, version=2)
    desk.open(reverse(f"{SCHEME}_change", args=[draft.pk]))
    desk.look("year-draft")
    category = PointCategory.objects.get(scheme=draft, name="学习教育")
    desk.open(reverse("admin:members_pointcategory_change", args=[category.pk]))
    desk.page.fill("[name=items-0-points]", "2.5")
    desk.look("year-items")
    desk.follow("input[name=_save]")
    assert PointItem.objects.get(category=category, code="A1").points == 2.5
    step(desk, "publish", draft, "year-publish")
    run_job(job_id=Job.objects.get(kind="members.publish_scheme").pk)
    assert (state_of(draft), state_of(ledger.scheme)) == (SchemeState.IN_FORCE, SchemeState.SUPERSEDED)
    return draft


def meet(phone, organisation, item: PointItem) -> None:
    phone.open(reverse("members:branch_meeting", args=[organisation.pk]) + f"?item={item.pk}")
    phone.page.fill("[name=title]", "第一季度集中学习")
    phone.follow(".gp-bottom-main button")


def test_from_the_scheme_to_the_closing(visit, street, secretary, ledger, parties, areas):  # noqa: F811
    scheme = revise(street, ledger)
    meet(secretary, parties.branch1, PointItem.objects.get(category__scheme=scheme, code="A1"))
    assert "2 人已计分，1 人待审核" in secretary.text()
    secretary.look("year-met")
    assert [total(one) for one in (ledger.zhao, ledger.qian, ledger.li)] == [62.5, 62.5, 60]

    member = visit(PHONE)
    member.log_in("zhao")
    member.open(reverse("members:mine"))
    assert "62.5 分" in member.text()
    member.look("year-mine")

    step(street, "freeze", scheme, "year-freeze-blocked")
    assert "还有 1 条待审核、0 条申诉未答复，请先办结。" in street.text()
    community = visit(DESK)
    community.log_in("secretary")
    community.open(reverse("admin:members_pointentry_changelist") + "?state=proposed")
    community.look("year-proposed")
    community.page.check("#action-toggle")
    community.page.select_option("[name=action]", "approve")
    community.follow("button[name=index]")
    assert total(ledger.li) == 62.5

    step(street, "freeze", scheme, "year-freeze")
    assert state_of(scheme) == SchemeState.FROZEN
    street.open(reverse(f"{SCHEME}_announce", args=[scheme.pk]))
    street.page.fill("[name=until]", (today() + timedelta(days=7)).isoformat())
    street.look("year-announce")
    street.follow(".submit-row input[type=submit]")
    anybody = visit(PHONE)
    notice = reverse("members:public_points", args=[PointScheme.objects.get(pk=scheme.pk).public_key])
    assert anybody.open(notice) == 200
    anybody.examine("year-notice")
    anybody.follow("text=第1网格党支部")
    assert "62.5" in anybody.text()
    assert "赵一" not in anybody.text()
    anybody.examine("year-notice-branch")

    PointScheme.objects.filter(pk=scheme.pk).update(notice_until=today() - timedelta(days=1))
    step(street, "sign", scheme, "year-sign")
    assert state_of(scheme) == SchemeState.CLOSED
    street.look("year-closed")

    street.open(reverse(f"{SCHEME}_ask", args=[scheme.pk]))
    street.page.fill("[name=reason]", "漏记一次集中学习")
    street.follow(".submit-row input[type=submit]")
    make_user(Role.STREET_OFFICER, areas.east, username="colleague")
    colleague = visit(DESK)
    colleague.log_in("colleague")
    step(colleague, "reopen", scheme, "year-reopen")
    assert state_of(scheme) == SchemeState.IN_FORCE
    assert anybody.page.request.get(f"{anybody.base}{notice}").status == 404
    assert rebuild_points(by=None) == []


def test_next_years_scheme_begins_with_an_example(street, ledger):  # noqa: F811
    street.open(reverse(f"{SCHEME}_add"))
    example = PointScheme.objects.get(name="党员积分加分不封顶", area=None)
    street.page.select_option("[name=source]", str(example.pk))
    street.page.select_option("[name=area]", str(ledger.scheme.area_id))
    street.page.fill("[name=year]", str(today().year + 1))
    street.look("year-begin")
    street.follow("input[name=_save]")
    draft = PointScheme.objects.get(year=today().year + 1)
    assert (draft.area_id, draft.state, draft.ceiling) == (ledger.scheme.area_id, SchemeState.DRAFT, None)
