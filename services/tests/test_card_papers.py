"""Cards on paper: a page each, printed as it was typed, with a code that leads there, and nothing the employer need not know."""

import io
import json
import re
from datetime import datetime
from decimal import Decimal

import pytest
import segno
import typst
from django.conf import settings
from PIL import Image
from pypdf import PdfReader

from gridparty.lib.codes import address, spelt
from gridparty.lib.dates import CHINA
from gridparty.lib.pdf import _fonts
from members.actions import NewUnit, add_unit
from members.models import Member
from people.models import Person
from services import papers
from services.actions import draft_cards
from services.choices import CardState
from services.errors import CardRefused
from services.models import FeedbackCard
from services.tests.test_cards import YEAR

HOSTILE = '#set text(red) *加粗* _斜_ <b>x</b> $x^2$ `r` \\ [a](b) // 注 "引" {{ 7*7 }} #read("/etc/passwd") @甲 𠮷䶮'

ANSWERED = {"state": "answered", "sent_by": "paper", "answer": "remarked", "answered_at": datetime(2027, 1, 20, tzinfo=CHINA)}


@pytest.fixture
def card(served) -> FeedbackCard:
    """周五's card, approved."""
    draft_cards(period=YEAR)
    FeedbackCard.objects.update(state="approved", posts=1, hours=Decimal("12.5"), activities=3, entries=4, points=Decimal("10"))
    return FeedbackCard.objects.get()


def closed(text: str) -> str:
    return re.sub(r"\s", "", text)


def pages(made: bytes) -> list[str]:
    """The text of each page without its spaces and line ends."""
    return [closed(page.extract_text()) for page in PdfReader(io.BytesIO(made)).pages]


def printed(card: FeedbackCard, by) -> str:
    (page,) = pages(papers.card_pdf(card, by=by))
    return page


def saved(card: FeedbackCard, **values) -> FeedbackCard:
    FeedbackCard.objects.filter(pk=card.pk).update(**values)
    return FeedbackCard.objects.get(pk=card.pk)


def test_what_the_employer_reads(served, card):
    card = saved(card, remark="热心为邻居修理家电。")
    page = printed(card, served.clerk)
    year = f"{YEAR.first.year}年度"
    for words in (
        "桃园社区党委",
        f"在职党员到社区服务情况反馈卡（{year}）",
        "市第一中学党组织：",
        f"贵单位党员周五同志{year}到居住地社区报到服务的情况反馈如下",
        "服务岗位1个服务时长12.5小时参加活动3次积分事项4项积分10分",
        "热心为邻居修理家电。",
        "桃园社区党委（盖章）",
        spelt(card.code),
        address("services:card_by_code"),
        "已知悉有意见已不在本单位",
        "单位党组织（盖章）",
        "张三",
    ):
        assert closed(words) in page, words


def test_nothing_of_where_they_live_or_who_they_are(served, card):
    Person.objects.filter(pk=served.zhou.person_id).update(phone="15400001234")
    person = Person.objects.get(pk=served.zhou.person_id)
    page = printed(card, served.clerk)
    assert person.id_number
    assert not [word for word in (person.id_number, "15400001234", "1号楼", "第1网格", str(card.link_key)) if word in page]


@pytest.mark.parametrize("text", [HOSTILE, "买买提·𠮷䶮㼆 <i>#x</i> $y$ *a*", "第一段。\n\n第二段。\n- 三\n= 四\n+ 五"])
def test_markup_prints_as_text_and_rare_characters_are_right(served, card, text):
    school = add_unit(new=NewUnit(name=f"学校{text[:60]}".replace("\n", ""), kind="institution"), by=None)
    Member.objects.filter(pk=served.zhou.pk).update(known_as=text[:40].replace("\n", ""))
    page = printed(saved(card, remark=text, unit=school, answer_text=text, **ANSWERED), served.clerk)
    assert f"社区评语{closed(text)}" in page
    assert f"意见：{closed(text)}" in page
    assert f"贵单位党员{closed(text[:40])}同志" in page
    assert "学校" + closed(text[:60]) in page


