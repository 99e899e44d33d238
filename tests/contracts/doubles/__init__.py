"""Strict stand-ins for services that change things: real servers on loopback, one file each."""
