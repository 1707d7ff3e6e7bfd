"""litellm."""

import json

import litellm
from feature import ASK, BASE, KEY, MODEL, SCHEMA, TOOL, feature, run

common = {"model": f"openai/{MODEL}", "api_base": BASE, "api_key": KEY, "num_retries": 0}


@feature("chat")
def chat():
    assert litellm.completion(messages=ASK, max_tokens=8, **common).choices[0].message.content


@feature("stream, usage")
def stream():
    assert list(litellm.completion(messages=ASK, max_tokens=8, stream=True, **common))


@feature("structured output")
def structured():
    form = {"type": "json_schema", "json_schema": {"name": "wall", "schema": SCHEMA, "strict": True}}
    answer = litellm.completion(messages=ASK, max_tokens=40, response_format=form, **common)
    assert json.loads(answer.choices[0].message.content)["colour"]


@feature("tools: required, and their answer")
def tools():
    answer = litellm.completion(messages=ASK, max_tokens=100, tools=[TOOL], tool_choice="required", **common)
    assert json.loads(answer.choices[0].message.tool_calls[0].function.arguments)["colour"]


@feature("responses")
def responses():
    assert litellm.responses(input="Name a colour.", max_output_tokens=8, **common).output


@feature("completions: list of prompts")
def prompts():
    text = {**common, "model": f"text-completion-openai/{MODEL}"}
    assert len(litellm.text_completion(prompt=["One", "Two"], max_tokens=2, **text).choices) == 2


@feature("context overflow is recognised")
def overflow():
    try:
        litellm.completion(messages=[{"role": "user", "content": "word " * 20000}], max_tokens=4, **common)
    except litellm.ContextWindowExceededError:
        return
    raise AssertionError("it was not")


run("litellm")
