"""An import from upload to undo, as the desk does it: what was shown is what is written, and all of it can be taken back."""

import hashlib
import io
import json
import tempfile
import zipfile
from datetime import date, timedelta

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from accounts.models import Appointment
from audit.models import ChangeEntry
from gridparty.lib.idnumbers import synthetic
from gridparty.lib.registry import defaults
from grids.models import Area
from jobs.actions import run_job
from members.actions import NewOrganisation, found_organisations
from people.actions import NewPerson, NewVisit, correct_person, enter_people, record_visits
from people.models import Household, MoveRequest, Person, Residence, Visit
from rosters import actions
from rosters.actions.mending import AT_ONCE
from rosters.actions.undoing import journal_of
from rosters.actions.writing import keep_entries
from rosters.choices import ImportState
from rosters.errors import ImportRefused
from rosters.models import Import, ImportBefore, ImportFile, ImportProblem, ImportRow, Mapping

pytestmark = pytest.mark.django_db

HEADINGS = "姓名,身份证号码,与户主关系,家庭住址,联系电话"


def number(serial: int, born_on: date = date(1980, 5, 1)) -> str:
    return synthetic("370199", born_on, serial)


ROWS = [
    f"赵大伟,{number(11)},户主,3号楼2单元301室,15400000011",
    f"钱小红,{number(12)},妻子,3号楼2单元301室,15400000012",
    f"孙远,{number(13)[:-1]}*,户主,3号楼2单元302室,15400000013",
]
BUSINESS = ("grids", "accounts", "people", "members")


