"""What a search among the fields finds: other words for them, the beginnings of words, and what it means most."""

import pytest

from shimmy_metrics.report.fields import in_screen_order
from shimmy_metrics.report.never import ALSO, NEVER
from shimmy_metrics.report.search import best, found


@pytest.mark.parametrize(
    ("word", "field"),
    [
        ("location", "region_indicator"),
        ("country", "region_indicator"),
        ("timezone", "region_indicator"),
        ("time zone", "region_indicator"),
        ("uptime", "session_duration_minutes"),
        ("RAM", "memory_gb"),
        ("OS", "platform"),
        ("user agent", "integration_type"),
        ("User-Agent", "integration_type"),
        ("vscode", "integration_type"),
        ("GPU model", "hardware models"),
        ("IP", "IP addresses"),
    ],
)
def test_a_search_knows_what_people_call_it(word: str, field: str) -> None:
    assert field in found(word)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("session_duration_minutes", "uptime"),
        ("api_endpoints_used", "URL"),
        ("integration_type", "user agent, client, IDE"),
        ("avg_response_time_ms", "latency"),
        ("startup_time_ms", "start-up"),
        ("platform", "OS, Linux, macOS, Windows, architecture"),
        ("memory_gb", "RAM"),
        ("gpu_detected", "graphics card"),
        ("gpu_vendor", "graphics card"),
        ("region_indicator", "location, country, continent, timezone"),
        ("session_id", "identifier, UUID"),
        ("timestamp", "date"),
        ("prompts", "chats, messages, questions"),
        ("answers", "chats, responses, completions"),
        ("host name", "hostname, computer name"),
        ("user name", "username, login"),
        ("API keys", "passwords, secrets"),
        ("hardware models", "GPU model, CPU model, serial number"),
        ("install identifier", "machine ID, device ID"),
        ("server memory use", "RAM"),
    ],
)
def test_what_is_sent_and_what_never_is_are_found_by_each_word_that_people_have_for_it(name: str, words: str) -> None:
    for word in words.split(", "):
        assert found(word)[name] == f"also looked for as: {words}"


def test_the_beginning_of_a_word_counts_before_its_middle() -> None:
    assert [*found("ram")] == ["memory_gb", "server memory use"]
    assert "region_indicator" in found("ndicator")
    assert "session_duration_minutes" in found("duration"), "an underscore parts words"
    assert "errors_count" in found("or"), "not only in the middle of errors"


@pytest.mark.parametrize("search", ["ſ", "(", "\\", "[a-"])
def test_what_is_typed_is_no_pattern(search: str) -> None:
    assert all(search in text for text in found(search).values())


@pytest.mark.parametrize("search", ["uptime", " uptime\t", "UPTIME"])
def test_each_hit_has_the_first_of_its_texts_that_holds_the_words(search: str) -> None:
    assert found(search) == {"session_duration_minutes": "also looked for as: uptime"}


def test_every_text_is_searched_and_a_list_word_for_word() -> None:
    for field in in_screen_order():
        for text in (field.name, field.meaning, field.source, field.coarsening, field.purpose):
            assert field.name in found(text)
    for name, fate in NEVER:
        assert found(fate)[name] == fate
    assert found("nvidia, amd")["gpu_vendor"].startswith("nvidia, amd")
    assert found("520,000") == {"session_duration_minutes": "0 to 520,000, two digits"}


def test_a_search_for_bits_finds_the_fields_that_tell_something() -> None:
    told = {field.name: f"{field.bits:.1f} identifying bits" for field in in_screen_order() if field.bits}
    assert found("identifying bits") == told
    for name, words in told.items():
        assert found(words)[name] == words


def test_only_what_has_other_words_is_said_to_be_looked_for_by_them() -> None:
    listed = {**{field.name: field.also for field in in_screen_order()}, **ALSO}
    assert {*found("also looked for as")} == {name for name, words in listed.items() if words}


def test_no_words_are_everywhere_and_other_words_nowhere() -> None:
    assert [*found("")] == [*(field.name for field in in_screen_order()), *(name for name, _ in NEVER)]
    assert found("memq") == {}


@pytest.mark.parametrize(
    ("search", "field"),
    [
        ("ram", "memory_gb"),
        ("ip", "IP addresses"),
        # A name of which it is the first word, though another that begins with it stands before.
        ("model", "model names"),
        (" MODEL ", "model names"),
        ("mod", "models_used_count"),
        # A name that begins with it, though another that holds it stands before.
        ("token", "token_source"),
        ("us", "user name"),
        (" TOKEN ", "token_source"),
        ("session", "session_duration_minutes"),
        # A name that holds it, though another one is also looked for by it.
        ("identifier", "install identifier"),
        ("id", "session_id"),
        ("uuid", "session_id"),
        ("linux", "platform"),
        # Said of something, but no name for it.
        ("nvidia", ""),
        ("answered", ""),
        ("memq", ""),
        ("", ""),
        (" ", ""),
    ],
)
def test_what_a_search_means_most(search: str, field: str) -> None:
    assert best(search) == field
