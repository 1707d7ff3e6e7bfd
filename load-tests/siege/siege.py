#!/usr/bin/env python3
"""See load-tests/siege/run. Needs only Python's standard library."""
import argparse, asyncio, json, os, random, shutil, signal, statistics, subprocess, sys, tempfile, time

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

    # --- the gateway and its processes

    def start(self):
        environment = dict(os.environ, WHETSTONE_HOME=self.home, WHETSTONE_MODEL="tiny-reviews", WHETSTONE_PORT=str(self.args.port),
                           WHETSTONE_GATEWAY_MAX_CONNECTIONS=str(self.args.idle + 4_096),
                           WHETSTONE_GATEWAY_MAX_ADDRESS_CONNECTIONS=str(self.args.idle + 4_096),
                           WHETSTONE_PREFERENCE_UNDO_WINDOW="0S")
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

    async def call(self, path, body, role="chat", read_delay=0, method="POST", hang_up=False):
        """The status and the body; None where the connection broke."""
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", self.args.port), 10)
        except (OSError, asyncio.TimeoutError):
            return None, None
        try:
            data = b"" if body is None else json.dumps(body).encode()
            writer.write((f"{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer {self.keys[role]}\r\n"
                          f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n").encode() + data)
            await writer.drain()
            if hang_up:
                return None, None
            await asyncio.sleep(read_delay)
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 120)
            answer = await asyncio.wait_for(reader.read(), 120)
            return self.judge(path, head.decode(errors="replace")), answer
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return None, None
        finally:
            writer.close()

    def judge(self, path, head):
        status = int(head.split(" ", 2)[1])
        self.statuses[status] = self.statuses.get(status, 0) + 1
        patient = "retry-after:" in head.lower()
        if status >= 500 and not (status == 503 and patient):
            self.wrong.append(f"{path}: {status}")
        return status

    @staticmethod
    def content(answer):
        """The JSON of an answer, chunked or not."""
        text = answer.decode(errors="replace")
        return json.loads(text[text.index("{"):text.rindex("}") + 1])

    # --- clients

    async def good(self):
        while time.monotonic() < self.until:
            begun = time.monotonic()
            status, _ = await self.call("/generate", {"prompt": "The film", "max_tokens": 4}, role="operator")
            if status == 200:
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
                for _ in range(20):
                    status, answer = await self.call("/preferences", {"pair_id": pair, "choice": choice, "user": f"v{number}"})
                    if status in (200, 201):
                        self.votes[self.content(answer)["preference_id"]] = (pair, choice)
                    if status is not None and status != 503 and status != 429:
                        break
                    await asyncio.sleep(2)
            await asyncio.sleep(0.2)

    async def watch(self):
        while time.monotonic() < self.until:
            self.memory.append((time.monotonic(), self.rss()))
            await asyncio.sleep(5)

    async def faults(self):
        span = self.until - time.monotonic()
        plan = [("stop", "postgres")] + [("kill", name) for _ in range(3) for name in ("postgres", "trainer", "gateway")]
        for what, name in plan:
            await asyncio.sleep(span * 0.8 / len(plan))
            if what == "stop":
                self.signal(name, signal.SIGSTOP)
                await asyncio.sleep(min(30, span / 8))
                self.signal(name, signal.SIGCONT)
            else:
                self.signal(name, signal.SIGKILL)
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
        """How much larger a process is at the end than after its warm-up, since it was last killed."""
        sizes = [(at, rss[name]) for at, rss in self.memory if name in rss]
        sizes = sizes[len(sizes) // 2:]
        third = max(1, len(sizes) // 3)
        if len(sizes) < 3:
            return None
        return statistics.median(s for _, s in sizes[-third:]) / statistics.median(s for _, s in sizes[:third]) - 1

    async def main(self):
        self.start()
        try:
            await self.ready()
            plain = max(20, self.args.seconds / 6)
            await self.phase(plain, False)
            await self.phase(self.args.seconds - plain, True)
            await self.ready()
            held = await self.kept()
        finally:
            self.run.send_signal(signal.SIGTERM)
            self.run.wait(120)
        lost = [vote for vote, given in self.votes.items() if held.get(vote) != given]
        pairs = [pair for pair, _ in held.values()]
        p99 = {bad: sorted(all)[int(len(all) * 0.99)] if all else None for bad, all in self.latencies.items()}
        ratio = p99[True] / p99[False] if p99[True] and p99[False] else None
        drift = {name: self.drift(name) for name in ("gateway", "trainer")}
        failed = [name for name, bad in {
            "votes": bool(lost), "doubled": len(pairs) != len(set(pairs)), "5xx": bool(self.wrong),
            "memory": any(d is not None and abs(d) > 0.05 for d in drift.values()), "p99": ratio is None or ratio > 1.5}.items() if bad]
        print(json.dumps({"seconds": self.args.seconds, "statuses": dict(sorted(self.statuses.items())), "votes": len(self.votes),
                          "lost": len(lost), "wrong": self.wrong[:10], "p99_plain_s": p99[False], "p99_siege_s": p99[True],
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
