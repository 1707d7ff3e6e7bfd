"""The command llm."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

from feature import BASE, KEY, MODEL, SCHEMA, feature, run

home = tempfile.mkdtemp()
pathlib.Path(home, "extra-openai-models.yaml").write_text(
    f"- model_id: w\n  model_name: {MODEL}\n  api_base: {BASE}\n  api_key_name: w\n"
    "  supports_schema: true\n  supports_tools: true\n")
# without a key by its name llm sends none to a server that is not OpenAI's
pathlib.Path(home, "keys.json").write_text(json.dumps({"w": KEY}))


def llm(*arguments):
    command = [str(pathlib.Path(sys.executable).with_name("llm")), "-m", "w", "--no-log", *arguments]
    return subprocess.run(
        command, env={**os.environ, "LLM_USER_PATH": home}, check=True, capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=120).stdout


@feature("chat")
def chat():
    assert llm("-o", "max_tokens", "8", "Name a colour.").strip()


@feature("structured output")
def structured():
    assert json.loads(llm("--schema", json.dumps(SCHEMA), "Name a colour."))["colour"]


run("llm")
