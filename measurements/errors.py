"""The error that says: the configuration or the machine must be mended by a person first."""


class ConfigurationError(Exception):
    """What is wrong, where, and how to mend it, in one text for people; commands end with exit code 3."""
