"""Areas and what is placed in them: what the tables themselves keep right."""

from datetime import date

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from audit.models import ChangeEntry
from grids.actions import create_area, place
from grids.choices import ALLOWED_PARENTS, AreaEventKind, AreaForm, AreaKind
from grids.errors import AreaRefused
from grids.locks import lock_is_held, tree_lock
from grids.models import LEVELS, Area, AreaEvent, CodeRule, Placed

pytestmark = pytest.mark.django_db
PLACED = [model for model in apps.get_models() if issubclass(model, Placed)]


def area(kind, code, name, parent, **values):
    return Area(kind=kind, code=code, name=name, full_name=name, parent=parent, **values)


def save(row):
    with tree_lock():
        row.save()
    return row


class TestTheLock:
    def test_a_new_area_needs_it(self, areas):
        with pytest.raises(RuntimeError, match="tree_lock"):
            area("grid", "370199001001009", "第9网格", areas.taoyuan).save()

    def test_another_parent_needs_it(self, areas):
        areas.building1.parent_id = areas.grid2.pk
        with pytest.raises(RuntimeError, match="tree_lock"):
            areas.building1.save()

    def test_another_name_does_not(self, areas):
        areas.grid1.name = "东片"
        areas.grid1.save()
        assert Area.objects.get(pk=areas.grid1.pk).name == "东片"

    def test_it_is_held_inside_only(self, db):
        assert not lock_is_held()
        with tree_lock():
            assert lock_is_held()
            with tree_lock():
                assert lock_is_held()
            assert lock_is_held()
        assert not lock_is_held()

    def test_it_is_given_back_when_the_work_fails(self, db):
        with pytest.raises(ZeroDivisionError), tree_lock():
            raise ZeroDivisionError
        assert not lock_is_held()

    def test_what_was_done_under_it_is_taken_back_when_the_work_fails(self, areas):
        def fail():
            with tree_lock():
                area("grid", "370199001001009", "第9网格", areas.taoyuan).save()
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert not Area.objects.filter(code="370199001001009").exists()


class TestNamesAndCodes:
    def test_open_siblings_have_different_names(self, areas):
        with pytest.raises(IntegrityError), transaction.atomic():
            save(area("grid", "370199001001009", "第1网格", areas.taoyuan))

    def test_cousins_may_share_a_name(self, areas):
        assert save(area("grid", "370199001002009", "第2网格", areas.liuyuan)).pk

    def test_the_name_of_a_closed_area_is_free(self, areas):
        Area.objects.filter(pk=areas.building1.pk).update(closed_on=date(2026, 1, 1))
        assert save(area("building", "370199001001L009", "1号楼", areas.grid1)).pk

    def test_two_districts_may_share_a_name(self, areas):
        assert save(area("district", "370188000000", "海棠区", None)).pk

    def test_a_code_is_given_once_everywhere(self, areas):
        with pytest.raises(IntegrityError), transaction.atomic():
            save(area("grid", areas.grid1.code, "第9网格", areas.liuyuan))

    def test_a_code_stays_taken_when_its_area_closes(self, areas):
        Area.objects.filter(pk=areas.grid2.pk).update(closed_on=date(2026, 1, 1))
        with pytest.raises(IntegrityError), transaction.atomic():
            save(area("grid", areas.grid2.code, "第9网格", areas.taoyuan))


