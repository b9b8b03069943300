"""How a part of the program declares what its owner may set."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from bootstrap_bot.urls import HTTP_PROXIES, clean_base_url, clean_proxy


class Table(BaseModel):
    """A table of the config; descriptions of its keys say what is right, in a fault's words."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        str_strip_whitespace=True,
        hide_input_in_errors=True,
    )


def keys_of(model: type[Table]) -> tuple[str, ...]:
    """The keys of a table as they are written in a file."""
    return tuple(field.alias or name for name, field in model.model_fields.items())


def secret_text(value: object) -> object:
    """Wraps a stripped string; anything else is left for the strict check to refuse."""
    return SecretStr(value.strip()) if isinstance(value, str) else value


def _base_url(value: str) -> str:
    return clean_base_url(value).url


def _http_proxy(value: SecretStr) -> SecretStr:
    return SecretStr(clean_proxy(value.get_secret_value(), HTTP_PROXIES))


Switch = Annotated[bool, Field(description="true or false, without quotes")]
Text = Annotated[str, Field(min_length=1, description="a text in quotes, not empty")]
BaseUrl = Annotated[
    str, AfterValidator(_base_url), Field(description="an address such as https://example.com")
]
HttpProxy = Annotated[
    SecretStr,
    BeforeValidator(secret_text),
    AfterValidator(_http_proxy),
    Field(description='a proxy\'s address, "none" or "", in quotes'),
]
