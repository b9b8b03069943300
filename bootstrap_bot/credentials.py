"""A client id with its secret, and how both may be shown."""

from dataclasses import dataclass

from pydantic import SecretStr

MASK = "•" * 8


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a platform gives out once. The secret hides itself from `repr` and `str`."""

    client_id: str
    client_secret: SecretStr

    def masked_id(self) -> str:
        """The first and last four characters around a mask; fewer of a short one."""
        return masked_id(self.client_id)

    def masked_secret(self) -> str:
        """A mask of fixed length, then the last four characters if there are 16 or more."""
        secret = self.client_secret.get_secret_value()
        return MASK + (_fit(secret[-4:]) if len(secret) >= 16 else "")


def masked_id(client_id: str) -> str:
    """A client id as people may see it: `ding••••••••wxyz`."""
    if len(client_id) < 12:
        return _fit(client_id[:2]) + MASK
    return _fit(client_id[:4]) + MASK + _fit(client_id[-4:])


def _fit(part: str) -> str:
    """Visible ASCII as it is; for anything else a bullet, so that nothing steers a screen."""
    return "".join(sign if "!" <= sign <= "~" else MASK[0] for sign in part)
