"""What names, addresses, passwords and countries may look like. Every check raises InvalidRequest for its field."""

import re

from codex_auth_user.accounts.countries import COUNTRIES
from codex_service.errors import InvalidRequest

LONGEST_EMAIL = 254  # RFC 5321: what fits between the angle brackets of a path
LONGEST_PASSWORD = 128
_SHORTEST_PASSWORD = 8

_USERNAME = re.compile(r"[a-z0-9_]{3,30}")
# A local part of dot-separated atoms (RFC 5322, RFC 6532), then host labels. Quoted local parts are left out.
_ATOM = r"""[^\s\x00-\x1f\x7f\ud800-\udfff@.,:;<>()\[\]\\"]+"""
_LABEL = r"[^\W_]+(?:-+[^\W_]+)*"
_EMAIL = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")  # PostgreSQL takes no NUL, UTF-8 no lone surrogate


def check_username(username: str) -> None:
    if not _USERNAME.fullmatch(username):
        raise InvalidRequest("a username is 3 to 30 of a-z, 0-9 and _", field="username")


def check_email(email: str) -> None:
    if len(email) > LONGEST_EMAIL or not _EMAIL.fullmatch(email):
        raise InvalidRequest("this is no e-mail address", field="email")


def check_password(password: str) -> None:
    check_text(password, "password", at_least=_SHORTEST_PASSWORD, at_most=LONGEST_PASSWORD)


def check_country(country: str) -> None:
    if country and country not in COUNTRIES:
        raise InvalidRequest("a country is a code of ISO 3166-1 alpha-2, in capitals", field="country")


def check_text(text: str, field: str, *, at_least: int = 0, at_most: int) -> None:
    """Any text of ``at_least`` to ``at_most`` characters that can be stored."""
    if not at_least <= len(text) <= at_most:
        raise InvalidRequest(f"{field} has {at_least} to {at_most} characters", field=field)
    if _UNSTORABLE.search(text):
        raise InvalidRequest(f"{field} holds a character that is not allowed", field=field)


def email_key(email: str) -> str:
    """What is compared of an address: addresses that differ in case are one."""
    return email.lower()
