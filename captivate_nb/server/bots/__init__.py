"""The bots that an embedded server can have: one seam, `bot.Bot`, and an implementation of it each."""
