"""The product's settings, with two pages more to compare with."""

from gridparty.settings import *  # noqa: F403

ROOT_URLCONF = "bench.sending_urls"