def test_the_longest_texts_leave_it_on_its_page(served, card):
    school = add_unit(new=NewUnit(name="市" * 100, kind="institution"), by=None)
    card = saved(card, remark="长" * 500, unit=school)
    assert "长" * 500 in printed(card, served.clerk)
    page = printed(saved(card, answer_text="意" * 500, answerer="王" * 60, **ANSWERED), served.clerk)
    assert ("长" * 500 in page, "意" * 500 in page) == (True, True)


def test_all_of_an_employer_in_one_file_a_page_each(served, card):
    FeedbackCard.objects.bulk_create(
        FeedbackCard(**(values | {"id": None, "code": f"{n}" * 12, "member_id": member.pk, "unit_id": unit}))
        for n, (member, unit) in enumerate(
            ((served.zhao, served.school.pk), (served.qian, None), (served.sun, served.school.pk)), 2
        )
        for values in FeedbackCard.objects.values()
    )
    made = pages(papers.unit_pdf(served.school, FeedbackCard.objects.all(), by=served.clerk))
    names = [re.search("党员(.{2})同志", page)[1] for page in made]
    assert names == ["周五", "赵一", "孙三"]
    assert [spelt(code) in page for code, page in zip((card.code, "2" * 12, "4" * 12), made, strict=True)] == [True] * 3


@pytest.mark.parametrize("number", [1, 3])
def test_the_queries_do_not_grow(served, card, number, django_assert_num_queries):
    rows = [card] * number
    with django_assert_num_queries(2):
        papers.card_pdf(rows[0], by=served.clerk)
    with django_assert_num_queries(2):
        papers.unit_pdf(served.school, rows, by=served.clerk)


@pytest.mark.parametrize("state", CardState)
def test_only_what_was_approved_is_printed(served, card, state):
    card = saved(card, state=state, sent_by="paper", answer="confirmed")
    if state in {"approved", "sent", "answered"}:
        assert "周五" in printed(card, served.clerk)
        return
    with pytest.raises(CardRefused, match="审批通过的反馈卡才能打印"):
        papers.card_pdf(card, by=served.clerk)


def test_without_cards_there_is_nothing_to_print(served, card):
    with pytest.raises(CardRefused, match="才能打印"):
        papers.unit_pdf(add_unit(new=NewUnit(name="市人民医院", kind="institution"), by=None), [card], by=served.clerk)


def test_the_code_is_that_of_the_card(card):
    """The signs drawn are those a reader of codes expects for this address."""
    svg = papers._qr(card.code)
    size = int(re.search(r'viewBox="0 0 (\d+)', svg)[1])
    drawn = [[0] * size for _line in range(size)]
    for x, y, n in ((int(one) for one in bar) for bar in re.findall(r"M(\d+) (\d+)\.5h(\d+)", svg)):
        drawn[y][x : x + n] = [1] * n
    expected = segno.make(
        address("services:card_of_code", card.code), error="m", micro=False, mask=papers.MASK, boost_error=False
    )
    assert drawn == [list(row) for row in expected.matrix]


def test_as_a_picture_it_is_a_full_page(served, card):
    """Red heading above, code below, and room between."""
    folder, inputs = settings.BASE_DIR / "templates" / "print", {"data": json.dumps(papers.sheet_of([card], served.clerk))}
    asked = {"root": folder, "font_paths": _fonts(()), "sys_inputs": inputs, "format": "png", "ppi": 72}
    picture = Image.open(io.BytesIO(typst.compile(folder / "feedback_card.typ", **asked))).convert("RGB")
    assert picture.size == (595, 842)
    red = [
        y for y in range(842) for x in range(80, 500, 20) if picture.getpixel((x, y))[0] > 150 > picture.getpixel((x, y))[1] + 60
    ]
    assert red
    assert max(red) < 160
