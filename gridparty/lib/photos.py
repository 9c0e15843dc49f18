"""Photos people upload: looked at by content, made small, upright and free of everything but the picture."""

import uuid

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from gridparty.lib.errors import Refused

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_SIDE = 1600
FORMATS = ("JPEG", "PNG", "WEBP")


class PhotoRefused(Refused):
    """The file is not a photo we take."""


def reencode(upload: UploadedFile) -> ContentFile:
    """The picture as a new JPEG with a generated name; nothing of the file itself (EXIF, GPS, comments, tails) is kept.

    Raises PhotoRefused with a sentence for anything that is not a JPEG, PNG or WebP of reasonable size.
    """
    if upload.size > MAX_BYTES:
        raise PhotoRefused(_("照片超过 10 MB，请压缩或用手机重新拍摄后上传。"))
    picture = _upright(_opened(upload))
    # A fresh image: Pillow would carry the comment of the old one along.
    clean = Image.new("RGB", picture.size, "white")
    clean.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    photo = ContentFile(b"", name=f"{uuid.uuid4().hex}.jpg")
    clean.save(photo, "JPEG", quality=85, optimize=True)
    photo.seek(0)
    return photo


def shown(photo: FieldFile) -> FileResponse:
    """The picture a view answers with, after it has looked whether the reader may see it; 404 where there is none."""
    if not photo:
        raise Http404
    try:
        file = photo.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    # Whatever the file is, it is only ever taken for a picture.
    headers = {"Cache-Control": "private, no-store", "Content-Security-Policy": "default-src 'none'; sandbox"}
    return FileResponse(file, content_type="image/jpeg", filename="photo.jpg", headers=headers)


def _opened(upload: UploadedFile) -> Image.Image:
    """The header only: size and format are judged before a single pixel is unpacked."""
    try:
        upload.seek(0)
        picture = Image.open(upload, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PhotoRefused(_too_large()) from None
    except Exception:  # Pillow's readers raise whatever a broken file leads them to
        raise PhotoRefused(_("这不是可用的照片文件，请上传 JPG、PNG 或 WebP 格式的照片。")) from None
    if picture.width * picture.height > MAX_PIXELS:
        raise PhotoRefused(_too_large())
    return picture


def _upright(picture: Image.Image) -> Image.Image:
    """Decoded, at most MAX_SIDE long, turned as the camera meant it. Made small first: turning copies."""
    try:
        picture.draft("RGB", (MAX_SIDE, MAX_SIDE))
        has_alpha = "A" in picture.getbands() or "transparency" in picture.info
        orientation = picture.getexif().get(0x0112, 1)
        picture = picture.convert("RGBA" if has_alpha else "RGB")
        picture.thumbnail((MAX_SIDE, MAX_SIDE))
        picture.getexif()[0x0112] = orientation
        return ImageOps.exif_transpose(picture)
    except Exception:  # see above
        raise PhotoRefused(_("照片文件已损坏，请重新拍摄或另存后上传。")) from None


def _too_large() -> str:
    return _("照片超过 4000 万像素，请缩小后上传。")
