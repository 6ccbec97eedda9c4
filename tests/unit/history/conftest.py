"""Lets these tests import the samples in tests/contract/journal_samples.py."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "contract"))
