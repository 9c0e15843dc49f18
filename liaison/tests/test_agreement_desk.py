"""Agreements and commitments at the desk: who finds which, the template that becomes a draft, steps, what is late, exports."""

import pytest

from gridparty.lib.dates import today
from liaison.actions import report_commitment
from liaison.actions.agreements import renew_agreement
from liaison.admin.agreements import AGREEMENT_STEPS, COMMITMENT_STEPS
from liaison.models import Agreement, AgreementTemplate, Commitment, CommitmentPhoto
from liaison.tests.conftest import TEXTS, agreement_with, commitment_of, day, unit_at
from liaison.tests.desk_pages import exported, keys, links, listed, logged_in, offered, page, panels, queries, said, step
from members.tests.conftest import a_picture

AGREEMENT, COMMITMENT, TEMPLATE = "agreement", "commitment", "agreementtemplate"
HOSTILE = "=1+1"


@pytest.fixture
def desk(allied):
    """Of the community's clerk, who keeps agreements."""
    return logged_in(allied.clerk)


@pytest.fixture
def boss(allied):
    """Of the community's secretary, who signs them."""
    return logged_in(allied.secretary)


def typed(allied, **more) -> dict:
    """A new agreement of 桃园 with the hospital."""
    template = AgreementTemplate.objects.get(name="结对共建协议书（示例）")
    given = {"template": template.pk, "area": allied.areas.taoyuan.pk, "unit": allied.hospital.pk, "their_head": "吴院长"}
    given |= {"organisation": allied.parties.taoyuan.pk, "starts_on": day(1), "ends_on": day(365), "our_head": "王书记"}
    return given | more


def texts(row: Agreement) -> dict:
    return {name: getattr(row, name) for name in TEXTS}


def changed(allied, **more) -> dict:
    """The page of the draft as it comes, and what is typed otherwise."""
    given = typed(allied, template="", organisation="", our_head="", their_head="") | TEXTS
    return given | more


