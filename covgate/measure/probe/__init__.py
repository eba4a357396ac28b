"""The probe, a program of its own: run as a folder by the project's interpreter, and never imported by covgate."""
