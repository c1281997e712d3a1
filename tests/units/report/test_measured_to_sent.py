"""What was measured beside what a report says."""

import json

import pytest

from shimmy_metrics.counters import Counters
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.report import coarsen
from shimmy_metrics.report.build import build, raw_values
from shimmy_metrics.report.fields import NEWEST
from shimmy_metrics.report.kinds import Value
from shimmy_metrics.report.measured import Measured
from support.samples import COUNTERS, FACTS, NOW, SESSION_ID, measured, sealed


def test_a_report_is_what_was_measured_and_coarsened() -> None:
    report = json.loads(sealed().body)
    assert report == {
        "session_id": SESSION_ID,
        "timestamp": "2026-11-23T00:00:00Z",
        "version": "2.6.5",
        "platform": "linux-x64",
        "schema_version": NEWEST,
        "metrics": {
            "daily_active_usage": True,
            "session_duration_minutes": 120,
            "requests_per_session": 47,
            "total_tokens_generated": 2400,
            "errors_count": 2,
            "token_source": "mixed",
            "models_used_count": 2,
            "concurrent_model_usage": 1,
            "api_endpoints_used": ["/v1/chat/completions", "/v1/models"],
            "integration_type": "openai-sdk",
            "deployment_type": "development",
            "hardware_tier": "consumer",
            "memory_gb": 16,
            "cpu_cores": 8,
            "region_indicator": "emea",
            "avg_response_time_ms": 1200,
            "startup_time_ms": 810,
            "peak_requests_per_hour": 15,
            "gpu_detected": True,
            "gpu_vendor": "nvidia",
        },
    }


def test_exact_machine_figures_leave_once_a_month_only() -> None:
    later = Measured(SESSION_ID, NOW, "2.6.5", 1, Counters(), FACTS, None, first_of_day=True, first_of_month=False)
    metrics = build(later)["metrics"]
    assert isinstance(metrics, dict)
    assert metrics["memory_gb"] is None
    assert metrics["cpu_cores"] is None


def test_an_idle_short_session_is_no_active_day() -> None:
    idle = Measured(SESSION_ID, NOW, "", 1, Counters(uptime_s=299), FACTS, None, first_of_day=True, first_of_month=True)
    longer = Measured(
        SESSION_ID, NOW, "", 1, Counters(uptime_s=300), FACTS, None, first_of_day=True, first_of_month=True
    )
    for given_session, active in ((idle, False), (longer, True)):
        metrics = build(given_session)["metrics"]
        assert isinstance(metrics, dict)
        assert metrics["daily_active_usage"] is active


def test_tokens_of_unknown_source_are_sent_as_zero() -> None:
    unknown = measured(counters=Counters(tokens=500, sources={"unknown": 3}))
    metrics = build(unknown)["metrics"]
    assert isinstance(metrics, dict)
    assert metrics["total_tokens_generated"] == 0
    assert metrics["token_source"] == "unknown"


def _metrics(values: Measured) -> dict[str, Value]:
    metrics = build(values)["metrics"]
    assert isinstance(metrics, dict)
    return metrics


@pytest.mark.parametrize(
    ("sources", "word", "tokens"),
    [
        ({"reported": 3}, "reported", 510),
        ({"counted": 1}, "counted", 510),
        ({"estimated": 2}, "estimated", 510),
        ({"reported": 1, "estimated": 1}, "mixed", 510),
        ({"counted": 1, "unknown": 1}, "mixed", 510),
        ({"reported": 1, "counted": 0}, "reported", 510),
        ({"unknown": 4}, "unknown", 0),
        ({}, "unknown", 0),
    ],
)
def test_one_source_is_named_and_several_are_mixed(sources: dict[str, int], word: str, tokens: int) -> None:
    metrics = _metrics(measured(counters=COUNTERS._replace(tokens=514, sources=sources)))
    assert (metrics["token_source"], metrics["total_tokens_generated"]) == (word, tokens)


@pytest.mark.parametrize(
    ("name", "counters", "sent"),
    [
        ("session_duration_minutes", Counters(uptime_s=59), 0),
        ("session_duration_minutes", Counters(uptime_s=99 * 60 + 59), 99),
        ("session_duration_minutes", Counters(uptime_s=104 * 60), 100),
        ("session_duration_minutes", Counters(uptime_s=105 * 60), 110),
        ("session_duration_minutes", Counters(uptime_s=10**9), 520_000),
        ("requests_per_session", Counters(requests=7_321), 7_300),
        ("requests_per_session", Counters(requests=10**12), 10**9),
        ("total_tokens_generated", Counters(tokens=1_234_567, sources={"reported": 1}), 1_200_000),
        ("total_tokens_generated", Counters(tokens=10**15, sources={"reported": 1}), 10**12),
        ("errors_count", Counters(errors=995), 1_000),
        ("errors_count", Counters(errors=10**12), 10**9),
        ("peak_requests_per_hour", Counters(peak_hour=4_449), 4_400),
        ("peak_requests_per_hour", Counters(peak_hour=10**7), 10**6),
        ("startup_time_ms", Counters(startup_ms=1_749), 1_700),
        ("startup_time_ms", Counters(startup_ms=10**9), 3_600_000),
        ("startup_time_ms", Counters(startup_ms=0), 0),
        ("startup_time_ms", Counters(), None),
        ("avg_response_time_ms", Counters(answers=3, answer_ms=3_740), 1_200),
        ("avg_response_time_ms", Counters(answers=1, answer_ms=10**9), 3_600_000),
        ("avg_response_time_ms", Counters(requests=9), None),
        ("models_used_count", Counters(models=63), 63),
        ("models_used_count", Counters(models=65), 64),
        ("concurrent_model_usage", Counters(models_at_once=65), 64),
    ],
)
def test_figures_leave_with_two_digits_and_within_their_bounds(name: str, counters: Counters, sent: int | None) -> None:
    assert _metrics(measured(counters=counters))[name] == sent