class TestList:
    def test_each_sees_their_own(self, allied):
        seen = {}
        for name in ("clerk", "secretary", "cadre", "street_officer", "liuyuan_secretary"):
            seen[name] = {row.pk for row in listed(logged_in(getattr(allied, name)), AGREEMENT)}
        own, there = {allied.agreement.pk, allied.draft.pk}, {allied.neighbour.pk}
        assert seen == dict.fromkeys(("clerk", "secretary", "cadre"), own) | {
            "street_officer": own | there,
            "liuyuan_secretary": there,
        }

    def test_what_was_promised_is_seen_with_its_agreement(self, allied):
        seen = {}
        for name in ("cadre", "street_officer", "liuyuan_secretary"):
            seen[name] = {row.pk for row in listed(logged_in(getattr(allied, name)), COMMITMENT)}
        own, there = {allied.ours.pk, allied.theirs.pk, allied.late.pk}, {allied.neighbours.pk}
        assert seen == {"cadre": own, "street_officer": own | there, "liuyuan_secretary": there}

    @pytest.mark.parametrize("name", ["system_admin", "audit_admin", "security_admin", "grid_leader", "member"])
    def test_who_sees_no_liaison_has_no_page(self, allied, name):
        client = logged_in(getattr(allied, name))
        rows = {AGREEMENT: allied.agreement, COMMITMENT: allied.theirs}
        codes = {client.get(page(model, "changelist")).status_code for model in rows}
        codes |= {client.get(page(model, "change", row.pk)).status_code for model, row in rows.items()}
        assert codes <= {302, 403}

    def test_those_of_elsewhere_are_not_there(self, desk, allied):
        pages = [page(AGREEMENT, name, allied.neighbour.pk) for name in ("change", *(one.name for one in AGREEMENT_STEPS))]
        pages += [page(COMMITMENT, name, allied.neighbours.pk) for name in ("change", *(one.name for one in COMMITMENT_STEPS))]
        assert {desk.get(one).status_code for one in pages} == {404}

    def test_who_only_sees_changes_nothing(self, allied):
        client = logged_in(allied.cadre)
        pages = [page(AGREEMENT, name, allied.agreement.pk) for name in (one.name for one in AGREEMENT_STEPS)]
        pages += [page(COMMITMENT, name, allied.theirs.pk) for name in (one.name for one in COMMITMENT_STEPS)]
        assert {client.post(one).status_code for one in (*pages, page(AGREEMENT, "add"))} == {403}
        assert (offered(client, AGREEMENT, allied.agreement), offered(client, COMMITMENT, allied.theirs)) == ([], [])
        assert client.post(page(AGREEMENT, "change", allied.draft.pk), changed(allied)).status_code == 403

    def test_the_filters_answer_questions(self, boss, allied):
        agreed = agreement_with(unit_at(allied.areas.taoyuan, "一家超市"), allied.areas.grid1, state="agreed")
        asked = agreement_with(agreed.unit, allied.areas.grid2, state="offered")
        ending = agreement_with(agreed.unit, allied.areas.taoyuan, ends_on=day(60))
        Agreement.objects.filter(pk=allied.draft.pk).update(answered_at=f"{today()}T08:00Z", answer_text="改")
        commitment_of(ending, state="reported")
        wanted = {
            "todo=sign": {agreed},
            "todo=objected": {allied.draft},
            "todo=offered": {asked},
            "todo=ending": {ending},
            "todo=late": {allied.agreement},
            "todo=confirm": {ending},
            "state__exact=in_force": {ending, allied.agreement},
            f"within={allied.areas.grid1.pk}": {agreed},
            f"within={allied.areas.liuyuan.pk}": set(),
            f"unit={agreed.unit_id}": {agreed, asked, ending},
            f"unit={allied.mill.pk}": set(),
            "unit=x": set(),
            "q=一家": {agreed, asked, ending},
        }
        assert keys(boss, AGREEMENT, wanted) == {query: {row.pk for row in rows} for query, rows in wanted.items()}
        assert not listed(logged_in(allied.clerk), AGREEMENT, "todo=sign")

    def test_what_is_due(self, desk, allied):
        soon, later = commitment_of(allied.agreement, due_on=day(30)), commitment_of(allied.agreement, due_on=day(31))
        told, done = commitment_of(allied.agreement, state="reported"), commitment_of(allied.agreement, state="done")
        drafted = commitment_of(allied.draft, due_on=day(-3))
        wanted = {
            "todo=late": {allied.late},
            "todo=confirm": {told},
            "todo=due": {allied.ours, allied.theirs, soon},
            "todo=open": {allied.ours, allied.theirs, allied.late, soon, later},
            "state__exact=done": {done},
            "side__exact=ours": {allied.ours},
            f"agreement={allied.draft.pk}": {drafted},
            f"agreement={allied.neighbour.pk}": set(),
            f"within={allied.areas.grid1.pk}": set(),
            "q=区中": {drafted},
            "q=体检": {allied.ours},
        }
        assert keys(desk, COMMITMENT, wanted) == {query: {row.pk for row in rows} for query, rows in wanted.items()}

    @pytest.mark.parametrize("query", ["reason=1", "unit__name=x", "link_key=x", "answer_text=x"])
    def test_columns_are_not_probed_through_the_address(self, desk, query):
        assert desk.get(f"{page(AGREEMENT, 'changelist')}?{query}").status_code in (302, 400)

    def test_how_much_is_done_and_late(self, desk, allied):
        commitment_of(allied.agreement, state="done")
        commitment_of(allied.agreement, state="reported")
        html = desk.get(page(AGREEMENT, "changelist")).content.decode()
        assert "1／5" in html
        assert "待核实 1" in html
        assert f'?agreement={allied.agreement.pk}&amp;todo=late"><span class="badge late">1 项</span>' in html
        assert "0／0" in html

    def test_what_ends_soon_says_when(self, desk, allied):
        Agreement.objects.filter(pk=allied.agreement.pk).update(ends_on=day(60))
        assert "60 天后到期" in desk.get(page(AGREEMENT, "changelist")).content.decode()
        Agreement.objects.filter(pk=allied.agreement.pk).update(ends_on=today())
        assert "今天到期" in desk.get(page(AGREEMENT, "changelist")).content.decode()

    def test_one_row_costs_what_three_do(self, desk, allied):
        addresses = [page(AGREEMENT, "changelist"), page(COMMITMENT, "changelist") + "?todo=open"]
        Commitment.objects.filter(agreement=allied.agreement).exclude(pk=allied.late.pk).delete()
        Agreement.objects.filter(pk=allied.draft.pk).update(area=allied.areas.liuyuan, community=allied.areas.liuyuan)
        one = [queries(desk, address) for address in addresses]
        for _n in range(2):
            commitment_of(agreement_with(unit_at(allied.areas.taoyuan, f"单位{_n}"), allied.areas.taoyuan), due_on=day(-2))
        assert [len(listed(desk, model)) for model in (AGREEMENT, COMMITMENT)] == [3, 3]
        assert [queries(desk, address) for address in addresses] == one == [7, 7]


