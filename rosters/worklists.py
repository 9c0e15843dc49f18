"""What waits for who imports: files that were read and are to be confirmed, or could not be read."""

from django.urls import reverse
from django.utils.translation import gettext as _

from gridparty.lib.access import Can, scope_of
from gridparty.lib.registry import Worklist, worklists
from rosters.choices import ImportState
from rosters.models import Import


@worklists
def waiting_imports(user) -> list[Worklist]:
    if not scope_of(user).has(Can.IMPORT_ROSTERS):
        return []
    waiting = Import.objects.visible_to(user).filter(state__in=[ImportState.READY, ImportState.REFUSED])
    return [Worklist(_("从表格导入"), waiting.count(), reverse("rosters:imports"), _("上传名单；数字为待您确认的导入"))]
