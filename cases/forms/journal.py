"""The form of the journal: filled in standing, in under a minute."""

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.forms.places import Offered, PlacedForm
from gridparty.lib.dates import today
from gridparty.lib.phone_forms import day, line, photo, words
from grids.choices import AreaKind
from people.models import Household


class JournalForm(PlacedForm):
    """What was heard or seen, where, and by whom it was said if they wish. The grid of the user is chosen already."""

    field_order = ("form_id", "subject", "text", "place", "room", "spot", "photo", "becomes_case", "teller", "teller_phone", "on")

    text = words(
        _("内容"),
        error_messages={"required": _("请写明听到或看到什么。")},
        help_text=_("可用输入法的语音输入。"),
    )
    room = line(_("门牌"), required=False, max_length=20, help_text=_("可不填，如“1-101”。选了楼栋再填。"))
    photo = photo(_("照片"), help_text=_("可不拍。"))
    becomes_case = forms.BooleanField(label=_("需要转为事件办理"), required=False)
    teller = line(_("反映人"), required=False, max_length=60, help_text=_("页面上只显示部分。"))
    teller_phone = forms.CharField(
        label=_("联系电话"),
        required=False,
        max_length=20,
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "off"}),
        help_text=_("页面上只显示部分。"),
    )
    on = day(_("日期"), error_messages={"invalid": _("日期不对，请按“年-月-日”填写。")})

    def __init__(self, *args, subjects, offer: Offered, household: Household | None = None, **kwargs):
        super().__init__(*args, offer=offer, household=household, **kwargs)
        self.fields["subject"] = forms.ModelChoiceField(
            subjects,
            label=_("类别"),
            empty_label=None,
            widget=forms.RadioSelect,
            error_messages={"required": _("请选择类别。"), "invalid_choice": _("所选类别已停用，请重新选择。")},
        )
        self.fields["on"].widget.attrs["max"] = today().isoformat()
        if household is not None:
            del self.fields["room"]
        elif offer.at in offer.places and len(offer.places) > 1:
            self.fields["place"].initial = str(offer.at.pk)
        if offer.places and all(place.kind != AreaKind.BUILDING for place in offer.places):
            self.fields.pop("room", None)
        self.order_fields(self.field_order)

    @property
    def has_more(self) -> bool:
        """Whether something stands or is wrong in the part that is folded away."""
        return any(self[name].errors or self[name].data for name in ("teller", "teller_phone")) or bool(self["on"].errors)
