#!/usr/bin/env python3
"""See load-tests/siege/run. Needs only Python's standard library."""
import argparse, asyncio, glob, json, os, random, shutil, signal, statistics, struct, subprocess, sys, tempfile, time

BAD = [
    ("/v1/completions", {"model": "champion", "prompt": "x", "n": 2_000_000_000}),
    ("/v1/completions", {"model": "champion", "prompt": "x", "logit_bias": {str(i): 1 for i in range(5_000)}}),
    ("/generate", {"prompt": "word " * 150_000}),
    ("/tokenize", {"text": "word " * 150_000}),
    ("/generate", {"prompt": "x", "temperature": 1e-320}),
    ("/generate", {"prompt": "x", "max_tokens": -1}),
    ("/v1/chat/completions", {"model": "champion", "messages": [{"role": "user", "content": "x"}], "n": 16,
                              "presence_penalty": 0.1, "max_tokens": 40}),
]
RAW = [
    b"POST /generate HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    b"POST /generate HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n{}",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"\x16\x03\x01\x02\x00garbage\r\n\r\n",
]


class Siege:
    def __init__(self, args):
        self.args, self.home, self.bad_content = args, tempfile.mkdtemp(prefix="siege"), False
        self.statuses, self.wrong, self.latencies, self.votes, self.memory = {}, [], {False: [], True: []}, {}, []
        self.until, self.random = 0.0, random.Random(args.seed)
        self.killed, self.shaken = {}, 0.0
        self.history, self.asked = open(os.path.join(self.home, "history.jsonl"), "w"), set()

    # --- the gateway and its processes

    def start(self):
        environment = dict(os.environ, WHETSTONE_HOME=self.home, WHETSTONE_MODEL="tiny-reviews", WHETSTONE_PORT=str(self.args.port),
                           WHETSTONE_GATEWAY_MAX_CONNECTIONS=str(self.args.idle + 4_096),
                           WHETSTONE_GATEWAY_MAX_ADDRESS_CONNECTIONS=str(self.args.idle + 4_096),
                           WHETSTONE_PREFERENCE_UNDO_WINDOW="0S",
                           # nobody but the siege's own clients changes the champion, so that its history is whole
                           WHETSTONE_ROLLOUT_MODE="manual", WHETSTONE_ROLLOUT_WATCH_FIRST_SHARE="0", WHETSTONE_ROLLOUT_WATCH_SHARE="0")
        self.log = open(os.path.join(self.home, "siege.log"), "ab")
        self.run = subprocess.Popen([os.path.join(self.args.root, "run")], env=environment, stdout=self.log, stderr=self.log)

    def processes(self):
        """The processes of this home by name: gateway, trainer, postgres."""
        found = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                command = open(f"/proc/{pid}/cmdline", "rb").read().decode(errors="replace").split("\0")
                home = f"WHETSTONE_HOME={self.home}\0".encode() in open(f"/proc/{pid}/environ", "rb").read()
            except OSError:
                continue
            if home and "-jar" in command and "gateway" in command:
                found["gateway"] = int(pid)
            elif home and "-jar" in command and "trainer" in command:
                found["trainer"] = int(pid)
        try:
            found["postgres"] = int(open(os.path.join(self.home, "postgres/data/postmaster.pid")).readline())
        except (OSError, ValueError):
            pass
        return found

    def rss(self):
        sizes = {}
        for name, pid in self.processes().items():
            try:
                with open(f"/proc/{pid}/status") as status:
                    sizes[name] = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
            except (OSError, StopIteration):
                pass
        return sizes

    def signal(self, name, number):
        pid = self.processes().get(name)
        if pid is not None:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        return pid

    # --- HTTP by hand, because most of it is meant to be wrong

    async def call(self, path, body, role="chat", read_delay=0, method="POST", hang_up=False, form=None):
        """The status and the body; None where the connection broke."""
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", self.args.port), 10)
        except (OSError, asyncio.TimeoutError):
            return None, None
        try:
            data = form or (b"" if body is None else json.dumps(body).encode())
            kind = "multipart/form-data; boundary=x" if form else "application/json"
            writer.write((f"{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer {self.keys[role]}\r\n"
                          f"Content-Type: {kind}\r\nContent-Length: {len(data)}\r\n\r\n").encode() + data)
            await writer.drain()
            if hang_up:
                return None, None
            await asyncio.sleep(read_delay)
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 120)
            answer = await asyncio.wait_for(reader.read(), 120)
            status, head = self.judge(path, head.decode(errors="replace")), head.lower()
            if b"transfer-encoding: chunked" in head:
                answer = self.joined(answer)
            elif b"content-length:" in head and len(answer) < int(head.split(b"content-length:")[1].split(b"\r\n")[0]):
                raise ValueError("the answer broke off")
            return status, answer
        except (OSError, ValueError, asyncio.TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return None, None
        finally:
            writer.close()

    def judge(self, path, head):
        status = int(head.split(" ", 2)[1])
        self.statuses[status] = self.statuses.get(status, 0) + 1
        patient = "retry-after:" in head.lower()
        # a probe that says "not ready" is an answer, not a refusal
        probe = path.startswith("/q/health") and status == 503
        if status >= 500 and not (status == 503 and patient) and not probe:
            self.wrong.append(f"{path}: {status}")
        return status

    @staticmethod
    def joined(chunks):
        """A body without the sizes of its chunks."""
        body, at = b"", 0
        while (end := chunks.find(b"\r\n", at)) > 0:
            size = int(chunks[at:end].split(b";")[0], 16)
            if size == 0:
                return body
            body, at = body + chunks[end + 2:end + 2 + size], end + 4 + size
        raise ValueError("the answer broke off")

    @staticmethod
    def content(answer):
        return json.loads(answer)

    # --- the history that RecordedHistory judges

    def record(self, kind, key, given, begun, out, **more):
        """One call; without an answer (out None) it may have happened at any time from begun on, or never."""
        line = {"kind": kind, "key": key, "in": given, "begun": begun, **more}
        if out is not None:
            line.update(ended=time.monotonic_ns(), out=out)
        self.history.write(json.dumps(line) + "\n")

    @staticmethod
    def adapter(seed):
        """A form with a small adapter of the tiny model."""
        chance = random.Random(seed)
        tensors, parts = b"", {}
        for name, shape in (("lora_A", [2, 64]), ("lora_B", [64, 2])):
            data = struct.pack("<128f", *(chance.gauss(0, 0.01) for _ in range(128)))
            parts[f"base_model.model.model.layers.0.self_attn.q_proj.{name}.weight"] = {
                "dtype": "F32", "shape": shape, "data_offsets": [len(tensors), len(tensors) + len(data)]}
            tensors += data
        head = json.dumps(parts).encode()
        files = {"adapter_model": struct.pack("<Q", len(head)) + head + tensors,
                 "adapter_config": json.dumps({"peft_type": "LORA", "r": 2, "lora_alpha": 2, "target_modules": ["q_proj"]}).encode()}
        return b"".join(f'--x\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n\r\n'.encode() + data + b"\r\n"
                        for name, data in files.items()) + b"--x--\r\n"

    # --- clients

    async def good(self):
        while time.monotonic() < self.until:
            begun = time.monotonic()
            status, _ = await self.call("/generate", {"prompt": "The film", "max_tokens": 4}, role="operator")
            # what a killed process or a stopped database costs is no matter of the content beside
            if status == 200 and begun > self.shaken:
                self.latencies[self.bad_content].append(time.monotonic() - begun)
            await asyncio.sleep(0.2)

    async def flood(self):
        while time.monotonic() < self.until:
            if not self.bad_content:
                await self.call("/generate", {"prompt": "The film", "max_tokens": 20})
                continue
            what = self.random.random()
            if what < 0.4:
                path, body = self.random.choice(BAD)
                await self.call(path, body)
            elif what < 0.6:
                await self.call("/generate", {"prompt": "The film", "max_tokens": 200, "stream": True}, hang_up=True)
            elif what < 0.7:
                await self.call("/generate", {"prompt": "The film", "max_tokens": 200, "stream": True}, read_delay=5)
            elif what < 0.8:
                await self.raw(self.random.choice(RAW))
            else:
                await self.call("/generate", {"prompt": "The film", "max_tokens": 20})

    async def raw(self, data):
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", self.args.port), 10)
            writer.write(data)
            await asyncio.wait_for(reader.read(), 30)
            writer.close()
        except (OSError, asyncio.TimeoutError):
            pass

    async def idle(self):
        """Holds one connection that was used once; opens it again when it is cut."""
        while time.monotonic() < self.until:
            try:
                reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", self.args.port), 30)
                writer.write(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
                while await asyncio.wait_for(reader.read(4_096), max(1, self.until - time.monotonic())):
                    pass
                writer.close()
            except (OSError, asyncio.TimeoutError):
                pass
            await asyncio.sleep(5)

    async def voter(self, number):
        while time.monotonic() < self.until:
            status, answer = await self.call("/generate", {"prompt": "The film", "max_tokens": 6, "pair": True, "user": f"v{number}"})
            if status == 200:
                pair, choice = self.content(answer)["pair_id"], self.random.choice("ab")
                # a third is left to raters
                for _ in range(20 if self.random.random() < 0.67 else 0):
                    self.asked.add(pair)
                    begun = time.monotonic_ns()
                    status, answer = await self.call("/preferences", {"pair_id": pair, "choice": choice, "user": f"v{number}"})
                    kept = status in (200, 201)
                    self.record("vote", pair, choice, begun, choice if kept else None)
                    if kept:
                        self.votes[self.content(answer)["preference_id"]] = (pair, choice)
                    if status is not None and status != 503 and status != 429:
                        break
                    await asyncio.sleep(2)
            await asyncio.sleep(0.2)

    async def rater(self, number):
        """Leases pairs, and gives them back or lets the lease run out."""
        seconds, name = 3, f"r{number}"
        while time.monotonic() < self.until:
            begun = time.monotonic_ns()
            status, answer = await self.call(f"/preferences/next?user={name}&lease_seconds={seconds}", None, "rater", method="GET")
            if status == 200:
                pair = self.content(answer)["pair_id"]
                self.record("lease", pair, name, begun, True, acquire=True)
                # from then on it may have run out
                self.record("lease", pair, name, begun + seconds * 10**9, None, acquire=False)
                await asyncio.sleep(self.random.random() * 2 * seconds)
                begun = time.monotonic_ns()
                status, _ = await self.call(f"/preferences/next/{pair}/skip", {"reason": "siege", "user": name}, "rater")
                # one that had run out is unknown: what was skipped then is no lease
                self.record("lease", pair, name, begun, True if status == 204 else None, acquire=False)
            await asyncio.sleep(0.5)

    async def changer(self, number):
        """Promotes and rolls back to one version after another."""
        while time.monotonic() < self.until:
            version, begun = f"v{self.random.randrange(3)}", time.monotonic_ns()
            if self.random.random() < 0.5:
                status, answer = await self.call(f"/policies/{version}/promote", None, "operator")
            else:
                status, answer = await self.call("/rollback", {"to": version, "reason": "siege"}, "operator")
            if status is None or status == 200 or status >= 500:
                self.record("champion", None, version, begun, self.content(answer)["version"] if status == 200 else None)
            elif b"rolled_back_meanwhile" not in answer:
                self.wrong.append(f"{version}: {status} {answer[:200]}")
            await asyncio.sleep(1)

    async def reader(self):
        while time.monotonic() < self.until:
            begun = time.monotonic_ns()
            status, answer = await self.call("/policies", None, "operator", method="GET")
            if status == 200:
                champion = next(row["version"] for row in self.content(answer)["items"] if "champion" in row["aliases"])
                self.record("champion", None, None, begun, champion)
            await asyncio.sleep(0.5)

    async def watch(self):
        while time.monotonic() < self.until:
            self.memory.append((time.monotonic(), self.rss()))
            await asyncio.sleep(5)

    async def faults(self):
        span = self.until - time.monotonic()
        plan = [("stop", "postgres")] + [("kill", name) for _ in range(3) for name in ("postgres", "trainer", "gateway")]
        for what, name in plan:
            await asyncio.sleep(span * 0.8 / len(plan))
            stopped = min(30, span / 8) if what == "stop" else 0
            self.shaken = time.monotonic() + stopped + min(60, span / 20)
            if what == "stop":
                self.signal(name, signal.SIGSTOP)
                await asyncio.sleep(stopped)
                self.signal(name, signal.SIGCONT)
            else:
                self.signal(name, signal.SIGKILL)
                self.killed[name] = time.monotonic()
            print(f"{what} {name}", file=sys.stderr)

    # --- the whole

    async def ready(self, limit=300):
        end = time.monotonic() + limit
        while time.monotonic() < end:
            try:
                self.keys = json.load(open(os.path.join(self.home, "keys.json")))
                if (await self.call("/q/health/ready", None, method="GET"))[0] == 200:
                    return
            except (OSError, ValueError):
                pass
            if self.run.poll() is not None:
                break
            await asyncio.sleep(0.5)
        raise SystemExit(f"the gateway is not ready; see {self.home}/siege.log")

    async def phase(self, seconds, bad):
        self.bad_content, self.until = bad, time.monotonic() + seconds
        clients = [self.flood() for _ in range(self.args.clients)] + [self.good() for _ in range(4)]
        clients += [self.voter(i) for i in range(self.args.voters)]
        clients += [self.rater(i) for i in range(3)] + [self.changer(i) for i in range(2)] + [self.reader(), self.reader()]
        if bad:
            clients += [self.idle() for _ in range(self.args.idle)] + [self.watch(), self.faults()]
        await asyncio.gather(*clients)

    async def kept(self):
        """The choices of all votes that the gateway holds, by id."""
        held, cursor = {}, ""
        while cursor is not None:
            status, answer = await self.call(f"/preferences?limit=500{cursor and '&cursor=' + cursor}", None, "operator", method="GET")
            if status != 200:
                raise SystemExit(f"GET /preferences: {status}")
            page = self.content(answer)
            held.update((row["preference_id"], (row["pair_id"], row["choice"])) for row in page["items"])
            cursor = page["next"] and str(page["next"])
        return held

    def drift(self, name):
        """How much larger a process is at the end than after its warm-up, the first half of its life."""
        sizes = [(at, rss[name]) for at, rss in self.memory if name in rss and at > self.killed.get(name, 0)]
        sizes = sizes[len(sizes) // 2:]
        third = max(1, len(sizes) // 3)
        if len(sizes) < 3:
            return None
        return statistics.median(s for _, s in sizes[-third:]) / statistics.median(s for _, s in sizes[:third]) - 1

    def judge_history(self):
        """Whether calls one after another explain the history, and what the checker says."""
        self.history.close()
        folder = os.path.join(self.args.root, "src/test/java/dev/whetstone/testing/history")
        classes = os.path.join(self.home, "checker")
        path = ":".join(glob.glob(os.path.join(self.args.root, "target/quarkus-app/lib/main/*.jar")))
        java = os.path.join(os.environ["JAVA_HOME"], "bin") if "JAVA_HOME" in os.environ else ""
        sources = [os.path.join(folder, f"{name}.java") for name in ("Operation", "Linearizability", "Models", "RecordedHistory")]
        subprocess.run([os.path.join(java, "javac"), "-proc:none", "-cp", path, "-d", classes, *sources], check=True)
        judged = subprocess.run([os.path.join(java, "java"), "-cp", f"{classes}:{path}", "dev.whetstone.testing.history.RecordedHistory",
                                 os.path.join(self.home, "history.jsonl")], stdout=subprocess.PIPE, text=True)
        return judged.returncode == 0, judged.stdout.strip()[:2000]

    async def main(self):
        self.start()
        try:
            await self.ready()
            for seed in (1, 2):
                # a gateway is ready without its database, which may take longer to start
                for _ in range(60):
                    status, answer = await self.call("/policies", None, "operator", form=self.adapter(seed))
                    if status != 503:
                        break
                    await asyncio.sleep(2)
                if status != 201:
                    raise SystemExit(f"POST /policies: {status} {answer}")
            plain = max(20, self.args.seconds / 6)
            await self.phase(plain, False)
            await self.phase(self.args.seconds - plain, True)
            await self.ready()
            held, begun = await self.kept(), time.monotonic_ns()
            given = {pair: [] for pair in self.asked}
            for pair, choice in held.values():
                given.setdefault(pair, []).append(choice)
            for pair, choices in given.items():
                self.record("vote", pair, None, begun, ",".join(choices) or "none")
        finally:
            self.run.send_signal(signal.SIGTERM)
            self.run.wait(120)
        lost = [vote for vote, given in self.votes.items() if held.get(vote) != given]
        pairs = [pair for pair, _ in held.values()]
        p99 = {bad: sorted(all)[int(len(all) * 0.99)] if all else None for bad, all in self.latencies.items()}
        ratio = p99[True] / p99[False] if p99[True] and p99[False] else None
        drift = {name: self.drift(name) for name in ("gateway", "trainer")}
        explained, verdict = self.judge_history()
        failed = [name for name, bad in {
            "votes": bool(lost), "history": not explained, "doubled": len(pairs) != len(set(pairs)), "5xx": bool(self.wrong),
            "memory": any(d is not None and abs(d) > 0.05 for d in drift.values()), "p99": ratio is None or ratio > 1.5}.items() if bad]
        print(json.dumps({"seconds": self.args.seconds, "statuses": dict(sorted(self.statuses.items())), "votes": len(self.votes),
                          "lost": len(lost), "wrong": self.wrong[:10], "history": verdict, "p99_plain_s": p99[False], "p99_siege_s": p99[True],
                          "p99_ratio": ratio, "memory_drift": drift, "failed": failed}))
        if not failed:
            shutil.rmtree(self.home, ignore_errors=True)
        raise SystemExit(1 if failed else 0)


options = argparse.ArgumentParser(description=__doc__)
options.add_argument("--root", required=True)
options.add_argument("--seconds", type=float, default=1_800)
options.add_argument("--idle", type=int, default=5_000)
options.add_argument("--clients", type=int, default=160)
options.add_argument("--voters", type=int, default=8)
options.add_argument("--port", type=int, default=18_080)
options.add_argument("--seed", type=int, default=1)
asyncio.run(Siege(options.parse_args()).main())