class TestColumns:
    def test_every_area_copies_its_ancestors_and_itself(self, areas):
        everything = {one.pk: one for one in Area.objects.all()}
        for one in everything.values():
            chain = {one.kind: one.pk}
            at = one
            while at.parent_id:
                at = everything[at.parent_id]
                chain[at.kind] = at.pk
            assert [getattr(one, f"{level}_id") for level in LEVELS] == [chain.get(level) for level in LEVELS]

    def test_where_an_area_stands_is_not_typed_into_its_row(self, areas):
        for level in LEVELS:
            assert not Area._meta.get_field(level).editable

    def test_an_area_is_called_by_its_short_name(self, areas):
        assert str(areas.taoyuan) == "桃园社区"
        assert areas.taoyuan.full_name == "桃园社区居民委员会"
        assert (areas.taoyuan.form, areas.xingyuan.form) == (AreaForm.COMMUNITY, AreaForm.VILLAGE)

    def test_open_and_closed(self, areas):
        Area.objects.filter(pk=areas.grid2.pk).update(closed_on=date(2026, 1, 1))
        assert not Area.objects.get(pk=areas.grid2.pk).is_open
        assert areas.grid1.is_open
        assert areas.grid2 not in Area.objects.open()

    def test_an_area_with_something_below_is_not_deleted(self, areas):
        with pytest.raises(ProtectedError), tree_lock():
            Area.objects.filter(pk=areas.grid1.pk).delete()

    @pytest.mark.parametrize("kind", AreaKind)
    def test_every_kind_says_where_it_stands(self, kind):
        assert ALLOWED_PARENTS[kind]
        assert (None in ALLOWED_PARENTS[kind]) == (kind == AreaKind.DISTRICT)


class TestPlacing:
    def event(self):
        return AreaEvent(kind=AreaEventKind.MOVED, on=date(2026, 1, 1))

    def test_a_row_gets_its_area_and_all_above(self, areas):
        event = self.event()
        place(row=event, area=areas.building1)
        event.save()
        event.refresh_from_db()
        assert event.area == areas.building1
        assert [getattr(event, level) for level in LEVELS] == [areas.district, areas.east, areas.taoyuan, areas.grid1]

    def test_a_row_placed_anew_keeps_nothing_of_the_old_place(self, areas):
        event = self.event()
        place(row=event, area=areas.building1)
        event.save()
        place(row=event, area=areas.west)
        event.save()
        event.refresh_from_db()
        assert [getattr(event, level) for level in LEVELS] == [areas.district, areas.west, None, None]

    def test_nothing_is_placed_in_a_closed_area(self, areas):
        Area.objects.filter(pk=areas.grid1.pk).update(closed_on=date(2026, 1, 1))
        event = self.event()
        with pytest.raises(AreaRefused, match="已撤销"):
            place(row=event, area=Area.objects.get(pk=areas.grid1.pk))
        assert event.area_id is None

    def test_another_place_is_logged_by_the_area_alone(self, areas):
        event = self.event()
        place(row=event, area=areas.grid1)
        event.save()
        place(row=event, area=areas.grid2)
        event.save()
        entry = ChangeEntry.objects.filter(model="grids.areaevent", kind="changed").get()
        assert entry.changes == {"area": [areas.grid1.pk, areas.grid2.pk]}

    def test_a_grid_within_a_grid_counts_for_the_outer_one(self, areas):
        CodeRule.objects.create(kind="grid", width=3)
        inner = create_area(kind="grid", name="西片", parent=areas.grid1, by=None)
        event = self.event()
        place(row=event, area=inner)
        event.save()
        assert event.grid_id == areas.grid1.pk
        assert list(AreaEvent.objects.within(inner)) == list(AreaEvent.objects.within(areas.grid1)) == [event]
        assert not AreaEvent.objects.within(areas.grid2).exists()

    @pytest.mark.parametrize("model", PLACED, ids=lambda model: model._meta.label)
    def test_copies_are_derived_in_every_placed_model(self, model):
        assert model.derived_fields >= set(LEVELS)
        assert {"see", "edit"} <= set(dir(model))

    @pytest.mark.parametrize("model", PLACED, ids=lambda model: model._meta.label)
    def test_an_area_with_rows_is_not_deleted(self, model):
        assert model._meta.get_field("area").remote_field.on_delete.__name__ == "PROTECT"


def test_rows_in_words(areas):
    assert str(CodeRule(kind="building", prefix="L", width=3)) == "楼栋 L000"
    event = AreaEvent(kind=AreaEventKind.SPLIT, on=date(2026, 3, 1))
    assert str(event) == "拆分 2026-03-01"
