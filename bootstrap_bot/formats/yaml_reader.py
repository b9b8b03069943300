"""Reads YAML without ever repeating what stands in it, and without ever being kept busy by it."""

from typing import Any, ClassVar

import yaml

from bootstrap_bot.formats.format import NotParsableError

_DEEPEST = 100
# Each counted as often as aliases repeat it.
_MOST_NODES = 100_000
# Lists of tuples, which no other format has.
_FOREIGN_TAGS = ("tag:yaml.org,2002:omap", "tag:yaml.org,2002:pairs")
_RAISED = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


def read_yaml(text: str) -> Any:
    """What PyYAML's safe loader says, with {} for nothing at all.

    Raises NotParsableError, also for several documents, for nodes nested too deep and for
    aliases that multiply.
    """
    loader: _Loader | None = None
    try:
        loader = _Loader(text)
        data = loader.get_single_data()
    # its constructors let out whatever `!!int x`, `!!float ""` or `!!bool x` make Python raise
    except (yaml.YAMLError, *_RAISED) as error:
        position = position_of(error, text, loader)
    else:
        return {} if data is None else _copied(data)
    raise NotParsableError(*position)


def line_start(text: str, at: int) -> int:
    """Where the line begins in which `at` is."""
    return text.rfind("\n", 0, at) + 1


def line_and_column(text: str, at: int) -> tuple[int, int]:
    """Both count from 1."""
    return text.count("\n", 0, at) + 1, at - line_start(text, at) + 1


def position_of(error: Exception, text: str, loader: "_Loader | None" = None) -> tuple[int, int]:
    """Where the parser stopped, or where that begins which it could not make a value of."""
    if isinstance(error, yaml.reader.ReaderError):
        return line_and_column(text, error.position)
    mark = getattr(error, "problem_mark", None) or (loader and (loader.last or loader.get_mark()))
    return (mark.line + 1, mark.column + 1) if mark else (0, 0)


class _Loader(yaml.SafeLoader):
    """Stops at what would keep whoever goes through the data busy for ages."""

    yaml_constructors: ClassVar[Any] = {
        tag: constructor
        for tag, constructor in yaml.SafeLoader.yaml_constructors.items()
        if tag not in _FOREIGN_TAGS
    }
    last: Any = None

    def get_single_node(self) -> yaml.Node | None:
        root = super().get_single_node()
        waiting, seen = [(root, 1)], 0
        while waiting:
            node, depth = waiting.pop()
            seen += 1
            if node and (depth > _DEEPEST or seen > _MOST_NODES):
                raise yaml.MarkedYAMLError(problem_mark=node.start_mark)
            if isinstance(node, yaml.SequenceNode):
                waiting += [(inner, depth + 1) for inner in node.value]
            elif isinstance(node, yaml.MappingNode):
                waiting += [(inner, depth + 1) for pair in node.value for inner in pair]
        return root

    def fetch_flow_collection_start(self, token_class: Any) -> None:
        # with each open bracket every further token takes longer
        if self.flow_level >= _DEEPEST:
            raise yaml.MarkedYAMLError(problem_mark=self.get_mark())
        super().fetch_flow_collection_start(token_class)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        self.last = node.start_mark
        return super().construct_object(node, deep)


def _copied(data: Any) -> Any:
    """Data in which nothing is another thing too, as it would be with aliases."""
    if isinstance(data, dict):
        return {key: _copied(value) for key, value in data.items()}
    return [*map(_copied, data)] if isinstance(data, list) else data
