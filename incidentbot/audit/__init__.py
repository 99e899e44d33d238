"""The audit log: one append-only chain of hashes for every decision, across all incidents.

The timeline tells the story of an incident; this is its proof, and it holds what has no incident
too. `append` is called in the transaction of the fact. Heads of the chain are anchored outside.
"""

from incidentbot.audit.chain import TOPIC, append, told

__all__ = ["TOPIC", "append", "told"]
