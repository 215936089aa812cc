"""Sending results to the collector of an invite: what, when, and what an answer means."""
