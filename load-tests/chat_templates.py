"""Compares Whetstone's chat templates with Transformers' own; see chat-templates."""

import argparse
import datetime
import json
import random
import subprocess
import sys
import time
from pathlib import Path

from transformers.utils import chat_template_utils

from template_grammar import Grammar

NOW = datetime.datetime(2026, 2, 3, 4, 5, 6)
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Says whether the sun shines, \"now\" & <here>.",
        "parameters": {
            "type": "object",
            "properties": {
                "place": {"type": "string", "description": "A town", "enum": ["Köln", "Rom"]},
                "days": {"type": "integer", "default": 1},
                "exact": {"type": ["boolean", "null"]},
                "tags": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["place"],
        },
    },
}
TIME = {"type": "function", "function": {"name": "time", "description": "The time", "parameters": {"type": "object", "properties": {}}}}


def user(text):
    return {"role": "user", "content": text}


def assistant(text, **more):
    return {"role": "assistant", "content": text, **more}


def system(text):
    return {"role": "system", "content": text}


def call(arguments, **more):
    return {"type": "function", "id": "abcdefghi", "function": {"name": "weather", "arguments": arguments}, **more}


def tool(text):
    return {"role": "tool", "name": "weather", "tool_call_id": "abcdefghi", "content": text}


def conversations():
    """Yields a name and the arguments of each."""
    turns = [system("Be brief."), user("One"), assistant("Two"), user("Three"), assistant("Four"), user("Five")]
    yield "plain", {"messages": [user("Hi")]}
    yield "not prompted", {"messages": [user("Hi"), assistant("Hello.")], "add_generation_prompt": False}
    yield "system", {"messages": [system("Be brief."), user("Hi")]}
    yield "turns", {"messages": turns}
    yield "turns without a system text", {"messages": turns[1:]}
    yield "turns, not prompted", {"messages": turns[:-1], "add_generation_prompt": False}
    yield "answer last", {"messages": turns[:-1]}
    yield "system last", {"messages": [user("Hi"), assistant("Ho"), system("Be brief.")]}
    yield "two users", {"messages": [user("a"), user("b")]}
    yield "empty texts", {"messages": [system(""), user(""), assistant(""), user(" ")]}
    yield "nothing", {"messages": []}
    odd = "\n\t Hi \u00a0\u3000\u2028\r\n {{ x }} {% raw %} \\n <b>&amp;</b> \x01\u0085 'q' \"Q\" 🦄\n\n"
    yield "white space", {"messages": [system("  \n"), user(odd), assistant(odd), user(odd)]}
    yield "no-break space at the ends", {"messages": [system("\u00a0s\u3000"), user("\u00a0u\u3000"), assistant("\u2028a\u0085"), user("\u1680")]}
    yield "texts like values", {"messages": [user("false"), assistant("0"), user("none")]}
    for name, answer in {"closed": "<think>\nhm\n</think>\n\nTwo", "twice": "<think>a</think>b<think>c</think>d", "only an end": "a</think>b", "only a start": "<think>a"}.items():
        yield f"<think>, {name}", {"messages": [user("One"), assistant(answer), user("Three"), assistant(answer), user("Five")]}
        yield f"<think> last, {name}", {"messages": [user("One"), assistant(answer)], "add_generation_prompt": False}
    yield "reasoning_content", {"messages": [user("One"), assistant("Two", reasoning_content="\nhm\n"), user("Three")]}
    yield "reasoning last", {"messages": [user("One"), assistant("Two", reasoning_content="hm", reasoning="hm", thinking="hm")], "add_generation_prompt": False}
    for flag in (True, False):
        yield f"thinking {flag}", {"messages": turns, "enable_thinking": flag, "thinking": flag}
    tools = [WEATHER, TIME]
    yield "tools", {"messages": [user("Sun?")], "tools": tools}
    yield "tools and system", {"messages": [system("Be brief."), user("Sun?")], "tools": tools}
    yield "no tools in the list", {"messages": [user("Sun?")], "tools": []}
    for name, given in {"values": {"place": "Köln", "days": 2, "exact": None, "tags": ["a", 1.5, True]}, "a text": "{\"place\": \"Köln\"}", "none": {}}.items():
        calls = [user("Sun?"), assistant("", tool_calls=[call(given)]), tool("{\"sun\": true}"), assistant("Yes."), user("Thanks")]
        yield f"calls with arguments: {name}", {"messages": [system("Be brief."), *calls], "tools": tools}
        yield f"calls without tools: {name}", {"messages": calls}
    yield "call in flight", {"messages": calls[:3], "tools": tools}
    yield "two calls and two results", {
        "messages": [user("Sun?"), assistant("I look.", tool_calls=[call({"place": "a"}), call({"place": "b"})]), tool("1"), tool("2"), assistant("Yes."), user("Ok")],
        "tools": tools,
    }
    yield "content null", {"messages": [user("Sun?"), assistant(None, tool_calls=[call({"place": "Rom"})]), tool("1")], "tools": tools}
    yield "no content", {"messages": [user("Sun?"), {"role": "assistant", "tool_calls": [call({"place": "Rom"})]}, tool("1")], "tools": tools}
    yield "call not prompted", {"messages": [user("Sun?"), assistant("", tool_calls=[call({"place": "Rom"})])], "tools": tools, "add_generation_prompt": False}
    yield "parts", {"messages": [system([{"type": "text", "text": "s"}]), user([{"type": "text", "text": "a "}, {"type": "text", "text": " b"}]), assistant([{"type": "text", "text": "c"}]), user("d")]}
    yield "image", {"messages": [user([{"type": "image"}, {"type": "text", "text": "what?"}])]}
    yield "documents", {"messages": [user("Hi")], "documents": [{"title": "T", "text": "x"}, {"title": "U", "contents": "y"}]}
    yield "other role", {"messages": [{"role": "critic", "content": "no"}, user("Hi")]}


