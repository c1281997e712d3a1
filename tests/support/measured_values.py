"""Any counters and any facts: what sessions may have measured."""

from hypothesis import strategies as st

from shimmy_metrics.counters import Counters
from shimmy_metrics.machine.facts import Facts
from shimmy_metrics.vocabulary import (
    ARCHITECTURES,
    CLIENTS,
    GPU_VENDORS,
    OTHER,
    REGIONS,
    ROUTES,
    SYSTEMS,
    TokenSource,
)

numbers = st.integers(min_value=0, max_value=10**18)


counters = st.builds(
    Counters,
    requests=numbers,
    errors=numbers,
    tokens=numbers,
    sources=st.dictionaries(st.sampled_from(list(TokenSource)), st.integers(0, 9)),
    models=numbers,
    models_at_once=numbers,
    routes=st.dictionaries(st.sampled_from([*ROUTES, OTHER, "/never/heard/of"]), numbers),
    clients=st.dictionaries(st.sampled_from([*CLIENTS, "somebody's own tool"]), numbers),
    answers=numbers,
    answer_ms=numbers,
    startup_ms=st.none() | numbers,
    peak_hour=numbers,
    uptime_s=numbers,
)


facts = st.builds(
    Facts,
    system=st.sampled_from([*SYSTEMS, "haiku"]),
    architecture=st.sampled_from([*ARCHITECTURES, "riscv64"]),
    memory_bytes=st.none() | st.integers(1, 2**60),
    cores=st.none() | st.integers(1, 10**6),
    gpu_vendor=st.none() | st.sampled_from(GPU_VENDORS),
    gpu_detected=st.booleans(),
    region=st.sampled_from(REGIONS),
    zone=st.text(max_size=9),
)
