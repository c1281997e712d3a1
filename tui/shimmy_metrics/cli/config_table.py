"""The rows for `shimmy config --metrics ACTION`, and for its short forms under our own name. Pure."""

from typing import Final

from shimmy_metrics.cli.command import STATUS_TELLS, Argument, Command
from shimmy_metrics.consent.endpoint import ENDPOINT
from shimmy_metrics.wording.consent_question import disclosure
from shimmy_metrics.wording.receiver import UNREACHABLE, WITHOUT_NETWORK, YOUR_ADDRESS

ACTIONS: Final = (
    Command(
        "enable",
        "say yes to this program's fields and to the receiver that is set; no report is sent before that",
        about=(
            " ".join(disclosure(ENDPOINT)),
            f"{YOUR_ADDRESS} Where another receiver is set, enable names that one; status does so before. The fields: "
            "shimmy-metrics fields.",
            WITHOUT_NETWORK,
        ),
        app=("app.consent", "consent.enable"),
        under="shimmy config --metrics",
        afterwards=STATUS_TELLS,
    ),
    Command(
        "disable",
        "withdraw, or say no; deletes what is waiting, your own figures and what was kept for you, keeps receipts, and "
        "stops a sender. Takes effect at once, even if another process holds a lock",
        app=("app.consent", "consent.decline"),
        under="shimmy config --metrics",
        afterwards=STATUS_TELLS,
    ),
    Command(
        "status",
        "what is on, what is waiting, what was sent and how it went",
        about=(UNREACHABLE,),
        arguments=(Argument("--json"),),
        app=("app.consent",),
        under="shimmy config --metrics",
    ),
    Command(
        "preview",
        "the next request's body, byte for byte; if none is due, that of releasing all; if none is held either, the "
        "running session, or one that was cut off, as a report of it would be now, or an example",
        app=("app.outgoing",),
        under="shimmy config --metrics",
    ),
    Command(
        "export",
        "what store and log hold, and our keys of the config, as JSON",
        about=(
            "Among it are your answer, sessions, waiting reports, each attempt to send, receipts with the ids by which "
            "they can be recalled, your own figures and the log. Who may read a file that your shell makes of it, its "
            "umask says: after umask 077 only you.",
        ),
        app=("app.export",),
        under="shimmy config --metrics",
    ),
    Command(
        "validate",
        "check everything kept here, or a report, an array of reports or an export; exits with 1 if something is found",
        arguments=(Argument("file", value="FILE|-"),),
        app=("app.validate",),
        under="shimmy config --metrics",
    ),
)
"""What `shimmy config --metrics ACTION` does: the description's six."""

CONFIG: Final = Command(
    "config",
    under="shimmy",
    does="decide about metrics, and see what they hold",
    about=(
        "preview, export and status --json print JSON alone on standard output; anything else they have to say goes "
        "to standard error. Only enable and disable change the config. All of them delete what there is no longer "
        "consent for, except validate with a FILE.",
        UNREACHABLE,
    ),
    arguments=(
        Argument("--metrics", "the action to take", value="ACTION", required=True),
        Argument("--json", "with status: print it as JSON"),
        Argument("file", value="FILE|-"),
    ),
    actions=ACTIONS,
)

_MORE: Final = {"enable": (Argument("--held", "hold each report, from the first, until you release it"),)}
"""What the short forms take beside the arguments of the description's."""

_BRIEFLY: Final = {
    "disable": "withdraw, or say no; deletes what waits and your figures",
}
"""What the list of all says of a short form, where the name alone would not be found."""

SHORT: Final = tuple(
    action._replace(
        does=_BRIEFLY.get(action.name, f"short for {action.program}"),
        about=(f"The same as {action.program}: {action.does}.", *action.about),
        arguments=(*action.arguments, *_MORE.get(action.name, ())),
        under="shimmy-metrics",
    )
    for action in ACTIONS
    if action.name != "preview"
)
"""The actions under our own name, where no real binary's word is shadowed; `preview` takes more there."""

_LOOKED_FOR: Final = {
    "disable": ("withdraw", "off", "stop", "no", "out", "opt-out", "optout", "decline", "revoke"),
    "enable": ("on", "yes", "opt-in", "optin", "accept"),
    "only-me": ("local", "only", "private"),
    "history": ("receipts", "sent", "proof", "attempts"),
    "status --help": ("network", "offline", "unreachable"),
    "usage": ("tokens", "figures", "stats", "day", "week", "month"),
    "files": ("log", "logs", "disk"),
    "forget": ("wipe", "purge", "erase", "remove", "uninstall", "delete-all"),
    "export": ("save", "backup", "dump"),
    "preview": ("next", "outgoing", "waiting"),
    "release": ("send",),
    "recall": ("undo", "take-back"),
    "fields": ("privacy", "prompts", "names"),
}

OTHER_WORDS: Final = {word: command for command, words in _LOOKED_FOR.items() for word in words}
"""Words for which people looked here, with the command that does it. None is a word of the real binary's."""
