"""The image's entry point: the action, whose inputs are in the environment."""

import gc
import sys

if __name__ == "__main__":
    # What is loaded stays: looking for garbage in it again and again is a tenth of the time that it takes.
    gc.set_threshold(100_000, 50, 100)
    try:
        from covgate.cli import action
    except Exception as exc:  # noqa: BLE001  # not even its own errors can be told by a covgate that cannot be loaded
        sys.stdout.write(f"::error title=covgate::covgate cannot start ({type(exc).__name__})%0Aplease report it\n")
        sys.exit(70)
    sys.exit(action())
