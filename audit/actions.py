"""Writing the view log."""

from audit import operations
from audit.models import ViewEntry


def record_view(*, kind: str, model, object_id: int | None = None, rows: int = 1, purpose: str = "") -> None:
    """Note that the acting user opened, unmasked, printed or exported personal data of this model."""
    running = operations.current() or operations.Operation("shell")
    ViewEntry.objects.create(
        actor_id=running.actor(),
        request_id=running.request_id,
        kind=kind,
        model=model._meta.label_lower,
        object_id=object_id,
        rows=rows,
        purpose=purpose,
    )
