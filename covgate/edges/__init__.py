"""The only modules that touch the outside: processes, git, GitHub, the runner, files."""