class TestDrafting:
    def test_begins_with_a_template_and_the_area(self, desk, allied):
        answer = desk.get(page(AGREEMENT, "add"))
        form = answer.context["adminform"].form
        names = ["template", "area", "unit", "organisation", "starts_on", "ends_on", "our_head", "their_head"]
        assert list(form.fields) == names
        assert form["area"].value() == allied.areas.taoyuan.pk
        assert [one.name for one in form.fields["template"].queryset] == [
            "结对共建协议书（示例）",
            "共驻共建协议书（简式，示例）",
        ]

    def test_becomes_a_draft_with_the_texts_filled(self, desk, allied):
        answer = desk.post(page(AGREEMENT, "add"), typed(allied), follow=True)
        row = Agreement.objects.get(their_head="吴院长")
        assert answer.redirect_chain[-1][0] == page(AGREEMENT, "change", row.pk)
        assert (row.state, row.title, row.organisation) == ("draft", "结对共建协议书", allied.parties.taoyuan)
        assert row.clauses.startswith("甲方：桃园社区党委\n乙方：区中医院\n")
        first = "{0.year}年{0.month}月{0.day}日".format(day(1))
        assert f"协议期自{first}起" in row.clauses
        assert "{" not in row.clauses + row.our_duties + row.their_duties

    def test_without_an_organisation_it_is_the_area_that_agrees(self, desk, allied):
        desk.post(page(AGREEMENT, "add"), typed(allied, organisation=""))
        assert Agreement.objects.get(their_head="吴院长").clauses.startswith("甲方：桃园社区居民委员会\n")

    def test_what_is_wrong_is_said_and_nothing_is_lost(self, desk, allied):
        answer = desk.post(page(AGREEMENT, "add"), typed(allied, unit=allied.school.pk))
        assert "“市第一中学”已有一份履行中的协议" in said(answer)
        assert "吴院长" in said(answer)
        answer = desk.post(page(AGREEMENT, "add"), typed(allied, ends_on=day(0)))
        assert "结束日期早于开始日期" in said(answer)
        assert Agreement.objects.count() == 3

    @pytest.mark.parametrize("name", ["area", "unit", "organisation"])
    def test_nothing_of_next_door_can_be_chosen(self, desk, allied, name):
        there = {"area": allied.areas.liuyuan, "unit": allied.mill, "organisation": allied.parties.liuyuan}
        assert "选择" in said(desk.post(page(AGREEMENT, "add"), typed(allied, **{name: there[name].pk})))
        assert Agreement.objects.count() == 3

    def test_its_texts_are_edited_on_its_page(self, desk, allied):
        new = changed(allied, title="共驻共建协议书", clauses="一、共享阵地。", their_head="吴院长")
        answer = desk.post(page(AGREEMENT, "change", allied.draft.pk), new, follow=True)
        row = Agreement.objects.get(pk=allied.draft.pk)
        assert "已保存" in said(answer)
        assert (row.title, row.clauses, row.their_head) == ("共驻共建协议书", "一、共享阵地。", "吴院长")

    def test_once_offered_it_is_only_read(self, desk, allied):
        step(desk, AGREEMENT, allied.draft, "offer")
        answer = desk.post(page(AGREEMENT, "change", allied.draft.pk), changed(allied, title="改"))
        assert answer.status_code == 403
        assert texts(Agreement.objects.get(pk=allied.draft.pk)) == TEXTS
        assert TEXTS["clauses"] in desk.get(page(AGREEMENT, "change", allied.draft.pk)).content.decode()


