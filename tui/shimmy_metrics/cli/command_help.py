"""What `--help` behind one of our words prints: that word alone, with what it changes and what it prints."""

from typing import Final

COMMAND_HELP: Final = {
    "config": """\
shimmy config --metrics ACTION

  enable           record a yes to this program's fields and to the receiver in
                   force; nothing is measured or sent before one
  disable          record a no: what waits and what was kept for you is deleted,
                   receipts stay; it stops a sender. No lock holds the no up for
                   longer than a quarter of a second
  status [--json]  what is in force, what waits, what was sent and what came back
  preview          the next request's body, byte for byte; where nothing waits
                   the running session's report as of now, or an example
  export           what config, store and log hold, as JSON
  validate [FILE|-]
                   check all that is held, or a report, an array of reports or
                   an export; 1 where something is found

preview, export and status --json print JSON alone on standard output; what
there is to say beside it goes to standard error. Only enable and disable
change the config. What there is no consent for any more is deleted by each,
except by validate with a FILE.
""",
    "tui": """\
shimmy tui [--plain]

The app: decide, look at what is measured, at what waits and at what was sent,
release, delete, compare, export, validate, withdraw. ? lists every key.

  --plain          say the same facts in lines of text and ask the question
                   where it is open; so does a terminal that cannot show the app
""",
    "demo": """\
shimmy demo

See all of it in a sandbox: a toy server, the meter in front of it, clients,
and a receiver, all on this machine and in a folder that is deleted at the end.
Your own config and figures are not touched. Without a terminal it prints what
happens in lines of text.
""",
    "files": """\
shimmy-metrics files [--json]

List everything of ours on this disk: path, size, and what it is for.
""",
    "forget": """\
shimmy-metrics forget [--yes] [--json]

Withdraw, and delete everything of ours on this disk but the recorded no, your
receipts too. It asks first, with numbers; only a typed yes agrees.

  --yes            answer that question beforehand
  --json           say what was deleted as JSON
""",
    "preview": """\
shimmy-metrics preview [ID|all]

Print the body of the next request, byte for byte; with ID or all the body that
release would send. Nothing is sent. ID is how a report's digest or its
session_id begins.
""",
    "release": """\
shimmy-metrics release ID|all [--json]

Send reports that wait now, as one request of their own, and say what became of
it; 1 where the receiver took nothing. ID is how a report's digest or its
session_id begins; all is every held report, or where none is held every one
that is due.

  --json           print the request's digest and the attempt as JSON
""",
}
