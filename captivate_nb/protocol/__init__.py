"""The Socket API: what a message may hold, every event both ways, and their wire form.

Pure data and functions: no clock, no loop, no socket. "The document" is the vendor's Socket API
document; `docs/protocol.md` has where it leaves things open, and what is done about each.
"""
