"""`python -m covgate` is the `covgate` command."""

import sys

from covgate.cli import main

sys.exit(main())
