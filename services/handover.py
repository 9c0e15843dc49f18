"""What becomes of posts, activities and teams when their area closes."""

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from gridparty.lib.registry import handovers
from grids.models import LEVELS
from services.choices import PostState
from services.errors import ActivityRefused
from services.models import Activity, ServicePost, Team

OPEN_POSTS = (PostState.DRAFT, PostState.SUBMITTED, PostState.PUBLISHED)


@handovers
def services_of_closed_area(*, area, into, by) -> None:
    """What goes on goes to the receiving area, or to the one above. The rest is history: merging takes it along as it stands."""
    to = into or area.parent
    teams = Team.objects.open().filter(area=area)
    there = Team.objects.open().filter(area=to, name=OuterRef("name"))
    if twice := teams.filter(Exists(there)).first():
        words = {"into": to.name, "name": twice.name}
        raise ActivityRefused(_("“%(into)s”已有同名的服务队“%(name)s”，请先更改其中一队的名称。") % words)
    place = {"area": to, **{f"{level}_id": getattr(to, f"{level}_id") for level in LEVELS}}
    ServicePost.objects.filter(area=area, state__in=OPEN_POSTS).update(**place)
    Activity.objects.open().filter(area=area).update(**place)
    teams.update(**place)
