"""Incidents: opened by evidence or by a person, moved forward by people, told by their timeline."""
