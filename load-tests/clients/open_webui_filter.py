"""Open WebUI's filter of docs/open_webui_votes.py, called as Open WebUI calls it, on answers that a gateway streams.

Open WebUI itself, which brings gigabytes, is not started: its store of ratings is stood in for by one of the same interface.
"""

import asyncio
import importlib.util
import json
import os
import pathlib
import sys
import tempfile
import types
import urllib.request
import uuid
from typing import Optional

from feature import BASE, KEY, OPERATOR_KEY, feature, run
from pydantic import BaseModel

GATEWAY = BASE.removesuffix("/v1")
SOURCE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "open_webui_votes.py"
STATE = str(pathlib.Path(tempfile.mkdtemp()) / "votes.db")
USER = {"id": str(uuid.uuid4()), "name": "Amy", "role": "user"}
TRAINER_KEY = os.environ["TRAINER_KEY"]


class FeedbackModel(BaseModel):
    id: str
    user_id: str
    version: int = 0
    type: str = "rating"
    data: Optional[dict] = None
    meta: Optional[dict] = None
    snapshot: Optional[dict] = None
    created_at: int = 1
    updated_at: int = 1


class Feedbacks:
    rows = {}

    async def get_feedbacks_by_type(self, kind):
        return [row for row in self.rows.values() if row.type == kind]


module = types.ModuleType("open_webui.models.feedbacks")
module.Feedbacks = Feedbacks()
sys.modules.update({
    "open_webui": types.ModuleType("open_webui"), "open_webui.models": types.ModuleType("open_webui.models"), module.__name__: module})


def load():
    spec = importlib.util.spec_from_file_location("whetstone_votes", SOURCE)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    made = loaded.Filter()
    made.valves = made.Valves(gateway=GATEWAY, chat_key=KEY, import_key=TRAINER_KEY, state=STATE)
    return made


def call(path, body=None, key=OPERATOR_KEY):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    return urllib.request.urlopen(urllib.request.Request(GATEWAY + path, data, headers), timeout=300)


def answer(votes, turns, message_id):
    """A chat's way through the filter: the request, then each event of the answer's stream."""

    async def asked():
        body = await votes.inlet({"model": "default", "stream": True, "max_tokens": 12, "messages": turns}, USER)
        votes._loop.cancel()  # the test says itself when to look for ratings
        return body

    text = ""
    with call("/v1/chat/completions", asyncio.run(asked()), KEY) as events:
        for line in events:
            if line.startswith(b"data: {"):
                event = votes.stream(json.loads(line[6:]), {"chat_id": "c", "message_id": message_id, "user_id": USER["id"]})
                text += "".join(choice["delta"].get("content") or "" for choice in event["choices"])
    return text


def rate(message_id, value, at, history=None, siblings=None):
    module.Feedbacks.rows[message_id] = FeedbackModel(
        id=f"feedback-{message_id}", user_id=USER["id"], updated_at=at,
        data={"rating": value, "model_id": "default", "sibling_model_ids": siblings, "reason": "accurate", "comment": "good"},
        meta={"arena": False, "chat_id": "c", "message_id": message_id},
        snapshot={"chat": {"id": "c", "chat": {"history": {"messages": history or {}}}}})


def ratings():
    with call("/feedback/ratings") as found:
        return json.load(found)["items"]


@feature("a thumb is a rating, a changed one replaces it")
def thumb():
    votes, message = load(), str(uuid.uuid4())
    before = len(ratings())
    answer(votes, [{"role": "user", "content": "Name a colour."}], message)
    rate(message, 1, 1)
    assert asyncio.run(votes.send_new()) == 1
    assert len(ratings()) == before + 1
    row = ratings()[0]
    assert (row["rating"], row["user"], row["comment"]) == ("up", USER["id"], "accurate good"), row
    assert asyncio.run(votes.send_new()) == 0
    rate(message, -1, 2)
    # Another start of Open WebUI knows which answer it was.
    assert asyncio.run(load().send_new()) == 1
    assert [row["rating"] for row in ratings()][: len(ratings()) - before] == ["down"]


@feature("a rating of another server's answer is left alone")
def foreign():
    votes, message = load(), str(uuid.uuid4())
    votes.stream({"id": "chatcmpl-1", "system_fingerprint": "fp_44709d6fcb", "choices": []}, {"message_id": message})
    rate(message, 1, 1)
    assert asyncio.run(votes.send_new()) == 0


@feature("a vote between two answers is a preference")
def preference():
    votes = load()
    question, asked, left, right = f"Name a fruit. {uuid.uuid4()}", "q", str(uuid.uuid4()), str(uuid.uuid4())
    texts = {}
    for message in (left, right):
        for _ in range(20):
            texts[message] = answer(votes, [{"role": "user", "content": question}], message)
            if len(set(texts.values())) == len(texts):
                break
    history = {asked: {"id": asked, "parentId": None, "childrenIds": [left, right], "role": "user", "content": question}}
    for message in (left, right):
        history[message] = {"id": message, "parentId": asked, "childrenIds": [], "role": "assistant", "content": texts[message]}
    rate(left, -1, 1, history, ["default"])
    assert asyncio.run(votes.send_new()) == 1
    with call("/preferences?format=jsonl&form=messages", key=TRAINER_KEY) as found:
        rows = [json.loads(row) for row in found.read().decode().splitlines()]
    row = next(row for row in rows if question in json.dumps(row["prompt"]))
    assert (row["chosen"][-1]["content"], row["rejected"][-1]["content"]) == (texts[right], texts[left]), row


run("Open WebUI's filter")
