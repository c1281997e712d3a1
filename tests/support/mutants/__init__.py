"""Mutation tests of the packages that keep the product's promises: a test must fail when their code changes.

`python -m support.mutants ROOM...`, run from tests/ with the extras `dev` and `mutants`, changes each module of a room
in every way that mutmut's operators know, one at a time, and runs the room's unit tests that reach the changed line;
what they take is shown to mypy, as CI does. It fails where less than 95 % are noticed, or where one that is not noticed
has no reason in `mutants/survivors.toml`. With `--listed` no test is run: it tells which of that list no longer exist.

mutmut's own runner is not used: it leaves out properties, decorated functions and whatever stands outside of a
function, which are the rules of consent and the tables of fields. Here the whole module is compiled anew, in a forked
process that has everything imported but the package.
"""