@pytest.mark.parametrize(
    ("requests", "minutes", "word"),
    [(1_049, 0, "development"), (1_050, 0, "production"), (104, 0, "evaluation"), (105, 0, "development"),
     (0, 484, "development"), (0, 485, "production"), (0, 60, "evaluation"), (0, 61, "development")],
)  # fmt: skip
def test_deployment_is_told_from_the_rounded_figures_and_tells_nothing_beside_them(
    requests: int, minutes: int, word: str
) -> None:
    metrics = _metrics(measured(counters=Counters(requests=requests, uptime_s=minutes * 60)))
    assert metrics["deployment_type"] == word
    sent = (metrics["requests_per_session"], metrics["session_duration_minutes"])
    assert isinstance(sent[0], int)
    assert isinstance(sent[1], int)
    assert coarsen.deployment_type(sent[0], sent[1]) == word


@pytest.mark.parametrize(
    ("gigabytes", "gpu", "tier"),
    [(40, True, "workstation"), (40, False, "consumer"), (80, False, "server"), (None, True, "consumer")],
)
def test_the_class_of_machine_is_told_from_its_memory_and_gpu(gigabytes: int | None, gpu: bool, tier: str) -> None:
    memory = None if gigabytes is None else gigabytes * 2**30
    facts = FACTS._replace(memory_bytes=memory, gpu_detected=gpu)
    assert _metrics(measured()._replace(facts=facts))["hardware_tier"] == tier


@pytest.mark.parametrize("hint", ["curl", "zed"])
def test_where_clients_tie_the_terminal_s_environment_tells_which(hint: str) -> None:
    values = measured(counters=COUNTERS._replace(clients={"curl": 7, "zed": 7}))._replace(client_hint=hint)
    assert _metrics(values)["integration_type"] == hint


@pytest.mark.parametrize("facts", [FACTS, FACTS._replace(memory_bytes=None), FACTS._replace(cores=None)])
@pytest.mark.parametrize("first", [True, False])
def test_what_cannot_be_read_is_null_and_the_other_figure_keeps_its_month(facts: Facts, first: bool) -> None:
    metrics = _metrics(measured()._replace(facts=facts, first_of_month=first))
    assert metrics["memory_gb"] == (16 if first and facts.memory_bytes else None)
    assert metrics["cpu_cores"] == (8 if first and facts.cores else None)


@pytest.mark.parametrize(
    ("requests", "seconds", "first", "active", "raw"),
    [
        (1, 0, True, True, "first of the day"),
        (0, 299, True, False, "not active"),  # no use is not called the first
        (0, 300, True, True, "first of the day"),
        (1, 300, False, False, "not the day's first"),
        (0, 0, False, False, "not the day's first"),
    ],
)
def test_a_day_counts_with_a_request_or_five_minutes_and_once(
    requests: int, seconds: int, first: bool, active: bool, raw: str
) -> None:
    values = measured(counters=Counters(requests=requests, uptime_s=seconds))._replace(first_of_day=first)
    assert _metrics(values)["daily_active_usage"] is active
    assert raw_values(values)["daily_active_usage"] == raw


def test_the_raw_values_are_exact_and_worded() -> None:
    assert raw_values(measured()) == {
        "session_id": SESSION_ID,
        "timestamp": "23 Nov 2026 14:32:07 UTC",
        "version": "2.6.5",
        "platform": "linux on x64",
        "schema_version": f"{NEWEST}",
        "daily_active_usage": "first of the day",
        "session_duration_minutes": "7,321 s",
        "requests_per_session": "47",
        "total_tokens_generated": "2,350",
        "errors_count": "2",
        "token_source": "reported 40, counted 3",
        "models_used_count": "2 hashed",
        "concurrent_model_usage": "1",
        "api_endpoints_used": "/v1/chat/completions 44, /v1/models 3",
        "integration_type": "openai-sdk 40, curl 7",
        "deployment_type": "47 requests, 122 min",
        "hardware_tier": "15.6 GB, a GPU",
        "memory_gb": "15.6 GB",
        "cpu_cores": "12",
        "region_indicator": "Europe/Berlin",
        "avg_response_time_ms": "1,247 ms",
        "startup_time_ms": "812 ms",
        "peak_requests_per_hour": "15",
        "gpu_detected": "yes",
        "gpu_vendor": "nvidia",
    }


@pytest.mark.parametrize(("requests", "raw"), [(0, "0 requests, 122 min"), (1, "1 request, 122 min")])
def test_one_request_is_not_told_as_several(requests: int, raw: str) -> None:
    assert raw_values(measured(counters=COUNTERS._replace(requests=requests)))["deployment_type"] == raw


def test_what_was_not_measured_is_said_in_words() -> None:
    unknown = FACTS._replace(memory_bytes=None, cores=None, gpu_vendor=None, gpu_detected=False, zone="")
    told = raw_values(measured(counters=Counters())._replace(facts=unknown, version="", first_of_day=False))
    assert {name: text for name, text in told.items() if not text[0].isdigit() and text not in ("none", "no")} == {
        "session_id": SESSION_ID,
        "version": "the server told none",
        "platform": "linux on x64",
        "daily_active_usage": "not the day's first",
        "hardware_tier": "not known, no GPU",
        "memory_gb": "not known",
        "cpu_cores": "not known",
        "region_indicator": "no time zone",
        "avg_response_time_ms": "not measured",
        "startup_time_ms": "not measured",
    }
    assert raw_values(measured()._replace(facts=FACTS._replace(gpu_vendor=None)))["gpu_vendor"] == "another maker"
