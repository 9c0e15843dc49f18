"""Personal text at rest: readable with its key and only with it, findable by a keyed hash and only by it."""

import pytest
from cryptography.exceptions import InvalidTag
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.models import F, Value
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from gridparty.lib import crypto
from gridparty.lib.crypto import blind_index, blind_indexes, seal, unseal

OLD, NEW, OTHER = "1:" + "1a" * 32, "2:" + "2b" * 32, "3:" + "3c" * 32


class TestSealing:
    @given(st.text(st.characters(codec="utf-8"), min_size=1))
    def test_the_right_text_comes_back(self, text):
        sealed = seal(text)
        assert unseal(sealed) == text
        assert sealed.isascii()

    def test_the_text_does_not_show_and_two_seals_differ(self):
        one, other = seal("13812345678"), seal("13812345678")
        assert one != other
        assert "13812345678" not in one
        assert one.partition(":")[0] == "2"  # the newest key

    @given(st.data())
    def test_a_changed_seal_is_refused(self, data):
        sealed = seal("13812345678")
        at = data.draw(st.integers(2, len(sealed) - 3))
        changed = sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]
        with pytest.raises((ImproperlyConfigured, InvalidTag)):
            unseal(changed)

    def test_a_seal_under_another_keys_name_is_refused(self, settings):
        settings.FIELD_KEYS = [NEW, "1:" + "2b" * 32]  # even where the keys are equal
        with pytest.raises(ImproperlyConfigured):
            unseal("1:" + seal("13812345678").partition(":")[2])

    def test_text_that_was_never_sealed_is_not_quoted(self):
        with pytest.raises(ImproperlyConfigured, match="not encrypted") as refused:
            unseal("13812345678")
        assert "13812345678" not in str(refused.value)


class TestKeys:
    def test_what_was_sealed_before_a_new_key_came_stays_readable(self, settings):
        settings.FIELD_KEYS = [OLD]
        before = seal("13812345678")
        settings.FIELD_KEYS = [NEW, OLD]
        after = seal("13812345678")
        assert (before[0], after[0]) == ("1", "2")
        assert unseal(before) == unseal(after) == "13812345678"

    def test_a_key_taken_away_is_named(self, settings):
        settings.FIELD_KEYS = [NEW, OLD]
        sealed = seal("13812345678")
        settings.FIELD_KEYS = [OLD]
        with pytest.raises(ImproperlyConfigured, match="lacks key '2'"):
            unseal(sealed)

    def test_a_wrong_key_under_the_right_name_is_told(self, settings):
        settings.FIELD_KEYS = [OLD]
        sealed = seal("13812345678")
        settings.FIELD_KEYS = ["1:" + "ff" * 32]
        with pytest.raises(ImproperlyConfigured, match="key '1' is not the one stored data was encrypted with"):
            unseal(sealed)

    @pytest.mark.parametrize(
        ("key", "sentence"),
        [
            ("1:xyz", "'1' is not hexadecimal"),
            ("1:abcd", "'1' needs 64 hex digits"),
            ("1", "'1' needs 64 hex digits"),
            ("1:", "'1' needs 64 hex digits"),
        ],
    )
    def test_a_bad_key_is_named_and_not_shown(self, settings, key, sentence):
        settings.FIELD_KEYS = [key]
        with pytest.raises(ImproperlyConfigured, match=sentence) as refused:
            seal("x")
        assert "xyz" not in str(refused.value)
        assert "abcd" not in str(refused.value)

    def test_the_sentence_of_a_wrong_key_shows_neither_text_nor_key(self, settings):
        settings.FIELD_KEYS = [OLD]
        sealed = seal("13812345678")
        settings.FIELD_KEYS = ["1:" + "ff" * 32]
        with pytest.raises(ImproperlyConfigured) as refused:
            unseal(sealed)
        assert not any(part in str(refused.value) for part in ("ff" * 32, "13812345678", sealed))


