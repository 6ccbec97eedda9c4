"""Wiring: the only room that knows the clock, the files and which adapter is used."""
