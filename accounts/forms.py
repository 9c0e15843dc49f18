"""The forms of log-in in our words, and those of the desk for users and appointments."""

from allauth.account import forms as account
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.choices import EndReason
from accounts.models import Appointment, User
from accounts.passwords import as_first_password
from accounts.queries import appointable_roles
from accounts.usernames import normal_name
from gridparty.lib.dates import today
from gridparty.lib.masking import mask_phone


def _without_placeholders(form) -> None:
    """A placeholder repeats the label and is gone when one types."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)


class LoginForm(account.LoginForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("登录名")
        self.fields["login"].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}
        _without_placeholders(self)


class ChangePasswordForm(account.ChangePasswordForm):
    """After a log-in with a first password the current one is not asked for: it was single-use and has just been typed."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.user.must_change_password:
            del self.fields["oldpassword"]
        else:
            self.fields["oldpassword"].label = _("现密码")
        self.fields["password1"].label = _("新密码")
        self.fields["password1"].help_text = _("至少 10 个字符，不能全是数字，不要用姓名、登录名或常见密码。")
        self.fields["password2"].label = _("再输入一次新密码")
        _without_placeholders(self)

    def clean_password1(self) -> str:
        password = self.cleaned_data["password1"]
        if self.user.check_password(password) or self.user.check_password(as_first_password(password)):
            self.add_error("password1", _("新密码不能与原密码相同，请换一个。"))
        return password


class UserForm(forms.ModelForm):
    """Enter or correct a holder of posts. The phone on record is shown masked and kept unless a new one is typed."""

    phone = forms.RegexField(
        r"^[0-9+\- ]{3,20}$",
        label=_("值班电话"),
        required=False,
        error_messages={"invalid": _("电话只能有数字、空格和短横线，如 0531-88880000。")},
    )

    # A plain file: the action lets Pillow look at it, with its formats restricted.
    photo = forms.FileField(label=_("照片"), required=False, widget=forms.FileInput(attrs={"accept": "image/*"}))
    remove_photo = forms.BooleanField(label=_("去掉现有照片"), required=False)

    class Meta:
        model = User
        fields = ("username", "name", "phone", "email", "photo")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["phone"] = ""
        if self.instance.phone and "phone" in self.fields:
            self.fields["phone"].help_text = _("现为 %(phone)s，不改请留空。") % {"phone": mask_phone(self.instance.phone)}
        self.kept_phone = self.instance.phone
        if not self.instance.photo:
            self.fields.pop("remove_photo", None)

    def clean_username(self):
        return normal_name(self.cleaned_data["username"])

    def clean_phone(self):
        typed = self.cleaned_data["phone"].replace(" ", "")
        return typed or self.kept_phone


class AppointmentForm(forms.ModelForm):
    class Meta:
        model = Appointment
        fields = ("user", "role", "area", "starts_on", "ends_on", "origin", "engagement", "duties")

    def __init__(self, *args, by: User, **kwargs):
        super().__init__(*args, **kwargs)
        if "role" in self.fields:
            self.fields["role"].choices = [("", "—"), *((role.value, role.label) for role in appointable_roles(by))]
            self.initial.setdefault("starts_on", today())
            self.fields["area"].required = False

    def _post_clean(self):
        """The action checks the appointment as a whole; half of the checks here would say the same less clearly."""


class EndForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("原因"), choices=[(one.value, one.label) for one in EndReason if one is not EndReason.AREA_CLOSED]
    )
