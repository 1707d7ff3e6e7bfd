"""pydantic-ai, of which a plain model name means the Responses API."""

from typing import Literal

from feature import MODEL, feature, run
from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel


class Wall(BaseModel):
    colour: Literal["red", "green", "blue"]


settings = {"max_tokens": 100}


@feature("chat")
def chat():
    assert Agent(OpenAIChatModel(MODEL), model_settings={"max_tokens": 8}).run_sync("Name a colour.").output


@feature("tools: required, and their answer")
def tools():
    agent = Agent(OpenAIChatModel(MODEL), output_type=Wall, model_settings=settings)
    assert agent.run_sync("Name a colour.").output.colour


@feature("structured output")
def structured():
    agent = Agent(OpenAIChatModel(MODEL), output_type=NativeOutput(Wall), model_settings=settings)
    assert agent.run_sync("Name a colour.").output.colour


@feature("responses")
def responses():
    assert Agent(OpenAIResponsesModel(MODEL), model_settings={"max_tokens": 16}).run_sync("Name a colour.").output


@feature("responses: structured output")
def responses_structured():
    agent = Agent(OpenAIResponsesModel(MODEL), output_type=NativeOutput(Wall), model_settings=settings)
    assert agent.run_sync("Name a colour.").output.colour


run("pydantic-ai")
