from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = _("日志")

    def ready(self):
        from django.apps import apps  # noqa: PLC0415 - models are loaded only now
        from django.db.models.signals import post_delete  # noqa: PLC0415

        from audit import log  # noqa: PLC0415
        from audit.models import Audited  # noqa: PLC0415

        def log_delete(sender, instance, **kwargs):
            log.deleted(instance)

        # One model at a time: a listener to all would make Django load every session it clears away.
        for model in apps.get_models():
            if issubclass(model, Audited):
                post_delete.connect(log_delete, sender=model, dispatch_uid="audit", weak=False)
