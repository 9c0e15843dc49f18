"""The forms by which members propose points for themselves and appeal."""

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from gridparty.lib.phone_forms import SentForm, day, number, one_of, photo, words
from members.mine import in_short
from members.points import Chance

MOST_BUTTONS = 5


class ProposeForm(SentForm):
    """Something done: what, when, how much of it, in words and with a picture. `chances` are what the member may propose."""

    item = one_of(_("项目"), error_messages=dict.fromkeys(("required", "invalid_choice"), _("请选择项目。")))
    on = day(_("日期"))
    quantity = number(
        _("数量"), initial=1, max_digits=6, decimal_places=1, min_value=0, help_text=_("按所选项目的单位填写，如 2.5 小时。")
    )
    note = words(_("做了什么"), help_text=_("不超过 500 字，审核人会看到。"))
    photo = photo(_("照片（可不传）"))

    def __init__(self, *args, chances: Sequence[Chance], year: int, **kwargs):
        super().__init__(*args, **kwargs)
        self.chances = {str(chance.item.pk): chance for chance in chances}
        self.as_buttons = len(chances) <= MOST_BUTTONS
        field = self.fields["item"]
        if self.as_buttons:
            field.choices = [(key, in_short(chance)) for key, chance in self.chances.items()]
        else:
            field.widget = forms.Select()
            field.choices = [("", _("请选择")), *self._by_category()]
        self.fields["on"].widget.attrs |= {"min": f"{year}-01-01", "max": f"{year}-12-31"}

    def _by_category(self) -> list[tuple]:
        groups: dict[str, list[tuple[str, str]]] = {}
        for key, chance in self.chances.items():
            groups.setdefault(chance.item.category.name, []).append((key, in_short(chance)))
        return list(groups.items())

    def clean_item(self):
        return self.chances[self.cleaned_data["item"]].item


class AppealForm(SentForm):
    text = words(
        _("申诉理由"),
        help_text=_("写明事实和依据，不超过 500 字。每条记录可申诉一次，由原审核人以外的负责人答复。"),
    )
