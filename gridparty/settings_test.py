"""What the test run changes: quick hashing, memory cache, eager tasks, a media folder of its own."""

import tempfile

from gridparty.settings import *  # noqa: F403
from gridparty.settings import DATABASES, MIDDLEWARE

SECRET_KEY = "test-only"
FIELD_KEYS = ["2:" + "2b" * 32, "1:" + "1a" * 32]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
MEDIA_ROOT = tempfile.mkdtemp(prefix="gridparty-test-media-")
CELERY_TASK_ALWAYS_EAGER = CELERY_TASK_EAGER_PROPAGATES = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
DATABASES["default"]["CONN_MAX_AGE"] = 0
# WhiteNoise reads all static files whenever a test client starts.
MIDDLEWARE.remove("whitenoise.middleware.WhiteNoiseMiddleware")
