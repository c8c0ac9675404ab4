"""Sockets and HTTP of the embedded server: who may connect, and what a bad network does."""
