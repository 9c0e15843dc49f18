"""Photos people upload: hostile ones are refused with a sentence, good ones come back upright and bare."""

import io
import struct
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from gridparty.lib.photos import MAX_BYTES, PhotoRefused, reencode

SCRIPT = b"<script>alert(1)</script>"


def upload(content: bytes, name="photo.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def picture(size=(60, 40), kind="JPEG", mode="RGB", colour="red", **options) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, colour).save(file, kind, **options)
    return file.getvalue()


def made(content: bytes, name="photo.jpg"):
    photo = reencode(upload(content, name))
    raw = photo.read()
    return Image.open(io.BytesIO(raw)), raw, photo.name


def png_of(width: int, height: int) -> bytes:
    """A header that claims a size, and next to no data."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 10_000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_the_three_usual_kinds_become_jpeg(kind, mode):
    colour = "red" if mode == "RGB" else 90
    image, _raw, name = made(picture(kind=kind, mode=mode, colour=colour), f"face.{kind}")
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (60, 40))
    assert name.endswith(".jpg")
    assert len(name) == 36


@pytest.mark.parametrize(
    ("kind", "mode", "colour"),
    [
        ("JPEG", "CMYK", (0, 0, 0, 0)),
        ("PNG", "RGBA", (0, 0, 0, 0)),
        ("PNG", "LA", (0, 0)),
        ("PNG", "P", 0),
        ("WEBP", "RGBA", (0, 0, 0, 0)),
    ],
)
def test_other_colour_modes_are_taken_and_see_through_is_white(kind, mode, colour):
    options = {"transparency": 0} if mode == "P" else {}
    image, _raw, _name = made(picture(kind=kind, mode=mode, colour=colour, **options))
    assert min(image.getpixel((30, 20))) > 250


def test_the_content_decides_not_the_name():
    assert made(picture(kind="PNG"), "notes.txt")[0].format == "JPEG"
    with pytest.raises(PhotoRefused, match="请上传 JPG、PNG 或 WebP"):
        reencode(upload(picture(kind="GIF", mode="P", colour=0), "photo.jpg"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a picture",
        b"<html>" + SCRIPT,
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"PK\x03\x04" + b"\0" * 100,
        b"\xff\xd8\xff\xe0",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\x00\x00\x00\x00WEBP",
        picture(kind="GIF", mode="P", colour=0),
        picture(kind="BMP"),
        picture(kind="TIFF"),
        picture(kind="ICO", size=(32, 32)),
    ],
    ids=lambda content: repr(content[:12]),
)
def test_what_is_not_a_photo_is_refused_with_a_sentence(content):
    with pytest.raises(PhotoRefused, match="这不是可用的照片文件"):
        reencode(upload(content))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_half_a_photo_is_refused_with_a_sentence(kind, share):
    noise = io.BytesIO()
    Image.effect_noise((200, 200), 90).convert("RGB").save(noise, kind)
    whole = noise.getvalue()
    with pytest.raises(PhotoRefused, match="请"):
        reencode(upload(whole[: int(len(whole) * share)]))


def test_a_file_over_ten_megabytes_is_not_even_opened():
    with pytest.raises(PhotoRefused, match="10 MB"):
        reencode(upload(picture() + b"\0" * MAX_BYTES))


@pytest.mark.parametrize("size", [(8000, 5001), (12_000, 12_000), (50_000, 50_000), (1, 60_000_000)])
def test_a_small_file_that_unpacks_to_a_huge_picture_is_refused_unopened(size):
    with pytest.raises(PhotoRefused, match="4000 万像素"):
        reencode(upload(png_of(*size)))


def test_a_header_that_lies_about_its_data_is_refused():
    with pytest.raises(PhotoRefused, match="已损坏"):
        reencode(upload(png_of(3000, 3000)))


def test_large_photos_become_small():
    assert made(picture(size=(4000, 2000)))[0].size == (1600, 800)
    assert made(picture(size=(1000, 3000), kind="PNG"))[0].size == (533, 1600)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(("orientation", "red_at"), [(1, (5, 5)), (3, (54, 34)), (6, (34, 5)), (8, (5, 54))])
def test_the_picture_stands_upright(kind, orientation, red_at):
    image = Image.new("RGB", (60, 40), "white")
    image.paste("red", (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    image.save(file, kind, exif=exif)
    upright, _raw, _name = made(file.getvalue())
    assert upright.size == ((40, 60) if orientation in (6, 8) else (60, 40))
    red, green, _blue = upright.getpixel(red_at)
    assert red > 200
    assert green < 80


def test_place_and_camera_are_dropped():
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (36.0, 40.0, 12.0)
    image, raw, _name = made(picture(exif=exif, comment=SCRIPT))
    assert not image.getexif()
    assert b"Exif" not in raw
    assert b"SecretCamera" not in raw
    assert SCRIPT not in raw


def test_hidden_text_does_not_survive():
    notes = PngInfo()
    notes.add_text("Comment", SCRIPT.decode())
    hostile = [
        picture() + SCRIPT,
        picture(comment=SCRIPT),
        picture(icc_profile=SCRIPT * 10),
        picture(kind="PNG", pnginfo=notes),
        picture(kind="PNG") + b"PK\x03\x04" + SCRIPT,
        picture(kind="WEBP", xmp=SCRIPT),
    ]
    for content in hostile:
        assert SCRIPT in content
        image, raw, _name = made(content)
        assert b"script" not in raw
        assert "comment" not in image.info


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_broken_camera_notes_do_not_stop_a_good_picture():
    content = picture(exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40)
    assert made(content)[0].size == (60, 40)


def test_a_moving_picture_keeps_its_first_frame():
    frames = [Image.new("RGB", (30, 30), colour) for colour in ("red", "blue", "green")]
    file = io.BytesIO()
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:])
    image, _raw, _name = made(file.getvalue())
    red, _green, blue = image.getpixel((15, 15))
    assert red > 200
    assert blue < 80


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a.php", "x.jpg.html", "<img onerror=1>.png", "名" * 200 + ".jpg", "王小明身份证.jpg"]
)
def test_the_stored_name_owes_nothing_to_the_file(name):
    stored = made(picture(), name)[2]
    assert stored.removesuffix(".jpg").isalnum()
    assert stored.isascii()
