"""Which item of a scheme earns what other rooms find: one at most for each feed."""

import pytest

from members.actions import publish_scheme
from members.errors import PointsRefused
from members.models import PointItem
from members.tests.test_points_admin import SCHEMES, draft, item_form, page, said, street  # noqa: F401 - fixtures of the desk

CATEGORY = "admin:members_pointcategory_change"


@pytest.fixture
def category(draft):  # noqa: F811
    """服务群众 of the draft: its first two items feed nothing, or hours."""
    return draft.categories.get(name="服务群众")


def feeds(category) -> list[str]:
    return list(category.items.order_by("position", "pk").values_list("feed", flat=True))


def test_the_rules_name_it(street, ledger):  # noqa: F811
    assert said(street.get(page(f"{SCHEMES}_change", ledger.scheme.pk))).count("按服务时长自动记分") == 1


def test_a_new_version_keeps_it(ledger, draft):  # noqa: F811
    assert [item.code for item in PointItem.objects.filter(category__scheme=draft, feed="hours")] == ["C1"]


def test_it_is_chosen_in_the_line_of_the_item(street, category):  # noqa: F811
    before = feeds(category)
    both = item_form(category) | {"items-0-feed": "hours", "items-1-feed": "hours"}
    assert "按“服务时长”自动记分的项目只能有一项。" in said(street.post(page(CATEGORY, category.pk), both))
    assert feeds(category) == before == ["hours", "", "", ""]
    data = item_form(category) | {"items-1-feed": "hours", "items-2-feed": "attendance"}
    street.post(page(CATEGORY, category.pk), data)
    assert feeds(category) == ["", "hours", "attendance", ""]


def test_not_in_two_categories(street, draft, category):  # noqa: F811
    other = draft.categories.exclude(pk=category.pk).first()
    answer = street.post(page(CATEGORY, other.pk), item_form(other) | {"items-0-feed": "hours"})
    assert "按“服务时长”自动记分的项目只能有一项，请只保留一项。" in said(answer)
    assert not other.items.exclude(feed="").exists()


def test_a_draft_with_two_is_not_published(draft, cast):  # noqa: F811
    PointItem.objects.filter(category__scheme=draft, code="A1").update(feed="hours")
    with pytest.raises(PointsRefused, match="只能有一项"):
        publish_scheme(scheme=draft, by=cast.street_officer)
