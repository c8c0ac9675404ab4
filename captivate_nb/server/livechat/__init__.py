"""Live agents: who waits, who is connected, and the agent that a flow scripts."""
