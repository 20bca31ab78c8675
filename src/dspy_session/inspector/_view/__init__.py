"""What is shown, as functions from a conversation: nothing here changes one."""
