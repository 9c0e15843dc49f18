"""The mailbox, the counter, and their papers: one letter is one case, nothing of it stands on a public page."""

import io
import random
import re
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import segno
import typst
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image
from pypdf import PdfReader

from cases import mailbox
from cases.choices import Source, Step
from cases.models import Case, CaseEvent, CasePhoto
from cases.tests.conftest import open_at
from gridparty.lib import pdf
from gridparty.lib.access import Can
from gridparty.lib.codes import qr_image, qr_svg, spelt
from gridparty.lib.limits import Limit
from grids.models import Area
from jobs.models import FormReceipt

GRID = "370199001001001"
BUILDING = "370199001001L001"
LETTER = {"text": "东门垃圾没有清走", "spot": "东门", "teller": "王金丝雀", "teller_phone": "15400009876"}
HOSTILE = [
    "<script>alert(1)</script>",
    "{{ 7|add:7 }}{% now 'Y' %}",
    "'; DROP TABLE cases_case; --",
    '"><img src=x onerror=alert(1)>',
    "\u202e反\u200b写\ufeff",
    "𠮷野家 🏮 ﷽",
]


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()


def box(code: str = GRID) -> str:
    return reverse("cases:mailbox", args=[code])


def write(client, voices, code: str = GRID, form_id=None, **typed):
    values = {"form_id": str(form_id or uuid.uuid4()), "subject": voices.subject.pk} | LETTER | typed
    return client.post(box(code), {name: value for name, value in values.items() if value is not None})


def page_of(answer) -> str:
    """The page that is shown, by way of one that leads on."""
    return (answer.client.get(answer["Location"]) if answer.status_code == 302 else answer).content.decode()


def picture(name: str = "a.jpg", size=(40, 30), kind: str = "JPEG") -> SimpleUploadedFile:
    file = io.BytesIO()
    Image.new("RGB", size, (90, 40, 40)).save(file, kind)
    return SimpleUploadedFile(name, file.getvalue(), "image/jpeg")


class TestWriting:
    def test_a_letter_becomes_a_case_of_the_grid(self, client, voices):
        answer = write(client, voices, photos=[picture(), picture("b.jpg")])
        case = Case.objects.get()
        assert answer["Location"] == reverse("cases:received", args=[case.receipt])
        assert (case.area, case.holder, case.source, case.step) == (
            voices.areas.grid1,
            voices.areas.grid1,
            Source.MAILBOX,
            Step.FOUND,
        )
        assert {name: getattr(case, name) for name in LETTER} == LETTER
        assert case.opened_by is None
        assert CasePhoto.objects.count() == 2

    def test_the_receipt_shows_the_code_and_how_to_follow_it(self, client, voices, settings):
        settings.SITE_URL = "https://dangjian.example.cn"
        page = page_of(write(client, voices))
        case = Case.objects.get()
        assert spelt(case.receipt) in page
        assert "请截图保存" in page
        assert reverse("cases:tracked", args=[case.receipt]) in page
        (source,) = re.findall(r'<img src="(data:image/svg[^"]+)"', page)
        url = f"https://dangjian.example.cn/voices/track/{case.receipt}/"
        assert source == qr_image(url).replace("&", "&amp;")

    def test_name_and_phone_may_be_left_out(self, client, voices):
        write(client, voices, teller="", teller_phone="", spot="")
        assert Case.objects.get().teller == ""

    @pytest.mark.parametrize(
        ("code", "holder"),
        [(BUILDING, "grid1"), ("370199001001", "taoyuan"), (GRID, "grid1")],
        ids=["building", "community", "grid"],
    )
    def test_it_falls_to_the_office_of_the_place(self, client, voices, code, holder):
        assert client.get(box(code)).status_code == 200
        write(client, voices, code)
        case = Case.objects.get()
        assert (case.area.code, case.holder) == (code, getattr(voices.areas, holder))

    @pytest.mark.parametrize("code", ["370199001000", "370199000000", "999", "nowhere"])
    def test_other_codes_were_never_there(self, client, voices, code):
        assert client.get(box(code)).status_code == 404
        assert write(client, voices, code).status_code == 404

    def test_a_closed_grid_was_never_there(self, client, voices):
        Area.objects.filter(code=GRID).update(closed_on="2026-01-01")
        assert client.get(box()).status_code == 404
        assert client.get(box()).content == client.get(box("999")).content

    def test_the_page_needs_no_account_and_is_kept_by_nobody(self, client, voices):
        answer = client.get(box())
        assert "noindex" in answer["X-Robots-Tag"]
        assert "no-store" in answer["Cache-Control"]
        page = answer.content.decode()
        assert "桃园社区 第1网格" in page
        assert "<nav" not in page
        assert "phone.js" not in page

    def test_it_asks_as_many_queries_whatever_there_is(self, client, voices):
        client.get(box())
        for _n in range(2):
            with CaptureQueriesContext(connection) as asked:
                client.get(box())
            assert len(asked) == 2
            open_at(voices, voices.areas.grid1, None)


