"""Compares Whetstone with llama-server on files that llama.cpp's tools made; see llama-files."""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import gguf
import numpy

HIDDEN, INNER, LAYERS, HEADS, KV_HEADS, CONTEXT = 256, 512, 2, 4, 2, 256
TOKENS = 32
PROMPTS = [[1, 70, 102, 90], [1, 200, 33, 47, 111, 259, 80, 90, 12, 300], [1] + [5 + 7 * i % 250 for i in range(60)]]
EXACT = ["F16", "Q8_0", "in parts"]
KINDS = ["F16", "Q8_0", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K_M", "Q4_K_M", "Q5_K_M", "Q6_K", "IQ4_NL", "IQ4_XS"]


def random_model(path):
    """A Llama with weights at random, and a SentencePiece vocabulary of bytes and letters."""
    random = numpy.random.default_rng(7)
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)] + ["▁"] + [chr(c) for c in range(33, 127)]
    kinds = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL] + [gguf.TokenType.BYTE] * 256 + [gguf.TokenType.NORMAL] * 95
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(HIDDEN // HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)

    def matrix(name, rows, columns, scale=1.0):
        writer.add_tensor(name, (random.standard_normal((rows, columns)) * scale / columns**0.5).astype(numpy.float16))

    def norm(name):
        writer.add_tensor(name, (1 + 0.1 * random.standard_normal(HIDDEN)).astype(numpy.float32))

    matrix("token_embd.weight", len(tokens), HIDDEN, HIDDEN**0.5)
    norm("output_norm.weight")
    matrix("output.weight", len(tokens), HIDDEN, 4)
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        norm(block + "attn_norm.weight")
        norm(block + "ffn_norm.weight")
        matrix(block + "attn_q.weight", HIDDEN, HIDDEN)
        matrix(block + "attn_k.weight", HIDDEN * KV_HEADS // HEADS, HIDDEN)
        matrix(block + "attn_v.weight", HIDDEN * KV_HEADS // HEADS, HIDDEN)
        matrix(block + "attn_output.weight", HIDDEN, HIDDEN)
        matrix(block + "ffn_gate.weight", INNER, HIDDEN)
        matrix(block + "ffn_up.weight", INNER, HIDDEN)
        matrix(block + "ffn_down.weight", HIDDEN, INNER)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def run(args, *command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300, env=os.environ | {"LD_LIBRARY_PATH": f"{args.llama}/bin"})
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def free_port():
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        return any_port.getsockname()[1]


def post(port, path, body):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)


def await_server(server, port):
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if server.poll() is not None:
            sys.exit("llama-server ended")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    sys.exit("llama-server did not start")


def greedy(args, file):
    """What llama-server continues each prompt with, and the log-probs."""
    port = free_port()
    command = [f"{args.llama}/bin/llama-server", "-m", file, "--host", "127.0.0.1", "--port", port, "-t", "1", "-np", "1", "-c", CONTEXT, "-fa", "off", "-ctk", "f32", "-ctv", "f32"]
    with subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | {"LD_LIBRARY_PATH": f"{args.llama}/bin"}) as server:
        try:
            await_server(server, port)
            for prompt in PROMPTS:
                body = {"prompt": prompt, "n_predict": TOKENS, "temperature": 0, "n_probs": 1, "ignore_eos": False, "cache_prompt": False, "return_tokens": True, "repeat_penalty": 1.0}
                answer = post(port, "/completion", body)
                chosen = answer["completion_probabilities"]
                yield {"prompt": prompt, "completion": [token["id"] for token in chosen], "logps": [token["logprob"] for token in chosen]}
        finally:
            server.terminate()


def made(args, folder):
    """Yields the name and path of each file that llama.cpp's tools made."""
    base = folder / "base.gguf"
    random_model(base)
    for kind in KINDS:
        file = folder / f"{kind}.gguf"
        run(args, f"{args.llama}/bin/llama-quantize", base, file, kind)
        yield kind, file
    run(args, f"{args.llama}/bin/llama-gguf-split", "--split-max-tensors", "8", base, folder / "parts")
    yield "in parts", sorted(folder.glob("parts-00001-of-*.gguf"))[0]


def score(args, files):
    """Whetstone's greedy tokens and log-probs at each place of llama-server's completions."""
    program = Path(__file__).with_name("ScoreCompletions.java")
    lines = "".join(json.dumps({"file": str(file), "rows": rows}) + "\n" for _, file, rows in files)
    out = subprocess.run(
        [args.java, "-Xmx1g", "--enable-native-access=ALL-UNNAMED", "-cp", args.classpath, program],
        input=lines, capture_output=True, text=True, timeout=900,
    )
    scores = [json.loads(line) for line in out.stdout.splitlines() if line.startswith("[{")]
    if out.returncode != 0 or len(scores) != len(files):
        sys.exit(f"{len(scores)} of {len(files)} files were read:\n{out.stderr[-3000:]}")
    return scores


def main():
    options = argparse.ArgumentParser()
    for name in ("--llama", "--java", "--classpath"):
        options.add_argument(name, required=True)
    args = options.parse_args()
    wrong = []
    with tempfile.TemporaryDirectory() as temporary:
        files = [(name, file, list(greedy(args, file))) for name, file in made(args, Path(temporary))]
        print(f"{'file':10}{'same text':>11}{'largest':>12}{'mean':>10}   difference of a greedy token's log-prob")
        for (name, _, rows), scores in zip(files, score(args, files), strict=True):
            pairs = [pair for row, own in zip(rows, scores, strict=True) for pair in zip(row["logps"], own["logps"], strict=True)]
            same = sum(own["greedy"] == row["completion"] for row, own in zip(rows, scores, strict=True))
            differences = [abs(a - b) for a, b in pairs]
            print(f"{name:10}{same:>6} of {len(rows):<2}{max(differences):>12.4f}{sum(differences) / len(differences):>10.4f}", flush=True)
            if name in EXACT and same < len(rows):
                wrong.append(name)
    sys.exit(f"another text: {', '.join(wrong)}" if wrong else 0)


if __name__ == "__main__":
    main()
