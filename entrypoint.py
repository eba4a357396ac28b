"""The image's entry point: the action, whose inputs are in the environment."""

import sys

from covgate.cli import action

if __name__ == "__main__":
    sys.exit(action())
