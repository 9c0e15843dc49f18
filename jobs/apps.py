from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = _("任务")

    def ready(self):
        # The kinds of jobs of all apps, in the web as in the worker: whoever queues one checks its arguments.
        autodiscover_modules("tasks")
