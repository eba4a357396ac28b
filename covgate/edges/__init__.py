"""The only places that touch the outside: processes, git, GitHub, the environment, files."""
