"""Measures against limits of the machine and against peers, each in one run with what it is compared with."""
