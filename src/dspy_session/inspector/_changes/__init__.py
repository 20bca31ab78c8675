"""What changes a conversation: by hand, in long actions, and what is written down of it."""
