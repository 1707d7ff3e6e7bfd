#!/usr/bin/env python3
"""Swaps and rollbacks under streaming clients, over HTTP on this machine; stops by itself.

  load-tests/swaps.py --url http://localhost:8080 --keys data/keys.json --config models/tiny-reviews/config.json

Draws four adapters for the model of --config, imports them, and then, in turn, lets 16 clients stream with and without
swaps. Prints failed requests, answers whose version is not one of those served, the time between two tokens, and the
time of a swap call. Needs only Python's standard library.
"""
import argparse, http.client, json, random, struct, threading, time, urllib.parse

ap = argparse.ArgumentParser()
ap.add_argument("--url", default="http://localhost:8080")
ap.add_argument("--keys", default="data/keys.json")
ap.add_argument("--config", default="models/tiny-reviews/config.json")
ap.add_argument("--clients", type=int, default=16)
ap.add_argument("--swaps", type=int, default=1000)
ap.add_argument("--rounds", type=int, default=4, help="rounds over which the swaps are spread, with phases without swaps between them")
ap.add_argument("--pause", type=float, default=0.02, help="seconds between two swaps")
args = ap.parse_args()
url = urllib.parse.urlparse(args.url)
assert url.hostname in ("localhost", "127.0.0.1"), "this machine only"
keys = json.load(open(args.keys))


def call(method, path, body=None, role="operator", kind="application/json"):
    c = http.client.HTTPConnection(url.hostname, url.port, timeout=120)
    headers = {"Authorization": "Bearer " + keys[role]}
    if body is not None:
        headers["Content-Type"] = kind
    c.request(method, path, body if isinstance(body, (bytes, type(None))) else json.dumps(body), headers)
    r = c.getresponse()
    data = r.read()
    c.close()
    if r.status >= 300:
        raise RuntimeError(f"{method} {path}: {r.status} {data[:300]!r}")
    return json.loads(data)


def adapter(seed, rank=4):
    """A PEFT adapter for q_proj and down_proj of every layer as a multipart form."""
    cfg, rnd = json.load(open(args.config)), random.Random(seed)
    hidden, inner = cfg["hidden_size"], cfg["intermediate_size"]
    heads = cfg["num_attention_heads"] * cfg.get("head_dim", hidden // cfg["num_attention_heads"])
    header, data = {}, b""
    for layer in range(cfg["num_hidden_layers"]):
        for module, fan_in, fan_out in (("self_attn.q_proj", hidden, heads), ("mlp.down_proj", inner, hidden)):
            for side, shape in (("A", [rank, fan_in]), ("B", [fan_out, rank])):
                values = [rnd.gauss(0, 0.08) for _ in range(shape[0] * shape[1])]
                start = len(data)
                data += struct.pack(f"<{len(values)}f", *values)
                name = f"base_model.model.model.layers.{layer}.{module}.lora_{side}.weight"
                header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [start, len(data)]}
    head = json.dumps(header).encode()
    config = json.dumps({"peft_type": "LORA", "r": rank, "lora_alpha": 2 * rank, "target_modules": ["q_proj", "down_proj"]})
    files = {"adapter_model": struct.pack("<Q", len(head)) + head + data, "adapter_config": config.encode()}
    form = b""
    for name, content in files.items():
        form += f'--form\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n\r\n'.encode() + content + b"\r\n"
    return form + b"--form--\r\n"


class Client(threading.Thread):
    def __init__(self, running):
        super().__init__()
        self.running, self.gaps, self.answers, self.failures = running, [], [], []

    def run(self):
        while self.running.is_set():
            try:
                self.stream()
            except Exception as failed:
                self.failures.append(repr(failed))

    def stream(self):
        c = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
        body = {"prompt": "The song was", "stream": True, "max_tokens": 48, "temperature": 1.0, "logit_bias": {"2": -100}}
        c.request("POST", "/generate", json.dumps(body),
                  {"Authorization": "Bearer " + keys["chat"], "Content-Type": "application/json"})
        r = c.getresponse()
        if r.status != 200:
            raise RuntimeError(f"{r.status} {r.read()[:200]!r}")
        last, event = None, None
        for line in r:
            if line.startswith(b"event: "):
                event = line[7:].strip().decode()
            elif line.startswith(b"data: ") and event == "token":
                now = time.perf_counter()
                if last is not None:
                    self.gaps.append(now - last)
                last = now
            elif line.startswith(b"data: ") and event == "done":
                done = json.loads(line[6:])
                self.answers.append(done["policy"])
                if done["completion"]["finish_reason"] not in ("stop", "length"):
                    raise RuntimeError(json.dumps(done["completion"]))
                c.close()
                return
        raise RuntimeError("the stream ended without done")


def during(work):
    running = threading.Event()
    running.set()
    clients = [Client(running) for _ in range(args.clients)]
    for c in clients:
        c.start()
    try:
        work()
    finally:
        running.clear()
        for c in clients:
            c.join()
    return [sum((getattr(c, what) for c in clients), []) for what in ("gaps", "answers", "failures")]


def percentile(values, p):
    values = sorted(values)
    return 1000 * values[min(len(values) - 1, int(p * len(values)))]


versions = [call("POST", "/policies", adapter(seed), kind="multipart/form-data; boundary=form")["version"] for seed in range(4)]
call("POST", f"/policies/{versions[0]}/promote", {})
calls = []


def swaps(count):
    for i in range(count):
        begun = time.perf_counter()
        if i % 2 == 0:
            call("POST", f"/policies/{versions[i // 2 % 4]}/promote", {})
        else:
            call("POST", "/rollback", {"reason": "load test"})
        calls.append(time.perf_counter() - begun)
        time.sleep(args.pause)


during(lambda: time.sleep(3))
calm, busy = [[], [], []], [[], [], []]
for _ in range(args.rounds):
    begun = time.perf_counter()
    busy = [a + b for a, b in zip(busy, during(lambda: swaps(args.swaps // args.rounds)))]
    took = time.perf_counter() - begun
    calm = [a + b for a, b in zip(calm, during(lambda: time.sleep(took)))]
failures = calm[2] + busy[2]
foreign = [v for v in calm[1] + busy[1] if v not in versions + ["v0"]]
print(f"{len(calls)} swaps, {len(calm[1]) + len(busy[1])} answers, {len(failures)} failed, {len(foreign)} of an unknown version")
for f in failures[:5]:
    print("  failed:", f)
for name, (gaps, answers, _) in (("calm", calm), ("swapping", busy)):
    print(f"{name}: ms between tokens p50 {percentile(gaps, .5):.2f} p99 {percentile(gaps, .99):.2f}, {len(answers)} answers")
print(f"p99 ratio {percentile(busy[0], .99) / percentile(calm[0], .99):.2f}")
print(f"swap call ms p50 {percentile(calls, .5):.1f} p99 {percentile(calls, .99):.1f}")
raise SystemExit(1 if failures or foreign else 0)
