"""What the signals mean. Pure: told everything, reads nothing, changes nothing."""
