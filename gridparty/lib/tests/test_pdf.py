"""Print: the fonts are ours, the data are never markup, and no file outside the templates is read."""

import io
from concurrent.futures import ThreadPoolExecutor

import pytest
import typst
from pypdf import PdfReader

from gridparty.lib import pdf


@pytest.fixture
def office(settings, tmp_path):
    """A folder of templates; `office(source)` writes one."""
    settings.BASE_DIR = tmp_path
    folder = tmp_path / "templates" / "print"
    folder.mkdir(parents=True)

    def write(source: str) -> str:
        (folder / "sheet.typ").write_text(source, encoding="utf-8")
        return "sheet.typ"

    return write


NAME = '#let data = json(bytes(sys.inputs.data))\n#set text(font: ("Noto Serif SC", "Noto Sans CJK SC"))\n#data.name'


def printed(made: bytes) -> str:
    return PdfReader(io.BytesIO(made)).pages[0].extract_text()


@pytest.mark.parametrize(
    "name", ["王小明", "𠮷㼆䶮", '#read("/etc/passwd")', "$x$ *a* _b_ @c <d>", 'quote " and \\ slash', "{{ 7*7 }}"]
)
def test_data_print_as_they_were_typed(office, name):
    assert printed(pdf.render(office(NAME), {"name": name})).replace(" ", "") == name.replace(" ", "")


def test_fonts_are_embedded_and_come_from_the_packages(office):
    made = PdfReader(io.BytesIO(pdf.render(office(NAME), {"name": "王𠮷"})))
    fonts = made.pages[0]["/Resources"]["/Font"].values()
    names = {font.get_object()["/BaseFont"].split("+")[1] for font in fonts}
    assert {name.partition("-")[0] for name in names} == {"NotoSerifSC", "NotoSansCJKsc"}
    for font in fonts:
        descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor)


def test_bold_is_a_real_weight(office):
    source = '#set text(font: "Noto Sans CJK SC")\n#text(weight: "regular")[社区] #text(weight: "bold")[社区]'
    fonts = PdfReader(io.BytesIO(pdf.render(office(source), {}))).pages[0]["/Resources"]["/Font"]
    assert len(fonts) == 2


@pytest.mark.parametrize("path", ["/etc/passwd", "../../secret.txt", "/../../secret.txt"])
def test_a_template_reads_nothing_outside_its_folder(office, tmp_path, path):
    (tmp_path / "secret.txt").write_text("secret")
    with pytest.raises(typst.TypstError):
        pdf.render(office(f'#read("{path}")'), {})


def test_a_folder_of_the_offices_own_fonts_may_be_named(office, settings, tmp_path):
    settings.PRINT_FONT_DIRS = [str(tmp_path)]
    assert printed(pdf.render(office(NAME), {"name": "王小明"})) == "王小明"


def test_many_threads_print_at_once(office):
    template = office(NAME)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda n: printed(pdf.render(template, {"name": f"第{n}号"})), range(12)))
    assert made == [f"第 {n} 号" for n in range(12)]
