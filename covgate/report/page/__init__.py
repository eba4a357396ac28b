"""The report as one HTML file: what the comment says, and every gap of the change with the code around it."""
