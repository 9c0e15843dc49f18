"""The pages of imports: each user's own, from upload to undo, whatever the size of the file."""

import io
from datetime import date

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import ViewEntry
from gridparty.lib.idnumbers import synthetic
from jobs.actions import run_job
from jobs.models import Job
from people.actions import NewPerson, correct_person
from people.models import Person
from rosters import actions
from rosters import queries as queries_of_imports
from rosters.choices import ImportState
from rosters.models import Import, ImportProblem, ImportRow
from rosters.queries import ROWS_ON_A_PAGE

pytestmark = pytest.mark.django_db

HEADINGS = "姓名,身份证号码,与户主关系,家庭住址,联系电话,爱好"


def number(serial: int, born_on: date = date(1980, 5, 1)) -> str:
    return synthetic("370199", born_on, serial)


def line(serial: int, name: str = "赵大伟", phone: str = "15400000011", room: str = "301", id_number: str = "") -> str:
    return f"{name},{id_number or number(serial)},户主,3号楼2单元{room}室,{phone},下棋"


GOOD = [line(11), line(12, "钱小红", "15400000012", "302")]
BAD = line(13, "孙远", "15400000013", "303", number(13)[:-1] + "*")


def file(rows, headings=HEADINGS, name="居民.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, "\n".join([headings, *rows]).encode())


def worked(imported: Import) -> Import:
    imported.refresh_from_db()
    run_job(job_id=imported.job_id)
    return Import.objects.get(pk=imported.pk)


def uploaded(by, rows=(*GOOD, BAD), **options) -> Import:
    return worked(actions.upload(kind="residents", file=file(rows, **options), by=by))


def address(name: str, imported: Import) -> str:
    return reverse(f"rosters:{name}", args=[imported.pk])


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def desk(client, cast):
    """The community clerk's browser."""
    client.force_login(cast.clerk)
    return client


# --- The way from upload to undo


def test_from_upload_to_undo(desk, cast, areas):
    sent = {"kind": "residents", "area": areas.taoyuan.pk, "file": file([*GOOD, BAD])}
    answer = desk.post(reverse("rosters:imports"), sent)
    imported = Import.objects.get()
    assert (answer.status_code, answer.url) == (302, address("page", imported))
    reading = desk.get(answer.url)
    assert reading["Refresh"] == f"3; url={answer.url}"
    assert "正在读取" in text(reading)

    worked(imported)
    preview = text(desk.get(answer.url))
    for words in (
        "可以写入 2 行",
        "1 行没有通过",
        "要处理的问题",
        "这些列不会写入",
        "爱好",
        "只写入无误的 2 行，其余 1 行保留待改",
    ):
        assert words in preview

    mended = desk.post(f"{address('mend', imported)}?show=refused", {"position": 2, "field": "id_number", "text": number(13)})
    assert mended.url == f"{address('page', imported)}?show=refused#row-2"
    preview = text(desk.get(f"{answer.url}?show=all"))
    assert "写入 3 行" in preview
    assert preview.count("已改动：身份证号码") == 1
    assert preview.count('<td class="mended">') == 1

    imported.refresh_from_db()
    assert desk.post(address("confirm", imported), {"shown": imported.checked}).url == answer.url
    worked(imported)
    done = text(desk.get(answer.url))
    assert "已写入 3 条" in done
    assert "撤销这次导入" in done
    assert Person.objects.count() == 3

    desk.post(address("undo", imported))
    worked(imported)
    assert "已全部撤销" in text(desk.get(answer.url))
    assert Person.objects.count() == 0


def test_numbers_are_masked_everywhere(desk, cast):
    changed = [line(11, phone="15400000099"), BAD]
    first = uploaded(cast.clerk, GOOD)
    actions.confirm(imported=first, shown=first.checked, by=cast.clerk)
    worked(first)
    imported = uploaded(cast.clerk, changed)
    page = text(desk.get(f"{address('page', imported)}?show=all"))
    for secret in (number(11), number(13)[:17], "15400000011", "15400000099", "15400000013"):
        assert secret not in page
    for shown in ("154****0011", "154****0099", "37*", "赵大伟"):
        assert shown in page


# --- Whose it is

PAGES = ["page", "errors"]
WRITES = ["match", "mend", "answer", "confirm", "undo"]


@pytest.mark.parametrize("name", PAGES)
def test_nobody_else_learns_that_it_exists(client, cast, name):
    imported = uploaded(cast.clerk)
    for user, status in ((cast.secretary, 404), (cast.district_official, 404), (cast.grid_leader, 403), (cast.nobody, 403)):
        client.force_login(user)
        assert client.get(address(name, imported)).status_code == status
    client.force_login(cast.clerk)
    answer = client.get(address(name, imported))
    assert answer.status_code == 200
    assert b"".join(answer)


@pytest.mark.parametrize("name", WRITES)
def test_nobody_else_writes_and_nobody_by_looking(client, cast, name):
    imported = uploaded(cast.clerk)
    sent = {"shown": imported.checked, "partial": 1, "position": 0, "field": "name", "text": "x", "choice": "x", "value": "x"}
    before = Import.objects.values().get()
    for user, status in ((cast.secretary, 404), (cast.grid_leader, 403), (cast.cadre, 403)):
        client.force_login(user)
        assert client.post(address(name, imported), sent).status_code == status
    client.force_login(cast.clerk)
    assert client.get(address(name, imported)).status_code == 405
    assert Import.objects.values().get() == before


def test_the_list_holds_ones_own_and_needs_the_right(client, cast):
    mine = uploaded(cast.clerk, name="甲.csv")
    client.force_login(cast.secretary)
    assert "甲.csv" not in text(client.get(reverse("rosters:imports")))
    client.force_login(cast.clerk)
    page = text(client.get(reverse("rosters:imports")))
    assert "甲.csv" in page
    assert address("page", mine) in page
    for user in (cast.grid_leader, cast.cadre, cast.system_admin):
        client.force_login(user)
        assert client.get(reverse("rosters:imports")).status_code == 403


def test_a_stranger_is_asked_to_log_in(client):
    assert client.get(reverse("rosters:imports")).status_code == 302


# --- Uploading


def test_an_empty_list_says_what_to_do_first(desk):
    page = text(desk.get(reverse("rosters:imports")))
    for words in ("还没有导入过名单", "20 MB", "100000 行", "200 列", "50 张工作表", ".xlsx、.xls、.ods、.csv、.txt"):
        assert words in page


def test_what_was_chosen_stays_when_the_file_is_refused(desk, areas):
    answer = desk.post(reverse("rosters:imports"), {"kind": "members", "area": areas.grid2.pk})
    assert answer.status_code == 200
    assert "请选择要上传的文件" in text(answer)
    assert (answer.context["form"]["kind"].value(), answer.context["form"]["area"].value()) == ("members", str(areas.grid2.pk))
    assert not Import.objects.exists()


def test_the_area_is_one_within_reach(desk, cast, client, areas):
    form = desk.get(reverse("rosters:imports")).context["form"]
    assert form["area"].value() == areas.taoyuan.pk
    assert set(form.fields["area"].queryset) == {areas.taoyuan, areas.grid1, areas.grid2}
    answer = desk.post(reverse("rosters:imports"), {"kind": "residents", "area": areas.liuyuan.pk, "file": file(GOOD)})
    assert answer.context["form"].has_error("area")
    client.force_login(cast.street_officer)
    offered = client.get(reverse("rosters:imports")).context["form"].fields["area"].queryset
    assert set(offered) == {areas.taoyuan, areas.liuyuan}


def test_the_register_of_the_list_one_comes_from_is_chosen(desk):
    assert desk.get(reverse("rosters:imports"), {"kind": "units"}).context["form"]["kind"].value() == "units"


def test_every_register_has_a_template(desk):
    for kind in ("areas", "residents", "members", "organisations", "units", "appointments", "points"):
        answer = desk.get(reverse("rosters:template", args=[kind]))
        book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
        assert book.sheetnames[0] == "填写"
    assert desk.get(reverse("rosters:template", args=["nonsense"])).status_code == 404


# --- Reading otherwise


def test_a_file_that_lacks_a_column_is_matched_by_hand(desk, cast):
    imported = uploaded(cast.clerk, GOOD, headings="称呼语,身份证号码,与户主关系,家庭住址,联系电话,爱好")
    assert imported.state == ImportState.REFUSED
    page = desk.get(address("page", imported))
    assert "表头里缺少“姓名”" in text(page)
    form = page.context["match_form"]
    assert "称呼语" in dict(form.fields["column_name"].choices)
    sent = {field.html_name: field.value() for field in form} | {"column_name": "称呼语"}
    assert desk.post(address("match", imported), sent).status_code == 302
    assert worked(imported).counts["new"] == 2
    assert imported.by_id == cast.clerk.pk


def test_a_column_is_left_out_and_a_heading_is_not_given_twice(desk, cast):
    imported = uploaded(cast.clerk, GOOD)
    form = desk.get(address("page", imported)).context["match_form"]
    sent = {field.html_name: field.value() for field in form}
    refused = desk.post(address("match", imported), sent | {"column_employer": "联系电话"})
    assert "已对应" in text(refused)
    assert Import.objects.get().state == ImportState.READY
    desk.post(address("match", imported), sent | {"column_phone": ""})
    matched = worked(imported)
    assert "phone" not in matched.understood[matched.understood.index('"columns"') : matched.understood.index('"unmatched"')]
    desk.post(address("match", imported), sent | {"header_rows": "x"})
    assert Import.objects.get().state == ImportState.READY


# --- Mending and answering


def test_an_answer_for_one_row_and_for_all(desk, cast):
    first = uploaded(cast.clerk, GOOD)
    actions.confirm(imported=first, shown=first.checked, by=cast.clerk)
    worked(first)
    moved = uploaded(cast.clerk, [line(11, room="401"), line(12, "钱小红", "15400000012", "402")])
    page = desk.get(address("page", moved))
    (cause,) = [one for one in page.context["causes"] if one.choice]
    assert (cause.count, dict(cause.options).keys() >= {"move", "stay"}) == (2, True)
    desk.post(address("answer", moved), {"position": 0, "choice": cause.choice, "value": "stay"})
    moved.refresh_from_db()
    assert moved.counts["updated"] == 1
    desk.post(address("answer", moved), {"choice": cause.choice, "value": "stay"})
    moved.refresh_from_db()
    assert (moved.counts["updated"], moved.counts["unchanged"]) == (0, 2)


def test_nothing_typed_is_no_mending(desk, cast):
    imported = uploaded(cast.clerk)
    answer = desk.post(address("mend", imported), {"position": 2, "field": "id_number", "text": " "}, follow=True)
    assert "没有填写内容" in text(answer)
    assert not ImportRow.objects.exclude(mended=[]).exists()
    for sent in ({"position": 99, "field": "name", "text": "甲"}, {"position": 0, "field": "password", "text": "甲"}):
        assert "没有这一格" in text(desk.post(address("mend", imported), sent, follow=True))
    assert desk.post(address("mend", imported), {"position": "x", "field": "name", "text": "甲"}).status_code == 404


def test_every_cell_that_was_mended_is_named_and_keeps_its_mark(desk, cast):
    imported = uploaded(cast.clerk, [*GOOD, BAD.replace("15400000013", "12")])
    for field, typed in (("phone", "15400000013"), ("id_number", number(13)), ("phone", "15400000014")):
        actions.mend(imported=imported, position=2, field=field, text=typed, by=cast.clerk)
    page = desk.get(address("page", imported), {"show": "all"})
    assert [row.mended for row in page.context["rows"]] == [[], [], ["身份证号码", "联系电话"]]
    main = [str(column.label) for column in page.context["main"]]
    assert [label for label, (_text, mended) in zip(main, page.context["rows"][2].cells, strict=True) if mended] == [
        "身份证号码",
        "联系电话",
    ]


# --- Confirming


def test_what_is_not_shown_any_more_is_not_written(desk, cast):
    imported = uploaded(cast.clerk, GOOD)
    answer = desk.post(address("confirm", imported), {"shown": "0" * 64}, follow=True)
    assert "内容在您确认之前已有变化" in text(answer)
    assert Import.objects.get().state == ImportState.READY


def test_a_double_click_writes_once_and_is_no_error(desk, cast):
    imported = uploaded(cast.clerk, GOOD)
    for _click in range(2):
        answer = desk.post(address("confirm", imported), {"shown": imported.checked}, follow=True)
        assert "未完成" not in text(answer)
        assert "正在写入" in text(answer)
    assert Job.objects.filter(kind="rosters.write").count() == 1
    worked(imported)
    assert Person.objects.count() == 2


def test_refused_rows_are_not_written_by_mistake(desk, cast):
    imported = uploaded(cast.clerk)
    assert "有 1 行没有通过" in text(desk.post(address("confirm", imported), {"shown": imported.checked}, follow=True))
    desk.post(address("confirm", imported), {"shown": imported.checked, "partial": "1"})
    worked(imported)
    done = text(desk.get(address("page", imported)))
    for words in ("已写入 2 条", "1 行没有通过，没有写入", address("errors", imported)):
        assert words in done


def test_the_error_workbook_sent_in_again_finishes_the_job(desk, cast):
    imported = uploaded(cast.clerk)
    answer = desk.get(address("errors", imported))
    content = b"".join(answer.streaming_content)
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    rows = list(sheet.values)
    assert rows[0] == ("原因", *HEADINGS.split(","))
    assert "身份证号码" in rows[3][0]
    assert [row[0] for row in rows[1:3]] == [None, None]
    assert ViewEntry.objects.filter(kind="exported", model="rosters.import", actor=cast.clerk, rows=1).count() == 1
    sheet["C4"] = number(13)
    book = io.BytesIO()
    sheet.parent.save(book)
    desk.post(reverse("rosters:imports"), {"kind": "residents", "file": SimpleUploadedFile("改.xlsx", book.getvalue())})
    assert worked(Import.objects.latest("pk")).counts["new"] == 3


def test_the_error_workbook_holds_what_was_mended(desk, cast):
    imported = uploaded(cast.clerk, [*GOOD, BAD.replace("15400000013", "12")])
    actions.mend(imported=imported, position=2, field="id_number", text=number(13), by=cast.clerk)
    content = b"".join(desk.get(address("errors", imported)).streaming_content)
    rows = list(openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].values)
    assert rows[3][2] == number(13)
    assert "身份证号码" not in rows[3][0]
    assert "联系电话" in rows[3][0]


