"""What every panel is made with."""
