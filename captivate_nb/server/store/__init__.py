"""What the embedded server stores: conversations, files, and the journal on disk."""
