"""From a bearer token to an identity, and from a connection to an address."""

import ipaddress

from codex_service.errors import ServiceError, Unauthenticated
from codex_service.tokens import Identity, TokenVerifier

_LONGEST_TOKEN = 4_096
_IPV6_NETWORK = 64  # bits: what one customer gets, and may choose from freely


async def identify(token: str | None, verifier: TokenVerifier) -> Identity:
    """Who holds the token.

    Raises:
        Unauthenticated: there is none, or it proves nothing.
    """
    if not token:
        raise Unauthenticated("an access token is needed: Authorization: Bearer <token>")
    if len(token) > _LONGEST_TOKEN:
        raise Unauthenticated("the access token is not valid")
    return await verifier.verify(token)


async def identify_if_possible(token: str | None, verifier: TokenVerifier) -> Identity | None:
    """Who holds the token, or None: where anybody may read, a bad token is as good as none."""
    if not token:
        return None
    try:
        return await identify(token, verifier)
    except ServiceError:
        return None


def network(host: str) -> str:
    """What counts as one address: an IPv4 address, or the network that an IPv6 address lies in."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 4:  # noqa: PLR2004 (the name of the protocol)
        return host
    return str(ipaddress.ip_network((address, _IPV6_NETWORK), strict=False))
