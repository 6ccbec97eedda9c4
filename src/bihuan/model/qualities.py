"""What a reading is worth, as its source says."""

QUALITIES = ("good", "estimated", "suspect", "missing")
"""Quality flags by code. `missing` says "I have nothing for this time": it is kept and never moves a level."""
