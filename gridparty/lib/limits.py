"""How often a page that is open to everybody may be used. Counted in the cache over all processes, by allauth as log-ins are."""

from dataclasses import dataclass

from allauth.core.internal import ratelimit
from django.utils.translation import gettext as _

from gridparty.lib.errors import Refused


class TooOften(Refused):
    """The page was used too often."""


@dataclass(frozen=True)
class Limit:
    """`rate` is "20/h/ip" by the visitor's address (an IPv6 address is its /64), or "20/h/key" by a key of one's own."""

    name: str
    rate: str

    def count(self, request, key: str = "") -> ratelimit.RateLimitUsage:
        """Count one use; `rollback` of what comes back takes it off again. Raises TooOften, then nothing was counted."""
        use = self._consume(request, key)
        if not use:
            raise TooOften(_("操作过于频繁，请一小时后再试。"))
        return use

    def is_spent(self, request, key: str = "") -> bool:
        return not self._consume(request, key, dry_run=True)

    def _consume(self, request, key: str, **options) -> ratelimit.RateLimitUsage | None:
        config = {self.name: self.rate}
        return ratelimit.consume(request, app="gridparty", action=self.name, config=config, key=key, limit_get=True, **options)
