"""What a store says of itself before anything is in it."""

from shimmy_metrics.store.tables import NOTE_TEXTS_1, TABLES, words


def test_the_words_of_an_empty_store_are_all_named() -> None:
    named = f" {' '.join(words().split())} "
    for each in ("SQLite format", "sqlite_sequence", *NOTE_TEXTS_1.values(), *TABLES.split()):
        assert f" {each} " in named
