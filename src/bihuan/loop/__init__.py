"""The closed loop (闭环): `turn.py` runs seven stages, one folder each."""
