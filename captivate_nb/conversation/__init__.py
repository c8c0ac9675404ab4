"""The state of a conversation, made of its events alone: no loop, no socket, no notebook."""
