"""The test helper: answers any name with one pinned certificate and serves bytes nobody can compress."""
