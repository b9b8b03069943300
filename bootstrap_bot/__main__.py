"""`python -m bootstrap_bot` is `bootstrap-bot`."""

import os
import signal
import sys


def main() -> int:
    """The command line; what it needs is loaded only once signals are in order."""
    if sys.argv[1:2] == ["run"]:
        # Nothing is under way yet that would have to be brought to rest.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: os._exit(0))
    from bootstrap_bot import cli

    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
