"""What keeps a scene's bot from going on: a full state file, and a config that takes no bot."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.scene import Scene

# Changes of the state file.
DELIVERY_BEGUN = "UPDATE ON attempts WHEN json_array_length(NEW.rest, '$.deliveries')"
LANGUAGE_CHOSEN = "INSERT ON languages"

NOT_A_TABLE = "platforms = 5\n"


@contextmanager
def no_room_for(scene: Scene, change: str) -> Iterator[None]:
    """Within, the state file takes no such change, as on a full disk."""
    scene.sql(f"CREATE TRIGGER full BEFORE {change} BEGIN SELECT RAISE(ABORT, 'no room'); END")
    try:
        yield
    finally:
        scene.sql("DROP TRIGGER full")


def spoil(scene: Scene) -> None:
    """Makes the config's platforms something no table can be put into."""
    scene.config.write_text(NOT_A_TABLE + scene.config.read_text(encoding="utf-8"))


def mend(scene: Scene) -> None:
    """Makes them a table again."""
    scene.config.write_text(scene.config.read_text(encoding="utf-8").replace(NOT_A_TABLE, ""))
