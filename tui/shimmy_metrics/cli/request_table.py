"""The commands that ask a receiver for something: a part of the list of what can be done. Pure, and cheap to load."""

from typing import Final

from shimmy_metrics.cli.command import HISTORY_TELLS, SHORTEST_ID, Argument, Command

RECALL: Final = Command(
    "recall",
    "ask a receiver to delete what was sent",
    about=(
        "Ask the receiver of a request that left to delete its reports, and print what it answered: a DELETE for each "
        "report, by its session_id. All reports of a request are recalled together; of several, and of all, it asks "
        "first, and only a typed yes agrees. all is every request that left, is not recalled yet, and whose ids are "
        "still here, each asked for once; a receiver that gives no answer is not asked again. It is your own act: it "
        "works while metrics are off, and is never done by itself. What a receiver has already counted in a published "
        "figure stays there.",
        "An ID is the start of a request's or a report's digest as it is shown, or of a session_id: at least "
        f"{SHORTEST_ID} characters. Exits with 0 if every deletion was confirmed (204); with 1 if one was not, or you "
        "did not agree; and with 2 if a receiver gave no answer, another sender was at work all the while, or nothing "
        "that left has this ID.",
    ),
    arguments=(
        Argument("id", "what to recall", value="ID|all", required=True),
        Argument("--yes", "answer that question in advance"),
        Argument("--json", "print the requests with their headers, and the recall, as JSON"),
    ),
    app=("app.history", "history.recall", "history.recall-all"),
    afterwards=HISTORY_TELLS,
)

OPERATOR: Final = Command(
    "operator",
    "ask the receiver that is set who runs it",
    about=(
        "Ask the receiver that is set what its operator publishes of itself, and print it: one GET of /v1/operator. "
        "None of its headers says anything about this machine. Nothing is kept. It is your own act: it works "
        "while metrics are off, and is never done by itself. What it says is its own word, which nobody here has "
        "checked.",
        "Exits with 1 if it answers with nothing that can be shown, and with 2 if nobody answered.",
    ),
    arguments=(Argument("--json", "print the request with its headers, and what it says, as JSON"),),
    app=("app.consent", "consent.operator"),
)