class TestBadLetters:
    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ({"text": " "}, "请写明是什么事"),
            ({"subject": ""}, "请选择是哪方面的事"),
            ({"subject": "999999"}, "请选择是哪方面的事"),
            ({"teller_phone": "请打给我"}, "电话号码有误"),
            ({"text": "长" * 1001}, "1000"),
            ({"form_id": "x"}, "页面已过期"),
            ({"form_id": None}, "页面已过期"),
            ({"website": "http://spam.example"}, "没有保存，请再提交一次"),
        ],
    )
    def test_a_sentence_and_nothing_typed_is_lost(self, client, voices, typed, said):
        answer = write(client, voices, **typed) if typed.get("form_id", "") is not None else client.post(box(), LETTER)
        page = answer.content.decode()
        assert answer.status_code == 200
        assert said in page
        assert not Case.objects.exists()
        kept = {name: value for name, value in LETTER.items() if name not in typed}
        assert all(value in page for value in kept.values())

    def test_a_subject_no_longer_in_use_is_not_offered(self, client, voices):
        type(voices.subject).objects.filter(pk=voices.subject.pk).update(in_use=False)
        assert voices.subject.name not in client.get(box()).content.decode()
        assert "请选择是哪方面的事" in page_of(write(client, voices))

    @pytest.mark.parametrize(
        ("files", "said"),
        [
            (lambda: [picture(f"{n}.jpg") for n in range(4)], "最多上传 3 张照片"),
            (lambda: [picture(size=(8000, 5100), kind="PNG")], "4000 万像素"),
            (lambda: [SimpleUploadedFile("a.jpg", b"<script>alert(1)</script>")], "这不是可用的照片文件"),
            (lambda: [SimpleUploadedFile("a.heic", b"\0\0\0\x18ftypheic" + b"\0" * 90)], "JPG、PNG 或 WebP"),
            (lambda: [picture(), SimpleUploadedFile("b.jpg", picture().read()[:200])], "照片"),
            (lambda: [SimpleUploadedFile("a.jpg", b"")], "空"),
        ],
        ids=["four", "40 megapixels", "script", "heic", "broken", "empty"],
    )
    def test_bad_pictures_are_refused_with_a_sentence(self, client, voices, files, said):
        page = page_of(write(client, voices, photos=files()))
        assert said in page
        assert "照片需要重新选择" in page
        assert all(value in page for value in LETTER.values())
        assert not Case.objects.exists()
        assert not FormReceipt.objects.exists()

    @pytest.mark.parametrize("text", HOSTILE)
    def test_hostile_words_come_back_as_they_were(self, client, voices, text):
        page = page_of(write(client, voices, text=text, spot=text[:40], teller=text[:20], teller_phone="x"))
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        write(client, voices, text=text, spot=text[:40], teller=text[:20])
        case = Case.objects.get()
        assert (case.text, case.spot, case.teller) == (text, text[:40].strip(), text[:20].strip())

    def test_a_robot_is_told_nothing_it_can_use(self, client, voices):
        form_id = uuid.uuid4()
        page = write(client, voices, form_id=form_id, website="x").content.decode()
        assert 'name="website" value=""' in page
        assert write(client, voices, form_id=form_id).status_code == 302


