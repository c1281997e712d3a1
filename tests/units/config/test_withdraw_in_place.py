"""Where the config cannot be replaced, a yes is written over where it stands, and nothing that is not ours is."""

import contextlib
import errno
import json
import os
import random
import sys
from pathlib import Path

import pytest

from shimmy_metrics.actions.decide import decline
from shimmy_metrics.config import withdraw as module
from shimmy_metrics.config.codec import parse, render
from shimmy_metrics.config.file import load, present
from shimmy_metrics.consent.state import Consent, Decision, declined
from shimmy_metrics.errors import UserError
from support.samples import profile
from support.unwritable_config import granted, refusing

posix = pytest.mark.skipif(sys.platform == "win32", reason="owners, links and modes are POSIX")
REASONS = [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO]


@pytest.mark.parametrize("reason", REASONS)
def test_where_the_file_cannot_be_replaced_the_yes_is_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: int
) -> None:
    mine = granted(tmp_path)
    before, node = mine.config_path.read_bytes(), mine.config_path.stat().st_ino
    monkeypatch.setattr(module, "replace", refusing(reason))
    made = decline(mine)
    assert made.changed
    assert made.notices == (
        f"{mine.config_path} could not be replaced ({os.strerror(reason).lower()}), "
        "so the yes in it was overwritten where it stands.",
    )
    assert made.decision == load(mine).decision
    after = mine.config_path.read_bytes()
    assert (len(after), mine.config_path.stat().st_ino) == (len(before), node)
    assert after == before.replace(b" true", b"false")
    assert load(mine).decision.consent is Consent.DECLINED
    assert not decline(mine).changed


def _mixtures(old: bytes, new: bytes) -> set[bytes]:
    """Return all that may stand there if the power goes: each byte old or new."""
    found = {b""}
    for each in zip(old, new, strict=True):
        found = {part + bytes([byte]) for part in found for byte in each}
    return found


@pytest.mark.parametrize(
    "text",
    [
        b'{"metrics": {"enabled": true}}',
        b'{"metrics":{"enabled":true }}',
        b'{"metrics":{"enabled":true\n}}',
        b'{"other": {"enabled": true}, "note": "was true once", "metrics": {"enabled": true, "keys": {"on": true}}}',
        b'{"enabled": true, "metrics": {"enabled": true}}',
        b'{"metrics": {"enabled": false, "local": true}}',
    ],
)
def test_what_is_overwritten_is_ours_and_torn_it_is_never_a_yes(text: bytes) -> None:
    start = module._place_of_yes(text)
    assert start is not None
    for mixture in _mixtures(text[start : start + 5], b"false"):
        torn = text[:start] + mixture + text[start + 5 :]
        if torn == text:
            continue
        with contextlib.suppress(UserError):
            decision = parse(torn, "").decision
            assert (decision.consent, decision.local) == (Consent.DECLINED, False)
            assert mixture == b"false"
    data, was = json.loads(text[:start] + b"false" + text[start + 5 :]), json.loads(text)
    for foreign in ("other", "note"):
        assert data.get(foreign) == was.get(foreign)
    assert data["metrics"].get("keys") == was["metrics"].get("keys")


def test_all_that_we_write_has_room_for_a_no() -> None:
    text = render(parse(b'{"a":{"enabled":true}}', ""), Decision(Consent.GRANTED, consent_id="g", changed="c"))
    assert module._place_of_yes(text) is not None
    local = render(parse(b"", ""), Decision(Consent.DECLINED, local=True, consent_id="g", changed="c"))
    assert module._place_of_yes(local) is not None


def test_without_room_for_a_no_the_file_is_deleted_and_foreign_keys_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = granted(tmp_path, '{"theme":"dark","rate":1.10,"metrics":{"enabled":true,"note":[1]}}')
    monkeypatch.setattr(module, "replace", refusing(errno.ENOSPC))
    made = decline(mine)
    assert not present(mine)
    assert made.notices[:2] == (
        f"{mine.config_path} cannot be written (no space left on device), so it was deleted. "
        "That withdraws as well; you will be asked again.",
        "It also held:",
    )
    said = "\n".join(made.notices[made.notices.index("It also held:") + 1 :])
    assert '"rate": 1.10' in said
    assert json.loads(said) == {"theme": "dark", "rate": 1.1, "metrics": {"note": [1]}}
    assert made.decision.consent is Consent.UNDECIDED


