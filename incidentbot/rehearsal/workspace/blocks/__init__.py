"""Block Kit as Slack checks it: limits, required fields, unknown properties, JSON pointers."""

from __future__ import annotations

from .surfaces import check_blocks, check_options, check_view

__all__ = ["check_blocks", "check_options", "check_view"]