class TestOnce:
    """T38: one form is one record, the same answer each time."""

    def test_the_same_form_four_times_is_one_case_and_one_code(self, client, voices):
        form_id = uuid.uuid4()
        answers = {write(Client(), voices, form_id=form_id)["Location"] for _time in range(4)}
        assert len(answers) == Case.objects.count() == 1

    def test_two_forms_are_two_cases(self, client, voices):
        assert write(client, voices)["Location"] != write(client, voices)["Location"]

    def test_what_was_changed_after_it_arrived_is_told(self, client, voices):
        form_id = uuid.uuid4()
        write(client, voices, form_id=form_id)
        assert "已经提交过" in page_of(write(client, voices, form_id=form_id, text="还有一件事"))
        assert Case.objects.count() == 1

    def test_the_number_is_good_for_its_own_mailbox_only(self, client, voices):
        form_id = uuid.uuid4()
        write(client, voices, form_id=form_id)
        answer = write(client, voices, BUILDING, form_id=form_id)
        assert "其他页面提交过" in page_of(answer)
        assert Case.objects.get().receipt not in page_of(answer)

    def test_repeats_do_not_count_against_the_limit(self, client, voices, monkeypatch):
        monkeypatch.setattr(mailbox, "BY_ADDRESS", Limit("test_address", "1/h/ip"))
        form_id = uuid.uuid4()
        assert {write(client, voices, form_id=form_id).status_code for _time in range(3)} == {302}

    @pytest.mark.proof
    def test_a_thousand_forms_sent_one_to_four_times_out_of_order(self, client, voices, monkeypatch):
        monkeypatch.setattr(mailbox, "BY_ADDRESS", Limit("test_address", "9999/h/ip"))
        monkeypatch.setattr(mailbox, "BY_AREA", Limit("test_area", "9999/h/key"))
        chance = random.Random(38)
        forms = [uuid.UUID(int=chance.getrandbits(128)) for _n in range(1_000)]
        sent = [form for form in forms for _time in range(chance.randint(1, 4))]
        chance.shuffle(sent)
        answers: dict = {}
        for form in sent:
            answers.setdefault(form, set()).add(write(client, voices, form_id=form, text=f"第 {form.int} 封")["Location"])
        assert {len(told) for told in answers.values()} == {1}
        assert Case.objects.count() == CaseEvent.objects.count() == len(forms)
        print(f"\nT38: {len(sent)} letters sent for {len(forms)} forms, {Case.objects.count()} cases, 0 lost, 0 double")

    @pytest.mark.postgres
    @pytest.mark.django_db(transaction=True)
    def test_the_same_form_at_once_is_one_case(self, voices):
        form_id = uuid.uuid4()

        def send(_number):
            try:
                return write(Client(), voices, form_id=form_id)["Location"]
            finally:
                connections.close_all()

        with ThreadPoolExecutor(6) as threads:
            assert len(set(threads.map(send, range(6)))) == 1
        assert Case.objects.count() == 1


class TestLimits:
    def test_an_address_writes_so_often(self, client, voices, monkeypatch):
        monkeypatch.setattr(mailbox, "BY_ADDRESS", Limit("test_address", "2/h/ip"))
        assert [write(client, voices).status_code for _n in range(2)] == [302, 302]
        page = page_of(write(client, voices))
        assert "操作过于频繁" in page
        assert LETTER["text"] in page
        assert Case.objects.count() == 2
        assert write(Client(REMOTE_ADDR="10.0.0.9"), voices).status_code == 302

    def test_a_mailbox_takes_so_many(self, client, voices, monkeypatch):
        monkeypatch.setattr(mailbox, "BY_AREA", Limit("test_area", "2/h/key"))
        answers = [write(Client(REMOTE_ADDR=f"10.0.0.{n}"), voices).status_code for n in range(3)]
        assert answers == [302, 302, 200]
        assert write(client, voices, "370199001001002").status_code == 302

    def test_what_was_refused_does_not_count(self, client, voices, monkeypatch):
        monkeypatch.setattr(mailbox, "BY_ADDRESS", Limit("test_address", "1/h/ip"))
        for _n in range(3):
            assert "照片" in page_of(write(client, voices, photos=[SimpleUploadedFile("a.jpg", b"x")]))
        assert write(client, voices).status_code == 302

    def test_who_forwards_whatever_is_not_believed(self, client, voices, monkeypatch):
        monkeypatch.setattr(mailbox, "BY_ADDRESS", Limit("test_address", "1/h/ip"))
        answers = [write(Client(headers={"X-Forwarded-For": f"10.0.0.{n}"}), voices).status_code for n in range(2)]
        assert answers == [302, 200]


# --- The counter


@pytest.fixture
def clerk(voices) -> Client:
    client = Client()
    client.force_login(voices.clerk)
    return client


