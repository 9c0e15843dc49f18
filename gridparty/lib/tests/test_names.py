"""Names: one way to write each, and how they are found by typing letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridparty.lib.names import initials, normal_name, pinyin


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("李伟", "李伟"),
        ("李　伟", "李伟"),
        (" 李 \u00a0伟\t", "李伟"),
        ("李\u200b伟\ufeff", "李伟"),
        ("欧 阳 娜 娜", "欧阳娜娜"),
        ("艾力•买买提", "艾力·买买提"),
        ("艾力・买买提", "艾力·买买提"),
        ("艾力‧买买提", "艾力·买买提"),
        ("艾力∙买买提", "艾力·买买提"),
        ("艾力 ･ 买买提", "艾力·买买提"),
        ("艾力．买买提", "艾力·买买提"),
        ("艾力.买买提", "艾力·买买提"),
        ("艾力··买买提", "艾力·买买提"),
        ("Ｊｏｈｎ　Ｓｍｉｔｈ", "John Smith"),
        ("John   A. Smith", "John A. Smith"),
        ("王 John", "王 John"),
        ("Jose\u0301", "José"),
        ("𠮷 田", "𠮷田"),
        ("王䶮", "王䶮"),
        ("葛\U000e0100亮", "葛亮"),  # a variant of the glyph, not of the name
        ("王\ue863", "王\ue863"),  # a private character of an older system
        ("", ""),
        ("　", ""),
    ],
)
def test_a_name_is_kept_in_one_way(typed, kept):
    assert normal_name(typed) == kept


@pytest.mark.parametrize(
    ("name", "letters", "spelt"),
    [
        ("王小明", "wxm", "wangxiaoming"),
        ("吕绿", "ll", "lvlv"),
        ("单雄", "sx", "shanxiong"),
        ("曾子", "zz", "zengzi"),
        ("仇英", "qy", "qiuying"),
        ("解缙", "xj", "xiejin"),
        ("区海", "oh", "ouhai"),
        ("查良", "zl", "zhaliang"),
        ("朴春", "pc", "piaochun"),
        ("盖苏", "gs", "gesu"),
        ("翟明", "zm", "zhaiming"),
        ("任重", "rz", "renzhong"),
        ("华为", "hw", "huawei"),
        ("宁静", "nj", "ningjing"),
        ("乐山", "ys", "yueshan"),
        ("覃明", "qm", "qinming"),
        ("缪明", "mm", "miaoming"),
        ("员明", "ym", "yunming"),
        ("种明", "cm", "chongming"),
        ("冼明", "xm", "xianming"),
        ("召明", "sm", "shaoming"),
        ("折明", "sm", "sheming"),
        ("黑明", "hm", "heming"),
        ("祭明", "zm", "zhaiming"),
        ("秘明", "bm", "biming"),
        ("句明", "gm", "gouming"),
        ("都明", "dm", "duming"),
        ("阚明", "km", "kanming"),
        ("乜明", "nm", "nieming"),
        ("卜明", "bm", "buming"),
        ("燕明", "ym", "yanming"),
        ("尉明", "wm", "weiming"),
        ("尉迟明", "ycm", "yuchiming"),
        ("长孙明", "zsm", "zhangsunming"),
        ("万俟明", "mqm", "moqiming"),
        ("萬俟明", "mqm", "moqiming"),
        ("令狐明", "lhm", "linghuming"),
        ("澹台明", "ttm", "tantaiming"),
        ("皇甫明", "hfm", "huangfuming"),
        ("万明", "wm", "wanming"),
        ("王单", "wd", "wangdan"),  # surnames are read so at the beginning only
        ("王乐", "wl", "wangle"),
        ("王曾", "wc", "wangceng"),
        ("王晟", "ws", "wangsheng"),
        ("王珩", "wh", "wangheng"),
        ("王长青", "wcq", "wangchangqing"),
        ("𠮷田", "jt", "jitian"),
        ("艾力·买买提", "almmt", "ailimaimaiti"),
        ("John Smith", "johnsmith", "johnsmith"),
        ("José", "jose", "jose"),
        ("王Ａ", "wa", "wanga"),
        ("王\ue863", "wy", "wangyan"),  # 䶮 before Unicode had it
        ("王\ue000(大)2", "wd", "wangda"),
        ("", "", ""),
    ],
)
def test_a_name_is_found_by_its_letters(name, letters, spelt):
    assert (initials(name), pinyin(name)) == (letters, spelt)


TEXT = st.text() | st.text(st.sampled_from("李伟𠮷王John é\u0301ＡＺ .．·•・∙　\u200b\ufe00\ue863カ\u3099()\n"), max_size=12)


@given(TEXT)
def test_any_text_has_one_normal_form(text):
    name = normal_name(text)
    assert normal_name(name) == name
    assert name == name.strip()
    assert "  " not in name


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=5))
def test_every_common_character_has_one_initial(name):
    assert normal_name("　".join(name)) == name
    assert len(initials(name)) == len(name)
    assert pinyin(name).startswith(initials(name)[0])


@given(st.characters(codec=None) | TEXT)
def test_only_small_latin_letters_are_left(text):
    for letters in (initials(text), pinyin(text)):
        assert letters == "" or (letters.isascii() and letters.isalpha() and letters.islower())


def test_every_chinese_character_is_spelt_in_plain_letters():
    for code in range(0x3400, 0xA000):
        letters = pinyin(normal_name("李" + chr(code)))
        assert letters.startswith("li"), hex(code)
        assert letters.isascii(), hex(code)
        assert letters.isalpha(), hex(code)
