"""Messages for people to read: safe HTML, plain text, labels, and how much of it is laid out."""
