"""What the embedded server keeps: conversations, files, and the journal on disk."""
