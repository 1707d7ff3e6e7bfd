"""OpenAI's own client for Python."""

import json

import openai
from feature import ASK, MODEL, SCHEMA, TOOL, feature, run
from openai import OpenAI
from pydantic import BaseModel
from typing import Literal

client = OpenAI(max_retries=0, timeout=60)


class Wall(BaseModel):
    colour: Literal["red", "green", "blue"]


@feature("chat")
def chat():
    answer = client.chat.completions.create(model=MODEL, messages=ASK, max_tokens=8, seed=1)
    assert answer.choices[0].message.content and answer.usage.total_tokens > 8


@feature("stream, usage")
def stream():
    options = {"include_usage": True, "include_obfuscation": False}
    chunks = list(client.chat.completions.create(
        model=MODEL, messages=ASK, max_tokens=8, stream=True, stream_options=options))
    assert chunks[-1].usage.completion_tokens > 0


@feature("developer role")
def developer():
    turns = [{"role": "developer", "content": "Be brief."}] + ASK
    client.chat.completions.create(model=MODEL, messages=turns, max_tokens=4)


@feature("n, logprobs")
def logprobs():
    answer = client.chat.completions.create(
        model=MODEL, messages=ASK, max_tokens=4, n=2, logprobs=True, top_logprobs=2)
    assert len(answer.choices) == 2 and answer.choices[1].logprobs.content[0].top_logprobs


@feature("own message comes back")
def back():
    message = client.chat.completions.create(model=MODEL, messages=ASK, max_tokens=4).choices[0].message
    turns = ASK + [message.model_dump(), {"role": "user", "content": "And another?"}]
    client.chat.completions.create(model=MODEL, messages=turns, max_tokens=4)


@feature("structured output")
def structured():
    answer = client.chat.completions.parse(model=MODEL, messages=ASK, response_format=Wall, max_tokens=40)
    assert answer.choices[0].message.parsed.colour


@feature("tools: auto")
def auto():
    client.chat.completions.create(model=MODEL, messages=ASK, tools=[TOOL], max_tokens=8)


@feature("tools: required, and their answer")
def required():
    first = client.chat.completions.create(
        model=MODEL, messages=ASK, tools=[TOOL], tool_choice="required", max_tokens=100, parallel_tool_calls=False)
    message = first.choices[0].message
    call = message.tool_calls[0]
    assert first.choices[0].finish_reason == "tool_calls" and json.loads(call.function.arguments)["colour"]
    turns = ASK + [message, {"role": "tool", "tool_call_id": call.id, "content": "done"}]
    client.chat.completions.create(model=MODEL, messages=turns, tools=[TOOL], max_tokens=8)


@feature("tools: streamed")
def streamed_tools():
    with client.chat.completions.stream(
            model=MODEL, messages=ASK, tools=[TOOL], tool_choice="required", max_tokens=100,
            parallel_tool_calls=False) as events:
        final = events.get_final_completion()
    assert json.loads(final.choices[0].message.tool_calls[0].function.arguments)["colour"]


@feature("responses")
def responses():
    answer = client.responses.create(model=MODEL, input="Name a colour.", instructions="Be brief.", max_output_tokens=8)
    assert answer.output_text and answer.usage.output_tokens


@feature("responses: stream")
def responses_stream():
    with client.responses.stream(model=MODEL, input="Name a colour.", max_output_tokens=200) as events:
        kinds = [event.type for event in events]
        final = events.get_final_response()
    assert kinds[0] == "response.created" and kinds[-1] in ("response.completed", "response.incomplete")
    assert final.output_text


@feature("responses: structured output")
def responses_structured():
    answer = client.responses.parse(model=MODEL, input="Name a colour.", text_format=Wall, max_output_tokens=40)
    assert answer.output_parsed.colour


@feature("responses: tools and their answer")
def responses_tools():
    tool = {"type": "function", **TOOL["function"], "strict": True}
    first = client.responses.create(
        model=MODEL, input="Name a colour.", tools=[tool], tool_choice="required", parallel_tool_calls=False)
    call = first.output[0]
    assert call.type == "function_call" and json.loads(call.arguments)["colour"]
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "done"}
    client.responses.create(
        model=MODEL, input=[*ASK, *first.output, output], tools=[tool], max_output_tokens=8)


@feature("responses: state is refused clearly")
def responses_state():
    try:
        client.responses.create(model=MODEL, input="And?", previous_response_id="resp_1")
    except openai.BadRequestError as refused:
        assert refused.param == "previous_response_id" and "send all messages" in refused.message
        return
    raise AssertionError("it was served")


@feature("completions: list of prompts")
def prompts():
    answer = client.completions.create(model=MODEL, prompt=["One", "Two"], max_tokens=2)
    assert len(answer.choices) == 2


@feature("completions: echo scores the prompt")
def echo():
    answer = client.completions.create(model=MODEL, prompt="One two three", max_tokens=0, echo=True, logprobs=1)
    assert answer.choices[0].logprobs.token_logprobs[0] is None


@feature("models")
def models():
    assert {model.id for model in client.models.list()} >= {"default", "champion", "v0"}
    client.models.retrieve("default")


@feature("errors have their classes")
def errors():
    for call, kind in [
        (lambda: client.embeddings.create(model=MODEL, input="x"), openai.NotFoundError),
        (lambda: client.chat.completions.create(model="gpt-5", messages=ASK), openai.PermissionDeniedError),
        (lambda: OpenAI(api_key="wsk_chat_none", max_retries=0).models.list(), openai.AuthenticationError),
    ]:
        try:
            call()
        except kind:
            continue
        raise AssertionError(f"no {kind.__name__}")


@feature("a pair, and a vote on it")
def pair():
    answer = client.chat.completions.create(
        model="default", messages=ASK, max_tokens=8, user="amy", extra_body={"pair": True})
    assert len(answer.choices) == 2
    vote = client.post(
        str(client.base_url).replace("/v1/", "/preferences"),
        body={"pair_id": answer.id, "choice": "a", "user": "amy"}, cast_to=object)
    assert vote["choice"] == "a"


run("openai (Python)")
