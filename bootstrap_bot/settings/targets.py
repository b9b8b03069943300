"""The [[targets]] of a config: read, checked, and the roads to them."""

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from bootstrap_bot import registry
from bootstrap_bot.errors import ConfigError, Fault
from bootstrap_bot.settings.faults import remedy, shown
from bootstrap_bot.targets.placement import PlatformKind
from bootstrap_bot.targets.tables import After, TargetTable
from bootstrap_bot.urls import HTTP_PROXIES, clean_base_url, is_private_or_dotless, proxy_for

MEANT = {"target": "[[targets]]", "targets": "[[targets]]", "after": "[targets.after]"}

Read = tuple[tuple[TargetTable, ...], list[Fault]]


def read_targets(data: Mapping[str, Any], environ: Mapping[str, str], file: Path) -> Read:
    """Every [[targets]] of a config file without a fault, and the faults of the others."""
    source = str(file)
    found = data.get("targets", [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        return (), [Fault(source, "targets", "must be tables that begin with the line [[targets]]")]
    targets: list[TargetTable] = []
    faults: list[Fault] = []
    for number, values in enumerate(found, 1):
        name = named(number)
        target, wrong = _target(name, values, environ, source)
        faults += wrong
        if target is None:
            continue
        platforms = registry.providers().values()
        if any(overlap(target, other, file.absolute(), platforms) for other in targets):
            faults.append(Fault(source, name, "is the same place as one before it"))
        faults += _blocked(target, environ)
        targets.append(target)
    return tuple(targets), faults


def named(number: int) -> str:
    """What a target is called in a fault: `[[targets]] 2` is the second one in the file."""
    return f"[[targets]] {number}"


def addresses_of(targets: Sequence[TargetTable]) -> tuple[str, ...]:
    """Every base address that targets make requests to."""
    return tuple(address for target in targets for address in target.addresses)


def proxy_of_target(address: str, environ: Mapping[str, str]) -> str | None:
    """The environment's proxy to a target; a machine nearby is reached directly.

    Raises ConfigError when the environment names one that cannot be used.
    """
    if is_private_or_dotless(urlsplit(address).hostname or ""):
        return None
    return proxy_for(address, "", environ, schemes=HTTP_PROXIES, key="NO_PROXY")


def misnamed_targets(data: Mapping[str, Any], source: str) -> Iterator[Fault]:
    """A warning for each table that looks like targets, and is not read."""
    for key, meant in ((key, MEANT.get(key.lower())) for key in data if key != "targets"):
        if meant:
            yield Fault(source, f"[{key}]", f"is not read; did you mean {meant}?")


def exposed_targets(targets: Sequence[TargetTable], source: str) -> Iterator[Fault]:
    """A warning for each target that is reached over http, but for this machine."""
    for number, target in enumerate(targets, 1):
        if any(clean_base_url(url, private_http=True).exposed for url in target.addresses):
            words = "is http: credentials can be read along on the way; https is better"
            yield Fault(source, f"{named(number)}, url", words)


def _target(
    name: str, values: Mapping[str, Any], environ: Mapping[str, str], source: str
) -> tuple[TargetTable | None, list[Fault]]:
    kind = values.get("kind")
    kinds = registry.targets()
    model = kinds.get(kind) if isinstance(kind, str) else None
    if model is None:
        close = difflib.get_close_matches(str(kind), kinds, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        return None, [Fault(source, f"{name}, kind", f"must be one of {', '.join(kinds)}{hint}")]
    variables = {
        key: text
        for key, variable in model.VARIABLES.items()
        if key not in values and (text := environ.get(variable, "").strip())
    }
    try:
        target = model.model_validate({**values, **variables})
        unfit = target.faults(registry.providers().values())
        return target, [Fault(source, f"{name}, {key}", remedy) for key, remedy in unfit]
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
    faults = []
    for detail in details:
        # a fault of the whole table is about `set`; one inside of [targets.after] about its key
        loc = [str(part) for part in detail["loc"]] or ["set"]
        inside = loc[0] == "after" and len(loc) > 1
        key, table = (loc[1], After) if inside else (loc[0], model)
        place = f"after.{shown(key)}" if inside else shown(key)
        right = remedy(table, key, detail, model.VARIABLES)
        faults.append(Fault(source, f"{name}, {place}", right))
    return None, faults


def overlap(
    one: TargetTable, other: TargetTable, config: Path, platforms: Collection[PlatformKind]
) -> bool:
    """Whether both keep the bots of some platform in one place."""
    mine, theirs = ({kind.name for kind in it.named(platforms)} for it in (one, other))
    return one.identity(config) == other.identity(config) and bool(mine & theirs)


def _blocked(target: TargetTable, environ: Mapping[str, str]) -> Iterator[Fault]:
    for address in target.addresses:
        try:
            proxy_of_target(address, environ)
        except ConfigError as error:
            yield from error.faults
