"""`shimmy-metrics receive` and what can follow it: a part of the list of what can be done. Pure, and cheap to load."""

from typing import Final

from shimmy_metrics.cli.command import Argument, Command

_DATA: Final = Argument("--data", "the folder that holds everything the receiver keeps", value="DIR")
_STATUS_TELLS: Final = "shimmy-metrics receive status, with the same --data, tells what was done"
_DONE: Final = "It was done"
"""Printed once it is done, and shown by no other command."""

_ACTIONS: Final = (
    Command(
        "deploy",
        "print a file to run it with: an nginx configuration that logs no address, a systemd unit, a container file",
        arguments=(Argument("kind", "the file", choices=("nginx", "systemd", "container"), required=True),),
        under="shimmy-metrics receive",
    ),
    Command(
        "week",
        "print a week's aggregates: shares in which no group of fewer than k is told apart",
        arguments=(
            _DATA,
            Argument(
                "--week", "the week, instead of the newest with reports that is over, else this one", value="YYYY-Www"
            ),
            Argument("--json", "print JSON", alternative=True),
            Argument("--csv", "print a row for each group, and one or two with totals", alternative=True),
        ),
        under="shimmy-metrics receive",
    ),
    Command(
        "status",
        "say what is held, what was refused until 10 s ago and by which rule; exits with 1 where that needs you (for "
        "what is left of dropped days see verify-retention)",
        arguments=(_DATA, Argument("--json", "print JSON")),
        under="shimmy-metrics receive",
    ),
    Command(
        "retain",
        "drop the days that are old enough, as the receiver does by itself each day",
        arguments=(_DATA,),
        under="shimmy-metrics receive",
        afterwards=_STATUS_TELLS,
    ),
    Command(
        "verify-retention",
        "check that no file has a dropped day's mark, that no day is too old, and the log's signatures",
        arguments=(_DATA,),
        under="shimmy-metrics receive",
    ),
    Command(
        "deliver",
        "deliver what waits here to the cluster now, however little it is: before this machine is given up",
        arguments=(_DATA,),
        under="shimmy-metrics receive",
        afterwards=_STATUS_TELLS,
    ),
    Command(
        "end",
        "end the programme: every sender that reaches it is told, and stops until its person agrees anew",
        arguments=(_DATA, Argument("--undo", "take reports again")),
        under="shimmy-metrics receive",
        afterwards=_STATUS_TELLS,
    ),
    Command(
        "rotate-key",
        "go on with a new key",
        arguments=(
            Argument(
                "kind",
                "the key: the one that hashes ids, or the one that signs the log",
                choices=("hashing", "signing"),
                required=True,
            ),
            _DATA,
        ),
        under="shimmy-metrics receive",
        afterwards=_DONE,
    ),
    Command(
        "operator",
        "publish a text about yourself, which senders can read before they agree; its first line is your name",
        arguments=(Argument("file", "a text file, or - for standard input", value="FILE", required=True), _DATA),
        under="shimmy-metrics receive",
        afterwards=_DONE,
    ),
)
"""What can follow `receive`; each has a function in `cmd_receive`."""

RECEIVE: Final = Command(
    "receive",
    "run the other end: take reports, keep them for days at most, delete them",
    about=(
        "Receive reports at an address of your own, until it is stopped; those who send name it in "
        "SHIMMY_METRICS_ENDPOINT. Without options it listens on this machine alone. It stores no address, logs no "
        "request, and confirms a report only when it is safely on the disk. Needs more than the sender does, the "
        "extra receive, and says how to install it where it is missing.",
        "An action comes first: shimmy-metrics receive ACTION --help tells what it takes.",
    ),
    arguments=(
        _DATA,
        Argument("--listen", "the address to listen at, instead of 127.0.0.1:8787", value="ADDR"),
        Argument(
            "--trusted-proxy",
            "the proxy's address, or unix: only what comes from there may say for whom it asks (X-Forwarded-For)",
            value="IP",
        ),
        Argument("--tls-cert", "a file with the certificate and its chain (PEM), to speak HTTPS itself", value="FILE"),
        Argument("--tls-key", "the file with its key (PEM)", value="FILE"),
        Argument(
            "--store",
            "where reports are kept from now on: sqlite, which is this folder alone, or each server of a ClickHouse "
            "cluster behind it (clickhouse://HOST,HOST/DATABASE)",
            value="STORE",
        ),
        Argument(
            "--own",
            "for a fleet of your own: tell apart groups from K reports on, instead of 20, until another K is given",
            value="K",
        ),
    ),
    actions=_ACTIONS,
)
