"""One module a command."""

from covgate.commands.check import run
from covgate.commands.demo.make import make_sample
from covgate.commands.edges import Edges
from covgate.commands.history import Request, run_history
from covgate.commands.place import Place, find_checkout, find_place

__all__ = [
    "Edges",
    "Place",
    "Request",
    "find_checkout",
    "find_place",
    "make_sample",
    "run",
    "run_history",
]
