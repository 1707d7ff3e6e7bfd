"""A hundred prompts, a call each: with tool_choice required and bounded strings, all validate within max_tokens.

Usage: calls.py   (Environment as load-tests/clients/run sets it; needs jsonschema and openai)
"""

import json
from concurrent.futures import ThreadPoolExecutor

import jsonschema
from feature import MODEL, feature, run
from openai import OpenAI

client = OpenAI(max_retries=2, timeout=300)
SUBJECTS = ["a kettle", "the sea", "a train to Oslo", "rye bread", "a lost key", "rain", "a quiet street", "two cats", "an old radio", "snow"]
ASKS = [
    "File a note about {}.", "Remember {} for tomorrow.", "What should I know about {}? Write it down.",
    "Put {} on my list, please.", "I just saw {}. Make a note!", "Note: {}", "Can you file something on {} and rate it?",
    "Tell me a joke about {}.", "Ignore the tools and write a poem on {}.", "{}",
]
PARAMETERS = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "maxLength": 20},
        "kind": {"enum": ["fact", "task", "question"]},
        "urgency": {"type": "integer", "minimum": 1, "maximum": 5},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 10}, "maxItems": 3},
        "done": {"type": "boolean"},
    },
    "required": ["title", "kind", "urgency", "tags", "done"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "file_note", "description": "Files a note.", "parameters": PARAMETERS}}


def ask(numbered):
    seed, prompt = numbered
    answer = client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": prompt}], tools=[TOOL], tool_choice="required",
        parallel_tool_calls=False, max_tokens=200, seed=seed)
    choice = answer.choices[0]
    assert choice.finish_reason == "tool_calls" and len(choice.message.tool_calls) == 1, (prompt, choice)
    call = choice.message.tool_calls[0].function
    assert call.name == "file_note", (prompt, call)
    jsonschema.validate(json.loads(call.arguments), PARAMETERS)


@feature("tools: a hundred calls validate")
def hundred():
    prompts = [form.format(subject) for form in ASKS for subject in SUBJECTS]
    with ThreadPoolExecutor(4) as threads:
        assert len(list(threads.map(ask, enumerate(prompts)))) == 100


run("a hundred calls")
