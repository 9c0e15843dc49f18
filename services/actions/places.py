"""Limited places: taken and given back one at a time, never more than there are, none left empty while somebody waits.

A place is taken by a conditional update, under a check constraint of the database; the row's lock orders all who come at once.
"""

from collections.abc import Callable

from django.db.models import F, Model, Q

from services.models.posts import Offer


def locked(offer: Offer) -> Offer:
    """The row as it is now, held until the end of the transaction: before any claim or sign-up of it is looked at."""
    return type(offer).objects.select_for_update(of=("self",)).get(pk=offer.pk)


def take(offer: Offer) -> bool:
    """Take a place, if there is one."""
    free = Q(places=None) | Q(taken__lt=F("places"))
    if not type(offer).objects.filter(free, pk=offer.pk).update(taken=F("taken") + 1):
        return False
    offer.taken += 1
    return True


def give_back(offer: Offer, next_one: Callable[[], Model | None]) -> Model | None:
    """A place is free again: it goes to the next who waits (`next_one` moves and returns them, or None), else it is open."""
    heir = next_one()
    if heir is None:
        type(offer).objects.filter(pk=offer.pk).update(taken=F("taken") - 1)
        offer.taken -= 1
    return heir
