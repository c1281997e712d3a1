"""What is in force now: the config's decision, the environment's switch, and the endpoint."""

from urllib.parse import SplitResult, urlsplit

from shimmy_metrics.config.file import load
from shimmy_metrics.consent import Standing, Unusable
from shimmy_metrics.errors import UserError
from shimmy_metrics.system.profile import Profile


def unusable(error: UserError) -> Unusable:
    """Return what cannot be used, by what `standing` raised."""
    return Unusable.ENDPOINT if error.where == Unusable.ENDPOINT else Unusable.CONFIG


def standing(profile: Profile, *, ended: bool = False) -> Standing:
    """Read what is in force. `ended`: the store knows that the endpoint answered 410.

    Raises `UserError` for a config or an endpoint that cannot be used.
    """
    document = load(profile)
    decision = document.decision
    override = profile.environment.endpoint
    if override:
        check_endpoint(override, Unusable.ENDPOINT.value)
    else:
        check_endpoint(decision.endpoint, str(profile.config_path))
    return Standing(decision, profile.environment.switch, override or decision.endpoint, ended, document.distrust)


def check_endpoint(url: str, where: str) -> SplitResult:
    """Return the URL's parts. Raises `UserError` unless it is https, or http to loopback, without a password."""
    remedy = "Give an https address, such as https://metrics.example.org/v1/usage"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise UserError("the endpoint is no address", where=where, remedy=remedy) from None
    if not host or not url.isascii() or not url.isprintable() or " " in url:
        raise UserError("the endpoint is no address", where=where, remedy=remedy)
    if parts.username is not None or parts.fragment:
        raise UserError("the endpoint holds more than an address", where=where, remedy=remedy)
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)):
        return parts
    raise UserError("the endpoint is not https", where=where, remedy=remedy)


def is_loopback(host: str) -> bool:
    """Whether a host name or address leads to this machine alone, by its form (no name is looked up)."""
    if host.lower() == "localhost":
        return True
    import ipaddress  # the description's endpoint is https, and then this is not asked

    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
