"""Scanned papers: photos come back as new pictures, PDFs as they are under a name of ours; all else is refused."""

import io

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import FileField
from django.db.models.fields.files import FieldFile
from django.http import Http404
from PIL import Image

from gridparty.lib import scans
from gridparty.lib.scans import ScanRefused, shown, taken
from gridparty.lib.tests.test_photos import picture

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer <<>>\n%%EOF\n"
HTML = b"<html><script>alert(1)</script></html>"


def upload(content: bytes, name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


@pytest.mark.parametrize("name", ["协议.pdf", "photo.jpg", "../../x.pdf", "a.html", "nothing"])
def test_a_pdf_is_kept_as_it_is_under_a_name_of_ours(name):
    kept = taken(upload(PDF, name))
    assert kept.read() == PDF
    assert kept.name.endswith(".pdf")
    assert len(kept.name) == 36


@pytest.mark.parametrize("name", ["page.jpg", "page.pdf"])
def test_a_photo_becomes_a_new_picture_whatever_it_is_called(name):
    kept = taken(upload(picture(kind="PNG"), name))
    assert kept.name.endswith(".jpg")
    assert Image.open(kept).format == "JPEG"


@pytest.mark.parametrize(
    "content", [b"", HTML, b"\n" + PDF, HTML + PDF, b"PK\x03\x04" + PDF, b"\xff\xd8\xff" + HTML, b"%!PS-Adobe"]
)
def test_anything_else_is_refused_whatever_it_is_called(content):
    with pytest.raises(ScanRefused, match="扫描件也可以是 PDF 文件"):
        taken(upload(content, "scan.pdf"))


def test_half_a_pdf_is_refused():
    with pytest.raises(ScanRefused, match="不完整"):
        taken(upload(PDF[:-10] + b"0" * 4096, "scan.pdf"))


def test_a_pdf_that_is_too_large_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr(scans, "MAX_BYTES", len(PDF))
    assert taken(upload(PDF, "a.pdf")).read() == PDF
    with pytest.raises(ScanRefused, match="20 MB"):
        taken(upload(PDF + b"\n", "a.pdf"))


@pytest.fixture
def stored(tmp_path):
    def store(content: bytes) -> FieldFile:
        field = FileField(storage=FileSystemStorage(tmp_path))
        kept = taken(upload(content, "x"))
        return FieldFile(None, field, field.storage.save(kept.name, kept))

    return store


def body(answer) -> bytes:
    try:
        return b"".join(answer.streaming_content)
    finally:
        answer.file_to_stream.close()


def test_a_pdf_is_saved_and_never_opened_in_the_page(stored):
    answer = shown(stored(PDF))
    assert body(answer) == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert (answer["X-Content-Type-Options"], answer["Cache-Control"]) == ("nosniff", "private, no-store")


def test_a_photo_is_shown(stored):
    answer = shown(stored(picture()))
    assert answer["Content-Type"] == "image/jpeg"
    assert Image.open(io.BytesIO(body(answer))).size == (60, 40)


@pytest.mark.parametrize("content", [PDF, picture()])
def test_a_file_that_is_gone_is_not_found(stored, content):
    file = stored(content)
    file.storage.delete(file.name)
    with pytest.raises(Http404):
        shown(file)
