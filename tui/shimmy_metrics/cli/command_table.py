"""The one list of what can be done. Pure, and cheap to load.

The command line's parsers, help and hints, the shells' completions and the man page all come from it. What the app does
is named by the ids of its keys (`app/keys.py`), under which its palette lists the same actions.
"""

from typing import Final

from shimmy_metrics.cli.command import FILES_TELL, HISTORY_TELLS, SHORTEST_ID, STATUS_TELLS, Argument, Command
from shimmy_metrics.cli.config_table import CONFIG, SHORT
from shimmy_metrics.cli.receive_table import RECEIVE
from shimmy_metrics.cli.request_table import OPERATOR, RECALL
from shimmy_metrics.limits import DEPARTURES_KEPT
from shimmy_metrics.wording.receiver import UNREACHABLE, WITHOUT_NETWORK

_ID: Final = "An ID is the start of a report's digest as it is shown, or of its session_id."
_ID_OF_AN_ACT: Final = f"{_ID[:-1]}: at least {SHORTEST_ID} characters."
_JSON: Final = Argument("--json", "print the same as JSON")
_RECORDED: Final = Argument("--json", "print what was recorded and said as JSON")

SERVE: Final = Command(
    "serve",
    under="shimmy",
    does="run the server; measured only after a yes or Only for me",
    about=(
        "Run the real Shimmy. Where it is to be measured (on Linux, after a yes or Only for me), the meter has the "
        "address that you asked for, and the server another port (--bind auto). Else this program becomes it, with "
        "every argument unchanged.",
        "With --upstream, measure a server that runs already (Shimmy, Ollama, llama.cpp, vLLM, LM Studio): clients "
        "use the address of --bind instead of the server's own.",
        UNREACHABLE,
    ),
    arguments=(
        Argument("--upstream", "the server that runs already, such as http://127.0.0.1:11434", value="URL"),
        Argument("--bind", "the address to listen at", value="ADDR"),
    ),
    afterwards=STATUS_TELLS,
)

_SHARED: Final = (
    Command(
        "tui",
        under="shimmy",
        does="the app: decide, look, compare, withdraw",
        about=(
            "The app: decide; see what is measured, what is waiting and what was sent; release, delete, compare, "
            "export, validate, withdraw. ? lists every key.",
        ),
        arguments=(
            Argument(
                "--plain",
                "print lines of text instead, and ask the question if it is open; a terminal that cannot show the app "
                "gets this",
            ),
        ),
        afterwards=STATUS_TELLS,
    ),
    CONFIG,
    SERVE,
    Command(
        "demo",
        under="shimmy",
        does="see all of it in a sandbox, deleted afterwards",
        about=(
            "See all of it in a sandbox: a toy server, the meter in front of it, clients, and a receiver, all on this "
            "machine and in a folder that is deleted at the end. Your own config and figures are not touched. Without "
            "a terminal it prints what happens as lines of text.",
        ),
    ),
)