class Peer:
    """The renderer of Whetstone."""

    def __init__(self, args):
        program = Path(__file__).with_name("RenderTemplates.java")
        self.process = subprocess.Popen(
            [args.java, "-Xmx512m", "-cp", args.classpath, program, NOW.isoformat() + "Z"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
        )

    def render(self, template, variables):
        self.process.stdin.write(json.dumps({"template": template, "variables": variables}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"the renderer ended on this template:\n{template}")
        return json.loads(line)


class Clock(datetime.datetime):
    """Says the time that the other side is told, too."""

    @classmethod
    def now(cls, tz=None):
        return NOW


def transformers(template, variables):
    more = dict(variables)
    try:
        texts, _ = chat_template_utils.render_jinja_template([more.pop("messages")], chat_template=template, tools=more.pop("tools", None), documents=more.pop("documents", None), **more)
        return {"text": texts[0]}
    except Exception as error:  # noqa: BLE001, a template may raise anything
        return {"error": f"{type(error).__name__}: {error}"}


def verdict(theirs, own):
    if "error" in theirs and "error" in own:
        return "both refuse"
    if theirs.get("text") == own.get("text") and "error" not in theirs and "error" not in own:
        return "equal"
    return "we refuse" if "error" in own else "they refuse" if "error" in theirs else "other text"


def compare_folder(args, peer):
    files = sorted(Path(args.folder).glob("*.jinja"))
    if not files:
        sys.exit(f"{args.folder} has no *.jinja")
    columns = ["equal", "both refuse", "other text", "we refuse", "they refuse"]
    width = max(len(file.stem) for file in files)
    print(f"{'template':{width}}" + "".join(f"{column:>13}" for column in columns))
    right = differences = 0
    for file in files:
        counts, first = dict.fromkeys(columns, 0), ""
        for name, conversation in conversations():
            variables = {"add_generation_prompt": True, "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>", **conversation}
            template = file.read_text()
            theirs, own = transformers(template, variables), peer.render(template, variables)
            found = verdict(theirs, own)
            counts[found] += 1
            if found not in ("equal", "both refuse") and not first:
                first = f"    {name}:\n    theirs {theirs}\n    ours   {own}"
        wrong = sum(counts[column] for column in columns[2:])
        right += wrong == 0
        differences += wrong
        print(f"{file.stem:{width}}" + "".join(f"{counts[column] or '':>13}" for column in columns))
        if first and args.show:
            print(first)
    print(f"{right} of {len(files)} templates equal in all {sum(1 for _ in conversations())} conversations")
    return differences


def fuzz(args, peer):
    grammar = Grammar(random.Random(args.seed))
    peer.render("", {"messages": []})
    end = time.monotonic() + args.fuzz
    tried = refused = 0
    kinds = {}
    while time.monotonic() < end:
        template = grammar.template()
        variables = {"messages": [user(" Hi "), assistant("Ho")], "add_generation_prompt": True, **grammar.data()}
        theirs, own = transformers(template, variables), peer.render(template, variables)
        found = verdict(theirs, own)
        tried += 1
        refused += found == "both refuse"
        if found not in ("equal", "both refuse"):
            kinds[found] = kinds.get(found, 0) + 1
            if sum(kinds.values()) <= args.most:
                print(f"{found}: {template!r}\n    theirs {theirs}\n    ours   {own}")
    print(f"{tried} templates (seed {args.seed}): {tried - refused - sum(kinds.values())} equal, {refused} refused by both, other: {kinds or 0}")
    return sum(kinds.values())


def main():
    options = argparse.ArgumentParser()
    options.add_argument("folder", nargs="?")
    options.add_argument("--java", required=True)
    options.add_argument("--classpath", required=True)
    options.add_argument("--show", action="store_true")
    options.add_argument("--fuzz", type=float)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--most", type=int, default=20)
    args = options.parse_args()
    chat_template_utils.datetime = Clock
    peer = Peer(args)
    if not args.fuzz and not args.folder:
        options.error("a folder or --fuzz is needed")
    sys.exit(1 if (fuzz if args.fuzz else compare_folder)(args, peer) else 0)


if __name__ == "__main__":
    main()
