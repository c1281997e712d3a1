"""A certificate that turns bad behind `--upstream https://`: clients see a reset, and the terminal says why, once."""

import datetime as dt
import json
import socket
import ssl
from functools import partial
from pathlib import Path

import trustme

from shimmy_metrics.exit_codes import Exit
from support.installed import Home, announced, stop, wait_until
from support.processes import no_sender
from support.relays import REFUSED, answering_early, post_too_much
from support.servers import free_port

HOST = "127.0.0.1"
YESTERDAY = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
FAILED = 3
EVENT = "no TLS connection with the upstream could be made"


def _noted(log: Path, times: int, error: str = "SSLCertVerificationError") -> bool:
    return log.exists() and log.read_text().count(f"{EVENT} ({error})") == times


def test_each_cause_is_printed_once_until_a_connection_stands_again(tmp_path: Path) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    good, other = authority.issue_cert(HOST), authority.issue_cert("localhost")
    expired = authority.issue_cert(HOST, not_before=YESTERDAY - dt.timedelta(days=1), not_after=YESTERDAY)
    good.configure_cert(context)
    variables = {"SSL_CERT_FILE": str(tmp_path / "authority.pem")}
    home = Home(tmp_path, {**variables, "SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})
    home.agree()
    port, log = free_port(), Path(home.profile.log_file)
    with socket.create_server((HOST, 0)) as listening, answering_early(listening, context):
        url = f"https://{HOST}:{listening.getsockname()[1]}"
        with home.started("serve", "--upstream", url, "--bind", f"{HOST}:{port}") as process:
            assert f"for {url} " in announced(process)
            assert post_too_much(port) == REFUSED
            for noted, certificate in enumerate((expired, other, good, expired), 1):
                certificate.configure_cert(context)
                if certificate is good:
                    assert post_too_much(port) == REFUSED
                    continue
                assert [post_too_much(port) for _ in range(FAILED)] == [b""] * FAILED
                assert wait_until(partial(_noted, log, min(noted, 3)))
            _, _, err = stop(process)
    no_sender(home)
    lines = err.splitlines()
    causes = ("its certificate has expired", f"its certificate is for another host than {HOST}")
    assert len(lines) == 3
    for line, cause in zip(lines, (*causes, causes[0]), strict=True):
        assert f"{url}: {cause}, so clients are reset. " in line
    (session,) = json.loads(home.metrics("export").stdout)["sessions"]
    assert session["counters"]["errors"] == 2 + 3 * FAILED  # REFUSED is a failure as well


def test_a_server_that_comes_to_want_a_certificate_of_its_clients_is_told_once(tmp_path: Path) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    authority.issue_cert(HOST).configure_cert(context)
    authority.configure_trust(context)
    context.minimum_version = ssl.TLSVersion.TLSv1_3  # its handshake succeeds, and the refusal comes after it
    variables = {"SSL_CERT_FILE": str(tmp_path / "authority.pem")}
    home = Home(tmp_path, {**variables, "SHIMMY_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/usage"})
    home.agree()
    port = free_port()
    with socket.create_server((HOST, 0)) as listening, answering_early(listening, context):
        url = f"https://{HOST}:{listening.getsockname()[1]}"
        with home.started("serve", "--upstream", url, "--bind", f"{HOST}:{port}") as process:
            assert f"for {url} " in announced(process)
            assert post_too_much(port) == REFUSED
            context.verify_mode = ssl.CERT_REQUIRED
            assert [post_too_much(port) for _ in range(FAILED)] == [b""] * FAILED
            assert wait_until(partial(_noted, Path(home.profile.log_file), 1, "SSLError"))
            _, _, err = stop(process)
        at_start = home.run("serve", "--upstream", url, "--bind", f"{HOST}:{port}")
    cause = "it wants a certificate of its clients, which this proxy does not have"
    assert f"{url}: {cause}, so clients are reset. Give an address of it where it asks for none" in err
    assert err.count(cause) == 1
    assert f"--upstream {url}: {cause}. Give an address of it where it asks for none" in at_start.stderr
    assert at_start.returncode == Exit.USAGE
