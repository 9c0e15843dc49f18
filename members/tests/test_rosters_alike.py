"""Names much like one on record: asked about in every register that makes something of them, and never made twice unasked."""

import pytest

from members.actions import NewUnit, add_unit
from members.choices import OrganisationKind
from members.finding import named_alike
from members.models import PartyOrganisation, Unit
from rosters.tests.rolls import answered_alike, commit, reader, reasons, remarks, verdicts


@pytest.mark.parametrize(
    ("name", "stem"),
    [("第6网格党支部（临时）", "6网格临时"), ("第6网格临时党支部", "6网格临时"), ("第六网格支部委员会（筹）", "6网格筹")],
)
def test_what_stands_in_brackets_behind_a_branch_is_part_of_its_name(name, stem):
    assert named_alike(name) == (stem, OrganisationKind.BRANCH)


class TestOrganisations:
    head = "党组织名称 上级党组织 所在区域"

    @pytest.mark.parametrize("name", ["第1网格党支部（临时）", "第1网格党支部（筹）", "第1网格临时党支部"])
    def test_a_provisional_branch_beside_one_on_record_is_asked_about(self, cast, parties, tmp_path, name):
        reading = reader("organisations", tmp_path)(self.head, f"{name} 桃园社区党委 第1网格", by=cast.secretary)
        assert verdicts(reading) == ["skipped"]
        assert verdicts(answered_alike(reading, cast.secretary, same="new")) == ["new"]

    def test_a_provisional_branch_of_its_own_is_made_once(self, cast, parties, tmp_path):
        read = reader("organisations", tmp_path)
        lines = (self.head, "第6网格党支部（临时） 桃园社区党委 第1网格")
        assert commit(read(*lines, by=cast.secretary), cast.secretary) == 1
        assert PartyOrganisation.objects.filter(full_name="第6网格党支部（临时）", kind="branch").exists()
        assert verdicts(read(*lines, by=cast.secretary)) == ["unchanged"]


class TestUnits:
    head = "单位名称 单位类型 统一社会信用代码 所在网格"

    @pytest.fixture
    def read(self, areas, tmp_path):
        add_unit(new=NewUnit("桃园物业", area=areas.grid1), by=None)
        return reader("units", tmp_path)

    @pytest.mark.parametrize("name", ["桃园物业公司", "桃园物业有限责任公司", "桃园物业股份有限公司"])
    def test_a_company_much_like_one_on_record_is_asked_about(self, cast, read, name):
        reading = read(self.head, f"{name} 民企 无 第1网格", by=cast.secretary)
        assert (verdicts(reading), remarks(reading)) == (
            ["skipped"],
            [f"“{name}”与在案的“桃园物业”名称相近，可能是同一个，请选择。"],
        )
        assert verdicts(answered_alike(reading, cast.secretary, same="new")) == ["new"]
        same = answered_alike(reading, cast.secretary, same=f"is{Unit.objects.get().pk}")
        assert (verdicts(same), same.rows[0].changes[0]) == (["updated"], ("name", "桃园物业", name))
        assert commit(same, cast.secretary) == 1
        assert Unit.objects.get().name == name
        assert verdicts(read(self.head, f"{name} 民企 无 第1网格", by=cast.secretary)) == ["unchanged"]

    def test_two_of_one_list_that_mean_the_same_are_refused(self, cast, read):
        reading = read(self.head, "桃园物业 民企 无 第1网格", "桃园物业公司 民企 无 第1网格", by=cast.secretary)
        same = answered_alike(reading, cast.secretary, same=f"is{Unit.objects.get().pk}")
        assert verdicts(same) == ["updated", "refused"]

    def test_other_words_other_communities_and_other_codes_are_others(self, areas, cast, read):
        Unit.objects.update(credit_code="91370199MA0000001D")
        rows = ("桃园医院 医院 无 第1网格", "桃园物业公司 民企 91370199MA0000002G 第1网格", "桃园物业公司 民企 无 柳园社区")
        assert verdicts(read(self.head, *rows, by=cast.street_officer, area=areas.taoyuan)) == ["new", "new", "new"]


class TestBuildings:
    head = "社区 网格 楼栋 党支部 党小组"
    rows = ("桃园社区 第6网格 61号楼 第1党支部 61号楼党小组", "桃园社区 第6网格 62号楼 第1党支部 62号楼党小组")

    @pytest.fixture
    def read(self, cast, parties, tmp_path):
        read = reader("buildings", tmp_path)
        return lambda *lines: read(self.head, *lines, by=cast.secretary)

    def test_a_branch_much_like_one_on_record_is_asked_about(self, cast, read):
        reading = read(*self.rows)
        assert verdicts(reading) == ["refused", "refused"]
        assert reasons(reading)[2][0] == ("网格党支部", "是否就是在案的“第1网格党支部”还没有选择，请先选择。")

    @pytest.mark.parametrize(("answer", "branches"), [("same", 3), ("new", 4)])
    def test_what_is_said_counts_for_all_its_rows(self, cast, read, answer, branches):
        reading = answered_alike(read(*self.rows), cast.secretary, branch=answer)
        assert verdicts(reading) == ["new", "new"]
        commit(reading, cast.secretary)
        assert PartyOrganisation.objects.filter(kind="branch").count() == branches
        parents = PartyOrganisation.objects.filter(name__startswith="6", kind="group").values_list("parent__name", flat=True)
        assert set(parents) == {"第1网格党支部" if answer == "same" else "第1党支部"}
