"""
title: Votes to Whetstone
description: Sends thumbs, and votes between two answers to one message, to the Whetstone gateway that wrote the answers.
version: 1.0
"""

# A Filter of Open WebUI: Admin Panel, Functions, import this file, set its valves, make it active and global.
#
# An answer's id at Whetstone stands in the events of its stream; Open WebUI keeps its own. The filter remembers which is which,
# and every some seconds reads what Open WebUI's users have rated since:
# - a thumb goes to POST /feedback; a thumb that was changed replaces the one before;
# - one between two answers to the same message (an arena's, or several models asked at once) is a preference. Where a key for
#   imports is set it goes to POST /preferences/import as such, without it as a thumb.
# Ratings of answers that other servers wrote are left alone.

import asyncio
import inspect
import json
import logging
import pathlib
import re
import sqlite3
import time
import urllib.error
import urllib.request
from typing import Optional

from pydantic import BaseModel, Field

log = logging.getLogger(__name__)
# Whetstone names the base by its hash.
HASH = re.compile("[0-9a-f]{64}")
KEPT_SECONDS = 90 * 24 * 3600
TIMEOUT = 30


def default_state():
    try:
        from open_webui.env import DATA_DIR
    except ImportError:
        return "whetstone-votes.db"
    return str(pathlib.Path(DATA_DIR) / "whetstone-votes.db")


class State:
    """Which answer is which, and what has been sent."""

    def __init__(self, path):
        self.database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.database.execute(
            "CREATE TABLE IF NOT EXISTS answers (message_id TEXT PRIMARY KEY, completion_id TEXT, at INTEGER)")
        self.database.execute("CREATE TABLE IF NOT EXISTS sent (feedback_id TEXT PRIMARY KEY, updated_at INTEGER)")

    def remember(self, message_id, completion_id):
        now = int(time.time())
        self.database.execute(
            "INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", (message_id, completion_id, now))
        self.database.execute("DELETE FROM answers WHERE at < ?", (now - KEPT_SECONDS,))

    def completion(self, message_id):
        row = self.database.execute(
            "SELECT completion_id FROM answers WHERE message_id = ?", (message_id,)).fetchone()
        return row[0] if row else None

    def is_sent(self, feedback_id, updated_at):
        row = self.database.execute("SELECT updated_at FROM sent WHERE feedback_id = ?", (feedback_id,)).fetchone()
        return row is not None and row[0] >= updated_at

    def sent(self, feedback_id, updated_at):
        self.database.execute("INSERT OR REPLACE INTO sent VALUES (?, ?)", (feedback_id, updated_at))


def thread(messages, message_id):
    """The messages before an answer, from the first on."""
    found = []
    node = messages.get((messages.get(message_id) or {}).get("parentId"))
    while node is not None and len(found) <= len(messages):
        found.insert(0, {"role": node.get("role"), "content": node.get("content")})
        node = messages.get(node.get("parentId"))
    return found


def preferences(feedback, state):
    """Lines of TRL's form for a vote between answers to one message; none if it is a plain thumb."""
    history = ((((feedback.snapshot or {}).get("chat") or {}).get("chat") or {}).get("history") or {}).get("messages") or {}
    rated_id = (feedback.meta or {}).get("message_id")
    rated = history.get(rated_id)
    if rated is None or not (feedback.data or {}).get("sibling_model_ids"):
        return []
    siblings = (history.get(rated.get("parentId")) or {}).get("childrenIds") or []
    others = [history[other] for other in siblings if other != rated_id and other in history and state.completion(other)]
    lines = []
    for other in others:
        better, worse = (rated, other) if rating(feedback) > 0 else (other, rated)
        if better.get("content") and worse.get("content") and better["content"] != worse["content"]:
            lines.append({
                "prompt": thread(history, rated_id),
                "chosen": [{"role": "assistant", "content": better["content"]}],
                "rejected": [{"role": "assistant", "content": worse["content"]}],
            })
    return lines


def rating(feedback):
    value = str((feedback.data or {}).get("rating", ""))
    return {"1": 1, "-1": -1}.get(value, 0)


class Filter:
    class Valves(BaseModel):
        gateway: str = Field(default="http://localhost:8080", description="Whetstone's address, without /v1")
        chat_key: str = Field(default="", description="The key of the connection through which Open WebUI chats")
        import_key: str = Field(default="", description="A rater's or trainer's key; empty: votes between answers are thumbs")
        seconds: int = Field(default=15, description="How often ratings are looked for")
        state: str = Field(default_factory=default_state, description="File in which ids and what was sent are kept")

    def __init__(self):
        self.valves = self.Valves()
        self._state: Optional[State] = None
        self._loop: Optional[asyncio.Task] = None

    @property
    def state(self):
        if self._state is None:
            self._state = State(self.valves.state)
        return self._state

    async def inlet(self, body: dict, __user__: Optional[dict] = None) -> dict:
        """Names the user, so that the gateway tells voters apart, and begins to look for ratings."""
        if __user__ and __user__.get("id"):
            body.setdefault("user", __user__["id"])
        if self._loop is None or self._loop.done():
            self._loop = asyncio.create_task(self._follow())
        return body

    def stream(self, event: dict, __metadata__: Optional[dict] = None) -> dict:
        """Remembers the gateway's id of an answer."""
        completion_id = event.get("id") if isinstance(event, dict) else None
        message_id = (__metadata__ or {}).get("message_id")
        ours = isinstance(completion_id, str) and HASH.fullmatch(str(event.get("system_fingerprint")))
        if message_id and ours and self.state.completion(message_id) != completion_id:
            self.state.remember(message_id, completion_id)
        return event

    async def _follow(self):
        while True:
            try:
                await self.send_new()
            except Exception:
                log.exception("ratings could not be sent to %s", self.valves.gateway)
            await asyncio.sleep(max(1, self.valves.seconds))

    async def send_new(self):
        """Sends what was rated since the last time; returns how many."""
        from open_webui.models.feedbacks import Feedbacks

        found = Feedbacks.get_feedbacks_by_type("rating")
        if inspect.isawaitable(found):
            found = await found
        count = 0
        for feedback in found:
            completion_id = self.state.completion((feedback.meta or {}).get("message_id"))
            if completion_id and rating(feedback) and not self.state.is_sent(feedback.id, feedback.updated_at):
                await asyncio.to_thread(self._send, feedback, completion_id)
                self.state.sent(feedback.id, feedback.updated_at)
                count += 1
        return count

    def _send(self, feedback, completion_id):
        lines = preferences(feedback, self.state) if self.valves.import_key else []
        if lines:
            body = "".join(json.dumps(line) + "\n" for line in lines)
            self._post("/preferences/import", self.valves.import_key, body, "application/x-ndjson")
            return
        data = feedback.data or {}
        vote = {"completion_id": completion_id, "rating": "up" if rating(feedback) > 0 else "down"}
        comment = " ".join(str(data[name]) for name in ("reason", "comment") if data.get(name))
        if comment:
            vote["comment"] = comment[:4000]
        self._post("/feedback", self.valves.chat_key, json.dumps(vote), "application/json")

    def _post(self, path, key, body, kind):
        request = urllib.request.Request(
            self.valves.gateway.rstrip("/") + path, body.encode(), {"Authorization": f"Bearer {key}", "Content-Type": kind})
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                answer.read()
        except urllib.error.HTTPError as refused:
            # What is unknown or too old stays so; a busy gateway and a wrong key are tried again.
            if refused.code not in (400, 404, 409, 410):
                raise
            log.warning("%s refused a rating: %s", path, refused.read().decode(errors="replace")[:300])