def take_down(client, voices, area=None, **typed):
    place = {"place": (area or voices.areas.grid1).pk}
    values = {"form_id": str(uuid.uuid4()), "subject": voices.subject.pk} | place | LETTER | typed
    return client.post(reverse("cases:counter"), values)


class TestCounter:
    def test_what_is_told_at_the_counter_becomes_a_case(self, clerk, voices):
        answer = take_down(clerk, voices, voices.areas.building1, photos=[picture()])
        case = Case.objects.get()
        assert (case.source, case.opened_by, case.area) == (Source.COUNTER, voices.clerk, voices.areas.building1)
        page = page_of(answer)
        assert f"已登记为 {case.number}" in page
        assert reverse("cases:case_slip", args=[case.pk]) in page
        assert LETTER["teller"] not in page
        assert LETTER["teller_phone"] not in page

    def test_places_of_others_are_not_offered(self, clerk, voices):
        page = clerk.get(reverse("cases:counter")).content.decode()
        assert page.count(f'value="{voices.areas.grid1.pk}"')
        foreign = Area.objects.get(code="370199001002001")
        assert f'name="place" value="{foreign.pk}"' not in page
        assert "不在您的管理范围内" in page_of(take_down(clerk, voices, foreign))
        assert not Case.objects.exists()

    def test_sent_twice_is_one_case(self, clerk, voices):
        form_id = str(uuid.uuid4())
        assert len({take_down(clerk, voices, form_id=form_id)["Location"] for _time in range(2)}) == 1
        assert Case.objects.count() == 1

    def test_only_who_keeps_the_journal(self, client, voices, cast):
        assert client.get(reverse("cases:counter")).status_code == 302
        for user in (cast.member, cast.cadre, cast.system_admin):
            client.force_login(user)
            assert not user.scope.has(Can.KEEP_JOURNAL)
            assert client.get(reverse("cases:counter")).status_code == 403

    def test_the_slip_of_another_s_case_is_not_offered(self, clerk, voices):
        other = open_at(voices, voices.areas.grid1, voices.grid_leader, source=Source.COUNTER)
        page = clerk.get(reverse("cases:counter"), {"done": other.pk}).content.decode()
        assert "打印受理回执" not in page

    def test_it_asks_as_many_queries_whatever_there_is(self, clerk, voices):
        for n in range(2):
            clerk.get(reverse("cases:counter"))
            with CaptureQueriesContext(connection) as asked:
                clerk.get(reverse("cases:counter"))
            assert len(asked) == 6, n
            take_down(clerk, voices)


# --- On paper


def text_of(answer) -> str:
    return PdfReader(io.BytesIO(answer.content)).pages[0].extract_text().replace("\n", "")


class TestSlip:
    def test_it_has_the_code_and_nobody(self, clerk, voices):
        take_down(clerk, voices)
        case = Case.objects.get()
        answer = clerk.get(reverse("cases:case_slip", args=[case.pk]))
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Content-Disposition"].startswith("attachment")
        text = text_of(answer)
        assert spelt(case.receipt) in text
        assert case.number in text
        for secret in (LETTER["teller"], LETTER["teller_phone"], LETTER["text"], "金丝雀", "9876"):
            assert secret not in text

    def test_the_code_of_a_letter_is_its_writer_s_alone(self, clerk, voices):
        case = open_at(voices, voices.areas.grid1, None, source=Source.MAILBOX)
        assert clerk.get(reverse("cases:case_slip", args=[case.pk])).status_code == 404

    def test_a_neighbour_s_is_not_there(self, client, voices):
        case = open_at(voices, voices.areas.grid1, voices.grid_leader, source=Source.COUNTER)
        address = reverse("cases:case_slip", args=[case.pk])
        client.force_login(voices.next_grid_leader)
        assert client.get(address).status_code == 404
        client.force_login(voices.member)
        assert client.get(address).status_code == 403
        client.logout()
        assert client.get(address).status_code == 302

    def test_hostile_words_are_printed_as_they_are(self, clerk, voices, settings):
        case = open_at(voices, voices.areas.grid1, voices.grid_leader, source=Source.COUNTER)
        type(voices.subject).objects.filter(pk=voices.subject.pk).update(name='#eval("1")*_<b>')
        assert '#eval("1")*_<b>' in text_of(clerk.get(reverse("cases:case_slip", args=[case.pk])))


