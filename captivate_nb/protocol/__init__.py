"""The Socket API: what a message may hold, every event both ways, and their wire form.

Pure data and functions: no clock, no loop, no socket.
"""
