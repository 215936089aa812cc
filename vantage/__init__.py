"""The volunteer's side: consent, doctor, the local network's fingerprint."""
