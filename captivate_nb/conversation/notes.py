"""What a session notes of itself in its log, as updates like the server's, so that a replay knows it."""

CHECKED_AFTER = "captivate_nb.checked_after"
"""A transcript is believed after so many `seconds`, where that is not the default."""

MISSED = "captivate_nb.missed"
"""Messages are missing; with `large` in its data, the large message of that event id is."""

ARRIVED = "captivate_nb.arrived"
"""The user says that the `message` of its data arrived."""

DISCONNECTED = "captivate_nb.disconnected"
"""The connection is over, and there is no other yet; with `why` in its data, there will be none."""
