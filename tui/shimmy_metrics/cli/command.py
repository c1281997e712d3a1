"""A row of the list of what can be done: a command and its arguments."""

from collections.abc import Sequence
from typing import Final, NamedTuple

SHORTEST_ID: Final = 4
"""So many characters name what is to be sent, held, deleted or recalled: fewer may begin an ID that nobody has seen."""

STATUS_TELLS: Final = "shimmy config --metrics status tells what was done"
HISTORY_TELLS: Final = "shimmy-metrics history tells what was done"
FILES_TELL: Final = "shimmy-metrics files tells what is left"


class Argument(NamedTuple):
    """An argument of a command.

    `name` is an option (`--by`), or the attribute under which a positional is parsed (`id`). `does` says in a clause
    what it does; `value` is what stands for its value in the help, empty for an option without one. `choices` are the
    only values, if there are some. It can be left out unless it is `required`. Of the options of one command that
    are `alternative` only one can be given.
    """

    name: str
    does: str = ""
    value: str = ""
    choices: tuple[str, ...] = ()
    required: bool = False
    alternative: bool = False

    @property
    def option(self) -> bool:
        """Whether it is an option, not a positional."""
        return self.name.startswith("-")

    @property
    def shown(self) -> str:
        """How it stands in a line of usage, without brackets."""
        value = self.value or "|".join(self.choices)
        return f"{self.name} {value}".rstrip() if self.option else value


class Command(NamedTuple):
    """Something that can be done.

    `name` is the word (or, for an action, the words) that the command line has for it, `does` a clause that says what
    it does, `about` the paragraphs of its help. `app` are the ids of the keys for it in the app: the screen's first,
    then those of what is done there; empty where the app has nothing of the kind. `under` is what it is typed behind:
    `shimmy-metrics` if as `shimmy` it would shadow a command of the real binary. `actions` are what can be typed behind
    its own name (behind `--metrics`, for `config`). `afterwards` says, where its answer was lost, what tells what it
    did; empty where it changes nothing that its answer is needed for.
    """

    name: str
    does: str
    about: tuple[str, ...] = ()
    arguments: tuple[Argument, ...] = ()
    app: tuple[str, ...] = ()
    under: str = "shimmy-metrics"
    actions: tuple["Command", ...] = ()
    afterwards: str = ""

    @property
    def program(self) -> str:
        """The program and the command's words."""
        return f"{self.under} {self.name}"

    def chosen(self, words: Sequence[str]) -> "Command":
        """Return the action that the first of these words names, else the command itself."""
        return next((action for action in self.actions if words[:1] == [action.name]), self)
