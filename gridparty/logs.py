"""How a line of the log looks."""

import logging
import traceback


class LineFormatter(logging.Formatter):
    """Tells of an error where it happened and of what class, never its text: a database quotes whole rows in it."""

    def formatException(self, ei):  # noqa: N802 - logging's own name
        error, parts = ei[1], []
        while error is not None:
            parts.append(f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "from ".join(parts).rstrip()
