"""The agent's panel: the queue and the chats."""
