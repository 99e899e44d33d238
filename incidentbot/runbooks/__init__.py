"""Runbooks: one click that is safe enough to be used early.

load (files) -> offers -> plan (frozen, guarded) -> approve (by hash, a second person) -> execute
(intent, write, reconcile, verify). Values are chosen from the inventory, never typed.
"""
