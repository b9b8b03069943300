"""python -m tests.storyboard: writes docs/conversation.md anew."""

from tests.storyboard.document import main

main()
