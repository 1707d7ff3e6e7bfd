"""Runs a client's features one after the other and prints a line of JSON for each."""

import json
import os
import sys

BASE = os.environ["OPENAI_BASE_URL"]
KEY = os.environ["OPENAI_API_KEY"]
OPERATOR_KEY = os.environ.get("OPERATOR_KEY", "")
MODEL = "champion"
SCHEMA = {
    "type": "object",
    "properties": {"colour": {"enum": ["red", "green", "blue"]}},
    "required": ["colour"],
    "additionalProperties": False,
}
TOOL = {
    "type": "function",
    "function": {"name": "paint", "description": "Paints the wall", "parameters": SCHEMA},
}
ASK = [{"role": "user", "content": "Name a colour."}]

_features = []


def feature(name):
    """Marks a function as the test of a feature: it raises where the feature fails."""

    def mark(function):
        _features.append((name, function))
        return function

    return mark


def run(client):
    for name, function in _features:
        try:
            function()
            ok, detail = True, ""
        except BaseException as failed:  # a client's own exits count as failures too
            ok, detail = False, f"{type(failed).__name__}: {failed}"[:300]
        print(json.dumps({"client": client, "feature": name, "ok": ok, "detail": detail}), flush=True)
    sys.exit(0)
