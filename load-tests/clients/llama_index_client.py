"""LlamaIndex."""

from typing import Literal

from feature import BASE, KEY, MODEL, feature, run
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike
from pydantic import BaseModel

llm = OpenAILike(
    model=MODEL, api_base=BASE, api_key=KEY, is_chat_model=True, is_function_calling_model=True,
    max_tokens=100, max_retries=0)


class Wall(BaseModel):
    colour: Literal["red", "green", "blue"]


def paint(colour: Literal["red", "green", "blue"]) -> str:
    """Paints the wall."""
    return "done"


@feature("chat")
def chat():
    assert llm.chat([ChatMessage(role="user", content="Name a colour.")]).message.content


@feature("stream, usage")
def stream():
    assert list(llm.stream_chat([ChatMessage(role="user", content="Name a colour.")]))


@feature("tools: required, and their answer")
def tools():
    answer = llm.chat_with_tools(
        [FunctionTool.from_defaults(paint)], user_msg="Paint the wall.", tool_required=True)
    assert llm.get_tool_calls_from_response(answer)[0].tool_kwargs["colour"]


@feature("structured output")
def structured():
    assert llm.as_structured_llm(Wall).complete("Name a colour.").raw.colour


run("LlamaIndex")
