"""Points at the desk: drafting and publishing a scheme, deciding entries, the board, a meeting, what waits."""

from datetime import date, timedelta
from io import BytesIO, StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from openpyxl import load_workbook

from conftest import make_user
from gridparty.lib.dates import today
from gridparty.lib.registry import worklists
from jobs.actions import run_job
from jobs.models import Job
from members.actions import (
    answer_appeal,
    appeal_points,
    ask_to_reopen,
    decide_points,
    draft_scheme,
    freeze_year,
    post_points,
    reverse_points,
)
from members.admin.points import PointBalanceAdmin
from members.choices import Approver, CapPeriod, Proposer
from members.models import ItemClass, NamedDay, PointBalance, PointCategory, PointEntry, PointItem, PointScheme
from members.tests.conftest import earned

THIS_YEAR = today().year
SCHEMES = "admin:members_pointscheme"
ENTRIES = "admin:members_pointentry"
BOARD = "admin:members_pointbalance"


@pytest.fixture
def street(client, cast):
    client.force_login(cast.street_officer)
    return client


@pytest.fixture
def draft(ledger, areas, cast) -> PointScheme:
    """The next version of this year's scheme, begun."""
    return draft_scheme(source=ledger.scheme, area=areas.east, year=THIS_YEAR, by=cast.street_officer)


def page(name: str, *args) -> str:
    return reverse(name, args=args)


def said(answer) -> str:
    """What the page tells, and what is wrong with its form."""
    messages = "".join(str(one) for one in answer.context["messages"]) if answer.context and "messages" in answer.context else ""
    return messages + answer.content.decode()


def lines_of(prefix: str, rows: list, *new: dict, columns: tuple, initial: int | None = None) -> dict:
    """The lines of an inline as its form names them."""
    data = {f"{prefix}-TOTAL_FORMS": len(rows) + len(new), f"{prefix}-INITIAL_FORMS": len(rows)}
    for n, row in enumerate(rows):
        values = {name: getattr(row, name) for name in columns} | {"id": row.pk}
        data |= {f"{prefix}-{n}-{name}": "" if value is None else value for name, value in values.items()}
    for n, values in enumerate(new, start=len(rows)):
        data |= {f"{prefix}-{n}-{name}": value for name, value in values.items()}
    return data


def scheme_form(scheme, *new_categories, days=(), **values) -> dict:
    """The page of a draft, filled in."""
    data = {name: getattr(scheme, name) for name in ("name", "base", "floor", "note")} | {"ceiling": scheme.ceiling or ""}
    categories = list(scheme.categories.order_by("position", "pk"))
    data |= lines_of("categories", categories, *new_categories, columns=("name", "cap", "position"))
    return data | lines_of("days", [], *days, columns=()) | values


def item_form(category, *new_items, **values) -> dict:
    data = {"name": category.name, "cap": category.cap or "", "position": category.position}
    columns = ("code", "name", "points", "per", "cap", "cap_period", "proposer", "approver", "position")
    return data | lines_of("items", list(category.items.order_by("position", "pk")), *new_items, columns=columns) | values


