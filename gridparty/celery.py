"""The Celery application. Tasks are found as tasks.py in each app; what is due is decided by jobs."""

import os

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gridparty.settings")
TRANSPORT_ALIASES["filesystem"] = "jobs.folder_broker:Transport"  # Kombu's own lets a worker read half a message and die

app = Celery("gridparty")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Beat knows one thing. A tick that waited longer than the next is dropped.
app.conf.beat_schedule = {"tick": {"task": "jobs.tick", "schedule": 30.0, "options": {"expires": 30}}}
