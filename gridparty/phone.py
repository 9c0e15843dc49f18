"""The first place of the phone's tab bar."""

from django.utils.translation import gettext as _

from gridparty.lib.registry import Tab, tabs


@tabs
def todo_tab(user) -> list[Tab]:
    return [Tab(_("待办"), "phone", order=0, below=("jobs:notices",))]
