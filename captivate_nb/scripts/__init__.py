"""Chats as tests: BotiumScript, read, run and reported."""
