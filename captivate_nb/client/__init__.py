"""A session with a Captivate server: what connects, sends, receives, asks and waits."""
