"""Live chat: the queue of handoffs, the agent for Python to play, and the one that a flow scripts."""
