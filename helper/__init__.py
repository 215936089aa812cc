"""The test helper: a server of ours that answers any SNI and serves incompressible bytes."""
