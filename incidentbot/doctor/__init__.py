"""Looks at the whole set-up and says what is well, what is not, and the exact next step.

It works before, during and after set-up, and changes nothing.
"""
