"""How a server refuses a client over TLS that has no certificate of its own."""

import ssl
from typing import Final

_REFUSALS: Final = ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "SSLV3_ALERT_BAD_CERTIFICATE")
"""What OpenSSL calls it: by TLS 1.3, and by Go's servers before it."""

_NO_AGREEMENT: Final = "SSLV3_ALERT_HANDSHAKE_FAILURE"


class ClientCertificateError(ssl.SSLError):
    """A server ended the handshake for want of a client's certificate."""

    reason = _NO_AGREEMENT


class Socket(ssl.SSLSocket):
    """A TLS socket whose handshake raises `ClientCertificateError` where it can tell."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - as `ssl` has it
        """Shake hands. Raises `OSError`."""
        try:
            super().do_handshake(block)
        except ssl.SSLError as error:
            raise_for_client_certificate(error, self)
            raise


def raise_for_client_certificate(error: ssl.SSLError, session: ssl.SSLSocket | ssl.SSLObject) -> None:
    """Raise `ClientCertificateError` if `error` ended a handshake because a certificate was wanted.

    Before TLS 1.3 a server says no more than that nothing was agreed on (RFC 5246, 7.4.6); but a cipher was.
    """
    if error.reason == _NO_AGREEMENT and session.cipher() is not None:
        raise ClientCertificateError(*error.args) from error


def wants_client_certificate(error: BaseException | None) -> bool:
    """Whether a server refused us for having no certificate. In TLS 1.3 that comes after the handshake."""
    if isinstance(error, ClientCertificateError):
        return True
    # One that Python itself raises may have no reason.
    return isinstance(error, ssl.SSLError) and getattr(error, "reason", None) in _REFUSALS