class TestDrafting:
    def test_a_draft_is_begun_from_an_example(self, street, parties, areas):
        example = PointScheme.objects.get(name="党员积分百分制", area=None)
        data = {"source": example.pk, "area": areas.east.pk, "year": THIS_YEAR, "name": ""}
        answer = street.post(page(f"{SCHEMES}_add"), data)
        scheme = PointScheme.objects.get(area=areas.east)
        assert answer["Location"] == page(f"{SCHEMES}_change", scheme.pk)
        assert (scheme.name, scheme.state, scheme.categories.count()) == ("党员积分百分制", "draft", 5)
        again = street.post(page(f"{SCHEMES}_add"), data)
        assert "已有起草中的办法" in said(again)

    def test_only_ones_own_streets_are_offered(self, street, parties, areas):
        form = street.get(page(f"{SCHEMES}_add")).context["adminform"].form
        assert [area.pk for area in form.fields["area"].queryset] == [areas.east.pk]

    def test_a_secretary_drafts_nothing(self, client, cast, parties):
        client.force_login(cast.secretary)
        assert client.get(page(f"{SCHEMES}_add")).status_code == 403

    def test_the_draft_is_changed_on_its_page(self, street, draft, parties):
        exempt = parties.classes["年老党员"]
        day = {"name": "七一", "first_on": "2026-07-01", "last_on": "2026-07-07", "factor": "2"}
        new = {"name": "创新", "cap": "10", "position": "9"}
        data = scheme_form(draft, new, days=[day], base="70", exempt=[exempt.pk], name="改过的办法")
        answer = street.post(page(f"{SCHEMES}_change", draft.pk), data)
        assert answer.status_code == 302, said(answer)
        scheme = PointScheme.objects.get(pk=draft.pk)
        assert (scheme.name, scheme.base, scheme.exempt.get().member_class) == ("改过的办法", 70, exempt)
        assert (scheme.categories.last().name, scheme.days.get().factor) == ("创新", 2)

    def test_a_category_is_removed_with_its_items(self, street, draft):
        data = scheme_form(draft) | {"categories-4-DELETE": "on"}
        assert street.post(page(f"{SCHEMES}_change", draft.pk), data).status_code == 302
        assert not PointItem.objects.filter(category__scheme=draft, points__lt=0).exists()

    @pytest.mark.parametrize(
        ("values", "sentence"),
        [
            ({"ceiling": "10", "floor": "20"}, "总分上限低于下限"),
            ({"categories-0-cap": "-1"}, "封顶填正数"),
            ({"categories-0-name": "扣分"}, "重复"),
        ],
    )
    def test_what_cannot_be_is_said_and_nothing_is_lost(self, street, draft, values, sentence):
        answer = street.post(page(f"{SCHEMES}_change", draft.pk), scheme_form(draft) | values)
        assert answer.status_code == 200
        assert sentence in said(answer)
        assert PointScheme.objects.get(pk=draft.pk).base == draft.base

    def test_two_categories_that_change_names_are_refused_in_words(self, street, draft):
        data = scheme_form(draft)
        data["categories-0-name"], data["categories-1-name"] = data["categories-1-name"], data["categories-0-name"]
        answer = street.post(page(f"{SCHEMES}_change", draft.pk), data)
        assert "不能重复" in said(answer)

    def test_items_with_their_classes(self, street, draft, parties):
        category = draft.categories.get(name="服务群众")
        for_whom = [parties.classes["在职党员"].pk, parties.classes["流动党员"].pk]
        new = {"code": "C9", "name": "微宣讲", "points": "1.5", "per": "次", "cap": "6", "cap_period": CapPeriod.MONTH}
        new |= {"proposer": Proposer.MEMBER, "approver": Approver.OFFICE, "position": "9", "classes": for_whom}
        answer = street.post(page("admin:members_pointcategory_change", category.pk), item_form(category, new, cap="25"))
        assert answer.status_code == 302, said(answer)
        item = PointItem.objects.get(category=category, code="C9")
        assert (item.points, item.cap_period, item.approver) == (1.5, "month", "office")
        assert set(ItemClass.objects.filter(item=item).values_list("member_class", flat=True)) == set(for_whom)
        assert PointCategory.objects.get(pk=category.pk).cap == 25
        kept = item_form(category) | {"items-4-classes": for_whom[:1]}
        street.post(page("admin:members_pointcategory_change", category.pk), kept)
        assert ItemClass.objects.get(item=item).member_class_id == for_whom[0]

    def test_a_code_is_used_once_in_a_scheme(self, street, draft):
        category = draft.categories.get(name="服务群众")
        new = {"code": "A1", "name": "再来", "points": "1", "per": "次", "cap": "", "cap_period": "year"}
        new |= {"proposer": "member", "approver": "branch", "position": "9"}
        answer = street.post(page("admin:members_pointcategory_change", category.pk), item_form(category, new))
        assert "项目编号“A1”用了两次" in said(answer)

    def test_what_was_published_is_read_only(self, street, ledger):
        answer = street.get(page(f"{SCHEMES}_change", ledger.scheme.pk))
        assert "参加三会一课" in said(answer)
        assert not answer.context["inline_admin_formsets"]
        assert street.post(page(f"{SCHEMES}_change", ledger.scheme.pk), {"base": "1"}).status_code == 403
        category = ledger.scheme.categories.first()
        assert street.post(page("admin:members_pointcategory_change", category.pk), {"cap": "1"}).status_code == 403

    def test_a_draft_is_thrown_away(self, street, draft, ledger):
        street.post(page(f"{SCHEMES}_discard", draft.pk))
        assert list(PointScheme.objects.exclude(area=None)) == [ledger.scheme]


