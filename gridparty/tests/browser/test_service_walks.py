"""A post from publishing to points, an activity with its changing code, a feedback card from draft to the employer's answer."""

from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import User
from gridparty.lib.dates import today
from gridparty.tests.browser.conftest import DESK, PASSWORD, PHONE
from members.models import PointEntry
from members.tests.conftest import ledger, parties  # noqa: F401
from services.actions import draft_cards
from services.gatherings import CODE
from services.models import Activity, Claim, FeedbackCard, ServiceHours, ServicePost
from services.periods import Period
from services.tests.conftest import activity_at, served  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MAIN = ".gp-bottom-main button"
LAST_YEAR = Period("year", date(today().year - 1, 1, 1), date(today().year - 1, 12, 31))


@pytest.fixture
def phones(visit, served):  # noqa: F811
    def phone_of(username: str):
        user = User.objects.get(username=username)
        user.set_password(PASSWORD)
        user.save()
        visitor = visit(PHONE)
        visitor.log_in(username)
        return visitor

    return phone_of


def test_a_post_is_published_claimed_served_and_becomes_points(phones, served):  # noqa: F811
    office, member = phones("secretary"), phones("zhao")
    office.open(reverse("services:run_new"))
    office.page.fill("[name=title]", "楼院巡逻")
    office.page.fill("[name=duties]", "每周在小区巡逻一次，发现隐患上报。")
    office.page.select_option("[name=kind]", label="治安巡逻")
    office.page.select_option("[name=area]", label="桃园社区")
    office.page.fill("[name=places]", "1")
    office.page.fill("[name=starts_on]", str(today()))
    office.page.fill("[name=ends_on]", str(today() + timedelta(days=60)))
    office.examine("phone-service-post-new")
    office.follow(MAIN)
    office.follow("main a:has-text('发布')")
    office.examine("phone-service-post-publish")
    office.follow(MAIN)
    post = ServicePost.objects.get()
    assert post.state == "published"

    # Three taps: the place of services, the post, the button.
    member.open(reverse("services:hub"))
    member.examine("phone-service-hub")
    member.follow("main a:has-text('楼院巡逻')")
    member.examine("phone-service-post")
    member.follow(MAIN)
    assert Claim.objects.get().state == "applied"
    member.examine("phone-service-claim")

    office.open(reverse("services:run_post", args=[post.pk]))
    office.examine("phone-service-claims")
    office.follow("main button:has-text('同意')")
    assert Claim.objects.get().state == "serving"
    Claim.objects.update(started_on=today() - timedelta(days=5))

    yesterday = today() - timedelta(days=1)
    member.open(reverse("services:hours_new"))
    member.page.check("label:has-text('楼院巡逻') input")
    member.page.fill("[name=on]", str(yesterday))
    member.page.fill("[name=begins]", "09:00")
    member.page.fill("[name=ends]", "11:00")
    member.examine("phone-service-hours-new")
    member.follow(MAIN)
    member.examine("phone-service-hours")
    office.open(reverse("services:run_hours"))
    office.page.check("label:has-text('赵一') input")
    office.examine("phone-service-hours-confirm")
    office.follow(MAIN)
    assert ServiceHours.objects.get().state == "confirmed"
    entry = PointEntry.objects.get()
    assert (entry.balance.member, entry.points, entry.state) == (served.zhao, Decimal(2), "approved")
    member.open(reverse("members:mine"))
    assert "志愿服务" in member.text()
    member.look("phone-service-points")


def test_who_comes_to_an_activity_is_noted_by_the_code_that_changes(phones, served):  # noqa: F811
    day = {"on": today(), "begins": time(0, 0), "ends": time(23, 59)}
    activity = activity_at(served.areas.taoyuan, **day)
    office, member = phones("secretary"), phones("zhou")
    member.open(reverse("services:activity", args=[activity.pk]))
    member.examine("phone-activity")
    member.follow(MAIN)
    assert activity.signups.get().state == "signed"
    office.open(reverse("services:run_activity_code", args=[activity.pk]))
    office.examine("phone-activity-code")
    code = office.page.locator("main img").get_attribute("src")
    member.open(reverse("services:attend", args=[CODE.token(activity)]))
    member.examine("phone-activity-attend")
    member.follow(MAIN)
    assert activity.signups.get().attended == "qr"
    assert code.startswith("data:image/svg+xml")
    office.open(reverse("services:run_activity", args=[activity.pk]))
    office.examine("phone-activity-run")
    office.open(reverse("services:run_activity_hold", args=[activity.pk]))
    office.examine("phone-activity-hold")
    office.follow(MAIN)
    assert Activity.objects.get().state == "held"
    assert ServiceHours.objects.get().state == "confirmed"


def test_a_card_is_drafted_approved_sent_and_confirmed_by_the_employer(visit, phones, served):  # noqa: F811
    assert draft_cards(period=LAST_YEAR) == 1
    card = FeedbackCard.objects.get()
    user = User.objects.get(username="secretary")
    user.set_password(PASSWORD)
    user.save()
    desk = visit(DESK)
    desk.log_in("secretary")
    desk.open(reverse("admin:services_feedbackcard_changelist"))
    desk.look("desk-cards")
    desk.open(reverse("admin:services_feedbackcard_change", args=[card.pk]))
    desk.look("desk-card-draft")
    for step in ("approve", "send_link"):
        desk.open(reverse(f"admin:services_feedbackcard_{step}", args=[card.pk]))
        desk.look(f"desk-card-{step}")
        desk.follow(".submit-row input[type=submit]")
    desk.look("desk-card-sent")
    card.refresh_from_db()
    assert card.state == "sent"
    link = desk.page.locator("[href*='/services/card/link/'], [value*='/services/card/link/']").first
    address = link.get_attribute("href") or link.get_attribute("value")

    employer = visit(PHONE)
    assert employer.open("/services/card/link/" + address.split("/services/card/link/")[1]) == 200
    employer.examine("phone-card-employer")
    assert "周五" in employer.text()
    employer.page.check("label:has-text('已知悉') input")
    employer.page.fill("[name=answerer]", "党办 郑老师")
    employer.follow(MAIN)
    employer.examine("phone-card-answered")
    card.refresh_from_db()
    assert (card.state, card.answer) == ("answered", "confirmed")
    member = phones("zhou")
    member.open(reverse("services:my_card", args=[card.pk]))
    assert "已知悉" in member.text()
    member.examine("phone-card-mine")
