"""The part of bench.proof that looks for numbers where a thief would: the database file, and what survives another key."""

import base64
import os
import random
import subprocess
import tempfile
from collections.abc import Iterator

from people.models import Person

SAMPLE = 1_000


def numbers(seed: int = 1) -> list[str]:
    """ID numbers and phones of some people of the database, chosen at random."""
    keys = list(Person.objects.exclude(id_hash=None).values_list("pk", flat=True))
    chosen = random.Random(seed).sample(keys, SAMPLE)
    people = [person for start in range(0, SAMPLE, 500) for person in Person.objects.filter(pk__in=chosen[start : start + 500])]
    return [value for person in people for value in (person.id_number, person.phone) if value]


def shapes(value: str) -> Iterator[bytes]:
    """Clear, backwards, hexadecimal, and base64 at each of its three alignments."""
    clear = value.encode()
    yield clear
    yield clear[::-1]
    yield clear.hex().encode()
    for shift in range(3):
        # The characters at both ends hold bits of neighbours.
        yield base64.b64encode(b"\0" * shift + clear).rstrip(b"=")[2 * (shift > 0) + shift : -1]


def search(*files: str) -> str:
    """Two numbers: looked for, found in these files. grep seeks all at once; one by one takes a quarter of an hour."""
    looked = numbers()
    shown = {shape: value for value in looked for shape in shapes(value)}
    with tempfile.NamedTemporaryFile() as wanted:
        wanted.write(b"\n".join(shown))
        wanted.flush()
        command = ["grep", "--text", "--only-matching", "--no-filename", "--fixed-strings", "--file", wanted.name, *files]
        found = subprocess.run(command, capture_output=True, env={"LC_ALL": "C", "PATH": os.environ["PATH"]}).stdout
    return f"{len(looked)} {len({shown[one] for one in found.split() if one in shown})}"


def lost() -> str:
    """Two numbers: people, and those unreadable or not found under the keys there are now."""
    people = wrong = 0
    for person in Person.objects.exclude(id_hash=None).iterator(chunk_size=2000):
        people += 1
        wrong += not (person.id_number and person.id_tail == person.id_number[-4:] and person.phone[-4:] == person.phone_tail)
    sample = list(Person.objects.exclude(id_hash=None).order_by("pk")[::50])
    wrong += sum(Person.objects.with_id_number(person.id_number).get().pk != person.pk for person in sample)
    return f"{people} {wrong}"