class TestPublishing:
    def test_the_page_says_what_it_will_do(self, street, draft, ledger):
        post_points(entries=[earned(ledger.zhao, ledger.items["B1"])], by=ledger.branch_secretary)
        text = said(street.get(page(f"{SCHEMES}_publish", draft.pk)))
        assert "的 4 名党员将按本办法积分" in text
        assert "取代现行第1版" in text
        assert "已有的 1 条记录" in text

    def test_a_double_click_is_one_job(self, street, draft, django_capture_on_commit_callbacks):
        form = street.get(page(f"{SCHEMES}_publish", draft.pk)).context["form"]
        data = {"form_id": form["form_id"].value()}
        first = street.post(page(f"{SCHEMES}_publish", draft.pk), data)
        job = Job.objects.get(kind="members.publish_scheme")
        second = street.post(page(f"{SCHEMES}_publish", draft.pk), data)
        assert first["Location"] == second["Location"] == page("jobs:job", job.pk)
        assert Job.objects.filter(kind="members.publish_scheme").count() == 1

    def test_the_job_publishes_once_however_often_it_is_delivered(self, street, draft, ledger, cast):
        street.post(page(f"{SCHEMES}_publish", draft.pk), {"form_id": "00000000-0000-4000-8000-000000000001"})
        job = Job.objects.get(kind="members.publish_scheme")
        run_job(job_id=job.pk)
        run_job(job_id=job.pk)
        job.refresh_from_db()
        assert (job.status, job.result["link"]) == ("done", page(f"{SCHEMES}_change", draft.pk))
        assert (job.done, job.total, job.message) == (4, 4, "4 名党员按本办法积分。")
        assert PointScheme.objects.get(pk=ledger.scheme.pk).state == "superseded"
        assert set(PointBalance.objects.values_list("scheme", flat=True)) == {draft.pk}

    def test_a_revision_starts_from_what_is_in_force(self, street, ledger):
        street.post(page(f"{SCHEMES}_revise", ledger.scheme.pk), {"name": "第二版"})
        new = PointScheme.objects.get(state="draft", year=THIS_YEAR)
        assert (new.version, new.name) == (2, "第二版")


class TestEntries:
    @pytest.fixture
    def proposals(self, ledger):
        new = [earned(ledger.zhao, ledger.items["C1"], note=f"巡逻{n}") for n in range(2)]
        return post_points(entries=new, by=ledger.zhao_user).entries

    def press(self, client, button, entries, **data):
        data |= {"action": button, "_selected_action": [entry.pk for entry in entries], "index": 0}
        return client.post(page(f"{ENTRIES}_changelist"), data, follow=True)

    def test_several_are_approved_at_once(self, street, proposals, ledger, cast):
        assert "已办理 2 条" in said(self.press(street, "approve", proposals))
        assert set(PointEntry.objects.values_list("state", "decided_by")) == {("approved", cast.street_officer.pk)}
        assert PointBalance.objects.get(member=ledger.zhao).total == 62

    def test_a_refusal_asks_for_the_reason(self, street, proposals):
        asked = self.press(street, "refuse", proposals)
        assert "下列 2 条不予记分" in said(asked)
        assert not PointEntry.objects.filter(state="refused").exists()
        self.press(street, "refuse", proposals, reason="没有照片")
        assert set(PointEntry.objects.values_list("state", "reason")) == {("refused", "没有照片")}

    def test_who_does_not_decide_has_no_buttons(self, client, cast, proposals):
        client.force_login(cast.clerk)
        assert client.get(page(f"{ENTRIES}_changelist")).context["action_form"] is None
        self.press(client, "approve", proposals)
        assert not PointEntry.objects.filter(state="approved").exists()

    def test_steps_of_one_entry(self, street, client, proposals, ledger, cast):
        first, second = proposals
        street.post(page(f"{ENTRIES}_approve", first.pk))
        street.post(page(f"{ENTRIES}_reverse", first.pk), {"reason": "记错人"})
        assert PointBalance.objects.get(member=ledger.zhao).total == 60
        assert "已冲正" in said(street.get(page(f"{ENTRIES}_reverse", first.pk), follow=True))
        street.post(page(f"{ENTRIES}_refuse", second.pk), {"reason": "没有照片"})
        appeal_points(entry=second, by=ledger.zhao_user, text="照片已补")
        own = street.post(page(f"{ENTRIES}_answer", second.pk), {"uphold": "yes", "answer": "属实"})
        assert "不能由原审核人答复" in said(own)
        client.force_login(cast.district_official)
        client.post(page(f"{ENTRIES}_answer", second.pk), {"uphold": "yes", "answer": "属实"})
        second.refresh_from_db()
        assert (second.state, second.appeal, second.appeal_answer) == ("approved", "upheld", "属实")

    def test_an_entry_is_never_edited(self, street, proposals):
        answer = street.get(page(f"{ENTRIES}_change", proposals[0].pk))
        assert "巡逻0" in said(answer)
        assert street.post(page(f"{ENTRIES}_change", proposals[0].pk), {"points": "99"}).status_code == 403

    @pytest.mark.parametrize(
        ("query", "codes"),
        [
            ("state=proposed", {"C2", "C3"}),
            ("state=appeal", {"B1"}),
            ("state=reversed", {"A1"}),
            ("state=refused", {"B1"}),
            (f"state=proposed&year={THIS_YEAR - 1}", set()),
            ("state=answer", {"B1"}),
            ("state=mine", {"C2", "C3"}),
            ("q=赵一", {"A1", "B1", "C2"}),
        ],
    )
    def test_filters(self, street, client, ledger, cast, query, codes):
        def put(code, member, by):
            return post_points(entries=[earned(member, ledger.items[code])], by=by).entries[0]

        put("C2", ledger.zhao, ledger.organiser), put("C3", ledger.sun, cast.clerk)
        refused = put("B1", ledger.zhao, ledger.organiser)
        decide_points(entries=[refused], approve=False, by=ledger.branch_secretary, reason="未到场")
        appeal_points(entry=refused, by=ledger.zhao_user, text="到场了")
        reverse_points(entry=put("A1", ledger.zhao, ledger.branch_secretary), by=ledger.branch_secretary, reason="记错")
        rows = street.get(f"{page(f'{ENTRIES}_changelist')}?{query}").context["cl"].result_list
        assert {row.item.code for row in rows} == codes


