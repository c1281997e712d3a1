"""Why a TLS connection to an upstream failed: one line for each cause, and what to do about it."""

import ssl
from collections.abc import Mapping
from typing import Final, NamedTuple

from shimmy_metrics.system.client_certificate import wants_client_certificate

_NOT_YET_VALID: Final = 9
_EXPIRED: Final = 10
_OTHER_HOST: Final = (62, 64)
_UNKNOWN_AUTHORITY: Final = (2, 18, 19, 20, 21)
"""Verification errors (openssl-verification-options(1), x509_vfy.h), which Python gives only as numbers."""

_NO_TLS: Final = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")
"""What OpenSSL calls an answer that is not TLS; which one depends on its version and on the bytes."""

_FILE: Final = "SSL_CERT_FILE"
_PLAIN: Final = "Give http:// where it speaks that"


class Cause(NamedTuple):
    """What is wrong, and what to do."""

    what: str
    remedy: str


def cause_of(error: OSError, host: str, variables: Mapping[str, str]) -> Cause:
    """Return why the TLS handshake with a host failed; `variables` are those of the environment."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _unverified(error, host, variables.get(_FILE, ""))
    if not isinstance(error, ssl.SSLError):
        return Cause("it ended the connection instead of speaking TLS", _PLAIN)
    if error.reason in _NO_TLS:
        return Cause("it answered, but not in TLS", _PLAIN)
    if wants_client_certificate(error):
        what = "it wants a certificate of its clients, which this proxy does not have"
        return Cause(what, "Give an address of it where it asks for none")
    what = f"no TLS connection could be made: {error.reason or 'no reason given'}"
    return Cause(what, "Look at its TLS settings")


def _unverified(error: ssl.SSLCertVerificationError, host: str, file: str) -> Cause:
    if error.verify_code == _EXPIRED:
        return Cause("its certificate has expired", "Renew it on that server, or set this machine's clock right")
    if error.verify_code == _NOT_YET_VALID:
        return Cause("its certificate is not valid yet", "Set the clocks of this machine and of that server right")
    if error.verify_code in _OTHER_HOST:
        return Cause(f"its certificate is for another host than {host}", "Give the name that the certificate bears")
    if error.verify_code in _UNKNOWN_AUTHORITY:
        return _unusable(file) or Cause(
            f"the authority that issued its certificate is not known {f'from {file}' if file else 'here'}",
            f"Name a file with that authority's certificate in {_FILE}",
        )
    return Cause(f"its certificate is not valid: {error.verify_message}", "Have it issued anew for that server")


def _unusable(file: str) -> Cause | None:
    """Return why the file names no authority, None if it does. OpenSSL ignores an unusable file silently."""
    if not file:
        return None
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=file)
    except ssl.SSLError:  # before OSError, which it is as well
        return Cause(f"{_FILE} holds no certificate in PEM form: {file}", "Name a file that does, or unset it")
    except OSError as error:
        why = (error.strerror or "no reason given").lower()
        return Cause(f"{_FILE} cannot be read: {file}: {why}", "Name a file that can, or unset it")
    return None
