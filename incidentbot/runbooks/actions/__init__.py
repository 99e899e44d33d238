"""Actions, one file each, found by name."""
