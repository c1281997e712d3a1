"""A certificate of an authority of its own, in files."""

from pathlib import Path
from typing import NamedTuple

import trustme


class Certificate(NamedTuple):
    """PEM files: whom to trust, the certificate with its chain, its key."""

    authority: Path
    chain: Path
    key: Path


def issue(folder: Path, name: str = "localhost") -> Certificate:
    """Issue a certificate for `name`, into `folder`."""
    authority = trustme.CA()
    certificate = authority.issue_cert(name)
    made = Certificate(folder / "authority.pem", folder / "chain.pem", folder / "key.pem")
    authority.cert_pem.write_to_path(str(made.authority))
    for number, blob in enumerate(certificate.cert_chain_pems):
        blob.write_to_path(str(made.chain), append=number > 0)
    certificate.private_key_pem.write_to_path(str(made.key))
    return made
