"""Anthropic's own client."""

import anthropic
from feature import ASK, MODEL, SCHEMA, feature, run

client = anthropic.Anthropic(max_retries=0, timeout=60)
TOOL = {"name": "paint", "description": "Paints the wall", "input_schema": SCHEMA}


@feature("chat")
def chat():
    answer = client.messages.create(model=MODEL, messages=ASK, system="Be brief.", max_tokens=8)
    assert answer.content[0].text and answer.usage.output_tokens


@feature("stream, usage")
def stream():
    with client.messages.stream(model=MODEL, messages=ASK, max_tokens=8) as events:
        assert "".join(events.text_stream)
        assert events.get_final_message().usage.output_tokens


@feature("tools: required, and their answer")
def tools():
    first = client.messages.create(
        model=MODEL, messages=ASK, tools=[TOOL], tool_choice={"type": "any"}, max_tokens=100)
    call = first.content[0]
    assert first.stop_reason == "tool_use" and call.input["colour"]
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "done"}
    client.messages.create(
        model=MODEL, tools=[TOOL], max_tokens=8,
        messages=[*ASK, {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}])


@feature("tools: streamed")
def streamed():
    with client.messages.stream(
            model=MODEL, messages=ASK, tools=[TOOL], tool_choice={"type": "any"}, max_tokens=100) as events:
        assert events.get_final_message().content[0].input["colour"]


@feature("errors have their classes")
def errors():
    try:
        client.messages.create(model=MODEL, messages=[], max_tokens=8)
    except anthropic.BadRequestError:
        return
    raise AssertionError("it was served")


run("anthropic (Python)")
