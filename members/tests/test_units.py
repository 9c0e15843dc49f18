"""Units of the neighbourhood: what they give and need, who leads them, whom they lend to a committee (F1, F6)."""

import pytest
from django.urls import reverse

from accounts.choices import Origin
from conftest import make_user
from gridparty.lib.roster import CellRefused
from gridparty.lib.text import one_a_line
from members.actions import NewMember, NewSeat, NewUnit, add_unit, change_unit, close_organisation, empty_seat, enrol, fill_seat
from members.errors import OrganisationRefused
from members.models import PartyOrganisation, Seat, Unit
from members.rosters.units import HEAD, NEEDS, OFFERS
from members.tests.conftest import typed
from members.worklists import party_work
from rosters.tests.rolls import commit, reader, reasons, verdicts, warnings

UNIT, ORGANISATION = "admin:members_unit", "admin:members_partyorganisation"


@pytest.fixture
def shop(areas, cast):
    new = NewUnit("桃园超市", "private_enterprise", areas.grid1, head="周四", offers="停车位10个\n会议室", needs="政策咨询")
    return add_unit(new=new, by=cast.secretary)


@pytest.fixture
def zhao(cast, parties):
    return enrol(new=NewMember(parties.branch1, parties.ordinary, typed=typed("赵一", 1)), by=cast.secretary)


@pytest.fixture
def read(areas, tmp_path):
    return reader("units", tmp_path)


def panels_of(client, route: str, row) -> dict[str, list]:
    page = client.get(reverse(route, args=[row.pk]))
    return {str(panel.title): panel.rows for panel in page.context["panels"]}


class TestThings:
    @pytest.mark.parametrize(
        ("text", "things"),
        [
            ("会议室；停车位", "会议室 停车位"),
            ("会议室;停车位；会议室", "会议室 停车位"),
            ("会议室、停车位", "会议室 停车位"),
            ("1、会议室 2、停车位", "会议室 停车位"),
            ("1.会议室\n2.停车位", "会议室 停车位"),
            ("一、会议室。二、停车位。", "会议室 停车位"),
            ("①会议室②停车位", "会议室 停车位"),
            ("(1)会议室 (2)停车位", "会议室 停车位"),
            ("· 会议室\n· 停车位", "会议室 停车位"),
            ("会议室\r\n\r\n停车位\r\n", "会议室 停车位"),
            ("场地（会议室、礼堂）", "场地（会议室、礼堂）"),
            ("打印、复印\n停车位", "打印、复印 停车位"),
            ("第1、2号会议室", "第1、2号会议室"),
            ("2.5米长桌", "2.5米长桌"),
            ("Ａ座会议室", "A座会议室"),
            ("；、 。", ""),
        ],
    )
    def test_things_are_told_apart_however_they_are_listed(self, text, things):
        found = one_a_line(text)
        assert found == things.replace(" ", "\n")
        assert found == one_a_line(found) == one_a_line(found.replace("\n", "；"))

    def test_they_are_kept_one_a_line(self, areas, cast, shop):
        change_unit(unit=shop, new=NewUnit("桃园超市", area=areas.grid1, offers="1、会议室\n2、停车位 "), by=cast.secretary)
        assert Unit.objects.values_list("offers", "needs", "head").get() == ("会议室\n停车位", "", "")


