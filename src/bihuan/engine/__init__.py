"""Columns: ladders, windows, silence and roll-ups over dense series ids. Numbers only, no words of any city."""
