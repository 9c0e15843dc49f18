"""Codes that people read out and type in: who holds one may look at one thing. And where they lead, for paper and screen."""

import secrets
import unicodedata
from io import BytesIO
from urllib.parse import urljoin

import segno
from django.conf import settings
from django.urls import reverse

SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is taken for another when read out
LENGTH = 12


def new_code() -> str:
    return "".join(secrets.choice(SIGNS) for _sign in range(LENGTH))


def spelt(code: str) -> str:
    """In groups of four, as it is read out."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def code_of(typed: str) -> str:
    """A code however it was typed: small, wide, in groups."""
    signs = unicodedata.normalize("NFKC", typed[:60]).upper()
    return "".join(sign for sign in signs if sign.isascii() and sign.isalnum())


def address(route: str, *args) -> str:
    """In full, for a QR code or a paper."""
    return urljoin(settings.SITE_URL, reverse(route, args=args))


def qr_image(text: str) -> str:
    """As the source of an <img>."""
    return _qr(text).svg_data_uri(scale=4, border=4, light="#fff", nl=False)


def qr_svg(text: str) -> str:
    """For paper: the print's template gives it its size and the white around it."""
    file = BytesIO()
    _qr(text).save(file, kind="svg", border=0, xmldecl=False, omitsize=True)
    return file.getvalue().decode()


def _qr(text: str) -> segno.QRCode:
    return segno.make(text, error="m", micro=False)