class TestBlindIndex:
    def test_equal_values_meet_and_others_do_not(self):
        assert blind_index("370102199001011234", "id") == blind_index("370102199001011234", "id")
        assert blind_index("370102199001011234", "id") != blind_index("370102199001011235", "id")
        assert len(blind_index("370102199001011234", "id")) == 64

    def test_each_purpose_has_an_index_of_its_own(self):
        assert blind_index("13812345678", "id") != blind_index("13812345678", "phone")

    def test_what_was_hashed_before_a_new_key_came_is_still_found(self, settings):
        settings.FIELD_KEYS = [OLD]
        before = blind_index("370102199001011234", "id")
        settings.FIELD_KEYS = [NEW, OLD]
        assert blind_index("370102199001011234", "id") != before
        assert blind_indexes("370102199001011234", "id") == [blind_index("370102199001011234", "id"), before]

    def test_it_does_not_hang_on_the_secret_key(self, settings):
        before = blind_index("370102199001011234", "id")
        settings.SECRET_KEY = "another"
        assert blind_index("370102199001011234", "id") == before
        assert unseal(seal("x")) == "x"


def stored(user):
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone FROM accounts_user WHERE id = %s", [user.pk])
        return cursor.fetchone()[0]


@pytest.mark.django_db
class TestField:
    @pytest.fixture
    def user(self):
        return User.objects.create(username="zhang", name="张三", phone="13812345678")

    def test_the_database_holds_no_text_and_the_row_gives_it_back(self, user):
        assert "13812345678" not in stored(user)
        assert User.objects.get(pk=user.pk).phone == "13812345678"
        assert User.objects.values_list("phone", flat=True).get(pk=user.pk) == "13812345678"

    def test_nothing_stays_nothing(self):
        user = User.objects.create(username="li", name="李四")
        assert stored(user) == ""
        assert User.objects.get(pk=user.pk).phone == ""

    @pytest.mark.parametrize(
        "lookup", ["exact", "iexact", "in", "contains", "startswith", "endswith", "regex", "gt", "lt", "range", "icontains"]
    )
    def test_searching_is_refused_because_it_would_find_nothing(self, user, lookup):
        value = ["1", "2"] if lookup in ("in", "range") else "13812345678"
        with pytest.raises(TypeError, match="blind index"):
            User.objects.filter(**{f"phone__{lookup}": value}).exists()

    def test_searching_without_a_lookup_is_refused_too(self, user):
        with pytest.raises(TypeError, match="blind index"):
            User.objects.filter(phone="13812345678").exists()
        with pytest.raises(TypeError, match="blind index"):
            User.objects.get_or_create(phone="13812345678")

    def test_whether_it_is_there_at_all_may_be_asked(self, user):
        assert User.objects.filter(phone__isnull=True).count() == 0

    def test_bulk_writes_encrypt_too(self, user):
        (second,) = User.objects.bulk_create([User(username="li", name="李四", phone="13900001111")])
        assert "13900001111" not in stored(second)
        second.phone = "13900002222"
        User.objects.bulk_update([second], ["phone"])
        assert "13900002222" not in stored(second)
        User.objects.filter(pk=user.pk).update(phone="13900003333")
        assert "13900003333" not in stored(user)
        assert [each.phone for each in User.objects.order_by("pk")] == ["13900003333", "13900002222"]

    def test_copied_inside_the_database_it_stays_readable(self, user):
        User.objects.update(phone=F("phone"))
        assert User.objects.get(pk=user.pk).phone == "13812345678"

    def test_given_as_a_value_expression_it_is_encrypted(self, user):
        User.objects.update(phone=Value("13900001111", output_field=User._meta.get_field("phone")))
        assert "13900001111" not in stored(user)
        assert User.objects.get(pk=user.pk).phone == "13900001111"

    def test_saving_another_column_leaves_the_seal_as_it_is(self, user):
        before = stored(user)
        user = User.objects.get(pk=user.pk)
        user.name = "李四"
        user.save()
        assert stored(user) == before

    def test_a_row_sealed_with_a_lost_key_says_so(self, user, settings):
        settings.FIELD_KEYS = [OTHER]
        with pytest.raises(ImproperlyConfigured, match="lacks key '2'"):
            User.objects.get(pk=user.pk)


def test_the_log_masks_it():
    assert crypto.EncryptedTextField.personal is True
