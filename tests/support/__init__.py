"""Shared parts of the tests: models that say what they are told to, and nothing patched."""
