"""A list too long to wait for is queued, and kept for its reader when it is written."""

import base64
from pathlib import Path

from django.utils import timezone

from audit.operations import action
from jobs.actions import enqueue
from jobs.choices import OPEN
from rosters.models import Export
from rosters.querysets import posts_of


@action("rosters.export")
def export(*, model, query: str, filters: str, by) -> Export:
    """Queue the list of `model` at this address; the same one asked for again while it waits is the one that waits."""
    label = model._meta.label_lower
    queued = Export.objects.filter(by=by.pk, model=label, done_at=None, job__status__in=OPEN).select_related("job")
    for one in queued.order_by("pk"):
        if one.query == query:
            return one
    made = Export.objects.create(by=by, model=label, query=query, filters=filters[:200])
    made.job = enqueue(kind="rosters.export", args={"of": made.pk}, by=by)
    made.save(update_fields=["job"])
    return made


def waiting(*, of: int) -> Export | None:
    """What a job is to write; None when its time is over."""
    return Export.objects.select_related("by").defer("content").filter(pk=of).first()


def keep_file(*, of: Export, path: Path, rows: int) -> None:
    """Keep the workbook, unless another worker was first."""
    content = base64.b64encode(path.read_bytes()).decode()
    unwritten = Export.objects.filter(pk=of.pk, done_at=None)
    unwritten.update(content=content, rows=rows, posts=posts_of(of.by), done_at=timezone.now())