class TestRegister:
    @pytest.mark.parametrize(
        ("column", "headings"),
        [
            (HEAD, "负责人 单位负责人 主要负责人 法定代表人 法人代表 法人"),
            (OFFERS, "可提供资源 共享资源 资源清单 共治资源清单 可提供服务"),
            (NEEDS, "需求 需求清单 服务需求 治理需求清单 单位需求"),
        ],
    )
    def test_the_columns_go_by_many_names(self, cast, read, column, headings):
        for heading in headings.split():
            reading = read(["单位名称", "单位性质", f"{heading}（选填）"], ["桃园小学", "学校", "王一"], by=cast.secretary)
            assert (reading.unmatched, reading.rows[0].values[column.field]) == ([], "王一")

    def test_a_list_with_them_is_entered_and_a_second_time_changes_nothing(self, cast, read):
        lines = (
            ["单位名称", "单位性质", "法定代表人", "联系人", "可提供资源", "需求清单"],
            ["桃园小学", "学校", "王一", "李二", "1.操场（周末、假期）\n2.礼堂", "护学岗；暑期托管、接送"],
            ["桃园超市", "民企", "无", "", "停车位、会议室", "—"],
        )
        assert commit(read(*lines, by=cast.secretary), cast.secretary) == 2
        assert set(Unit.objects.values_list("name", "head", "contact_name", "offers", "needs")) == {
            ("桃园小学", "王一", "李二", "操场（周末、假期）\n礼堂", "护学岗\n暑期托管、接送"),
            ("桃园超市", "", "", "停车位\n会议室", ""),
        }
        again = read(*lines, by=cast.secretary)
        assert (verdicts(again), warnings(again)) == (["unchanged", "unchanged"], {})

    def test_a_blank_cell_keeps_and_the_word_clears(self, cast, shop, read):
        reading = read(["单位名称", "负责人", "可提供资源", "需求"], ["桃园超市", "清空", "清空", ""], by=cast.secretary)
        assert reading.rows[0].changes == [("head", "周四", ""), ("offers", "停车位10个；会议室", "")]
        commit(reading, cast.secretary)
        assert Unit.objects.values_list("head", "offers", "needs").get() == ("", "", "政策咨询")

    def test_what_is_no_name_and_what_is_too_long_is_refused(self, cast, read):
        row = ["桃园小学", "王女士", "、".join(f"第{n}间会议室" for n in range(90))]
        reading = read(["单位名称", "负责人", "可提供资源"], row, by=cast.secretary)
        assert [column for column, _message in reasons(reading)[2]] == ["负责人", "可提供资源"]
        with pytest.raises(CellRefused, match="公式出错"):
            OFFERS.read("#REF!")

    def test_the_head_is_masked_on_pages(self):
        assert HEAD.shown("王小明") == "王**"


class TestDesk:
    def test_the_form_keeps_them(self, areas, client, cast):
        client.force_login(cast.secretary)
        page = client.get(reverse(f"{UNIT}_add")).content.decode()
        assert page.count("<textarea") == 2
        assert "资源与需求" in page
        data = {"name": "桃园小学", "kind": "school", "area": areas.grid1.pk, "head": "王一"}
        data |= {"offers": "操场；礼堂", "needs": "护学岗\r\n\r\n暑期托管"}
        client.post(reverse(f"{UNIT}_add"), data)
        unit = Unit.objects.get()
        assert (unit.head, unit.offers, unit.needs) == ("王一", "操场\n礼堂", "护学岗\n暑期托管")

    def test_the_list_tells_the_organisation_what_is_offered_and_needed(self, client, cast, parties, shop):
        PartyOrganisation.objects.filter(pk=parties.branch1.pk).update(unit=shop)
        client.force_login(cast.secretary)
        page = client.get(reverse(f"{UNIT}_changelist")).content.decode()
        for told in ("第1网格党支部", "周四", "停车位10个 等2项", "政策咨询"):
            assert told in page

    @pytest.mark.parametrize("n", [1, 3])
    def test_the_list_asks_as_much_for_one_as_for_many(self, areas, client, cast, parties, django_assert_num_queries, n):
        for k in range(n):
            unit = add_unit(new=NewUnit(f"商户{k}", area=areas.grid1), by=None)
        PartyOrganisation.objects.filter(pk=parties.branch1.pk).update(unit=unit)
        client.force_login(cast.secretary)
        client.get(reverse(f"{UNIT}_changelist"))
        with django_assert_num_queries(8):
            client.get(reverse(f"{UNIT}_changelist"))

    def test_who_offers_and_who_needs_is_found(self, areas, client, cast, shop):
        school = add_unit(new=NewUnit("桃园小学", "school", areas.grid1, needs="护学岗"), by=None)
        add_unit(new=NewUnit("桃园医院", "hospital", areas.grid1), by=None)
        client.force_login(cast.secretary)

        def found(asked: str) -> set:
            return {*client.get(f"{reverse(f'{UNIT}_changelist')}?things={asked}").context["cl"].result_list}

        assert (found("offers"), found("needs")) == ({shop}, {shop, school})
        assert len(found("contact_phone")) == 3

    def test_new_bodies_without_an_organisation_are_counted_as_they_are_listed(self, areas, client, cast, parties, shop):
        add_unit(new=NewUnit("桃园小学", "school", areas.grid1), by=None)
        add_unit(new=NewUnit("区外企业", "private_enterprise"), by=None)
        add_unit(new=NewUnit("柳园超市", "private_enterprise", areas.liuyuan), by=None)
        client.force_login(cast.secretary)
        for organised in (False, True):
            if organised:
                PartyOrganisation.objects.filter(pk=parties.branch2.pk).update(unit=shop)
            (work,) = [one for one in party_work(cast.secretary) if one.title == "未建党组织的两新组织"]
            listed = client.get(work.url).context["cl"].result_list
            assert [*listed] == ([] if organised else [shop])
            assert work.count == len(listed)
        close_organisation(organisation=parties.branch2, by=None)
        assert [*client.get(work.url).context["cl"].result_list] == [shop]

    def test_who_only_looks_reads_it_and_changes_nothing(self, client, cast, shop):
        page = reverse(f"{UNIT}_change", args=[shop.pk])
        client.force_login(cast.cadre)
        assert "停车位10个" in client.get(page).content.decode()
        assert client.post(page, {"name": "甲", "kind": "other"}).status_code == 403
        client.force_login(make_user("community_secretary", shop.area.parent.get_next_sibling(), username="liuyuan"))
        assert client.get(page).status_code == 404


