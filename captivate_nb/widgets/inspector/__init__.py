"""The inspector beside the chat, and time travel."""
