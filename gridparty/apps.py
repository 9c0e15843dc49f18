from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig


class GridPartyConfig(AppConfig):
    name = "gridparty"
    verbose_name = "GridParty"
    default = True  # the admin's config stands in this module too

    def ready(self):
        from gridparty import checks  # noqa: F401, PLC0415 - registers the deploy checks


class GridPartyAdminConfig(SimpleAdminConfig):
    """The admin site of the desk; gridparty.urls looks for admin modules itself."""

    default_site = "gridparty.admin.DeskSite"
    default = False

    def ready(self):
        super().ready()
        self.module.autodiscover()
