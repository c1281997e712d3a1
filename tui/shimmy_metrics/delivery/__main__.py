"""The sender's process: `python -m shimmy_metrics.delivery [--by-hand]`. Silent; what fails goes to the local log."""

import sys

from shimmy_metrics.delivery.send import send_pending
from shimmy_metrics.system.log import note
from shimmy_metrics.system.profile import Profile


def main() -> None:
    """Send what is due, once."""
    profile = Profile.current()
    try:
        send_pending(profile, by_hand="--by-hand" in sys.argv)
    except Exception as error:  # noqa: BLE001 - the boundary: nobody is there to be told
        note(profile, "the sender stopped", error)


if __name__ == "__main__":
    main()
