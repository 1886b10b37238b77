"""What may become an account."""

import pytest

from codex_auth_user.accounts.countries import COUNTRIES
from codex_auth_user.accounts.model import Credentials, SignUp
from codex_service.errors import InvalidRequest


def form(**changes: str) -> SignUp:
    usual = {"username": "ada", "email": "ada@example.org", "password": "long enough", "country": ""}
    return SignUp(**{**usual, **changes})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("username", name) for name in ("", "ab", "a" * 31, "Ada", "a-b", "a b", "äda", "ada\n", "ad\0", "१२३")),
        *(("password", word) for word in ("", "1234567", "p" * 129, "1234567\0", "1234567\ud800")),
        *(("country", code) for code in ("XX", "de", "DEU", "D", "\0\0", "DE ")),
        *(
            ("email", address)
            for address in (
                "", "ada", "@example.org", "ada@", "a@b@c", "a da@example.org", "ada@example.org ", "ada@exa mple.org",
                ".a@example.org", "a..b@example.org", "a.@example.org", "a@-example.org", "a@example-.org",
                "a@example..org", "a@.org", "<a@example.org>", "a\0@example.org", "a\ud800@example.org",
                f"{'a' * 65}@example.org", f"a@{'b' * 250}.org",
            )
        ),
    ],
)  # fmt: skip
def test_a_form_that_breaks_a_rule_is_refused_and_the_field_is_named(field: str, value: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        form(**{field: value})

    assert refused.value.field == field


@pytest.mark.parametrize(
    "email",
    ["a@b.co", "ada.lovelace+codex@sub.example.org", "o'neill@example.org", "ada@localhost", "jürgen@bücher.example",
     "用户@例子.example", f"{'a' * 64}@example.org", "a!#$%&*/=?^_`{|}~-z@x-y.example"],
)  # fmt: skip
def test_any_well_formed_address_is_accepted(email: str) -> None:
    assert form(email=email).email == email


@pytest.mark.parametrize("password", ["12345678", "p" * 128, "pässwörd 🔑", "        "])
def test_a_password_is_any_8_to_128_characters(password: str) -> None:
    assert form(password=password).password == password


def test_every_country_is_accepted_and_so_is_none() -> None:
    assert len(COUNTRIES) == 249
    for country in ("", *COUNTRIES):
        form(country=country)


@pytest.mark.parametrize(
    ("field", "email", "password"),
    [
        ("email", "a\0@b.co", "x"),
        ("email", "a" * 255, "x"),
        ("password", "a@b.co", "\udfff"),
        ("password", "", "p" * 129),
    ],
)
def test_credentials_may_be_wrong_but_not_harmful(field: str, email: str, password: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        Credentials(email=email, password=password)

    assert refused.value.field == field


def test_what_is_secret_is_not_shown_when_a_value_is_printed() -> None:
    shown = repr(form(email="ada@example.org", password="long enough"))

    assert "example.org" not in shown
    assert "long enough" not in shown