class TestBoard:
    def test_places_are_shared_and_go_on_over_pages(self, street, ledger, monkeypatch):
        post_points(entries=[earned(ledger.zhao, ledger.items["B1"])], by=ledger.branch_secretary)
        monkeypatch.setattr(PointBalanceAdmin, "list_per_page", 2)
        board = page(f"{BOARD}_changelist")
        found = [(row.place_shown, row.total) for n in (1, 2) for row in street.get(f"{board}?p={n}").context["cl"].result_list]
        assert found == [(1, 63), (2, 60), (2, 60), (2, 60)]

    def test_the_explanation_of_a_total(self, street, ledger):
        for _n in range(7):
            post_points(entries=[earned(ledger.zhao, ledger.items["A1"])], by=ledger.branch_secretary)
        text = said(street.get(page(f"{BOARD}_change", PointBalance.objects.get(member=ledger.zhao).pk)))
        assert "总分 72 分" in text
        assert "本项封顶，2 分不计" in text

    def test_the_board_goes_out_with_its_places(self, street, ledger):
        post_points(entries=[earned(ledger.sun, ledger.items["B1"])], by=None)
        answer = street.get(page(f"{BOARD}_export"))
        rows = list(load_workbook(BytesIO(answer.getvalue())).active.iter_rows(values_only=True))
        heading = next(n for n, row in enumerate(rows) if "名次" in row)
        columns = {name: n for n, name in enumerate(rows[heading])}
        found = [(str(row[columns["名次"]]), row[columns["姓名"]]) for row in rows[heading + 1 :]]
        assert found[0] == ("1", "孙三")
        assert {place for place, _name in found[1:]} == {"2"}

    def test_the_neighbour_sees_none_of_it(self, client, ledger, areas):
        client.force_login(make_user("street_officer", areas.west, username="west"))
        entry = post_points(entries=[earned(ledger.zhao, ledger.items["B1"])], by=None).entries[0]
        assert list(client.get(page(f"{BOARD}_changelist")).context["cl"].result_list) == []
        assert client.get(page(f"{BOARD}_change", entry.balance_id)).status_code == 404
        assert client.get(page(f"{ENTRIES}_change", entry.pk)).status_code == 404
        assert client.get(page(f"{SCHEMES}_change", ledger.scheme.pk)).status_code == 404


