"""One module a command."""

from covgate.commands.check import run
from covgate.commands.edges import Edges
from covgate.commands.history import Request, run_history
from covgate.commands.place import Place, find_checkout, find_place

__all__ = [
    "Edges",
    "Place",
    "Request",
    "find_checkout",
    "find_place",
    "run",
    "run_history",
]
