"""Recall a request that left: ask its receiver to delete the reports. The person's own act, allowed while off.

A request is named by the start of its digest, or of the digest or the `session_id` of one of its reports.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from shimmy_metrics.actions.id_choices import could_be, departure_choice
from shimmy_metrics.delivery.proxy import proxy_shown
from shimmy_metrics.delivery.request import Request, recall_requests
from shimmy_metrics.entries import recall_of as newest_recall
from shimmy_metrics.errors import UserError
from shimmy_metrics.records import Departure, DepartureKind, Outcome, QueuedReport
from shimmy_metrics.report.bodies import field_values, split
from shimmy_metrics.report.kinds import UUID4
from shimmy_metrics.report.seal import digest
from shimmy_metrics.store import departures, outbox
from shimmy_metrics.store.readonly import open_readonly
from shimmy_metrics.system.profile import Profile

_NONE: Final = "No request that left has its ids here"


class FoundRecall(NamedTuple):
    """A request that can be recalled.

    `report_ids` are those of its reports that are known here. `elsewhere` are departures that carried one of them to
    another receiver, newest first. `proxy` is the `HOST:PORT` by way of which the recall goes, empty where it goes
    straight.
    """

    departure: Departure
    report_ids: tuple[str, ...]
    elsewhere: tuple[Departure, ...] = ()
    proxy: str = ""

    @property
    def requests(self) -> tuple[Request, ...]:
        """What would be sent, in this order."""
        return recall_requests(self.departure.endpoint, self.report_ids)


def known_ids(departure: Departure) -> tuple[str, ...]:
    """Return the ids of the reports that may have left with a departure, as far as they are known here.

    A receipt has them in its bytes; without one, or where these are damaged, they stand in the row until the person
    deletes the receipts. Nothing but a UUID is returned, whatever a damaged file holds: it becomes part of an address.
    """
    if departure.kind is not DepartureKind.REPORTS:
        return ()
    received: Iterable[Any] = (field_values(report).get("session_id") for report in split(departure.body))
    return _uuids(received) or _uuids(departure.report_ids)


def _uuids(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(each for each in values if UUID4.violation(each) is None)


def find_recall(profile: Profile, word: str) -> FoundRecall:
    """Return the request that `word` names. Nothing is sent.

    Raises `UserError` for a word that names nothing that left, or several requests, and for a store that cannot be
    used.
    """
    with open_readonly(profile) as db:
        sent = departures.everything(db) if db is not None else []
        queued = outbox.everything(db) if db is not None else []
    return recall_of(profile, _named(sent, queued, word.lower()), sent)


def find_all_recalls(profile: Profile) -> tuple[FoundRecall, ...]:
    """Return the recall of every request that left and was not recalled yet, oldest first. Nothing is sent.

    Raises `UserError` where nothing that left can be recalled, and for a store that cannot be used.
    """
    with open_readonly(profile) as db:
        sent = departures.everything(db) if db is not None else []
    recalled = any(each.outcome is Outcome.RECALLED for each in sent)  # its receipt and ids may be deleted since
    if not recalled and not any(map(known_ids, sent)):
        raise UserError("nothing that left can be recalled", remedy=_NONE)
    return tuple(
        FoundRecall(departure, ids, (), proxy_shown(departure.endpoint, profile.environment))
        for departure, ids in recallable(sent)
    )


def recallable(sent: Sequence[Departure]) -> tuple[tuple[Departure, tuple[str, ...]], ...]:
    """Return each request whose receiver did not confirm a recall yet, oldest first, with the ids of its reports.

    `sent` has the newest first. A report that left for a receiver more than once counts as the newest request's alone,
    so that it is neither asked for twice nor once more after that one was recalled.
    """
    found: list[tuple[Departure, tuple[str, ...]]] = []
    later: set[tuple[str, str]] = set()
    recalls = [each for each in sent if each.kind is DepartureKind.RECALL]
    for departure in sent:
        ids = tuple(each for each in known_ids(departure) if (departure.endpoint, each) not in later)
        later.update((departure.endpoint, each) for each in ids)
        recalled = newest_recall(recalls, departure)
        confirmed = recalled is not None and recalled.outcome is Outcome.RECALLED
        if ids and not confirmed:
            found.append((departure, ids))
    return tuple(reversed(found))


def recall_of(profile: Profile, departure: Departure, sent: Sequence[Departure]) -> FoundRecall:
    """Return the recall of a departure, one of all that were `sent`."""
    ids = known_ids(departure)
    elsewhere = tuple(
        each for each in sent if each.endpoint != departure.endpoint and not {*ids}.isdisjoint(known_ids(each))
    )
    return FoundRecall(departure, ids, elsewhere, proxy_shown(departure.endpoint, profile.environment))


def recall(profile: Profile, found: FoundRecall) -> Departure:
    """Ask the receiver to delete the reports, within `SEND_SECONDS`; return the recall's own departure.

    Raises `UserError` where the store cannot be used, or a sender is at work for all of the time.
    """
    from shimmy_metrics.delivery.recall import Recall, send_recall  # with httpx behind it: only what sends wants that

    return send_recall(profile, Recall(found.departure, found.report_ids))


def recall_each(profile: Profile, every: Sequence[FoundRecall]) -> Iterator[tuple[FoundRecall, Departure]]:
    """Recall one request after the other, and yield each with the recall's own departure.

    A receiver that gives no answer is not asked for the rest. Raises `UserError` as `recall` does.
    """
    silent: set[str] = set()
    for found in every:
        if found.departure.endpoint not in silent:
            made = recall(profile, found)
            yield found, made
            if not made.status:
                silent.add(found.departure.endpoint)


def _named(sent: list[Departure], queued: list[QueuedReport], start: str) -> Departure:
    if not start:
        raise UserError("neither an ID nor all is given (shimmy-metrics recall ID)", remedy=_requests(sent))
    recallable = [each for each in sent if known_ids(each)]
    by_digest = [each for each in recallable if each.sha256.startswith(start)]
    carried = {report_id for each in by_digest for report_id in known_ids(each)}
    waiting = {report.report_id: report.sha256 for report in queued}
    by_report = [(each, report_id) for each in recallable for report_id in _named_reports(each, start, waiting)]
    named = {each.sha256 for each in by_digest} | {report_id for _, report_id in by_report if report_id not in carried}
    if len(named) > 1:
        raise UserError(f"{len(named)} requests and reports begin with {start!a}", remedy="Give more characters of it")
    if not named:
        raise _nothing_named(sent, queued, start)
    return by_digest[0] if by_digest else by_report[0][0]


def _named_reports(departure: Departure, start: str, waiting: Mapping[str, str]) -> list[str]:
    """Return the ids of those of its reports whose digest or id begins so.

    Where no bytes of it are kept, the digests known are those of reports that are still `waiting`, by id.
    """
    ids = known_ids(departure)
    bodies = split(departure.body)
    digests = [digest(body) for body in bodies] if len(bodies) == len(ids) else [waiting.get(each, "") for each in ids]
    both = zip(ids, digests, strict=True)
    return [each for each, sha256 in both if each.startswith(start) or sha256.startswith(start)]


def _nothing_named(sent: list[Departure], queued: list[QueuedReport], start: str) -> UserError:
    for report in queued:
        if report.report_id.startswith(start) or report.sha256.startswith(start):
            return UserError("this report has not left", remedy=f"Delete it: shimmy-metrics delete {start}")
    gone = [each for each in sent if each.kind is DepartureKind.REPORTS and each.sha256.startswith(start)]
    if any(each.outcome is not None and each.receipt for each in gone):
        what = "the ids of this request's reports went with its receipt, which you deleted"
        return UserError(what, remedy="Without an id no receiver can find a report")
    if any(each.outcome not in (None, Outcome.NOTHING_LEFT) for each in gone):
        what = "the ids of this request's reports went when you deleted receipts"
        return UserError(what, remedy="Without an id no receiver can find a report")
    if gone:
        return UserError("nothing of this request left", remedy="There is nothing to recall")
    what = f"nothing that left has a digest or session_id that begins with {start!a}"
    return UserError(what, remedy=_requests(sent))


def _requests(sent: list[Departure]) -> str:
    """Return the requests that an ID can name, or that there is none."""
    return could_be("Requests", map(departure_choice, filter(known_ids, sent)), _NONE)
