"""The last place of the phone's tab bar."""

from django.utils.translation import gettext as _

from gridparty.lib.registry import Tab, tabs


@tabs
def my_tab(user) -> list[Tab]:
    return [Tab(_("我的"), "accounts:me", order=90)]
