"""Where something is: a place within reach, or a household that is known already. For the forms of the journal and of cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gridparty.lib.access import Can, scope_of
from gridparty.lib.addresses import row_named
from gridparty.lib.phone_forms import SentForm, line
from grids.choices import AreaKind
from grids.models import Area
from people.models import Household

MOST = 150  # places in one list to choose from; where there are more, a part of them is opened first
BUTTONS = 5
_PLACES = [AreaKind.COMMUNITY, AreaKind.GRID, AreaKind.BUILDING]


@dataclass(frozen=True)
class Offered:
    """The places to choose from within `at`; where they are too many, none, and `parts` to open first (`?at=`)."""

    at: Area | None
    places: Sequence[Area] = ()
    parts: Sequence[Area] = ()


def offered(user, asked: str, can: Can = Can.KEEP_JOURNAL) -> Offered:
    """What a capability reaches, within the area asked for (`?at=`) or else the user's posts. Three queries at most."""
    reached = Area.objects.visible_to(user).reached_by(user, can).open()
    at = row_named(reached, asked)
    at = at or _only_stand(user, can, reached)
    within = reached.within(at) if at else reached
    places = list(within.filter(kind__in=_PLACES).select_related("grid", "community").order_by("tree_id", "lft")[: MOST + 1])
    if len(places) <= MOST:
        return Offered(at, places)
    parts = reached.filter(parent=at) if at else _stands(user, can, reached)
    return Offered(at, parts=list(parts.exclude(kind=AreaKind.BUILDING).order_by("code")))


def _stands(user, can: Can, reached):
    scope = scope_of(user)
    if scope.everywhere(can):
        return reached.filter(parent=None)
    return reached.filter(pk__in={reach.area_id for reach in scope.reaches(can)})


def _only_stand(user, can: Can, reached) -> Area | None:
    """The area of the user's post, where there is one such post."""
    if scope_of(user).everywhere(can) or len({reach.area_id for reach in scope_of(user).reaches(can)}) != 1:
        return None
    return _stands(user, can, reached).first()


def household_of(user, asked: str) -> Household | None:
    """The household a page was opened for (`?household=`), if the user sees it."""
    return row_named(Household.objects.visible_to(user).select_related("area", "community", "grid"), asked)


class PlacedForm(SentForm):
    """A form about some place, drawn by templates/cases/places/field.html. `where()` and `household` are what came of it."""

    spot = line(
        gettext_lazy("具体位置"), required=False, max_length=60, help_text=gettext_lazy("可不填，如“东门岗亭旁”，不写人名。")
    )

    def __init__(self, *args, offer: Offered, household: Household | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.household = household
        if household is None:
            self.fields["place"] = _field(offer)

    def where(self) -> Area:
        """Of a form that is valid: the place, that of the household where there is one."""
        return self.household.area if self.household else self.cleaned_data["place"]


def _field(offer: Offered) -> forms.TypedChoiceField:
    """Buttons for a few places, else a list in groups; one alone is chosen already."""
    by_key = {str(area.pk): area for area in offer.places}
    few = len(by_key) <= BUTTONS
    several = len({area.community_id for area in offer.places}) > 1
    choices = [(key, _named(area)) for key, area in by_key.items()] if few else [("", _("请选择")), *_groups(offer, several)]
    return forms.TypedChoiceField(
        label=_("地点"),
        choices=choices,
        coerce=by_key.__getitem__,
        widget=forms.RadioSelect if few else forms.Select({"autocomplete": "off"}),
        initial=next(iter(by_key)) if len(by_key) == 1 else None,
        error_messages={
            "required": _("请选择地点。"),
            "invalid_choice": _("所选地点不在您的管理范围内或已撤销，请重新选择。"),
        },
    )


def _groups(offer: Offered, several: bool) -> list[tuple[str, list]]:
    def heading(area: Area) -> str:
        words = [area.community.name if several or not area.grid_id else "", area.grid.name if area.grid_id else ""]
        return " ".join(filter(None, words))

    groups = groupby(offer.places, heading)
    return [(name, [(str(area.pk), _named(area)) for area in some]) for name, some in groups]


def _named(area: Area) -> str:
    """A grid or community itself is for what stands outside its buildings."""
    return area.name if area.kind == AreaKind.BUILDING else _("%s（公共区域）") % area.name
