"""Alerts that other monitors push: request -> signals, kept in a durable inbox before the 202."""
