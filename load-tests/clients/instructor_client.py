"""instructor."""

from typing import Literal

import instructor
from feature import ASK, MODEL, feature, run
from openai import OpenAI
from pydantic import BaseModel


class Wall(BaseModel):
    colour: Literal["red", "green", "blue"]


def ask(mode):
    client = instructor.from_openai(OpenAI(max_retries=0), mode=mode)
    wall = client.chat.completions.create(
        model=MODEL, messages=ASK, response_model=Wall, max_tokens=100, max_retries=0)
    assert wall.colour


@feature("tools: required, and their answer")
def tools():
    ask(instructor.Mode.TOOLS)


@feature("structured output")
def structured():
    ask(instructor.Mode.JSON_SCHEMA)


run("instructor")
