"""The journal: append-only facts in a hash chain, with signed checkpoints."""