_OWN: Final = (
    *SHORT,
    Command(
        "only-me",
        "measure for your own eyes, and never send",
        about=(
            "Record the answer Only for me: sessions are measured for you to see, and no report is made or sent. After "
            "a yes it withdraws that; reports that waited become sessions kept for you.",
        ),
        arguments=(_RECORDED,),
        app=("app.consent", "consent.only"),
        afterwards=STATUS_TELLS,
    ),
    Command(
        "review",
        "after a yes: hold each report until you release it",
        about=(
            "Hold each report, also those that wait, until you release it: shimmy-metrics release.",
            WITHOUT_NETWORK,
        ),
        arguments=(_RECORDED,),
        app=("app.consent", "consent.hold"),
        afterwards=STATUS_TELLS,
    ),
    Command(
        "automatic",
        "after a yes: send reports by themselves again",
        about=(
            "Send each report after its session, without waiting for you to release it. Reports that review alone held "
            "are due then too.",
            WITHOUT_NETWORK,
        ),
        arguments=(_RECORDED,),
        app=("app.consent", "consent.hold"),
        afterwards=STATUS_TELLS,
    ),
    Command(
        "history",
        "attempts to send, and what became of them",
        about=(
            "List the attempts to send, newest first: what was sent, where to, when, what became of it, how many "
            "bytes and their digest. A receiver that confirmed the digest computed it itself, of the bytes that it "
            "got. Of what a receiver took the bytes are kept as a receipt, until you delete them. The newest "
            f"{DEPARTURES_KEPT:,} entries are kept, receipts with them; older ones become one.",
            "With ID, print a receipt's bytes as they were sent: shimmy-metrics history ID | sha256sum prints the "
            f"digest that stands in the list. {_ID}",
        ),
        arguments=(
            Argument("id", "the receipt to print", value="ID"),
            Argument("--json", "print them as JSON, each receipt with its bytes"),
            Argument("--from", "the first day, such as 2026-11-28", value="DATE"),
            Argument("--to", "the last day", value="DATE"),
        ),
        app=("app.history",),
    ),
    Command(
        "diff",
        "what changed between two reports, field by field",
        about=(
            "Compare the next report with the last one that was sent; if none is due, held or measured, the last two "
            "that were sent. With A, compare that report with the last one that was sent before it; with A and B, "
            "report A with the later B.",
            f"{_ID} Waiting reports, receipts, and sessions that run or were cut off (as reports of them would be now) "
            "can be named.",
        ),
        arguments=(
            Argument("a", "the report to compare, or the earlier one of two", value="A"),
            Argument("b", "the later one", value="B"),
            _JSON,
        ),
        app=("app.history", "history.base"),
    ),
    Command(
        "preview",
        "the bytes that would be sent next, or on releasing ID",
        about=(
            "Print the body of the next request, byte for byte; if no report is due, the body that release all would "
            "send; if none is held either, the running session, or one that was cut off, as a report of it would be "
            "now, or an example. With ID or all, print the body that release would send. Nothing is sent. "
            f"{_ID}",
        ),
        arguments=(
            Argument("id", "the report to preview", value="ID|all"),
            Argument("--json", "changes nothing: what it prints is JSON"),
        ),
        app=("app.outgoing",),
    ),
    Command(
        "release",
        "send waiting reports now, and print the outcome",
        about=(
            "Send waiting reports now, as one request of their own, and print the outcome; exits with 1 if none is "
            f"known to be taken. {_ID_OF_AN_ACT} all is every held report, or if none is held, every report that is "
            "due, as far as one request has room.",
            WITHOUT_NETWORK,
        ),
        arguments=(
            Argument("id", "the report to send, or all", value="ID|all", required=True),
            Argument("--json", "print the request's digest and the attempt as JSON"),
        ),
        app=("app.outgoing", "outbox.release"),
        afterwards=HISTORY_TELLS,
    ),
    RECALL,
    OPERATOR,
    Command(
        "hold",
        "hold one waiting report until you release it",
        about=(f"Hold one report that is due until you release it, however the others are sent. {_ID_OF_AN_ACT}",),
        arguments=(Argument("id", "the report to hold", value="ID", required=True), _RECORDED),
        app=("app.outgoing", "outbox.hold"),
        afterwards=STATUS_TELLS,
    ),
    Command(
        "delete",
        "delete a waiting report, a kept session, or all receipts",
        about=(
            "Delete one waiting report for good; history notes that one was deleted, not what was in it. Or delete a "
            "session that is kept for you alone, by its session_id; your sums by day stay. Or delete the bytes of all "
            "receipts: nothing in them can be recalled after that; when, where to and each digest stay on record. It "
            f"asks first; only a typed yes agrees. {_ID_OF_AN_ACT}",
        ),
        arguments=(
            Argument("id", "the report, the session, or all receipts", value="ID|receipts", required=True),
            Argument("--yes", "answer that question in advance"),
            Argument("--json", "print what was deleted as JSON"),
        ),
        app=("app.outgoing", "outbox.delete"),
        afterwards=HISTORY_TELLS,
    ),
    Command(
        "fields",
        "all that could ever be sent, with your values now",
        about=(
            "List the fields, which are everything that could ever be sent: this machine's value now, its bounds, what "
            "it is, why it is asked for, and how much it tells about whose report it is. The values are those of the "
            "newest running session, or without one an example's.",
        ),
        arguments=(
            Argument("word", "only what a search for this word finds, such as memory or location", value="WORD"),
            Argument("--json", "print them as JSON, with what is never sent"),
        ),
        app=("app.fields",),
    ),
    Command(
        "usage",
        "your own figures: requests, errors, tokens",
        about=(
            "Print your own figures: requests, errors, tokens generated (in JSON and CSV: tokens), tokens of prompts "
            "(tokens_in) and, in the table, both together, by the local day on which each answer ended. They are "
            "counted while metrics are on or only for you, kept on this machine, 400 days up to the newest, and in no "
            "report; a no deletes them.",
        ),
        arguments=(
            Argument(
                "--by",
                "a row for each day, week (from its Monday) or month",
                choices=("day", "week", "month"),
            ),
            Argument("--json", "an array of rows", alternative=True),
            Argument("--csv", "rows with a header", alternative=True),
            Argument(
                "--openmetrics",
                "totals since 1 January, or since --from, as counters; saved as a .prom file, node_exporter's "
                "textfile collector reads it",
                alternative=True,
            ),
            Argument("--from", "the first day, such as 2026-11-28", value="DATE"),
            Argument("--to", "the last day", value="DATE"),
            Argument("--last", "only so many days, today the last of them: 7 for a week", value="DAYS"),
        ),
        app=("app.usage",),
    ),
    Command(
        "files",
        "the files of ours on this disk",
        about=(
            "List the files of ours on this disk: path, size, and what each is for. Not among them are the program "
            "itself, what you saved elsewhere or under another name, what receive keeps, and the sandbox of a killed "
            "demo.",
        ),
        arguments=(_JSON,),
        app=("app.consent",),
    ),
    Command(
        "forget",
        "delete all but the config, receipts too",
        about=(
            "Withdraw, and delete everything that shimmy-metrics files lists, your receipts too; the config stays. "
            "It asks first, with numbers; only a typed yes agrees.",
        ),
        arguments=(
            Argument("--yes", "answer that question in advance"),
            Argument("--json", "print what was deleted as JSON"),
        ),
        app=("app.consent", "consent.forget"),
        afterwards=FILES_TELL,
    ),
    Command(
        "completion",
        "print a shell's completion of these commands",
        about=(
            "Print the completion of these commands for a shell, to be loaded by it: in bash, for example, "
            'eval "$(shimmy-metrics completion bash)".',
        ),
        arguments=(Argument("shell", "the shell", choices=("bash", "zsh", "fish"), required=True),),
    ),
    RECEIVE,
)

COMMANDS: Final = {command.name: command for command in (*_SHARED, *_OWN)}
"""Every command by its word, those of both programs first."""

OWN: Final = frozenset(command.name for command in _OWN)
"""The commands under our own name alone."""