def test_a_link_to_what_cannot_be_written_is_removed_and_the_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = granted(tmp_path)
    real = tmp_path / "dotfiles.json"
    mine.config_path.rename(real)
    mine.config_path.symlink_to(real)
    before = real.read_bytes()
    monkeypatch.setattr(module, "replace", refusing(errno.EROFS))
    monkeypatch.setattr(module, "overwrite", refusing(errno.EROFS))
    made = decline(mine)
    assert not mine.config_path.is_symlink()
    assert real.read_bytes() == before
    assert made.notices == (
        f"{real} cannot be written (read-only file system), so the link to it, {mine.config_path}, was removed. "
        "That withdraws as well; you will be asked again.",
    )
    assert made.decision == Decision()
    assert not present(mine)


def _no(old: Decision) -> Decision:
    return declined(old, consent_id="a no", changed="now")


def test_another_s_change_is_not_written_over_in_place(tmp_path: Path) -> None:
    from shimmy_metrics.config.write import overwrite

    file = tmp_path / "file"
    file.write_bytes(b"as it is now")
    with pytest.raises(OSError, match="being changed"):
        overwrite(file, b"as it was", 0, b"false")
    assert file.read_bytes() == b"as it is now"


def test_any_layout_of_a_yes_becomes_a_no_or_is_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "replace", refusing(errno.ENOSPC))
    chance = random.Random(14)
    mine = profile(tmp_path)
    mine.config_path.parent.mkdir(parents=True, mode=0o700)
    for _ in range(300):
        members = [f'"k{n}":{chance.choice(["true", " true", "[true ]", "1"])}' for n in range(chance.randrange(4))]
        space = [chance.choice(["", " ", "\n", "\t"]) for _ in range(3)]
        members.insert(chance.randrange(len(members) + 1), f'"enabled"{space[0]}:{space[1]}true{space[2]}')
        both = [f'"metrics":{{{",".join(members)}}}', '"enabled":true']
        text = f"{{{','.join(both[: chance.randrange(1, 3)])}}}"
        mine.config_path.write_text(text)
        mine.config_path.chmod(0o600)
        assert load(mine).decision.consent is Consent.GRANTED
        decline(mine)
        assert load(mine).decision.consent is not Consent.GRANTED
        if present(mine):
            was, now = json.loads(text), json.loads(mine.config_path.read_text())
            assert {k: v for k, v in now["metrics"].items() if k != "enabled"} == {
                k: v for k, v in was["metrics"].items() if k != "enabled"
            }


@pytest.mark.parametrize("local", [False, True])
def test_only_for_me_is_withdrawn_in_place_like_a_yes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, local: bool
) -> None:
    path = granted(tmp_path, json.dumps({"metrics": {"enabled": not local, "local": local}})).config_path
    monkeypatch.setattr(module, "replace", refusing(errno.ENOSPC))
    made = module.withdraw(path, _no)
    assert (made.decision.consent, made.decision.local) == (Consent.DECLINED, False)
    assert json.loads(path.read_text()) == {"metrics": {"enabled": False, "local": False}}


@posix
def test_a_link_to_another_s_file_gives_way_and_the_file_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = profile(tmp_path).config_path
    path.parent.mkdir(parents=True, mode=0o700)
    theirs = tmp_path / "theirs.json"
    theirs.write_text('{"metrics": {"enabled": true}}')
    path.symlink_to(theirs)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 61_235)
    monkeypatch.setattr(module, "replace", refusing(errno.ENOSPC))
    made = module.withdraw(path, _no)
    again = "That withdraws as well; you will be asked again."
    assert made == module.Withdrawn(Decision(), (f"{path} led to another user's file and was removed. {again}",))
    assert theirs.read_text() == '{"metrics": {"enabled": true}}'


@posix
def test_another_s_file_is_not_written_over_in_place_but_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = granted(tmp_path).config_path
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 61_235)
    monkeypatch.setattr(module, "replace", refusing(errno.ENOSPC))
    monkeypatch.setattr(module, "overwrite", lambda *_: pytest.fail("another's file was written"))
    assert "so it was deleted" in module.withdraw(path, _no).notices[0]
    assert not path.exists()


@pytest.mark.parametrize(
    ("text", "start"),
    [
        (b'{"metrics":{"enabled": true}}', 22),
        (b'{"metrics":{"enabled":true }}', 22),
        (b'{"metrics":{"enabled":true}}', None),
        (b'{"metrics":{"on": true,"enabled": true}}', 33),
        (b'{"metrics":{"enabled":true,"local": true}}', None),
        (b"{}", None),
    ],
)
def test_a_yes_is_overwritten_where_a_byte_of_space_is_beside_it(text: bytes, start: int | None) -> None:
    assert module._place_of_yes(text) == start