class TestSteps:
    def test_what_can_be_done_in_each_state(self, desk, boss, allied):
        keeper, signer = {}, {}
        for state in ("draft", "offered", "agreed", "in_force", "expired", "ended", "discarded"):
            Agreement.objects.filter(pk=allied.draft.pk).update(state=state, signed_on=today())
            keeper[state], signer[state] = offered(desk, AGREEMENT, allied.draft), offered(boss, AGREEMENT, allied.draft)
        assert keeper == {
            "draft": ["commit", "offer", "discard"],
            "offered": ["recall", "discard"],
            "agreed": ["recall", "discard"],
            "in_force": ["commit", "renew"],
            "expired": ["renew"],
            "ended": [],
            "discarded": [],
        }
        more = {"offered": ["recall", "sign", "discard"], "agreed": ["recall", "sign", "discard"]}
        assert signer == keeper | more | {"in_force": ["commit", "end", "renew"]}

    def test_promised_line_by_line(self, desk, allied):
        lines = {"side": "theirs", "texts": "开放会议室\n\n 法律讲座 ", "who": "工会", "every": "once", "due_on": day(30)}
        answer = step(desk, AGREEMENT, allied.draft, "commit", **lines)
        assert "已增加 2 项共建事项" in said(answer)
        found = [(one.text, one.who, one.due_on) for one in allied.draft.commitments.order_by("pk")]
        assert found == [("开放会议室", "工会", day(30)), ("法律讲座", "工会", day(30))]

    def test_promised_every_quarter(self, desk, allied):
        step(desk, AGREEMENT, allied.draft, "commit", side="ours", texts="联席会", every="quarter", due_on="")
        assert allied.draft.commitments.count() == 4

    def test_once_needs_its_day(self, desk, allied):
        answer = step(desk, AGREEMENT, allied.draft, "commit", side="ours", texts="联席会", every="once", due_on="")
        assert "请填写完成期限" in said(answer)
        assert not allied.draft.commitments.exists()

    def test_offered_signed_ended(self, boss, allied):
        assert "链接发给“区中医院”联系人" in said(boss.get(page(AGREEMENT, "offer", allied.draft.pk)))
        step(boss, AGREEMENT, allied.draft, "offer")
        step(boss, AGREEMENT, allied.draft, "sign", signed_on=day(-1))
        row = Agreement.objects.get(pk=allied.draft.pk)
        assert (row.state, row.signed_on) == ("in_force", day(-1))
        step(boss, AGREEMENT, allied.draft, "end", reason="单位迁出")
        assert Agreement.objects.get(pk=allied.draft.pk).state == "ended"

    def test_a_refusal_is_shown(self, boss, allied):
        assert "请写明原因" in said(step(boss, AGREEMENT, allied.agreement, "end", reason=""))
        assert Agreement.objects.get(pk=allied.agreement.pk).state == "in_force"

    def test_the_clerk_does_not_sign(self, desk, allied):
        step(desk, AGREEMENT, allied.draft, "offer")
        assert "由社区书记或街道、区办理" in said(step(desk, AGREEMENT, allied.draft, "sign", signed_on=today()))
        assert Agreement.objects.get(pk=allied.draft.pk).state == "offered"

    def test_renewed_for_as_long_as_before(self, desk, allied):
        form = desk.get(page(AGREEMENT, "renew", allied.agreement.pk)).context["form"]
        answer = step(desk, AGREEMENT, allied.agreement, "renew", ends_on=form["ends_on"].value())
        row = Agreement.objects.get(renews=allied.agreement)
        assert answer.redirect_chain[-1][0] == page(AGREEMENT, "change", row.pk)
        assert (row.starts_on, row.ends_on) == (day(266), day(631))
        assert "renew" not in offered(desk, AGREEMENT, allied.agreement)

    def test_commitments_in_each_state(self, desk, allied):
        found = {}
        for state in ("open", "reported", "done", "dropped"):
            found[state] = offered(desk, COMMITMENT, commitment_of(allied.agreement, state=state))
        assert found == {
            "open": ["finish", "drop"],
            "reported": ["confirm", "return", "drop"],
            "done": ["reopen"],
            "dropped": ["reopen"],
        }
        assert offered(desk, COMMITMENT, commitment_of(allied.draft)) == ["drop"]

    def test_finished_confirmed_returned(self, desk, allied):
        step(desk, COMMITMENT, allied.ours, "finish", text="5 月 3 日体检 30 人。", done_on=day(-2))
        row = report_commitment(commitment=allied.theirs, agreement=allied.agreement, text="已开放。", answerer="周老师")
        step(desk, COMMITMENT, row, "return", reason="请补照片")
        late = report_commitment(commitment=allied.late, agreement=allied.agreement, text="已清扫。")
        step(desk, COMMITMENT, late, "confirm")
        found = {row.pk: (row.state, row.done_on, row.reason) for row in allied.agreement.commitments.all()}
        assert found == {
            allied.ours.pk: ("done", day(-2), ""),
            allied.theirs.pk: ("open", None, "请补照片"),
            allied.late.pk: ("done", today(), ""),
        }

    def test_finished_with_words(self, desk, allied):
        assert "请写明完成情况" in said(step(desk, COMMITMENT, allied.ours, "finish", text=" ", done_on=today()))
        assert Commitment.objects.get(pk=allied.ours.pk).state == "open"

    def test_an_open_one_is_changed_on_its_page(self, desk, allied):
        new = {"side": "ours", "text": "体检两次", "who": "王书记", "due_on": day(40)}
        desk.post(page(COMMITMENT, "change", allied.ours.pk), new)
        row = Commitment.objects.get(pk=allied.ours.pk)
        assert (row.text, row.who, row.due_on) == ("体检两次", "王书记", day(40))
        answer = desk.post(page(COMMITMENT, "change", allied.ours.pk), new | {"due_on": day(400)})
        assert "不在协议期" in said(answer)
        done = commitment_of(allied.agreement, state="done")
        assert desk.post(page(COMMITMENT, "change", done.pk), new).status_code == 403


