"""Credentials of DingTalk apps, and bots that have them."""

from pydantic import SecretStr

from bootstrap_bot.credentials import Credentials, Values
from bootstrap_bot.targets.target import Platform


def ding_pair(client_id: str, secret: str) -> Credentials:
    """What DingTalk gives out for one app."""
    values: Values = {"client_id": client_id, "client_secret": SecretStr(secret)}
    return Credentials("dingtalk", client_id, values)


def a_secret(secret: str) -> Values:
    """A secret without the rest."""
    return {"client_secret": SecretStr(secret)}


def ding_bot(name: str, enabled: bool | None, client_id: str, secret: str) -> Platform:
    """A bot as a target has it."""
    return Platform(name, "dingtalk", enabled, client_id, ding_pair(client_id, secret).values)
