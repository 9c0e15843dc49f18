"""`check --deploy` refuses each thing the embedded default may do, and nothing in a right deployment."""

import pytest
from django.core import checks

from gridparty.settings import INSECURE_PREFIX

RIGHT = {
    "DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "gridparty"}},
    "REDIS_URL": "redis://redis:6379/0",
    "CACHES": {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache"}},
    "SECRET_KEY": "9f" * 40,
    "FIELD_KEYS": ["1:" + "3c" * 32],
    "EMBEDDED_FIELD_KEYS": False,
    "DEBUG": False,
    "HTTPS": True,
    "SITE_URL": "https://grid.example.cn",
    "ALLOWED_HOSTS": ["grid.example.cn"],
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
}

WRONG = [
    ("E001", "DATABASES", {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "gridparty.sqlite3"}}),
    ("E002", "REDIS_URL", ""),
    ("E003", "CACHES", {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache"}}),
    ("E004", "SECRET_KEY", INSECURE_PREFIX + "9f" * 32),
    ("E005", "EMBEDDED_FIELD_KEYS", True),
    ("E006", "FIELD_KEYS", ["1:3c3c"]),
    ("E006", "FIELD_KEYS", ["1:" + "3c" * 32, "0:not hexadecimal"]),
    ("E007", "DEBUG", True),
    ("E008", "HTTPS", False),
    ("E009", "SITE_URL", "http://127.0.0.1:8000"),
    ("E010", "ALLOWED_HOSTS", []),
    ("E010", "ALLOWED_HOSTS", ["*"]),
    ("E011", "EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend"),
]


def refused() -> list[checks.CheckMessage]:
    found = checks.run_checks(tags=[checks.Tags.security], include_deployment_checks=True)
    return [message for message in found if message.id.startswith("gridparty.")]


@pytest.fixture
def deployment(settings):
    for name, value in RIGHT.items():
        setattr(settings, name, value)
    return settings


@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
def test_a_right_deployment_is_not_refused(deployment):
    assert refused() == []


@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
@pytest.mark.parametrize(("number", "name", "value"), WRONG, ids=[f"{number}-{name}" for number, name, _ in WRONG])
def test_one_wrong_setting_is_refused_with_a_cure(deployment, number, name, value):
    setattr(deployment, name, value)

    (message,) = refused()

    assert message.id == f"gridparty.{number}"
    assert message.level == checks.ERROR
    assert message.hint, "every refusal says how to mend it"


@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
def test_the_embedded_default_is_refused_for_all_its_reasons(deployment):
    for _number, name, value in WRONG:
        setattr(deployment, name, value)

    assert {message.id for message in refused()} == {f"gridparty.{number}" for number, _, _ in WRONG}


def test_without_deploy_nothing_is_refused():
    found = checks.run_checks(tags=[checks.Tags.security])
    assert [message for message in found if message.id.startswith("gridparty.")] == []
