"""Settings come from NAME or from the file NAME_FILE, and a typing error stops the start instead of opening a door."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from gridparty import env

SQLITE = Path("/srv/var/gridparty.sqlite3")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for name in ("THING", "THING_FILE"):
        monkeypatch.delenv(name, raising=False)


def test_the_value_wins_over_the_default(monkeypatch):
    monkeypatch.setenv("THING", "given")
    assert env.text("THING", "default") == "given"


def test_an_empty_value_is_a_value(monkeypatch):
    monkeypatch.setenv("THING", "")
    assert env.text("THING", "default") == ""


def test_the_default_holds_when_nothing_is_given():
    assert env.text("THING", "default") == "default"


def test_a_missing_value_without_default_names_itself():
    with pytest.raises(ImproperlyConfigured, match="THING is not set"):
        env.text("THING")


def test_the_file_is_read_without_its_line_end(monkeypatch, tmp_path):
    (tmp_path / "thing").write_text("密钥\n", encoding="utf-8")
    monkeypatch.setenv("THING_FILE", str(tmp_path / "thing"))
    assert env.text("THING") == "密钥"


def test_value_and_file_together_are_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("THING", "given")
    monkeypatch.setenv("THING_FILE", str(tmp_path / "thing"))
    with pytest.raises(ImproperlyConfigured, match="THING and THING_FILE are both set"):
        env.text("THING")


def test_a_file_that_is_not_there_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("THING_FILE", str(tmp_path / "absent"))
    with pytest.raises(ImproperlyConfigured, match=r"THING_FILE: cannot read .*absent"):
        env.text("THING", "default")


@pytest.mark.parametrize(("written", "meant"), [("True", True), ("False", False)])
def test_a_flag_is_true_or_false(monkeypatch, written, meant):
    monkeypatch.setenv("THING", written)
    assert env.flag("THING", not meant) is meant


@pytest.mark.parametrize("written", ["true", "1", "yes", "Flase", ""])
def test_any_other_flag_is_refused(monkeypatch, written):
    monkeypatch.setenv("THING", written)
    with pytest.raises(ImproperlyConfigured, match="THING must be True or False"):
        env.flag("THING", False)


def test_a_whole_number(monkeypatch):
    monkeypatch.setenv("THING", "2")
    assert env.whole("THING", 0) == 2


@pytest.mark.parametrize("written", ["-1", "2.5", "two", ""])
def test_anything_else_is_no_whole_number(monkeypatch, written):
    monkeypatch.setenv("THING", written)
    with pytest.raises(ImproperlyConfigured, match="THING must be a whole number"):
        env.whole("THING", 0)


def test_words_drop_spaces_and_empty_items(monkeypatch):
    monkeypatch.setenv("THING", " grid.example.cn, ,127.0.0.1,")
    assert env.words("THING") == ["grid.example.cn", "127.0.0.1"]


def test_without_an_address_the_database_is_sqlite_in_the_given_file():
    database = env.database("THING", SQLITE)
    assert (database["ENGINE"], database["NAME"]) == ("django.db.backends.sqlite3", str(SQLITE))
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


@pytest.mark.parametrize(
    ("address", "file"),
    [("sqlite:", str(SQLITE)), ("sqlite:///local.sqlite3", "local.sqlite3"), ("sqlite:////srv/a.sqlite3", "/srv/a.sqlite3")],
)
def test_a_sqlite_address_may_name_its_file(monkeypatch, address, file):
    monkeypatch.setenv("THING", address)
    assert env.database("THING", SQLITE)["NAME"] == file


def test_a_postgres_address_is_taken_apart(monkeypatch):
    monkeypatch.setenv("THING", "postgres://grid%40party:p%3Aass%2Fword@db.example.cn:5433/grid_party")
    database = env.database("THING", SQLITE)
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert {name: database[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")} == {
        "NAME": "grid_party",
        "USER": "grid@party",
        "PASSWORD": "p:ass/word",
        "HOST": "db.example.cn",
        "PORT": "5433",
    }


def test_another_database_is_refused_without_showing_the_password(monkeypatch):
    monkeypatch.setenv("THING", "mysql://root:hidden@127.0.0.1/gridparty")
    with pytest.raises(ImproperlyConfigured, match="must begin with postgres://") as refusal:
        env.database("THING", SQLITE)
    assert "hidden" not in str(refusal.value)


def test_the_readme_lists_every_setting_that_is_read():
    source = (settings.BASE_DIR / "gridparty" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source))
    readme = (settings.BASE_DIR / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([A-Z_]+)` \|", readme, flags=re.MULTILINE))
    assert read == listed
