"""Read what follows `config`. Pure."""

from typing import Final, NamedTuple

WORDS: Final = ("enable", "disable", "status", "preview", "export", "validate")
"""The words of the actions: those of `config_table.ACTIONS`."""


class ConfigArguments(NamedTuple):
    """`shimmy config --metrics ACTION`: `file` is for `validate` (None: what is kept here), `json` for `status`.

    `held` is for `enable`, under our own name alone.
    """

    action: str
    file: str | None = None
    json: bool = False
    held: bool = False


def config_arguments(arguments: list[str]) -> ConfigArguments:
    """Read what follows `config`. Raises `UserError` for anything that is not an action of ours."""
    match arguments:
        case ["--metrics", str(action)] if action in WORDS:
            return ConfigArguments(action)
    return _parsed(arguments)


def _parsed(arguments: list[str]) -> ConfigArguments:
    # They load the list of commands and argparse, which the usual form does not need.
    from shimmy_metrics.cli.arguments import meant, parsed, refusal
    from shimmy_metrics.cli.config_table import CONFIG

    actions = ", ".join(WORDS)
    if sum(argument.partition("=")[0] == "--metrics" for argument in arguments) > 1:
        raise refusal(CONFIG, "--metrics takes one action")
    if arguments[-1:] == ["--metrics"]:
        raise refusal(CONFIG, f"--metrics needs one of {actions}")
    found = parsed(CONFIG, arguments)
    action, file = found["metrics"], found["file"]
    if action is None:
        raise refusal(CONFIG, f"add --metrics and one of {actions}")
    if action not in WORDS:
        raise refusal(CONFIG, f"there is no action {action!a}, only {actions}", meant(action, WORDS))
    if file in WORDS:
        raise refusal(CONFIG, f"--metrics takes one action, not both {action} and {file}")
    if file is not None and action != "validate":
        raise refusal(CONFIG, f"nothing can follow {action}, but {file!a} does")
    if found["json"] and action != "status":
        raise refusal(CONFIG, "--json works only with status")
    return ConfigArguments(action, file, found["json"])
