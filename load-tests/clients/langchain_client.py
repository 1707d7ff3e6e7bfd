"""LangChain."""

from typing import Literal

from feature import MODEL, feature, run
from langchain_core.messages import ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAI
from pydantic import BaseModel

chat = ChatOpenAI(model=MODEL, max_tokens=100, max_retries=0)


class Wall(BaseModel):
    """A wall."""

    colour: Literal["red", "green", "blue"]


@tool
def paint(colour: Literal["red", "green", "blue"]) -> str:
    """Paints the wall."""
    return "done"


@feature("chat")
def simple():
    assert chat.bind(max_tokens=8).invoke("Name a colour.").content


@feature("stream, usage")
def stream():
    chunks = list(chat.bind(max_tokens=8).stream("Name a colour.", stream_usage=True))
    assert any(chunk.usage_metadata for chunk in chunks)


@feature("structured output")
def structured():
    for method in ("json_schema", "function_calling"):
        assert chat.with_structured_output(Wall, method=method).invoke("Name a colour.").colour


@feature("tools: required, and their answer")
def tools():
    bound = chat.bind_tools([paint], tool_choice="required", parallel_tool_calls=False)
    message = bound.invoke("Paint the wall.")
    call = message.tool_calls[0]
    answer = ToolMessage("done", tool_call_id=call["id"])
    chat.bind_tools([paint]).bind(max_tokens=8).invoke([("user", "Paint the wall."), message, answer])


@feature("responses")
def responses():
    assert ChatOpenAI(model=MODEL, max_tokens=16, use_responses_api=True).invoke("Name a colour.").text


@feature("completions: list of prompts")
def batch():
    assert len(OpenAI(model=MODEL, max_tokens=4).generate(["One", "Two"]).generations) == 2


run("LangChain")
