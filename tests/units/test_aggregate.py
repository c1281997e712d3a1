"""What a session counts: sums, words, the busiest hour, and how many models answered at the same time."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shimmy_metrics.aggregate import Aggregate
from shimmy_metrics.counters import Counters, DaySums
from shimmy_metrics.exchange import Exchange
from shimmy_metrics.limits import MINUTES_SHOWN, MODELS_MAX, SESSION_DAYS
from shimmy_metrics.models_at_once import STEPS_KEPT, ModelsAtOnce
from shimmy_metrics.vocabulary import OTHER, TokenSource

ONE = Exchange("/v1/models", False, "curl", None, 0, None, 0.0, 0.5, 1.0)
DAY = "2026-11-28"
CHAT = Exchange("/v1/chat/completions", False, None, b"m", 7, TokenSource.REPORTED, 0.0, 0.5, 2.0)


def _folded(*exchanges: Exchange) -> Aggregate:
    aggregate = Aggregate(0.0)
    for exchange in exchanges:
        aggregate.fold(exchange, DAY)
    return aggregate


def test_every_exchange_is_counted_and_one_without_content_weighs_nothing_in_tokens() -> None:
    unknown = CHAT._replace(token_source=TokenSource.UNKNOWN, tokens=0, ended=9.0)
    unanswered = ONE._replace(failed=True, answered=None, route=OTHER, client=None)
    told = _folded(ONE, CHAT, unknown, unanswered).snapshot(90.0)
    assert (told.requests, told.errors, told.tokens, told.models) == (4, 1, 7, 1)
    assert told.routes == {"/v1/models": 1, "/v1/chat/completions": 2, OTHER: 1}
    assert told.clients == {"curl": 1}
    assert told.sources == {"reported": 1, "unknown": 1}
    assert told.token_source == TokenSource.MIXED
    assert (told.answers, told.answer_ms, told.mean_answer_ms) == (2, 11_000, 5_500)
    assert told.generating_ms == 2_000
    assert told.tokens_a_second == 3.5
    assert (told.minutes, told.uptime_s) == ((4, 0), 90)
    assert Counters.from_json(told.as_json()) == told


def test_a_session_begins_with_nothing() -> None:
    told = Aggregate(5.0, startup_ms=812).snapshot(5.0)
    assert told == Counters()._replace(startup_ms=812, minutes=(0,))
    assert {value for value in Counters().as_json().values() if isinstance(value, int)} == {0}
    assert Counters.from_json({"key of another version": 1}) == Counters()
    assert Counters(tokens=5).tokens_a_second is None
    assert Counters(generating_ms=5).tokens_a_second is None


def test_polls_beside_chats_do_not_make_answers_look_quick() -> None:
    chats = [CHAT._replace(ended=1.0) for _ in range(3)]
    polls = [ONE._replace(answered=0.001, ended=0.002) for _ in range(60)]
    assert _folded(*chats, *polls).snapshot(9.0).mean_answer_ms == 1_000
    assert _folded(*polls).snapshot(9.0).mean_answer_ms is None


def test_a_server_s_own_estimate_is_counted_as_what_it_is() -> None:
    estimated = CHAT._replace(token_source=TokenSource.ESTIMATED)
    told = _folded(estimated, estimated).snapshot(9.0)
    assert (told.tokens, told.token_source, told.sources) == (14, TokenSource.ESTIMATED, {"estimated": 2})
    assert _folded(estimated, CHAT).snapshot(9.0).token_source == TokenSource.MIXED


def test_where_tokens_are_unknown_is_counted_and_who_left_before_the_answer_had_no_answering_time() -> None:
    left = CHAT._replace(token_source=TokenSource.UNKNOWN, tokens=0, model=None, answered=None, unread=CHAT.route)
    told = _folded(CHAT, left, left, left._replace(answered=0.5, unread="/generate")).snapshot(9.0)
    assert told.unread == {"/v1/chat/completions": 2, "/generate": 1}
    assert (told.token_source, told.tokens, told.answers, told.mean_answer_ms) == (TokenSource.MIXED, 7, 2, 2_000)
    assert Counters.from_json(told.as_json()) == told


def test_a_day_s_sums_are_those_of_the_answers_that_ended_on_it() -> None:
    aggregate = Aggregate(0.0)
    chat = CHAT._replace(tokens_in=5)
    for exchange, day in ((chat, "2026-11-27"), (ONE._replace(failed=True), "2026-11-28"), (chat, "2026-11-28")):
        aggregate.fold(exchange, day)
    told = aggregate.snapshot(9.0)
    assert told.days == {"2026-11-27": DaySums(1, 0, 7, 5), "2026-11-28": DaySums(2, 1, 7, 5)}
    assert (told.requests, told.errors, told.tokens, told.tokens_in) == (3, 1, 14, 10)
    assert Counters.from_json(json.loads(json.dumps(told.as_json()))) == told
    aggregate.fold(chat, "2026-11-28")
    assert told.days["2026-11-28"].requests == 2  # a snapshot stays as it is


def test_of_a_session_s_days_the_latest_begun_are_kept_also_where_the_clock_goes_back() -> None:
    aggregate = Aggregate(0.0)
    for number in range(SESSION_DAYS):
        aggregate.fold(ONE, f"2026-11-{number + 10}")
    for day in ("2026-11-01", "2026-11-18"):
        aggregate.fold(ONE, day)
    expected = [*(f"2026-11-{number + 12}" for number in range(6)), "2026-11-01", "2026-11-18"]
    assert list(aggregate.snapshot(0.0).days) == expected


def test_the_busiest_hour_is_any_sixty_minutes_in_a_row() -> None:
    at = (0.0, 30.0, 3_500.0, 3_600.0, 3_610.0, 3_620.0, 90_000.0)
    aggregate = Aggregate(0.0)
    peaks = []
    for second in at:
        aggregate.fold(ONE._replace(ended=second), DAY)
        peaks.append(aggregate.snapshot(second).peak_hour)
    assert peaks == [1, 2, 3, 3, 3, 4, 4]
    assert aggregate.snapshot(90_000.0).minutes == (0,) * (MINUTES_SHOWN - 1) + (1,)


def test_no_more_models_are_kept_than_the_limit() -> None:
    many = [CHAT._replace(model=bytes([number]), ended=3.0 + number) for number in range(MODELS_MAX + 9)]
    told = _folded(*many, *many).snapshot(0.0)
    assert (told.models, told.models_at_once) == (MODELS_MAX, MODELS_MAX)


def _plainly(exchanges: list[Exchange]) -> int:
    """Look at each instant at which an answer begins."""
    return max(
        len({each.model for each in exchanges if each.started <= one.started < each.ended} | {one.model})
        for one in exchanges
    )


times = st.tuples(st.sampled_from([b"a", b"b", b"c", b"d"]), st.integers(0, 12), st.integers(1, 12))


@given(st.lists(times, min_size=1, max_size=40))
def test_models_at_once_are_those_that_answered_at_one_instant(drawn: list[tuple[bytes, int, int]]) -> None:
    told = sorted(
        (CHAT._replace(model=model, started=float(begin), ended=float(begin + lasts)) for model, begin, lasts in drawn),
        key=lambda exchange: exchange.ended,
    )
    assert _folded(*told).snapshot(0.0).models_at_once == _plainly(told)


class _Compared(float):
    """A time that counts how often it is compared."""

    compared = 0

    def __lt__(self, other: float) -> bool:
        _Compared.compared += 1
        return float(self) < float(other)

    def __gt__(self, other: float) -> bool:
        _Compared.compared += 1
        return float(self) > float(other)


@pytest.mark.parametrize("models", [2, 3, MODELS_MAX])
def test_hundreds_of_answers_at_once_cost_an_answer_no_more_than_one_does(models: int) -> None:
    """A client waits behind it."""
    aggregate = _folded(CHAT._replace(model=b"long ago", ended=0.1))
    compared = []
    for number in range(2 * STEPS_KEPT):
        started, ended = _Compared(5 - number / 1e6), _Compared(9 + number / 1e6)
        _Compared.compared = 0
        aggregate.fold(CHAT._replace(model=bytes([number % models]), started=started, ended=ended), DAY)
        compared.append(_Compared.compared)
    assert max(compared) < 40
    assert len(aggregate._models._times) <= STEPS_KEPT + 2


def test_what_is_long_past_is_forgotten() -> None:
    models = ModelsAtOnce()
    models.add(b"a", 0.0, 1.0)
    for number in range(STEPS_KEPT):
        models.add(b"b", number + 1.0, number + 1.5)
    models.add(b"c", 0.0, 1_000.0)
    assert (models.seen, models.most) == (3, 2)
    assert len(models._times) <= STEPS_KEPT


def test_an_answer_that_took_no_time_is_of_one_model() -> None:
    models = ModelsAtOnce()
    models.add(b"a", 1.0, 1.0)
    assert (models.seen, models.most) == (1, 1)
