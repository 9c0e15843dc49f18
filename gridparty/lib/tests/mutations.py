"""T35: tokens of signed links that nobody made."""

import random
import string
import uuid

from django.core.signing import TimestampSigner

from gridparty.lib.links import SignedLink

PURPOSES = {"cases.rate", "cases.reopen", "services.attend", "services.card", "liaison.agreement", "liaison.invitation"}


class Mutations:
    """Tokens that are nearly right: a sign flipped, taken out, put in, cut off, parts swapped, made for something else."""

    def __init__(self, chance: random.Random, link: SignedLink, row, other):
        self.chance, self.link, self.row = chance, link, row
        self.token, self.others = link.token(row), link.token(other)  # made once: a second later they are others
        changed = [self.flip, self.cut, self.insert, self.drop, self.noise]
        self.ways = [*changed, self.splice, self.purpose, self.another_key, self.another_row]

    def __call__(self) -> str:
        """Never one of the two that are right, which a flip may lead back to."""
        while (token := self.chance.choice(self.ways)()) in (self.token, self.others):
            pass
        return token

    def sign(self) -> str:
        return self.chance.choice(string.ascii_letters + string.digits + "-_:")

    def at(self) -> int:
        return self.chance.randrange(len(self.token))

    def flip(self) -> str:
        at = self.at()
        return self.token[:at] + self.sign() + self.token[at + 1 :]

    def cut(self) -> str:
        return self.token[: self.at() or 1]

    def insert(self) -> str:
        at = self.at()
        return self.token[:at] + self.sign() + self.token[at:]

    def drop(self) -> str:
        at = self.at()
        return self.token[:at] + self.token[at + 1 :]

    def noise(self) -> str:
        return "".join(self.sign() for _n in self.token)

    def splice(self) -> str:
        """The row of one, the signature of another."""
        return ":".join([self.token.split(":")[0], *self.others.split(":")[1:]])

    def purpose(self) -> str:
        others = [*sorted(PURPOSES - {self.link.purpose}), f"{self.link.purpose}s", self.link.purpose.title(), ""]
        return SignedLink(self.chance.choice(others), self.link.days, self.link.key).token(self.row)

    def another_key(self) -> str:
        """Signed rightly, for a key the row does not have (any more)."""
        return self._signed(self.row.pk, uuid.UUID(int=self.chance.getrandbits(128)).hex)

    def another_row(self) -> str:
        return self._signed(self.row.pk + self.chance.randrange(1_000, 9_999), self.row.link_key.hex)

    def _signed(self, pk: int, key: str) -> str:
        return TimestampSigner(salt=f"gridparty.links:{self.link.purpose}").sign(f"{pk}-{key}")