class TestPoster:
    def test_it_names_the_place_and_nobody(self, client, voices):
        client.force_login(voices.grid_leader)
        answer = client.get(reverse("cases:mailbox_poster", args=[voices.areas.grid1.pk]))
        text = text_of(answer)
        assert "民 情 信 箱" in text  # set wide
        assert "桃园社区 第1网格" in text
        assert voices.grid_leader.name not in text
        assert [float(side) for side in PdfReader(io.BytesIO(answer.content)).pages[0].mediabox[2:]] == pytest.approx(
            [595.28, 841.89], abs=1
        )

    def test_only_of_places_within_reach(self, client, voices):
        for user, place, status in [
            (voices.grid_leader, voices.areas.grid2, 404),
            (voices.grid_leader, voices.areas.building1, 200),
            (voices.clerk, voices.areas.taoyuan, 200),
            (voices.clerk, voices.areas.liuyuan, 404),
            (voices.street_officer, voices.areas.east, 404),  # streets have no mailbox
            (voices.member, voices.areas.grid1, 403),
        ]:
            client.force_login(user)
            assert client.get(reverse("cases:mailbox_poster", args=[place.pk])).status_code == status, (user, place)

    @pytest.mark.parametrize("template", ["mailbox_poster.typ", "case_slip.typ"])
    def test_the_code_is_large_enough_and_read_as_it_was_made(self, template):
        """The printed modules, measured on the page, are those of the code: 25 mm or more, with white around them."""
        url = "https://dangjian.example.cn/voices/mailbox/370199001001001/"
        words = dict.fromkeys(
            ("place", "office", "track", "subject", "number", "opened", "receipt", "printed_by", "printed_at"), ""
        )
        data = words | {"qr": qr_svg(url)}
        dots_per_mm = 10
        folder = pdf.settings.BASE_DIR / "templates" / "print"
        png = typst.compile(
            folder / template,
            root=folder,
            font_paths=pdf._fonts(()),
            sys_inputs={"data": pdf.json.dumps(data)},
            format="png",
            ppi=25.4 * dots_per_mm,
        )
        printed = Image.open(io.BytesIO(png)).convert("L").point(lambda shade: 255 if shade < 30 else 0)
        matrix = [list(row) for row in segno.make(url, error="m", micro=False).matrix]
        left, top, side = _finder(printed)
        module = side / 7
        assert module * len(matrix) / dots_per_mm >= 25
        read = [
            [printed.getpixel((int(left + (x + 0.5) * module), int(top + (y + 0.5) * module))) > 0 for x in range(len(matrix))]
            for y in range(len(matrix))
        ]
        assert read == [[bool(dark) for dark in row] for row in matrix]


def _finder(page: Image.Image) -> tuple[int, int, int]:
    """(left, top, side) of the eye of the code: the first square on the page whose edges are dark."""
    for y in range(0, page.height, 5):
        row = page.crop((0, y, page.width, y + 1)).tobytes()
        for run in re.finditer(rb"\xff{60,}", row):
            left, side = run.start(), len(run[0])
            top = y
            while page.getpixel((left + 5, top - 1)):
                top -= 1
            eye = [page.getpixel((left + 3, min(top + at, page.height - 1))) for at in range(2, side - 2)]
            if all(eye) and page.getpixel((left + side // 2, top + side // 2)):
                return left, top, side
    raise AssertionError("no code on the page")


class TestPosterList:
    def look(self, user, **query) -> str:
        client = Client()
        client.force_login(user)
        answer = client.get(reverse("cases:mailboxes"), query)
        assert answer.status_code == 200
        return answer.content.decode()

    def test_it_leads_to_the_posters_within_reach(self, voices):
        page = self.look(voices.grid_leader)
        places = voices.areas
        for area, offered in [(places.grid1, True), (places.building1, True), (places.grid2, False), (places.taoyuan, False)]:
            assert (f'"{reverse("cases:mailbox_poster", args=[area.pk])}"' in page) is offered

    def test_what_is_not_within_reach_is_not_opened(self, voices):
        page = self.look(voices.grid_leader, at=voices.areas.grid2.pk)
        assert reverse("cases:mailbox_poster", args=[voices.areas.building3.pk]) not in page

    def test_it_asks_as_many_queries_whatever_there_is(self, client, voices):
        for user in (voices.grid_leader, voices.clerk):
            client.force_login(user)
            client.get(reverse("cases:mailboxes"))
            with CaptureQueriesContext(connection) as asked:
                client.get(reverse("cases:mailboxes"))
            assert len(asked) == 5
