"""Faults to rehearse: what goes wrong on a connection, and in the server's own transcripts."""
