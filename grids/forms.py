"""The forms of the desk that redraw the tree."""

from django import forms
from django.utils.translation import gettext_lazy as _

from grids.choices import ALLOWED_PARENTS, AreaKind
from grids.models import Area


class AreaForm(forms.ModelForm):
    """Name an area; on adding, also its kind, parent and code."""

    # What the user saw: a rename on an older drawing is refused.
    seen_revision = forms.IntegerField(widget=forms.HiddenInput, required=False)
    code = forms.CharField(label=_("编码"), max_length=24, required=False, help_text=_("网格和楼栋可不填，按编码规则自动编号。"))
    name = forms.CharField(label=_("简称"), max_length=60, required=False, help_text=_("可不填，由全称得出。"))

    class Meta:
        model = Area
        fields = ("kind", "parent", "full_name", "name", "code")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen_revision"] = self.instance.revision

    def _get_validation_exclusions(self):
        # Uniqueness and code rules are the action's to tell, with better sentences.
        return super()._get_validation_exclusions() | {"code", "name"}


class RedrawForm(forms.Form):
    """What every redrawing carries: the drawing the user saw, and the day it takes effect."""

    seen_revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, area: Area, user, **kwargs):
        super().__init__(*args, initial={"seen_revision": area.revision}, **kwargs)
        self.area, self.user = area, user
        self.open = Area.objects.editable_by(user).open()


class MoveForm(RedrawForm):
    parent = forms.ModelChoiceField(Area.objects.none(), label=_("划入"))
    note = forms.CharField(label=_("说明"), max_length=200, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        parents = Area.objects.parents_for(self.user).open().filter(kind__in=ALLOWED_PARENTS[AreaKind(self.area.kind)])
        if self.area.community_id:  # grids and buildings move within their street
            parents = parents.filter(street=self.area.street_id)
        own = {"tree_id": self.area.tree_id, "lft__range": (self.area.lft, self.area.rght)}
        beyond = parents.exclude(pk=self.area.parent_id).exclude(**own)
        self.fields["parent"].queryset = beyond.select_related("community").order_by("code")
        self.fields["parent"].label_from_instance = path_name


class SplitForm(RedrawForm):
    name = forms.CharField(label=_("新网格名称"), max_length=60)
    children = forms.ModelMultipleChoiceField(
        Area.objects.none(), label=_("划入新网格的楼栋"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["children"].queryset = self.open.filter(parent=self.area).order_by("code")


class MergeForm(RedrawForm):
    into = forms.ModelChoiceField(Area.objects.none(), label=_("并入"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        grids = self.open.filter(kind=self.area.kind, community=self.area.community_id)
        self.fields["into"].queryset = grids.exclude(pk=self.area.pk).order_by("code")


class CloseForm(RedrawForm):
    into = forms.ModelChoiceField(Area.objects.none(), label=_("由谁接收现有记录"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        siblings = self.open.filter(parent=self.area.parent_id)
        self.fields["into"].queryset = siblings.exclude(pk=self.area.pk).order_by("code")


def path_name(area: Area) -> str:
    """社区 / 网格, as much as tells an area from its namesakes; needs `community` at hand."""
    if area.community and area.community_id != area.pk:
        return f"{area.community.name} / {area.name}"
    return area.name
