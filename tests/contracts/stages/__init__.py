"""A stage per action, in a file of its name: a switch in front of a strict stand-in."""