def uploaded(rows=ROWS, headings=HEADINGS, name="居民.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, "\n".join([headings, *rows]).encode())


def upload(by, rows=ROWS, **options) -> Import:
    """An import whose file was read."""
    headings = options.pop("headings", HEADINGS)
    imported = actions.upload(kind="residents", file=uploaded(rows, headings), by=by, **options)
    return worked(imported)


def worked(imported: Import) -> Import:
    """The import after its job was done."""
    imported.refresh_from_db()
    run_job(job_id=imported.job_id)
    return Import.objects.select_related("by", "area").get(pk=imported.pk)


def confirmed(imported: Import, by, **options) -> Import:
    return worked(actions.confirm(imported=imported, shown=imported.checked, by=by, **options))


def fingerprint() -> str:
    """A hash over all rows of all business tables."""
    rows = hashlib.sha256()
    for model in sorted(apps.get_models(), key=lambda model: model._meta.label):
        if model._meta.app_label in BUSINESS:
            for row in model._base_manager.order_by("pk").values_list():
                rows.update(repr((model._meta.label, row)).encode())
    return rows.hexdigest()


# --- Reading


def test_a_file_is_read_judged_and_kept_encrypted(cast):
    imported = upload(cast.clerk)
    assert imported.state == ImportState.READY
    assert imported.counts == {"new": 2, "updated": 0, "unchanged": 0, "skipped": 0, "refused": 1, "warned": 0, "asks": 0}
    rows = ImportRow.objects.filter(of=imported).order_by("position")
    assert [(row.number, row.verdict) for row in rows] == [(2, "new"), (3, "new"), (4, "refused")]
    assert list(ImportProblem.objects.values_list("position", "kind", "column")) == [(2, "reason", "身份证号码")]
    assert Person.objects.count() == 0


def test_nothing_of_the_file_lies_open_in_the_tables_of_imports(cast):
    upload(cast.clerk)
    with connection.cursor() as cursor:
        for model in (Import, ImportFile, ImportRow, ImportProblem):
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')  # noqa: S608
            text = repr(cursor.fetchall())
            assert not [word for word in ("赵大伟", number(11), "15400000011", "3号楼") if word in text], model


def test_a_file_that_is_no_roster_is_refused_with_a_sentence(cast):
    imported = worked(actions.upload(kind="residents", file=SimpleUploadedFile("a.xlsx", b"%PDF-1.4"), by=cast.clerk))
    assert (imported.state, imported.said[:9]) == (ImportState.REFUSED, "这是 PDF 文件")


def bomb() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("xl/worksheets/sheet1.xml", b"<worksheet>" + b" " * 250 * 2**20)
    return content.getvalue()


HOSTILE = {
    "web page.xls": b"<html><table><tr><td>x</td></tr></table></html>",
    "xml.xls": b'<?xml version="1.0"?><Workbook/>',
    "script.csv": b"#!/bin/sh\nrm -rf /\n",
    "half.xlsx": b"PK\x03\x04" + b"\0" * 500,
    "old.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000,
    "zeros.csv": b"\0" * 10_000,
    "formula.csv": "姓名,身份证号码\n=cmd|' /C calc'!A0,@SUM(1)\n".encode(),
    "../../etc/passwd.csv": b"root:x:0:0",
    "bomb.xlsx": bomb(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_with_a_sentence_and_leave_nothing(cast, tmp_path, monkeypatch, name):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    file = SimpleUploadedFile(name, HOSTILE[name])
    imported = worked(actions.upload(kind="residents", file=file, by=cast.clerk))
    if name == "formula.csv":  # it is a list, and its row is none
        assert (imported.state, imported.counts["refused"], imported.writable) == (ImportState.READY, 1, 0)
    else:
        assert (imported.state, imported.said[-1:]) == (ImportState.REFUSED, "。")
        assert not ImportRow.objects.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_a_column_it_must_have_is_read_when_the_user_names_it(cast):
    headings = "居民,身份证号码,与户主关系,家庭住址,联系电话"
    refused = upload(cast.clerk, headings=headings)
    assert (refused.state, "“姓名”" in refused.said) == (ImportState.REFUSED, True)
    assert json.loads(refused.understood)["unmatched"] == ["居民"]
    named = actions.match_columns(imported=refused, by=cast.clerk, sheets=[], header_rows=[], columns={"name": "居民"})
    assert worked(named).counts["new"] == 2


def test_reading_twice_keeps_one_set_of_rows(cast):
    imported = upload(cast.clerk)
    Import.objects.update(state=ImportState.READING)
    actions.read_file(of=imported.pk)
    assert ImportRow.objects.filter(of=imported).count() == 3


def test_who_may_not_import_cannot_upload(cast):
    with pytest.raises(ImportRefused):
        actions.upload(kind="residents", file=uploaded(), by=cast.grid_leader)


# --- Correcting


def test_a_column_matched_by_hand_is_remembered_for_the_office(cast, areas):
    headings = "姓名,身份号,与户主关系,家庭住址,联系电话"
    imported = upload(cast.clerk, headings=headings)
    assert "身份号" in str(imported.understood)
    matched = actions.match_columns(imported=imported, by=cast.clerk, sheets=[], header_rows=[], columns={"id_number": "身份号"})
    assert worked(matched).counts["refused"] == 1
    assert list(Mapping.objects.values_list("heading", "field")) == [("身份号", "id_number")]
    assert upload(cast.secretary, headings=headings).counts["refused"] == 1  # a colleague's next file
    assert upload(cast.street_officer, headings=headings, area=areas.taoyuan).counts["refused"] == 0  # not another office's


def test_a_cell_is_mended_in_place(cast):
    imported = upload(cast.clerk)
    mended = actions.mend(imported=imported, position=2, field="id_number", text=number(13), by=cast.clerk)
    assert (mended.counts["new"], mended.counts["refused"]) == (3, 0)
    assert ImportRow.objects.get(of=imported, position=2).mended
    assert confirmed(mended, cast.clerk).written == 3


def test_an_answer_counts_for_every_row_that_asks(cast):
    rows = [row.replace("户主,3号楼2单元301室", "户主,3号楼2单元301室") for row in ROWS[:2]]
    confirmed(upload(cast.clerk, rows), cast.clerk)
    moved = upload(cast.clerk, [row.replace("301室", "302室") for row in rows])
    assert (moved.counts["updated"], moved.counts["warned"]) == (2, 2)
    stayed = actions.answer(imported=moved, choice="move", value="stay", by=cast.clerk)
    assert (stayed.counts["updated"], stayed.counts["unchanged"]) == (0, 2)


def test_many_rows_are_judged_anew_in_a_job(cast, monkeypatch):
    monkeypatch.setattr("rosters.actions.mending.AT_ONCE", 2)
    assert AT_ONCE == 3_000
    imported = upload(cast.clerk)
    mended = actions.mend(imported=imported, position=2, field="id_number", text=number(13), by=cast.clerk)
    assert mended.state == ImportState.READING
    assert worked(mended).counts["new"] == 3


# --- Writing


def test_what_was_shown_is_what_is_written(cast, areas):
    imported = confirmed(upload(cast.clerk, ROWS[:2]), cast.clerk)
    assert (imported.state, imported.written) == (ImportState.DONE, 2)
    assert set(Person.objects.values_list("name", "area")) == {("赵大伟", areas.building3.pk), ("钱小红", areas.building3.pk)}
    entries = ChangeEntry.objects.filter(operation_id=imported.operation_id)
    assert {(one.operation, one.actor_id) for one in entries} == {("rosters.import", cast.clerk.pk)}
    assert {one.model: entries.filter(model=one.model).count() for one in entries} == {
        "people.household": 1,
        "people.person": 2,
        "people.residence": 2,
    }


def test_refused_rows_wait_unless_the_user_takes_the_good_ones(cast):
    imported = upload(cast.clerk)
    with pytest.raises(ImportRefused):
        actions.confirm(imported=imported, shown=imported.checked, by=cast.clerk)
    done = confirmed(imported, cast.clerk, partial=True)
    assert (done.state, done.written, Person.objects.count()) == (ImportState.DONE, 2, 2)


def test_what_was_not_written_waits_to_be_mended(cast):
    done = confirmed(upload(cast.clerk), cast.clerk, partial=True)
    rest = actions.carry_on(imported=done, by=cast.clerk)
    assert (rest.pk != done.pk, rest.counts["unchanged"], rest.counts["refused"]) == (True, 2, 1)
    mended = actions.mend(imported=rest, position=2, field="id_number", text=number(13), by=cast.clerk)
    assert confirmed(mended, cast.clerk).written == 1
    assert Person.objects.count() == 3
    with pytest.raises(ImportRefused):
        actions.carry_on(imported=Import.objects.get(pk=rest.pk), by=cast.clerk)


def test_a_list_of_people_on_record_elsewhere_asks_for_them(cast, areas):
    far = NewPerson("孙远", number(13), area=areas.at("370199002001L001"))
    enter_people(people=[far], by=None)
    imported = upload(cast.clerk, [f"孙远,{number(13)},户主,3号楼2单元302室,"])
    assert (imported.counts["refused"], imported.writable) == (1, 1)
    done = confirmed(imported, cast.clerk, partial=True)
    assert (done.state, MoveRequest.objects.get().typed_name) == (ImportState.DONE, "孙远")


def test_only_what_was_shown_and_only_by_its_owner(cast):
    imported = upload(cast.clerk, ROWS[:2])
    for shown, by in (("0" * 64, cast.clerk), (imported.checked, cast.secretary)):
        with pytest.raises(ImportRefused):
            actions.confirm(imported=imported, shown=shown, by=by)
    with pytest.raises(ImportRefused):
        actions.match_columns(imported=imported, by=cast.secretary, sheets=[], header_rows=[], columns={"name": "姓名"})
    assert Import.objects.get().state == ImportState.READY


def test_a_second_click_and_a_second_delivery_write_once(cast):
    imported = upload(cast.clerk, ROWS[:2])
    actions.confirm(imported=imported, shown=imported.checked, by=cast.clerk)
    with pytest.raises(ImportRefused):
        actions.confirm(imported=imported, shown=imported.checked, by=cast.clerk)
    for _again in range(2):
        actions.write_import(of=imported.pk)
    assert (Person.objects.count(), Import.objects.get().state) == (2, ImportState.DONE)


def test_what_changed_on_record_since_is_shown_again(cast, areas):
    imported = upload(cast.clerk, ROWS[:2])
    actions.confirm(imported=imported, shown=imported.checked, by=cast.clerk)
    enter_people(people=[NewPerson("赵大伟", number(11), area=areas.building3)], by=cast.clerk)
    actions.write_import(of=imported.pk)
    back = Import.objects.get()
    assert (back.state, back.counts["new"], back.counts["updated"]) == (ImportState.READY, 1, 1)
    assert "没有写入任何数据" in back.said
    assert Person.objects.count() == 1


def test_two_files_with_the_same_people_make_each_once(cast):
    first, second = upload(cast.clerk, ROWS[:2]), upload(cast.secretary, ROWS[:2])
    for imported, by in ((first, cast.clerk), (second, cast.secretary)):
        actions.confirm(imported=imported, shown=imported.checked, by=by)
    for imported in (first, second):
        actions.write_import(of=imported.pk)
    states = Import.objects.order_by("pk").values_list("state", flat=True)
    assert (list(states), Person.objects.count()) == ([ImportState.DONE, ImportState.READY], 2)


def test_a_right_that_ended_writes_nothing(cast):
    imported = upload(cast.clerk, ROWS[:2])
    actions.confirm(imported=imported, shown=imported.checked, by=cast.clerk)
    Appointment.objects.filter(user=cast.clerk).update(ends_on=date(2021, 1, 1))
    actions.write_import(of=imported.pk)
    assert (Person.objects.count(), Import.objects.get().counts["refused"]) == (0, 2)


# --- Taking back


def test_undo_returns_exactly_what_was(cast, areas):
    confirmed(upload(cast.clerk, ROWS[:2]), cast.clerk)
    before = fingerprint()
    rows = [
        f"赵大伟,{number(11)},户主,3号楼2单元302室,15400000099",  # moves, with another phone
        f"钱小红,{number(12)},户主,3号楼2单元301室,清空",
        f"孙远,{number(13)},户主,1号楼1-101,",
    ]
    done = confirmed(upload(cast.clerk, rows), cast.clerk)
    assert done.state == ImportState.DONE
    assert fingerprint() != before
    undone = worked(actions.undo(imported=done, by=cast.clerk))
    assert (undone.state, undone.said) == (ImportState.UNDONE, "")
    assert fingerprint() == before
    assert not ImportBefore.objects.filter(of=undone).exists()


def test_what_was_changed_since_is_left_with_all_it_needs_and_can_be_overruled(cast):
    done = confirmed(upload(cast.clerk, ROWS[:2]), cast.clerk)
    head = Person.objects.get(name="赵大伟")
    correct_person(person=head, new=NewPerson("赵大伟", phone="15400000077"), by=cast.secretary)
    undone = worked(actions.undo(imported=done, by=cast.clerk))
    assert "没有撤销" in undone.said
    assert set(Person.objects.values_list("name", flat=True)) == {"赵大伟"}
    assert (Household.objects.count(), Residence.objects.count()) == (1, 1)
    left = actions.left_over(undone)
    assert {(one.model, one.changed.actor if one.changed else None) for one in left} == {
        (Person, cast.secretary),
        (Household, None),
        (Residence, None),
    }
    entry = next(one.entry for one in left if one.changed)
    worked(actions.undo(imported=undone, by=cast.clerk, overrule=[entry]))
    assert (Person.objects.count(), Household.objects.count(), Residence.objects.count()) == (0, 0, 0)


def test_what_others_built_upon_is_left(cast):
    done = confirmed(upload(cast.clerk, ROWS[:2]), cast.clerk)
    home = Household.objects.get()
    record_visits(visits=[NewVisit(household=home, outcome="met")], by=cast.secretary)
    worked(actions.undo(imported=done, by=cast.clerk))
    assert (Household.objects.count(), Person.objects.count(), Visit.objects.count()) == (1, 0, 1)


def test_undo_is_its_owners_and_happens_once(cast):
    done = confirmed(upload(cast.clerk, ROWS[:2]), cast.clerk)
    with pytest.raises(ImportRefused):
        actions.undo(imported=done, by=cast.secretary)
    worked(actions.undo(imported=done, by=cast.clerk))
    with pytest.raises(ImportRefused):
        actions.undo(imported=done, by=cast.clerk)


LISTS = {
    "buildings": ("社区,网格,楼栋,网格党支部", ["桃园社区,第8网格,81号楼,第8网格党支部", "桃园社区,第8网格,82号楼,"]),
    "appointments": ("姓名,岗位,区域,手机", ["孙远,网格长,第1网格,15400000051", "周同,民情采集员,第2网格,15400000052"]),
    "organisations": ("党组织名称,上级党组织,所在区域", ["第3党支部,桃园社区党委,第1网格", "第9党小组,第3党支部,第1网格"]),
    "units": ("单位名称,单位类型,所在区域", ["桃园小学,学校,桃园社区", "桃园超市,个体户,第1网格"]),
    "areas": ("社区,网格,楼栋", ["桃园社区,第8网格,81号楼", "桃园社区,第8网格,82号楼"]),
}


@pytest.mark.parametrize("kind", LISTS)
def test_every_register_can_be_taken_back(cast, areas, kind):
    street = NewOrganisation("work_committee", "东街党工委", areas.east)
    found_organisations(
        organisations=[street, NewOrganisation("committee", "桃园社区党委", areas.taoyuan, parent=street)], by=None
    )
    for default in defaults:
        default()
    before = fingerprint()
    headings, rows = LISTS[kind]
    imported = worked(actions.upload(kind=kind, file=uploaded(rows, headings), by=cast.secretary))
    assert (imported.counts["new"], imported.counts["refused"]) == (2, 0), imported.understood
    done = confirmed(imported, cast.secretary)
    assert (done.state, fingerprint() == before) == (ImportState.DONE, False)
    again = worked(actions.upload(kind=kind, file=uploaded(rows, headings), by=cast.secretary))
    assert again.counts["unchanged"] == 2
    undone = worked(actions.undo(imported=done, by=cast.secretary))
    assert (undone.state, undone.said) == (ImportState.UNDONE, "")
    assert fingerprint() == before


def test_areas_taken_back_leave_the_tree_as_it_was(cast, areas):
    before = fingerprint()
    rows = ["网格,第9网格,370199001001009,370199001001", "楼栋,9号楼,370199001001L009,370199001001009"]
    file = uploaded(rows, "级别,名称,编码,上级编码")
    imported = worked(actions.upload(kind="areas", file=file, by=cast.clerk))
    done = confirmed(imported, cast.clerk)
    assert Area.objects.filter(code__endswith="009").count() == 2
    worked(actions.undo(imported=done, by=cast.clerk))
    assert fingerprint() == before


# --- In time


def test_old_files_rows_and_journals_go(cast, settings):
    waiting, done = upload(cast.clerk), confirmed(upload(cast.clerk, ROWS[:2]), cast.clerk)
    Import.objects.filter(pk=waiting.pk).update(made_at=timezone.now() - timedelta(days=8))
    Import.objects.filter(pk=done.pk).update(made_at=timezone.now() - timedelta(days=8))
    assert actions.expire() == 1
    Import.objects.filter(pk=done.pk).update(made_at=timezone.now() - timedelta(days=31))
    assert actions.expire() == 1
    assert not any(model.objects.exists() for model in (Import, ImportFile, ImportRow, ImportBefore))
    assert Person.objects.count() == 2


def test_rows_made_one_after_the_other_are_one_entry_and_come_back_each(cast):
    imported = Import.objects.create(by=cast.clerk, kind="residents")
    entries = [
        *((n, "people.person", 7 + n, "") for n in range(3)),
        (3, "people.person", 11, ""),  # somebody else took number 10
        *((4 + n, "people.residence", 12 + n, "") for n in range(2)),
        (6, "people.person", 1, '{"name": "甲"}'),
        (7, "people.person", 2, '{"name": "乙"}'),
        (9, "people.residence", 14, ""),  # what stood between went back already
    ]
    keep_entries(imported, entries)
    kept = ImportBefore.objects.filter(of=imported).order_by("position").values_list("position", "object_id", "count")
    assert list(kept) == [(0, 7, 3), (3, 11, 1), (4, 12, 2), (6, 1, 1), (7, 2, 1), (9, 14, 1)]
    assert [(e.position, e.model._meta.label_lower, e.object_id, e.before) for e in journal_of(imported)] == entries
