"""What the desk types of quarterly reports and takes of scanned papers."""

from django import forms
from django.utils.translation import gettext_lazy as _

from gridparty.lib.phone_forms import SentForm, photos
from gridparty.lib.scans import ACCEPT
from liaison.actions.scans import MOST_SCANS
from liaison.models import QuarterReport
from people.forms import CheckedByAction


class ScansForm(SentForm):
    files = photos(
        _("扫描件"),
        MOST_SCANS,
        help_text=_("可一次选择多个：JPG、PNG、WebP 照片每张不超过 10 MB，PDF 每个不超过 20 MB。"),
        error_messages={"required": _("请选择要上传的扫描件。")},
        required=True,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["files"].widget.attrs["accept"] = ACCEPT


_TOO_LONG = {"max_length": _("最多 %(limit_value)d 字，现有 %(show_value)d 字，请删减。")}


class ReportForm(CheckedByAction):
    class Meta:
        model = QuarterReport
        fields = ("done", "trouble", "plan")
        error_messages = dict.fromkeys(fields, _TOO_LONG)
        widgets = {
            "done": forms.Textarea({"rows": 12, "cols": 80}),
            "trouble": forms.Textarea({"rows": 4, "cols": 80}),
            "plan": forms.Textarea({"rows": 4, "cols": 80}),
        }
