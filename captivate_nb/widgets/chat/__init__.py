"""The chat panel: header, log and composer."""
