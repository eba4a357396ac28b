"""Floors that rise by themselves, through one pull request."""
