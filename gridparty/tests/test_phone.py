"""The shell of the phone: its first page, the tab bar, large type."""

import re

import pytest
from django.urls import reverse

from gridparty.lib.registry import Tab, tabs, todos
from jobs.actions import notify

pytestmark = pytest.mark.django_db


def places(page) -> list[tuple[str, str]]:
    """(label, aria-current) of the tab bar."""
    bar = re.search(r'<nav class="gp-tabs".*?</nav>', page.content.decode(), re.S)[0]
    return [(label, current) for current, label in re.findall(r'<a href="[^"]+"(?: aria-current="(\w+)")?>([^<]+)</a>', bar)]


@pytest.fixture
def as_(client):
    def log_in(user):
        client.force_login(user)
        return client

    return log_in


class TestFirstPage:
    @pytest.mark.parametrize(("who", "leads_to"), [("secretary", "admin:index"), ("grid_leader", "phone"), ("nobody", "phone")])
    def test_who_has_no_desk_comes_to_the_phone(self, as_, cast, who, leads_to):
        assert as_(getattr(cast, who)).get("/").url == reverse(leads_to)

    def test_unread_notices_wait_there_until_they_are_read(self, as_, cast):
        notify(recipients=[cast.grid_leader], subject="换届提醒", body="", by=cast.secretary)
        client = as_(cast.grid_leader)
        page = client.get(reverse("phone")).content.decode()
        assert "未读通知" in page
        assert reverse("jobs:notices") in page
        client.post(reverse("jobs:read_notices"))
        page = client.get(reverse("phone")).content.decode()
        assert "未读通知" not in page
        assert "现在没有待办事项" in page

    def test_what_is_late_comes_first(self, as_, cast):
        rows = as_(cast.nobody).get(reverse("phone")).context["todos"]
        assert [row.late for row in rows] == sorted((row.late for row in rows), reverse=True)

    def test_a_stranger_is_asked_to_log_in(self, client):
        assert client.get(reverse("phone")).url == f"{reverse('account_login')}?next={reverse('phone')}"


class TestTabs:
    def test_the_page_one_is_on_is_the_current_place(self, as_, cast):
        client = as_(cast.nobody)
        assert places(client.get(reverse("phone"))) == [("待办", "page"), ("我的", "")]
        assert places(client.get(reverse("accounts:me"))) == [("待办", ""), ("我的", "page")]

    def test_a_page_below_a_place_stands_there(self, as_, cast):
        assert places(as_(cast.nobody).get(reverse("jobs:notices")))[0] == ("待办", "true")

    @pytest.fixture
    def contributed(self, as_, cast):
        """Tabs some room contributes for the length of a test; what the bar then shows."""
        before = list(tabs)

        def shown(*more: Tab) -> list[str]:
            tabs._found = [*before, lambda user: list(more)]
            return [label for label, _current in places(as_(cast.nobody).get(reverse("phone")))]

        yield shown
        tabs._found = before

    def test_a_place_whose_page_is_not_built_is_not_shown(self, contributed):
        assert contributed(Tab("活动", "services:activities", order=20)) == ["待办", "我的"]

    def test_at_most_four_and_my_own_page_always(self, contributed):
        more = [Tab(f"第{order}处", "jobs:notices", order=order) for order in (10, 20, 30)]
        assert contributed(*more) == ["待办", "第10处", "第20处", "我的"]


def test_contributions_ask_no_database(cast, django_assert_num_queries):
    cast.grid_leader.scope  # noqa: B018
    with django_assert_num_queries(0):
        for contribute in tabs:
            contribute(cast.grid_leader)


def test_every_room_that_is_asked_what_waits_answers_for_everybody(cast):
    for contribute in todos:
        for user in vars(cast).values():
            assert all(todo.count >= 0 and todo.url.startswith("/") for todo in contribute(user))


class TestLargeType:
    def test_switched_on_and_off_on_this_device(self, as_, cast):
        client, address = as_(cast.grid_leader), reverse("accounts:elder")
        assert 'class="gp-elder"' not in client.get(reverse("phone")).content.decode()
        client.post(address, {"elder": "on"})
        for page in ("phone", "accounts:me", "jobs:notices", "account_logout"):
            assert 'class="gp-elder"' in client.get(reverse(page)).content.decode()
        client.post(address, {"elder": "off"})
        assert 'class="gp-elder"' not in client.get(reverse("phone")).content.decode()

    def test_it_is_a_button_and_not_a_link(self, as_, cast):
        assert as_(cast.grid_leader).get(reverse("accounts:elder")).status_code == 405
