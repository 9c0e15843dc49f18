"""Forms of the phone: sent on bad networks, filled with thumbs, dictated, and answered once (jobs.actions.send_once)."""

import uuid

from django import forms
from django.utils.translation import gettext_lazy as _

from gridparty.lib.dates import today

ELDER_COOKIE = "gridparty_elder"  # whoever wants large type on this device has it


class SentForm(forms.Form):
    """A form with a number of its own, made when the page is opened and kept when it is shown again.

    Views answer it with jobs.answers.answer (which calls jobs.actions.send_once); templates include components/send_id.html.
    """

    form_id = forms.UUIDField(
        initial=uuid.uuid4,
        widget=forms.HiddenInput({"autocomplete": "off"}),  # going back must not bring the number of a form that was sent
        error_messages=dict.fromkeys(("required", "invalid"), _("页面已过期，没有保存。请重新打开本页填写。")),
    )


def day(label: str, **options) -> forms.DateField:
    """A day, today unless another is chosen."""
    widget = forms.DateInput({"type": "date", "autocomplete": "off"}, "%Y-%m-%d")
    return forms.DateField(label=label, **{"initial": today, "widget": widget} | options)


def words(label: str, **options) -> forms.CharField:
    """Some sentences, typed or dictated: never capped below 500 characters."""
    widget = forms.Textarea({"rows": 4, "autocomplete": "off"})
    return forms.CharField(label=label, **{"max_length": 500, "widget": widget} | options)


def line(label: str, **options) -> forms.CharField:
    return forms.CharField(label=label, **{"max_length": 100, "widget": forms.TextInput({"autocomplete": "off"})} | options)


def number(label: str, **options) -> forms.DecimalField:
    widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})
    return forms.DecimalField(label=label, **{"widget": widget} | options)


def one_of(label: str, choices=(), **options) -> forms.ChoiceField:
    """Up to five choices, as buttons (components/choices.html)."""
    return forms.ChoiceField(label=label, choices=choices, **{"widget": forms.RadioSelect} | options)


def photo(label: str, **options) -> forms.FileField:
    """A picture from the camera or from the files (components/photo.html). The action looks at it (gridparty.lib.photos)."""
    widget = forms.FileInput({"accept": "image/jpeg,image/png,image/webp"})
    return forms.FileField(label=label, **{"required": False, "widget": widget} | options)


class _SeveralFiles(forms.FileInput):
    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """A few pictures at once; what comes out is a list."""

    def __init__(self, *, most: int, **options):
        self.most = most
        super().__init__(widget=_SeveralFiles({"accept": "image/jpeg,image/png,image/webp"}), **options)

    def clean(self, data, initial=None) -> list:
        if len(data or ()) > self.most:
            raise forms.ValidationError(_("最多上传 %(n)d 张照片，请减少后重新选择。"), params={"n": self.most})
        return [super(PhotosField, self).clean(one, initial) for one in data or ()]


def photos(label: str, most: int, **options) -> PhotosField:
    """Up to so many pictures (components/photo.html)."""
    return PhotosField(label=label, most=most, **{"required": False} | options)
