"""The demo's areas: the real streets and communities of 历城区, with grids and buildings drawn by rule."""

from pathlib import Path

from django.core.management import call_command

from gridparty.lib.registry import demos
from grids.actions import load_areas
from grids.choices import AreaForm, AreaKind
from grids.models import Area
from grids.rules import NewArea

DIVISIONS = Path(__file__).parent / "data" / "licheng-divisions.csv"
SHOWN_COMMUNITY = "桑园南"  # S2: 61 buildings in six sub-areas


@demos
def areas() -> str:
    call_command("import_roster", "areas", str(DIVISIONS), commit=True, verbosity=0)
    drawn = [area for community in Area.objects.filter(kind=AreaKind.COMMUNITY).order_by("code") for area in _inside(community)]
    load_areas(areas=drawn, by=None)
    kinds = {kind: Area.objects.filter(kind=kind).count() for kind in AreaKind}
    return "区域：" + "，".join(f"{kind.label} {n}" for kind, n in kinds.items())


def _inside(community: Area) -> list[NewArea]:
    """Two to five grids and some buildings each, as many as the community's code says, the same at every start (A2)."""
    number = int(community.code[-6:])
    shown = community.name.startswith(SHOWN_COMMUNITY)
    village = community.form == AreaForm.VILLAGE
    grids = 6 if shown else 1 + number % 2 if village else 2 + number % 4
    buildings = 61 if shown else grids * (4 + number % 7)
    made = []
    for n in range(1, grids + 1):
        made.append(_new(community, AreaKind.GRID, f"{n:03d}", f"第{n}网格", community.code))
    for n in range(1, buildings + 1):
        parent = f"{community.code}{(n - 1) * grids // buildings + 1:03d}"
        made.append(_new(community, AreaKind.BUILDING, f"L{n:03d}", f"{n}号楼", parent))
    return made


def _new(community: Area, kind: str, number: str, name: str, parent: str) -> NewArea:
    return NewArea(kind, f"{community.code}{number}", name, name, AreaForm.OTHER, parent)
