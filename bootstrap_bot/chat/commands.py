"""The commands, and what people type for them."""

NEW, STATUS, CANCEL = "dingtalk_new", "dingtalk_status", "dingtalk_cancel"
PLATFORMS, LANGUAGE, DOCTOR = "platforms", "language", "doctor"
START, HELP, CLAIM = "start", "help", "claim"
MENU = (NEW, STATUS, CANCEL, PLATFORMS, LANGUAGE, DOCTOR)


def name_of(command: str, *, alone: bool) -> str:
    """What people type: in somebody else's bot the general names may be taken, so they get ours.

    `platforms` is `/platforms` in a bot on its own and `/dingtalk_platforms` in another one.
    """
    general = command in (PLATFORMS, LANGUAGE, DOCTOR)
    return f"dingtalk_{command}" if general and not alone else command


def ours(*, alone: bool) -> frozenset[str]:
    """Every command that is ours to judge."""
    return frozenset(name_of(command, alone=alone) for command in MENU)
