"""Measuring: the project's interpreter, the run of its tests, the probe, and report files, all into `Coverage`."""