class TestPages:
    def test_both_sides_with_what_is_late(self, desk, allied):
        found = panels(desk, AGREEMENT, allied.agreement)
        assert list(found) == ["办理", "共建事项：社区方", "共建事项：单位方", "扫描件", "季度汇报"]
        open_ = '<span class="badge quiet">待完成</span>'
        assert found["共建事项：社区方"] == [(str(day(20)), f"为教职工体检一次 {open_}")]
        assert found["共建事项：单位方"] == [
            (f'{day(-10)} <span class="badge late">逾期 10 天</span>', f"志愿队进社区一次 {open_}"),
            (str(day(20)), f"开放会议室一次 {open_}"),
        ]

    def test_how_far_it_is(self, desk, allied):
        renew_agreement(agreement=allied.agreement, ends_on=day(600), by=allied.clerk)
        lines = dict(panels(desk, AGREEMENT, allied.agreement)["办理"])
        assert lines == {
            "状态": "履行中",
            "协议期": f"{day(-100)} — {day(265)}",
            "签订日期": str(day(-100)),
            "续签协议": f"{day(266)} — {day(600)}　草稿",
        }

    def test_where_one_goes_from_there(self, desk, allied):
        step(desk, AGREEMENT, allied.draft, "offer")
        full = ["打印", "单位链接", "扫描件"]
        assert links(desk, AGREEMENT, allied.draft) == full
        Agreement.objects.filter(pk=allied.draft.pk).update(state="draft")
        assert links(desk, AGREEMENT, allied.draft) == ["打印", "扫描件"]
        assert links(logged_in(allied.cadre), AGREEMENT, allied.agreement) == ["打印"]

    def test_what_the_unit_reported_with_its_pictures(self, desk, allied):
        words = {"text": "已开放。", "answerer": "周老师", "photos": [a_picture(), a_picture()]}
        report_commitment(commitment=allied.theirs, agreement=allied.agreement, **words)
        found = panels(desk, COMMITMENT, allied.theirs)
        assert dict(found["办理"])["完成情况"] == "已开放。"
        assert dict(found["办理"])["报告人"] == "周老师"
        assert found["照片"] == [("照片 1", "查看"), ("照片 2", "查看")]
        html = desk.get(page(COMMITMENT, "change", allied.theirs.pk)).content.decode()
        assert all(f"/liaison/commitment-photos/{one.pk}/" in html for one in CommitmentPhoto.objects.all())

    def test_the_page_costs_the_same_with_one_or_three(self, desk, allied):
        Commitment.objects.exclude(pk=allied.late.pk).delete()
        one = queries(desk, page(AGREEMENT, "change", allied.agreement.pk))
        commitment_of(allied.agreement)
        commitment_of(allied.agreement, side="ours", due_on=day(-4))
        assert queries(desk, page(AGREEMENT, "change", allied.agreement.pk)) == one == 9