class TestPartTime:
    """Leaders of units on the committees of the neighbourhood (F6)."""

    def test_both_pages_tell_of_it(self, client, cast, parties, shop, zhao):
        seat = fill_seat(new=NewSeat(parties.branch1, "committee", zhao.person, unit=shop), by=cast.secretary)
        client.force_login(cast.secretary)
        ((where, told, page),) = panels_of(client, f"{UNIT}_change", shop)["兼职委员"]
        assert (where, told) == ("桃园社区 / 第1网格党支部", f"委员　赵一　{seat.starts_on} 起")
        assert page == reverse(f"{ORGANISATION}_change", args=[parties.branch1.pk])
        ((title, told, page),) = panels_of(client, f"{ORGANISATION}_change", parties.branch1)["班子成员"]
        assert (title, told.split("　")[0]) == ("委员", "赵一（兼职，桃园超市）")
        assert page == reverse(f"{UNIT}_change", args=[shop.pk])
        empty_seat(seat=seat, by=cast.secretary)
        assert panels_of(client, f"{UNIT}_change", shop)["兼职委员"] == []

    def test_a_unit_of_others_is_named_and_not_opened(self, areas, client, cast, parties, zhao):
        foreign = add_unit(new=NewUnit("柳园超市", area=areas.liuyuan), by=None)
        fill_seat(new=NewSeat(parties.branch1, "committee", zhao.person, unit=foreign), by=None)
        client.force_login(cast.secretary)
        ((_title, told, page),) = panels_of(client, f"{ORGANISATION}_change", parties.branch1)["班子成员"]
        assert ("柳园超市" in told, page) == (True, "")

    def test_the_step_takes_the_unit(self, client, cast, parties, shop, zhao):
        client.force_login(cast.secretary)
        data = {"title": "committee", "member": zhao.pk, "unit": shop.pk, "starts_on": "2026-01-05"}
        data["origin"] = Origin.ELECTED
        answer = client.post(reverse(f"{ORGANISATION}_fill", args=[parties.branch1.pk]), data)
        assert answer.status_code == 302
        assert Seat.objects.values_list("title", "person", "unit").get() == ("committee", zhao.person_id, shop.pk)

    def test_a_unit_out_of_sight_is_not_chosen(self, areas, client, cast, parties, zhao):
        foreign = add_unit(new=NewUnit("柳园超市", area=areas.liuyuan), by=None)
        with pytest.raises(OrganisationRefused, match="单位不在您的管理范围内"):
            fill_seat(new=NewSeat(parties.branch1, "committee", zhao.person, unit=foreign), by=cast.secretary)
        client.force_login(cast.secretary)
        data = {"title": "committee", "member": zhao.pk, "unit": foreign.pk, "starts_on": "2026-01-05"}
        page = client.post(reverse(f"{ORGANISATION}_fill", args=[parties.branch1.pk]), data)
        assert set(page.context["form"].errors) >= {"unit"}
        assert not Seat.objects.exists()
