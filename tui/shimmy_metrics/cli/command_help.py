"""What `--help` after one of our commands prints: that command alone, what it changes and what it prints."""

from typing import Final

COMMAND_HELP: Final = {
    "config": """\
shimmy config --metrics ACTION

  enable           say yes to this program's fields and to the receiver that is
                   set; nothing is measured or sent before that
  disable          say no: deletes what is waiting and what was kept for you,
                   keeps receipts, and stops a sender. No lock holds the no up
                   for longer than a quarter of a second
  status [--json]  what is on, what is waiting, what was sent and how it went
  preview          the next request's body, byte for byte; if nothing is
                   waiting, the running session's report now, or an example
  export           what config, store and log hold, as JSON
  validate [FILE|-]
                   check everything kept here, or a report, an array of reports
                   or an export; exits with 1 if something is found

preview, export and status --json print JSON alone on standard output; anything
else they have to say goes to standard error. Only enable and disable change
the config. All of them delete what there is no longer consent for, except
validate with a FILE.
""",
    "tui": """\
shimmy tui [--plain]

The app: decide; see what is measured, what is waiting and what was sent;
release, delete, compare, export, validate, withdraw. ? lists every key.

  --plain          print the same facts as lines of text, and ask the question
                   if it is open; a terminal that cannot show the app gets this
""",
    "demo": """\
shimmy demo

See all of it in a sandbox: a toy server, the meter in front of it, clients,
and a receiver, all on this machine and in a folder that is deleted at the end.
Your own config and figures are not touched. Without a terminal it prints what
happens as lines of text.
""",
    "files": """\
shimmy-metrics files [--json]

List everything of ours on this disk: path, size, and what it is for.
""",
    "forget": """\
shimmy-metrics forget [--yes] [--json]

Withdraw, and delete everything of ours on this disk but your recorded no, your
receipts too. It asks first, with numbers; only a typed yes agrees.

  --yes            answer that question in advance
  --json           print what was deleted as JSON
""",
    "preview": """\
shimmy-metrics preview [ID|all]

Print the body of the next request, byte for byte; with ID or all, the body
that release would send. Nothing is sent. ID is the start of a report's digest
or session_id.
""",
    "release": """\
shimmy-metrics release ID|all [--json]

Send waiting reports now, as one request of their own, and print the outcome;
exits with 1 if the receiver took nothing. ID is the start of a report's digest
or session_id; all is every held report, or if none is held, every report that
is due.

  --json           print the request's digest and the attempt as JSON
""",
    "usage": """\
shimmy-metrics usage [--by day|week|month] [--json|--csv|--openmetrics]
                     [--from DATE] [--to DATE]

Print your own figures: requests, errors, tokens generated (tokens) and tokens
of prompts (tokens_in), by the local day on which each answer ended. They are
counted while metrics are on or only for you, kept on this machine for 400 days
and in no report; a no deletes them.

  --by             a row for each day, week (from its Monday) or month
  --json           an array of rows
  --csv            rows with a header
  --openmetrics    totals since 1 January, or since --from, as counters; saved
                   as a .prom file, node_exporter's textfile collector reads it
  --from, --to     the first and the last day, such as 2026-11-28
""",
}