def test_without_refused_rows_there_is_no_error_workbook(desk, cast):
    assert desk.get(address("errors", uploaded(cast.clerk, GOOD))).status_code == 404


# --- Taking back


def test_what_was_changed_since_is_shown_with_who_did_and_can_be_overruled(desk, cast):
    imported = uploaded(cast.clerk, GOOD)
    actions.confirm(imported=imported, shown=imported.checked, by=cast.clerk)
    worked(imported)
    correct_person(person=Person.objects.get(name="赵大伟"), new=NewPerson("赵大伟", phone="15400000077"), by=cast.secretary)
    desk.post(address("undo", imported))
    worked(imported)
    page = desk.get(address("page", imported))
    assert "仍然撤销" in text(page)
    assert [one.name for one in page.context["left"] if one.what == "人员"] == ["赵大伟"]
    (entry,) = [one.left.entry for one in page.context["left"] if one.left.changed]
    desk.post(address("undo", imported), {"overrule": entry})
    worked(imported)
    assert "已全部撤销" in text(desk.get(address("page", imported)))
    assert Person.objects.count() == 0


# --- Long lists


def test_rows_come_page_by_page_and_by_cause(desk, cast):
    rows = [line(100 + n, phone="12") for n in range(ROWS_ON_A_PAGE + 2)]
    imported = uploaded(cast.clerk, [*GOOD, *rows])
    page = desk.get(address("page", imported))
    assert [one.count for one in page.context["causes"] if one.is_reason] == [52]
    cause = page.context["causes"][0]
    first = desk.get(address("page", imported), {"cause": cause.key})
    second = desk.get(address("page", imported), {"cause": cause.key, "page": 2})
    assert (len(first.context["rows"]), len(second.context["rows"])) == (50, 2)
    assert {one.row.verdict for one in first.context["rows"]} == {"refused"}
    new = desk.get(address("page", imported), {"show": "new"})
    assert [one.row.position for one in new.context["rows"]] == [0, 1]
    for odd in ({"show": "x"}, {"cause": "x"}, {"page": "x"}, {"page": "9999"}):
        assert desk.get(address("page", imported), odd).status_code == 200


