"""`python -m efir`, and `efir` itself: also Ctrl-C before the command line has loaded is an end without a traceback."""

import sys


def main() -> None:
    """Run the command line; ends through `sys.exit`."""
    try:
        from efir.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)  # Exit.INTERRUPTED, which may not have loaded yet


if __name__ == "__main__":
    main()
