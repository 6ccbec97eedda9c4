"""Bihuan (闭环): run a place as a closed loop."""

__version__ = "0.1.0"
