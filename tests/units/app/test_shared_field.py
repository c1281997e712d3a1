"""The marked field goes along from screen to screen, until a person moves the mark."""

from types import SimpleNamespace
from typing import cast

from shimmy_metrics.app.host import Host
from shimmy_metrics.app.ui.shared_field import SharedField


def app(field: str = "") -> Host:
    return cast("Host", SimpleNamespace(field=field))


def test_a_field_that_one_screen_marks_is_marked_on_the_next() -> None:
    host = app()
    SharedField(host).keep("memory_gb")
    assert SharedField(host).mark("cpu_cores") == "memory_gb"


def test_a_screen_that_does_not_list_the_field_leaves_it_to_the_next() -> None:
    host = app("memory_gb")
    SharedField(host).keep("cpu_cores")
    assert host.field == "memory_gb"


def test_what_is_no_field_is_not_shared() -> None:
    host = app()
    SharedField(host).keep("route /v1/models")
    assert host.field == ""


def test_a_mark_that_nobody_moved_is_not_shared_where_that_is_asked() -> None:
    host = app()
    field = SharedField(host, when_moved=True)
    field.keep("memory_gb")
    assert host.field == ""
    field.release()
    field.keep("memory_gb")
    assert host.field == "memory_gb"


def test_whoever_moves_the_mark_leaves_the_field() -> None:
    host = app("memory_gb")
    field = SharedField(host)
    field.release()
    assert field.mark("cpu_cores") == "cpu_cores"


def test_what_is_read_from_its_top_follows_no_field_until_the_mark_is_moved() -> None:
    host = app("memory_gb")
    field = SharedField(host, when_moved=True, from_top=True)
    assert field.mark("session_id") == "session_id"
    field.release()
    field.keep("cpu_cores")
    assert field.mark("session_id") == "cpu_cores"