def test_causes_come_page_by_page_and_a_cause_is_found_on_its_page(desk, cast, monkeypatch):
    monkeypatch.setattr(queries_of_imports, "CAUSES_ON_A_PAGE", 1)
    imported = uploaded(cast.clerk, [line(11, phone="12"), line(12, phone="12"), BAD])
    first = desk.get(address("page", imported))
    assert "（共 2 类）" in text(first)
    assert 'href="?causes=2#causes"' in text(first)
    second = desk.get(address("page", imported), {"causes": 2})
    assert [[one.column for one in page.context["causes"]] for page in (first, second)] == [["联系电话"], ["身份证号码"]]
    key = second.context["causes"][0].key
    of_cause = desk.get(address("page", imported), {"cause": key})
    assert of_cause.context["causes"].number == 2
    assert [one.row.position for one in of_cause.context["rows"]] == [2]


def queries(client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured.captured_queries)


@pytest.mark.parametrize(("name", "count"), [("problems", 8), ("all", 7), ("refused", 7)])
@pytest.mark.parametrize("rows", [1, 3])
def test_queries_of_the_preview(desk, cast, rows, name, count):
    imported = uploaded(cast.clerk, [line(100 + n, phone="12") for n in range(rows)])
    assert ImportProblem.objects.count() == rows
    # session, user, posts; the import; causes, their first rows; rows (of problems: their number, too)
    assert queries(desk, f"{address('page', imported)}?show={name}") == count


@pytest.mark.parametrize("number", [1, 3])
def test_queries_of_the_list(desk, cast, number):
    for _more in range(number):
        uploaded(cast.clerk, GOOD)
    assert queries(desk, reverse("rosters:imports")) == 6  # session, user, posts, areas, count, rows


# --- The desk's first page


def test_what_waits_stands_on_the_first_page(desk, cast, client):
    uploaded(cast.clerk)
    (one,) = [one for one in desk.get(reverse("admin:index")).context["worklists"] if one.title == "从表格导入"]
    assert (one.count, one.url) == (1, reverse("rosters:imports"))
    client.force_login(cast.cadre)
    assert "从表格导入" not in text(client.get(reverse("admin:index")))


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("people_person", "residents"),
        ("members_member", "members"),
        ("members_unit", "units"),
        ("grids_area", "areas"),
        ("members_pointentry", "points"),
    ],
)
def test_lists_lead_to_their_import(desk, client, cast, model, kind):
    path = reverse(f"admin:{model}_changelist")
    link = f'href="{reverse("rosters:imports")}?kind={kind}"'
    assert link in text(desk.get(path))
    client.force_login(cast.cadre)
    assert link not in text(client.get(path))
