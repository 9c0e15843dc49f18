"""Print: typst templates under templates/print, filled with plain data. The fonts come with packages, never from the machine."""

import json
from functools import lru_cache
from pathlib import Path

import manimgx_fonts_cjk
import pylopdf_fonts_zh_cn
import typst
from django.conf import settings
from django.http import HttpResponse
from django.utils.http import content_disposition_header

# Noto Serif SC and Sans SC, and Noto Sans CJK with all weights and the rare characters of names.
FONT_PACKAGES = (pylopdf_fonts_zh_cn, manimgx_fonts_cjk)


@lru_cache(maxsize=4)
def _fonts(own_dirs: tuple[str, ...]) -> typst.Fonts:
    """The office's licensed fonts (PRINT_FONT_DIRS) before ours."""
    folders = [*own_dirs, *(str(Path(package.__file__).parent) for package in FONT_PACKAGES)]
    return typst.Fonts(include_system_fonts=False, font_paths=folders)


def download(content: bytes, name: str) -> HttpResponse:
    """A paper as a download that no cache keeps. Names of files name no persons."""
    headers = {"Content-Disposition": content_disposition_header(True, name), "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


def render(template: str, data: dict) -> bytes:
    """The PDF of `templates/print/<template>`, which reads `data` by `json(bytes(sys.inputs.data))`.

    The data go in as JSON and never into the source, so a name full of markup prints as it was typed; the template can read
    no file outside its folder.
    """
    folder = settings.BASE_DIR / "templates" / "print"
    return typst.compile(
        folder / template,
        root=folder,
        font_paths=_fonts(tuple(getattr(settings, "PRINT_FONT_DIRS", ()))),
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
