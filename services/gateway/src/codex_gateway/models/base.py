"""What all shapes have in common."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema


class RequestBody(BaseModel):
    """What clients send: exact types, nothing unknown."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Answer(BaseModel):
    """What clients get."""

    model_config = ConfigDict(frozen=True)


def example(value: dict[str, Any]) -> ConfigDict:
    """Adds an example of the shape to the OpenAPI document."""
    return ConfigDict(json_schema_extra={"examples": [value]})


def is_none(value: object) -> bool:
    return value is None


def rfc3339(moment: datetime) -> str:
    """A UTC time, always with six decimals: as texts such times sort as they followed each other."""
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


Moment = Annotated[
    datetime,
    PlainSerializer(rfc3339, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Slug = Annotated[str, Field(min_length=1, max_length=100, description="A problem's short name.", examples=["two-sum"])]
LanguageId = Annotated[str, Field(min_length=1, max_length=32, examples=["python"])]
Code = Annotated[str, Field(min_length=1, max_length=65_536, description="The program's source.")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2.", examples=["GB"])]
TEXT = r"^[^\x00-\x1f\x7f]*$"  # what a query may hold: no control characters
