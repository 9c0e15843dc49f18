"""An area closes only when its organisations have gone elsewhere."""

from django.utils.translation import gettext as _

from gridparty.lib.registry import handovers
from members.actions.accounts import restore_posts
from members.errors import OrganisationRefused
from members.models import PartyOrganisation


@handovers
def organisations_of_closed_area(*, area, into, by) -> None:
    """Organisations go to the receiving area; without one the area stays until they are moved or closed."""
    rows = PartyOrganisation.objects.filter(area=area, closed_on=None)
    if into is None and (first := rows.first()):
        raise OrganisationRefused(_("“%(area)s”还有党组织“%(name)s”，请先划转或撤销。") % {"area": area.name, "name": first.name})
    if into is not None:
        columns = ("district", "street", "community", "grid")
        rows.update(area=into, **{f"{column}_id": getattr(into, f"{column}_id") for column in columns})
        restore_posts(area=area, by=by)
