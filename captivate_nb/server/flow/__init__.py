"""The flow language in YAML, and the bot that plays a flow."""
