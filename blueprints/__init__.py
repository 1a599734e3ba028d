"""The counter windows: one room per menu group, each a blueprint."""
