#!/usr/bin/env python3
"""Streams chats from an OpenAI-compatible server on this machine and prints one line of JSON; stops after --requests.

  load-tests/loadgen.py --url http://localhost:8080/v1 --keys data/keys.json --concurrency 8 --requests 64

Figures: output tokens/s over the whole run, time to the first token and between two pieces of text (ms), failures.
Prompts depend on --seed, so that two servers get the same ones. Needs only Python's standard library.
"""
import argparse
import http.client
import json
import queue
import random
import threading
import time
import urllib.parse

WORDS = "river stone market candle window garden letter silver morning engine harbour winter pencil forest bridge copper".split()
TIMEOUT_SECONDS = 120


def main():
    args = parser().parse_args()
    url = urllib.parse.urlparse(args.url)
    if url.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise SystemExit("this machine only")
    key = json.load(open(args.keys))["chat"] if args.keys else None
    todo, answers = queue.SimpleQueue(), queue.SimpleQueue()
    for number in range(args.requests):
        todo.put(number)

    def client():
        while True:
            try:
                number = todo.get_nowait()
            except queue.Empty:
                return
            answers.put(answer(args, url, key, number))

    clients = [threading.Thread(target=client) for _ in range(args.concurrency)]
    begun = time.perf_counter()
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    seconds = time.perf_counter() - begun
    figures = summary(args, [answers.get() for _ in range(args.requests)], seconds)
    print(json.dumps(figures))
    raise SystemExit(1 if figures["failed"] else 0)


def parser():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--url", default="http://localhost:8080/v1")
    options.add_argument("--keys", help="keys.json of the gateway; without it no key is sent")
    options.add_argument("--model", default="champion")
    options.add_argument("--concurrency", type=int, default=8)
    options.add_argument("--requests", type=int, default=64)
    options.add_argument("--max-tokens", type=int, default=64)
    options.add_argument("--prompt-words", type=int, default=40)
    options.add_argument("--seed", type=int, default=1)
    return options


def answer(args, url, key, number):
    """Times one streamed chat: (seconds to the first text, seconds between texts, tokens) or what went wrong."""
    draw = random.Random(args.seed * 100_003 + number)
    story = "Write a long story about " + " ".join(draw.choices(WORDS, k=args.prompt_words)) + "."
    body = {
        "model": args.model, "messages": [{"role": "user", "content": story}], "max_tokens": args.max_tokens,
        "temperature": 0.8, "seed": draw.randint(1, 1 << 30), "stream": True, "stream_options": {"include_usage": True},
    }
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=TIMEOUT_SECONDS)
    begun, times, tokens = time.perf_counter(), [], None
    try:
        connection.request("POST", url.path.rstrip("/") + "/chat/completions", json.dumps(body), headers)
        response = connection.getresponse()
        if response.status != 200:
            return f"{response.status} {response.read(300)!r}"
        for line in response:
            data = line[len(b"data:"):].strip() if line.startswith(b"data:") else b""
            if data == b"[DONE]":
                break
            event = json.loads(data or b"{}")
            if "error" in event:
                return f"in the stream: {event['error']}"
            tokens = (event.get("usage") or {}).get("completion_tokens", tokens)
            if any(choice["delta"].get("content") for choice in event.get("choices", ())):
                times.append(time.perf_counter())
    except (OSError, http.client.HTTPException, ValueError) as failed:
        return repr(failed)
    finally:
        connection.close()
    if not times or tokens is None:
        return "the stream ended without text and usage"
    return times[0] - begun, [later - earlier for earlier, later in zip(times, times[1:])], tokens


def summary(args, answers, seconds):
    failures = [each for each in answers if isinstance(each, str)]
    good = [each for each in answers if not isinstance(each, str)]
    firsts, gaps = [first for first, _, _ in good], [gap for _, between, _ in good for gap in between]
    figures = {
        "concurrency": args.concurrency, "requests": args.requests,
        "tokens_per_s": round(sum(tokens for _, _, tokens in good) / seconds, 1),
        "first_token_ms": percentiles(firsts), "between_ms": percentiles(gaps), "failed": len(failures),
    }
    return figures | ({"first_failure": failures[0]} if failures else {})


def percentiles(values):
    values = sorted(values)
    return {f"p{p}": round(1000 * values[min(len(values) - 1, p * len(values) // 100)], 1) for p in (50, 99)} if values else {}


if __name__ == "__main__":
    main()