class TestMeeting:
    def test_those_ticked_are_scored_once(self, client, cast, ledger, parties):
        client.force_login(cast.secretary)
        address = page("admin:members_partyorganisation_meeting", parties.branch1.pk)
        data = {"title": "3月党员大会", "on": today(), "item": ledger.items["B1"].pk, "quantity": "1"}
        data["members"] = [ledger.zhao.pk, ledger.qian.pk]
        assert "已记 2 条" in said(client.post(address, data, follow=True))
        entry = PointEntry.objects.filter(balance__member=ledger.zhao).get()
        assert (entry.source, entry.state) == (f"meeting:{today()}:3月党员大会", "approved")
        assert "不能重复记分" in said(client.post(address, data))
        assert PointEntry.objects.count() == 2

    def test_items_of_other_rooms_and_members_of_other_branches_are_not_offered(self, client, cast, ledger, parties):
        client.force_login(cast.secretary)
        PointItem.objects.filter(pk=ledger.items["A2"].pk).update(proposer=Proposer.SYSTEM)
        form = client.get(page("admin:members_partyorganisation_meeting", parties.branch1.pk)).context["form"]
        assert str(ledger.items["A2"].pk) not in dict(form.fields["item"].choices)
        assert ledger.sun not in form.fields["members"].queryset


class TestWorklists:
    def shown(self, user) -> dict[str, tuple[int, str]]:
        return {one.title: (one.count, one.url) for worklist in worklists for one in worklist(user)}

    def test_each_number_is_the_number_of_its_rows(self, client, ledger, areas, cast, draft):
        post_points(entries=[earned(ledger.zhao, ledger.items["C1"])], by=ledger.zhao_user)
        deducted = post_points(entries=[earned(ledger.zhao, ledger.items["E1"])], by=ledger.branch_secretary).entries[0]
        appeal_points(entry=deducted, by=ledger.zhao_user, text="请过假")
        last = draft_scheme(source=ledger.scheme, area=areas.east, year=THIS_YEAR - 1, by=None)
        PointScheme.objects.filter(pk=last.pk).update(state="in_force")
        freeze_year(scheme=last, by=None)
        ask_to_reopen(scheme=last, reason="漏记", by=cast.district_official)
        client.force_login(cast.street_officer)
        found = self.shown(cast.street_officer)
        for title in ("积分待审核", "积分申诉", "起草中的积分办法", "未定稿的年度积分", "申请重新打开的年度"):
            count, url = found[title]
            assert (count, len(client.get(url).context["cl"].result_list)) == (1, 1), title

    def test_an_appeal_is_not_for_who_decided(self, ledger, cast):
        entry = post_points(entries=[earned(ledger.zhao, ledger.items["E1"])], by=cast.secretary).entries[0]
        appeal_points(entry=entry, by=ledger.zhao_user, text="请过假")
        assert self.shown(cast.secretary)["积分申诉"][0] == 0
        assert self.shown(cast.street_officer)["积分申诉"][0] == 1
        answer_appeal(entry=entry, uphold=False, by=cast.street_officer, answer="不属实")
        assert self.shown(cast.street_officer)["积分申诉"][0] == 0

    def test_who_has_no_points_to_decide_has_none_of_it(self, ledger, cast):
        assert not any("积分" in title for title in self.shown(cast.system_admin))


class TestRebuilding:
    def test_nothing_differs_until_somebody_drifts_it(self, ledger):
        post_points(entries=[earned(ledger.zhao, ledger.items["B1"])], by=ledger.branch_secretary)
        out = StringIO()
        call_command("rebuild_points", stdout=out)
        assert out.getvalue() == "4 个余额，差异 0\n"
        PointBalance.objects.filter(member=ledger.zhao).update(total=99)
        with pytest.raises(CommandError, match="差异 1"):
            call_command("rebuild_points", year=THIS_YEAR, stderr=StringIO())
        with pytest.raises(CommandError, match="已改正"):
            call_command("rebuild_points", write=True, stderr=StringIO())
        assert PointBalance.objects.get(member=ledger.zhao).total == 63


def test_named_days_stand_in_order(street, draft):
    """A day that ends before it begins is refused in words."""
    day = {"name": "七一", "first_on": date(THIS_YEAR, 7, 7), "last_on": date(THIS_YEAR, 7, 7) - timedelta(days=6), "factor": "2"}
    answer = street.post(page(f"{SCHEMES}_change", draft.pk), scheme_form(draft, days=[day]))
    assert "截止日期早于开始日期" in said(answer)
    assert not NamedDay.objects.exists()