class TestExports:
    def test_agreements(self, desk, allied):
        Agreement.objects.filter(pk=allied.agreement.pk).update(title=HOSTILE)
        rows = exported(desk, AGREEMENT)
        assert [row["共建单位"] for row in rows] == ["区中医院", "市第一中学"]
        school = rows[1]
        wanted = {"协议标题": HOSTILE, "甲方": "桃园社区党委", "所在区域": "桃园社区", "状态": "履行中", "乙方负责人": "周校长"}
        wanted |= {"共建事项": "3", "已完成": "0", "待核实": "0", "逾期": "1"}
        assert {name: school[name] for name in wanted} == wanted
        assert "电话" not in "".join(school)

    def test_commitments(self, desk, allied):
        rows = exported(desk, COMMITMENT, "todo=late")
        assert [(row["共建单位"], row["事项"], row["责任方"], row["是否逾期"]) for row in rows] == [
            ("市第一中学", "志愿队进社区一次", "单位方", "逾期")
        ]


class TestTemplates:
    def test_kept_by_the_system_administrator(self, allied):
        client = logged_in(allied.system_admin)
        given = {"name": "简版", "title": "协议书", "position": 5, "in_use": "on"}
        given |= {"clauses": "甲方：{甲方}", "our_duties": "一", "their_duties": "二"}
        client.post(page(TEMPLATE, "add"), given)
        assert AgreementTemplate.objects.get(name="简版").clauses == "甲方：{甲方}"

    def test_who_keeps_agreements_only_reads_them(self, desk, allied):
        row = AgreementTemplate.objects.first()
        assert desk.get(page(TEMPLATE, "change", row.pk)).status_code == 200
        assert desk.post(page(TEMPLATE, "change", row.pk), {"name": "x"}).status_code == 403
        assert desk.get(page(TEMPLATE, "add")).status_code == 403

    def test_one_that_is_not_used_is_not_offered(self, desk, allied):
        first, second = AgreementTemplate.objects.all()
        AgreementTemplate.objects.filter(pk=first.pk).update(in_use=False)
        form = desk.get(page(AGREEMENT, "add")).context["adminform"].form
        assert list(form.fields["template"].queryset) == [second]
