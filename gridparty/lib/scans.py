"""Scanned papers people upload: photos, made anew like any other, or PDFs, kept as they are and never shown in our pages."""

import uuid

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404
from django.utils.translation import gettext as _

from gridparty.lib import photos
from gridparty.lib.errors import Refused

MAX_BYTES = 20 * 1024 * 1024
ACCEPT = "image/jpeg,image/png,image/webp,application/pdf"
_BEGIN, _END = b"%PDF-", b"%%EOF"
_TAIL = 2048  # bytes in which the end stands; programs put some more behind it


class ScanRefused(Refused):
    """The file is neither a photo we take nor a PDF."""


def taken(upload: UploadedFile) -> ContentFile:
    """What is kept of an upload, under a generated name: a new JPEG, or the very PDF. What it is, its content says.

    Raises ScanRefused with a sentence for anything else.
    """
    upload.seek(0)
    if upload.read(len(_BEGIN)) == _BEGIN:
        return _pdf(upload)
    try:
        return photos.reencode(upload)
    except photos.PhotoRefused as refusal:
        raise ScanRefused(_("%(why)s扫描件也可以是 PDF 文件。") % {"why": refusal}) from None


def _pdf(upload: UploadedFile) -> ContentFile:
    if upload.size > MAX_BYTES:
        raise ScanRefused(_("扫描件超过 20 MB，请降低扫描分辨率，或分成几个文件上传。"))
    upload.seek(0)
    content = upload.read()
    if _END not in content[-_TAIL:]:
        raise ScanRefused(_("PDF 文件不完整，请重新扫描或另存后上传。"))
    return ContentFile(content, name=f"{uuid.uuid4().hex}.pdf")


def is_pdf(file: FieldFile) -> bool:
    """By the name `taken` gave it."""
    return file.name.endswith(".pdf")


def shown(file: FieldFile) -> FileResponse:
    """What a view answers with, after it has looked whether the reader may see it: a PDF to be saved, a picture. 404 where
    there is none."""
    if not is_pdf(file):
        return photos.shown(file)
    try:
        content = file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    # Somebody else made it: no browser runs anything in it, none takes it for something else.
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    return FileResponse(content, as_attachment=True, content_type="application/pdf", filename="scan.pdf", headers=headers)
