"""The files of a history, and the places they are kept in."""
