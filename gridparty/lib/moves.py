"""States as data: one table of allowed moves for each kind of row."""

from dataclasses import dataclass

from gridparty.lib.access import Can


@dataclass(frozen=True)
class Move:
    """One allowed move: from which states, to which, by whom, and whether a reason must be said.

    `can` is the capability it takes where the row stands; None: whom it is about, the other side by its link, or the clock.
    """

    states: frozenset
    to: str
    can: Can | None = None
    asks: bool = False
