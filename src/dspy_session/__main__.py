"""``python -m dspy_session``: look after a store of sessions from a shell."""

import sys

from .command_line import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
