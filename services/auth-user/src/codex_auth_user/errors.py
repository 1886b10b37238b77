"""What can go wrong with accounts and sessions."""

from codex_service.errors import NotFound, Unauthenticated


class UserNotFound(NotFound):
    """No user has this id."""


class WrongCredentials(Unauthenticated):
    """No such address, or not its password: nobody is told which."""

    def __init__(self) -> None:
        super().__init__("the e-mail address or the password is wrong")


class SessionOver(Unauthenticated):
    """A refresh token that is unknown, expired, of an ended session, or used before: nobody is told which."""

    def __init__(self) -> None:
        super().__init__("the refresh token is not valid")
