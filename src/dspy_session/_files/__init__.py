"""Conversations as files: values, documents, and writing them in one step."""
