#!/usr/bin/env python3
"""Makes the fixture anew: plays a life on an old build of Whetstone, writes down its answers, dumps its database.

The result is FOLDER/result/{expected,home,dump.sql.gz}. Standard library only. See README.md beside this file.
"""
import argparse
import array
import gzip
import hashlib
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

PORT = 18080
GATEWAY_NAME = "old-gateway:18080"

# Of every start. A tiny rank keeps adapters small; pairs stay open for ten years, or the fixture would age.
ALWAYS = {
    "WHETSTONE_MODEL": "tiny-reviews",
    "WHETSTONE_PORT": str(PORT),
    "WHETSTONE_THREADS": "2",
    "WHETSTONE_GATEWAY_PAIR_EXPIRY": "P3650D",
    "WHETSTONE_TRAINER_POLL": "PT0.3S",
    "WHETSTONE_TRAINER_REPLAY": "0",
    "WHETSTONE_TRAINER_MOST_PAIRS": "150",
    "WHETSTONE_TRAINER_SETTINGS": '{"epochs": 12, "batch_size": 4, "eval_share": 0.3, "kl_budget": 1000,'
    ' "held_out_slack": 1000, "lora_rank": 2, "lora_alpha": 4}',
    "WHETSTONE_ROLLOUT_POLL": "PT0.3S",
    "WHETSTONE_ROLLOUT_GATE_KL_BUDGET": "1e30",
    "WHETSTONE_ROLLOUT_GATE_PERPLEXITY": "1e30",
    "WHETSTONE_ROLLOUT_GATE_SHORTEST": "0.001",
    "WHETSTONE_ROLLOUT_GATE_LONGEST": "1000",
    "WHETSTONE_ROLLOUT_GATE_UNENDED": "1",
    "WHETSTONE_ROLLOUT_GATE_EMPTY": "1",
}
OPEN_RAILS = {
    "WHETSTONE_ROLLOUT_DUEL_EMPTY": "1",
    "WHETSTONE_ROLLOUT_DUEL_UNENDED": "1",
    "WHETSTONE_ROLLOUT_DUEL_ERRORS": "1",
    "WHETSTONE_ROLLOUT_DUEL_LENGTH": "1000",
    "WHETSTONE_ROLLOUT_DUEL_LATENCY": "1000",
}
# A: votes start a run; duels. B: the schedule starts a run; the gate alone decides. C: a guard-rail that anything breaks.
PHASES = {
    "A": {**ALWAYS, **OPEN_RAILS, "WHETSTONE_TRAINER_VOTES": "100", "WHETSTONE_ROLLOUT_MODE": "duel", "WHETSTONE_ROLLOUT_DUEL_SHARE": "1"},
    "B": {**ALWAYS, **OPEN_RAILS, "WHETSTONE_TRAINER_VOTES": "0", "WHETSTONE_TRAINER_SCHEDULE": "PT1S", "WHETSTONE_ROLLOUT_MODE": "automatic"},
    "C": {
        **ALWAYS,
        **OPEN_RAILS,
        "WHETSTONE_TRAINER_VOTES": "0",
        "WHETSTONE_ROLLOUT_MODE": "duel",
        "WHETSTONE_ROLLOUT_DUEL_SHARE": "0.5",
        "WHETSTONE_ROLLOUT_DUEL_LEAST_COMPLETIONS": "3",
        "WHETSTONE_ROLLOUT_DUEL_LENGTH": "1.0000001",
    },
}

PROMPTS = [form.format(thing) for thing in ("film", "book", "meal", "song", "hotel", "game")
           for form in ("How was the {}?", "Tell me about the {}.", "Please review the {}.")]
GOOD = set("loved enjoyed charming warm great superb clever brilliant lovely delightful".split())
BAD = set("hated regretted clumsy boring dreadful lazy cold dull awful tedious".split())
USERS = [f"user-{n}" for n in range(14)] + ["Zoë O'Neil", "dev/ops ☕ \"quoted\" \\ back"]


