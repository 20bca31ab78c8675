"""Exports: which turns, whereto, and what would be in them."""
