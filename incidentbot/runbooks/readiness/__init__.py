"""Is the other origin proven ready? Listings compared, objects fetched, fifteen points looked at.

`prover` looks and keeps; `parity` compares; `judge`, `points` and `drop` decide and are pure.
"""