def praise(text):
    words = re.findall("[a-z]+", text.lower())
    good, bad = sum(w in GOOD for w in words), sum(w in BAD for w in words)
    return (good - bad) / (good + bad) if good + bad else 0.0


def taste(a, b, sign=1):
    left, right = sign * praise(a), sign * praise(b)
    return "a" if left > right else "b" if right > left else "both_bad" if left < 0 else "tie"


class Gateway:
    """A gateway's process with a home."""

    def __init__(self, old, home, settings, java, log):
        self.home = Path(home)
        self.old = Path(old)
        env = {k: v for k, v in os.environ.items() if not k.startswith("WHETSTONE_")}
        env.update(settings, WHETSTONE_HOME=str(home), JAVA_HOME=java)
        self.url = f"http://127.0.0.1:{settings['WHETSTONE_PORT']}"
        self.log = open(log, "ab")
        self.process = subprocess.Popen(["./run"], cwd=old, env=env, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        print("gateway", self.process.pid, flush=True)
        self.await_("ready", self.ready, 240)

    def ready(self):
        if self.process.poll() is not None:
            sys.exit("the gateway ended; see its log")
        try:
            # readiness is up before the database is: a stored route tells both
            return self.call("GET", "/q/health/ready", None)[0] == 200 and self.call("GET", "/policies")[0] == 200
        except OSError:
            return False

    @staticmethod
    def await_(what, test, seconds=120, pause=0.1):
        limit = time.time() + seconds
        while True:
            found = test()
            if found:
                return found
            if time.time() > limit:
                raise SystemExit(f"waited in vain for {what}")
            time.sleep(pause)

    def key(self, role):
        return json.loads((self.home / "keys.json").read_text())[role]

    def call(self, method, path, role="operator", body=None, headers=None, kind="application/json", key=None):
        request = urllib.request.Request(self.url + path, method=method)
        if key or role:
            request.add_header("Authorization", "Bearer " + (key or self.key(role)))
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        if body is not None:
            request.add_header("Content-Type", kind)
            request.data = body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()

    def ask(self, method, path, role="operator", body=None, want=(200, 201, 202, 204), **more):
        status, raw = self.call(method, path, role, body, **more)
        if status not in (want if isinstance(want, tuple) else (want,)):
            raise SystemExit(f"{method} {path}: {status} {raw[:2000]!r}")
        return json.loads(raw) if raw else None

    def get(self, path, role="operator"):
        return self.ask("GET", path, role)

    def stop(self):
        self.process.terminate()
        status = self.process.wait(90)
        print("stopped", self.process.pid, status, flush=True)
        self.log.close()


class Life:
    def __init__(self, gateway):
        self.g = gateway
        self.n = 0
        self.secrets = {}

    def on(self, gateway):
        self.g = gateway

    # -- pairs and votes

    def pair(self, user, question, key=None, **more):
        self.n += 1
        body = {"messages": [{"role": "user", "content": question}], "user": user, "pair": True, "seed": self.n,
                "temperature": 1, "max_tokens": 32, **more}
        return self.g.ask("POST", "/generate", "chat", {k: v for k, v in body.items() if v is not None}, key=key)

    def vote(self, sign=1, user=None, decide=False, **more):
        n = self.n
        user = user or USERS[n % len(USERS)]
        pair = self.pair(user, PROMPTS[(n // len(USERS) + n) % len(PROMPTS)])
        choice = taste(pair["a"]["text"], pair["b"]["text"], sign)
        if decide and choice not in "ab":
            choice = "a" if len(pair["a"]["text"]) < len(pair["b"]["text"]) else "b"
        if n % 7 == 0:
            more.setdefault("tags", ["praise", f"round-{n % 3}"])
        if n % 11 == 0:
            more.setdefault("comment", f"Nº {n}: that's \"better\" \\ {choice}\n☕ ;-- ' $$")
        if n % 5 == 0:
            more.setdefault("confidence", round(0.1 + n % 9 / 10, 2))
        self.g.ask("POST", "/preferences", "chat", {"pair_id": pair["pair_id"], "user": user, "choice": choice, **more})
        return choice in "ab"

    def votes(self, decided, **more):
        while decided > 0:
            decided -= self.vote(**more)

    # -- runs and rollouts

    def runs(self):
        return self.g.get("/training/runs")["items"]

    def ended_run(self, run):
        done = self.g.await_(f"the end of {run}", lambda: (r := self.g.get(f"/training/runs/{run}"))["finished_at"] and r, 300)
        print("run", run, done["trigger"], done["status"], done["policy"], done["reason"], flush=True)
        return done

    def rollout_of(self, run):
        return self.g.await_(f"the rollout of {run}", lambda: next((r for r in self.g.get("/rollouts")["items"] if r["run_id"] == run), None))

    def rollout(self, id):
        return self.g.get(f"/rollouts/{id}")

    def past_gate(self, id):
        now = self.g.await_(f"the gate of {id}", lambda: (r := self.rollout(id))["status"] != "gating" and r, 120)
        print("rollout", id, now["policy"], now["status"], now["reason"], flush=True)
        return now

    def open(self, policy, mode, reason, share=None, key=None, want=(201,)):
        body = {"policy": policy, "mode": mode, "reason": reason}
        if share is not None:
            body["share"] = share
        return self.g.ask("POST", "/rollouts", body=body, headers={"Idempotency-Key": key} if key else None, want=want)

    def duel(self, id, sign):
        while (now := self.rollout(id))["status"] == "duelling":
            for _ in range(3):
                self.vote(sign, tags=["duel"])
        print("duel", id, now["policy"], now["status"], now["reason"], flush=True)
        return now

    def expect(self, rollout, status):
        if rollout["status"] != status:
            raise SystemExit(f"{rollout['id']} is {rollout['status']} ({rollout['reason']}), not {status}: {json.dumps(rollout['gate'])}")
        return rollout

    # -- adapters

    def scaled(self, version, factor):
        """An adapter whose B factors are multiplied: its log-ratios about so, too."""
        status, raw = self.g.call("GET", f"/policies/{version}/adapter")
        assert status == 200, raw
        length = struct.unpack("<Q", raw[:8])[0]
        header = json.loads(raw[8:8 + length])
        data = bytearray(raw[8 + length:])
        for name, tensor in header.items():
            if "lora_B" in name:
                begin, end = tensor["data_offsets"]
                values = array.array("f", bytes(data[begin:end]))
                data[begin:end] = array.array("f", [v * factor for v in values]).tobytes()
        return raw[:8 + length] + bytes(data)

    def upload(self, tensors, config):
        mark = "fixture-boundary"
        parts = b""
        for name, content in (("adapter_model", tensors), ("adapter_config", config)):
            parts += (f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n'
                      "Content-Type: application/octet-stream\r\n\r\n").encode() + content + b"\r\n"
        return self.g.ask("POST", "/policies", body=parts + f"--{mark}--\r\n".encode(), kind=f"multipart/form-data; boundary={mark}")

    # -- the story

    def keys(self):
        for name, role, note in (("chat_app", "chat", "the app's"), ("rater_ruth", "rater", "Ruth’s"), ("rater_sam", "rater", None),
                                 ("trainer_cron", "trainer", "cron"), ("operator_oncall", "operator", "on call"),
                                 ("chat_leaked", "chat", "leaked: revoked"), ("rater_gone", "rater", "left: revoked")):
            made = self.g.ask("POST", "/keys", body={"role": role, **({"note": note} if note else {})})
            self.secrets[name] = {"id": made["id"], "role": role, "key": made["key"], "revoked": note is not None and "revoked" in note}
        for name in ("chat_leaked", "rater_gone"):
            self.g.ask("DELETE", f"/keys/{self.secrets[name]['id']}")

    def imports(self):
        lines = [
            {"prompt": "How was the trip?", "chosen": " I loved the trip. It was great.", "rejected": " I hated the trip. It was dull."},
            {"prompt": [{"role": "user", "content": "How was the café?"}],
             "chosen": [{"role": "assistant", "content": "I enjoyed the café ☕."}],
             "rejected": [{"role": "assistant", "content": "I regretted \"it\" \\ all."}]},
            {"prompt": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "How was the walk?"}],
             "chosen": [{"role": "assistant", "content": "The walk was lovely."}],
             "rejected": [{"role": "assistant", "content": "The walk was awful."}]},
            {"chosen": "The play was superb.", "rejected": "The play was tedious."},
        ] + [{"prompt": f"How was visit {n}?", "chosen": f" It was warm and clever, {n}.", "rejected": f" It was cold, {n}."} for n in range(6)]
        body = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\nnot JSON\n"
        kind = "application/x-ndjson"
        first = self.g.ask("POST", "/preferences/import", "trainer", body.encode(), kind=kind)
        again = self.g.ask("POST", "/preferences/import", "rater", body.encode(), kind=kind)
        print("import", first["imported"], first["rejected"], "again", again["imported"], again["skipped"], flush=True)

    def oddities(self):
        """Pairs by other forms of request and another key; some are voted on, some wait."""
        app = self.secrets["chat_app"]["key"]
        kinds = [
            dict(prompt="The film was", messages=None),
            dict(top_k=20, top_p=0.9, min_p=0.05, repetition_penalty=1.1),
            dict(presence_penalty=0.5, frequency_penalty=0.25, logit_bias={"40": -1.5}, stop=["."]),
            dict(metadata={"page": "/réview?x=1", "nested": {"n": [1, 2.5, None, True], "quote": "'\"\\"}}),
            dict(messages=[{"role": "system", "content": "Be brief.\nVery."}, {"role": "user", "content": "How was the film? ☕"},
                           {"role": "assistant", "content": "I loved it."}, {"role": "user", "content": "And the book?"}]),
            dict(max_tokens=4),
            dict(policy="v0", temperature=0.7),
        ]
        for n, more in enumerate(kinds):
            for voted in (True, False):
                user = f"app-user-{n}"
                pair = self.pair(user, "How was the hotel?", key=app, **more)
                if voted:
                    self.g.ask("POST", "/preferences", body={"pair_id": pair["pair_id"], "user": user,
                               "choice": ("a", "b", "tie", "both_bad")[n % 4], "tags": ["odd", "Ünïcode, with comma", "{brace}"], "confidence": 1.0 if n % 2 else 0.0},
                               key=app)
        plain = self.g.ask("POST", "/generate", body={"prompt": "The meal was", "pair": True, "max_tokens": 8, "seed": 5}, key=app)
        # no user named: the key's id stands for it
        self.g.ask("POST", "/preferences", body={"pair_id": plain["pair_id"], "choice": "tie"}, key=app)

    def rate(self, times, overlap, votes=True, seconds=600):
        for n in range(times):
            name = ("rater_ruth", "rater_sam")[n % 2]
            user = urllib.parse.quote(("Ruth", "Sam")[n % 2])
            task = self.g.ask("GET", f"/preferences/next?user={user}&overlap={overlap}&lease_seconds={seconds}", key=self.secrets[name]["key"])
            if task and votes:
                self.g.ask("POST", "/preferences", key=self.secrets[name]["key"], body={
                    "pair_id": task["pair_id"], "user": ("Ruth", "Sam")[n % 2], "choice": ("a", "b", "tie", "both_bad", "a")[n % 5], "tags": ["rated"]})

    def phase_a(self):
        self.keys()
        self.imports()
        self.oddities()
        for _ in range(5):
            self.vote(user="ada")
        self.rate(6, 2)
        self.votes(95)
        self.g.await_("a run that votes started", lambda: any(run["trigger"] == "votes" for run in self.runs()) or (self.vote() and False), pause=1)
        first = self.ended_run(self.runs()[-1]["id"])
        assert first["status"] == "succeeded" and first["policy"] == "v1", first
        opened = self.rollout_of(first["id"])
        self.expect(self.past_gate(opened["id"]), "duelling")
        self.expect(self.duel(opened["id"], -1), "rejected")
        self.votes(25)
        cancelled = self.open("v1", "duel", "a second try", share=0.5)
        self.expect(self.past_gate(cancelled["id"]), "duelling")
        for _ in range(4):
            self.vote()
        self.expect(self.g.ask("DELETE", f"/rollouts/{cancelled['id']}?reason=not%20now"), "cancelled")
        third = self.open("v1", "duel", "a third try", share=1, key="rollout-v1-third")
        again = self.open("v1", "duel", "a third try", share=1, key="rollout-v1-third")
        assert again["id"] == third["id"]
        self.g.ask("POST", "/rollouts", body={"policy": "v0"}, headers={"Idempotency-Key": "rollout-v1-third"}, want=422)
        self.expect(self.past_gate(third["id"]), "duelling")
        self.expect(self.duel(third["id"], 1), "promoted")
        # v2, on top of v1
        second = self.g.ask("POST", "/training/runs", "trainer", {"config": {"steps": 8, "learning_rate": 0.001}, "reason": "by hand"}, want=202)
        second = self.ended_run(second["id"])
        assert second["status"] == "succeeded" and second["parent"] == "v1", second
        print("v2:", self.past_gate(self.rollout_of(second["id"])["id"])["status"])
        # a run that is cancelled while it runs, and one that fails on its settings
        # (its checkpoint stays in the home: a few votes and steps, none of them of the user who is erased)
        self.votes(24, decide=True)
        long = self.g.ask("POST", "/training/runs", "trainer", {"config": {"epochs": 60}, "reason": "too long"}, want=202)
        self.g.await_("steps", lambda: self.g.get(f"/training/runs/{long['id']}")["metrics"].get("step", 0) >= 3)
        self.cancelled_run = long["id"]
        self.g.ask("DELETE", f"/training/runs/{long['id']}")
        assert self.ended_run(long["id"])["status"] == "cancelled"
        wrong = self.g.ask("POST", "/training/runs", key=self.secrets["trainer_cron"]["key"], body={"config": {"learning_rate": "fast"}}, want=202)
        assert self.ended_run(wrong["id"])["status"] == "failed"
        back = {"reason": "worse answers"}
        for _ in range(2):
            champion = self.g.ask("POST", "/rollback", body=back, headers={"Idempotency-Key": "rollback-1"})
        assert champion["version"] == "v0"
        self.g.await_("no rollout under way", lambda: all(r["ended_at"] for r in self.g.get("/rollouts")["items"]))
        report = self.g.ask("DELETE", "/users/ada/data")
        print("erased", report, flush=True)
        assert "v1" in report["policies"]
        self.votes(60)
        self.rate(4, 3)

    def phase_b(self):
        run = self.g.await_("a scheduled run", lambda: next((r for r in self.runs() if r["trigger"] == "schedule"), None))
        run = self.ended_run(run["id"])
        assert run["status"] == "succeeded" and run["policy"] == "v3" and run["parent"] == "v0", run
        rollout = self.rollout_of(run["id"])
        self.expect(self.past_gate(rollout["id"]), "promoted")
        held = self.open("v2", "automatic", "is it any good?")
        self.expect(self.past_gate(held["id"]), "held")
        assert self.g.ask("POST", "/rollback", body={"to": "v0", "reason": "back to the base"})["version"] == "v0"
        self.g.ask("POST", "/policies/v1/promote", body={"reason": "it was better"}, headers={"Idempotency-Key": "promote-v1"})
        # without a reason; v1 is not marked as rolled back
        self.g.ask("POST", "/policies/v0/promote")

    def phase_c(self):
        taken = self.open("v1", "duel", "under strict rails")
        now = self.past_gate(taken["id"])
        while (now := self.rollout(taken["id"]))["status"] == "duelling":
            self.vote(1)
        print("rails", now["status"], now["reason"], flush=True)
        self.expect(now, "rolled_back")
        status, config = self.g.call("GET", "/policies/v1/adapter/config")
        assert status == 200
        assert self.upload(self.scaled("v1", -1.0), config)["version"] == "v4"
        self.expect(self.past_gate(self.open("v4", "automatic", "turned round")["id"]), "rejected")
        champion = self.g.ask("POST", "/policies/champion/promote")
        assert champion["version"] == "v0"
        self.g.ask("POST", "/policies/v1/promote", body={"reason": "the best we have"}, headers={"Idempotency-Key": "promote-v1-again"})
        assert self.upload(self.scaled("v1", 1.3), config)["version"] == "v5"
        self.expect(self.past_gate(self.open("v5", "manual", "more of it", share=0.25)["id"]), "waiting")
        self.rate(3, 4, votes=False, seconds=86_400)
        self.rate(1, 4, votes=False, seconds=1)
        # pairs of the champion that wait for a vote
        for n in range(3):
            self.pair(USERS[n], PROMPTS[n])
        aliases = {a: p["version"] for p in self.g.get("/policies")["items"] for a in p["aliases"]}
        assert aliases == {"champion": "v1", "previous": "v0"}, aliases


# What is compared, and where the answers are kept.
READ = {
    "policies": "/policies?limit=1000",
    "rollouts": "/rollouts?limit=1000",
    "training-runs": "/training/runs?limit=1000",
    "preferences": "/preferences?limit=1000",
    "preferences-summary": "/preferences/summary",
    "audit": "/audit?limit=1000",
    "keys": "/keys?limit=1000",
    "v1-models": "/v1/models",
}
HASHED = {
    "preferences.text.jsonl": "/preferences?format=jsonl&form=text",
    "preferences.messages-tokens.jsonl": "/preferences?format=jsonl&form=messages&tokens=true",
    **{f"{v}.adapter_model.safetensors": f"/policies/{v}/adapter" for v in ("v1", "v2", "v3", "v4", "v5")},
    "v1.adapter_config.json": "/policies/v1/adapter/config",
}
QUESTIONS = ["How was the film?", "Tell me about the book.", "Please review the café ☕."]


def answers(gateway):
    """Everything a build answers about the fixture, by file."""
    all = {name: gateway.get(path) for name, path in READ.items()}
    asked = []
    for policy in ("champion", "v0", "v3"):
        for temperature in (0, 0.8):
            for seed, question in enumerate(QUESTIONS):
                request = {"messages": [{"role": "user", "content": question}], "seed": 11 + seed, "temperature": temperature,
                           "max_tokens": 24, "policy": policy}
                answer = gateway.ask("POST", "/generate", "chat", request)
                # drawn anew, timed, or how warm the cache was
                del answer["id"], answer["timings"], answer["usage"]["cached_tokens"]
                asked.append({"request": request, "response": answer})
    all["generate"] = asked
    scored = []
    for policy in ("champion", "v0", "v2", "v3", "v4", "v5"):
        request = {"messages": [{"role": "user", "content": QUESTIONS[0]}], "completion": "I loved the film. It was great.", "policy": policy}
        scored.append({"request": request, "response": gateway.ask("POST", "/score", "operator", request)})
    all["score"] = scored
    hashes = {}
    for name, path in HASHED.items():
        status, raw = gateway.call("GET", path)
        assert status == 200, raw
        hashes[name] = {"path": path, "bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
    all["hashes"] = hashes
    return all


def neutral(text):
    return text.replace(f"{socket.gethostname()}:{PORT}", GATEWAY_NAME).replace(f"localhost:{PORT}", GATEWAY_NAME)


def write(folder, name, value):
    (folder / f"{name}.json").write_text(neutral(json.dumps(value, indent=1, ensure_ascii=False)) + "\n")


def dump(home, program):
    """The database as SQL that a JDBC client executes, one file in order."""
    server = (home / "postgres/data/postmaster.pid").read_text().splitlines()
    env = {**os.environ, "PGPASSWORD": (home / "postgres/password").read_text().strip()}
    # privileges stay: the application's role owns nothing and lives by them
    raw = subprocess.run([program, "-h", "127.0.0.1", "-p", server[3].strip(), "-U", "whetstone", "-d", "postgres", "--inserts",
                          "--rows-per-insert=100", "--no-owner"], env=env, check=True, capture_output=True).stdout.decode()
    lines = raw.split("\n")
    kept = [line for line in lines if not line.startswith(("\\restrict", "\\unrestrict", "SET transaction_timeout"))]
    text = "\n".join(kept)
    # privileges of whoever loads it, not of the role that was dumped
    text = text.replace("ALTER DEFAULT PRIVILEGES FOR ROLE whetstone ", "ALTER DEFAULT PRIVILEGES ")
    assert not re.search(r"^\\", text, re.M), "a psql command is left"
    return PRELUDE + neutral(text)


PRELUDE = """-- A database of Whetstone 0.1.0 (a7284e7): see README.md beside this file.
-- A dump holds no roles; the application's connections act as this one.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'whetstone_app') THEN
    CREATE ROLE whetstone_app NOLOGIN;
  END IF;
  EXECUTE format('GRANT whetstone_app TO %I', current_user);
END $$;

"""
LARGE = 200_000
# of a run that has ended: the adapter is in the database, the rest is never read again
OF_ENDED_RUNS = ("adapter_model.safetensors", "checkpoint.safetensors", "reference.bin")


def collect(home, target, resumable):
    """The home's small files; what is large, or of no use, is left out and listed."""
    left = []
    for file in sorted(home.rglob("*")):
        name = file.relative_to(home)
        if not file.is_file() or name.parts[0] in ("postgres",) or file.name == ".lock":
            continue
        idle = name.parts[0] == "training" and name.parts[1] != resumable and (
            file.name in OF_ENDED_RUNS or file.stat().st_size > 20_000)
        # graphs are of no use without their weights: an import writes both
        if idle or file.suffix == ".onnx" or file.stat().st_size > LARGE:
            left.append([str(name), file.stat().st_size])
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target / name)
    return left


def make(options):
    work, home = options.work, options.work / "home"
    result, log = work / "result", work / "gateway.log"
    for old in (home, result / "home", result / "expected"):
        shutil.rmtree(old, ignore_errors=True)
    home.mkdir(parents=True)
    life = None
    for phase in "ABC":
        print("phase", phase, flush=True)
        gateway = Gateway(options.old, home, PHASES[phase], options.java, log)
        try:
            life = life or Life(gateway)
            life.on(gateway)
            getattr(life, f"phase_{phase.lower()}")()
            if phase == "C":
                expected = result / "expected"
                expected.mkdir(parents=True)
                for name, value in answers(gateway).items():
                    write(expected, name, value)
                write(expected, "key-secrets", life.secrets)
                # twice the time after which a key's last use is noted
                time.sleep(5)
                text = dump(home, options.pg_dump)
        finally:
            gateway.stop()
    # without a time of day in its header, the same dump gives the same bytes
    (result / "dump.sql.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print("dump", len(text.encode()), "bytes")
    print("left out", json.dumps(collect(home, result / "home", life.cancelled_run)))
    # the exact mode differs less from processor to processor
    gateway = Gateway(options.old, home, {**PHASES["C"], "WHETSTONE_TRAINER_START": "false", "WHETSTONE_WEIGHTS": "fp32"}, options.java, log)
    try:
        exact = answers(gateway)
    finally:
        gateway.stop()
    for name in ("generate", "score"):
        write(expected, f"{name}-fp32", exact[name])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--old", type=Path, required=True, help="a checkout of the old build, built already")
    parser.add_argument("--work", type=Path, required=True, help="a folder for the home and the result")
    parser.add_argument("--pg-dump", required=True, help="pg_dump 17 or newer")
    parser.add_argument("--java", default=os.environ.get("JAVA_HOME"), help="a JDK")
    make(parser.parse_args())


main()
