"""`python -m bootstrap_bot` is `bootstrap-bot`."""

import sys

from bootstrap_bot.cli import main

sys.exit(main())
