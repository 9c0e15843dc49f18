"""Every write of an import: the file comes in, is read, corrected, confirmed, written, taken back; in time all of it goes."""

from rosters.actions.exporting import export
from rosters.actions.files import expire, match_columns, read_file, upload
from rosters.actions.mending import answer, carry_on, mend
from rosters.actions.undoing import Left, left_over, take_back, undo
from rosters.actions.writing import confirm, note_import, write_import

__all__ = [
    "Left",
    "answer",
    "carry_on",
    "confirm",
    "expire",
    "export",
    "left_over",
    "match_columns",
    "mend",
    "note_import",
    "read_file",
    "take_back",
    "undo",
    "upload",
    "write_import",
]
