"""The register of areas: one line an area, or one line a path (wide)."""

from django.utils.translation import gettext_lazy as _

from gridparty.lib.roster import Roster, rosters
from grids.rosters import areas as long
from grids.rosters import wide
from grids.rosters.areas import commit, judge

__all__ = ["areas", "commit", "judge"]


@rosters
def areas() -> Roster:
    paths = Roster("areas", _("区域（每级一列）"), wide.COLUMNS, wide.judge, wide.commit)
    return Roster("areas", _("区域"), long.COLUMNS, judge, commit, wide=paths)
