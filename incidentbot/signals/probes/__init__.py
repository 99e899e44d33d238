"""Our own eyes: checks made on a schedule."""
