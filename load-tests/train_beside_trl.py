"""Times TRL and ./whetstone train on the same pairs; see train-beside-trl."""

import argparse
import contextlib
import json
import multiprocessing
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
THREADS = 2
PAIRS_A_STEP = 4
PROMPT, COMPLETION = 64, 64
RANK = 16
SIDES = {"whetstone": "whetstone", "precomputed": "TRL, precomputed reference", "trl": "TRL"}
# The JVM options with which the gateway starts its trainer.
JAVA_OPTIONS = "-Xmx1g -XX:+UseSerialGC"


@dataclass(frozen=True)
class Run:
    """One process of one side."""

    seconds: list[float]
    """Seconds of each step."""
    peak: int
    """Peak resident bytes while training."""

    def counted(self) -> list[float]:
        """The steps after the first, which is the warm-up."""
        return self.seconds[1:]


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="load-tests/train-beside-trl", usage=argparse.SUPPRESS)
    options.add_argument(
        "--model", default="smollm2-135m-instruct", help="a name from models/manifest.json or an imported directory (default %(default)s)")
    options.add_argument("--sides", type=sides, default=",".join(SIDES), help="the sides to run (default %(default)s)")
    options.add_argument("--rounds", type=int, default=3, help="each runs every side in a new process, alternating which is first (default %(default)s)")
    options.add_argument("--steps", type=int, default=5, help="steps of a run, including one of warm-up (default %(default)s)")
    return options


def sides(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in SIDES:
            raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(SIDES)}")
    return names


def main(options: argparse.Namespace) -> None:
    if options.rounds < 1 or options.steps < 2:
        sys.exit("--rounds must be at least 1 and --steps at least 2, because the first step is the warm-up")
    os.environ["OMP_NUM_THREADS"] = os.environ["WHETSTONE_THREADS"] = str(THREADS)
    os.environ.setdefault("WHETSTONE_JAVA_OPTS", JAVA_OPTIONS)
    print(f"CPU: {cpu()}, {THREADS} threads; {PAIRS_A_STEP} pairs a step, {options.rounds} rounds of {options.steps - 1} steps after one of warm-up")
    base = imported(options.model)
    pairs = random_pairs(vocabulary(base), options.steps)
    runs: dict[str, list[Run]] = {side: [] for side in options.sides}
    for round in range(options.rounds):
        first = round % len(options.sides)
        for side in options.sides[first:] + options.sides[:first]:
            with tempfile.TemporaryDirectory() as scratch:
                run = one(side, base, pairs, Path(scratch))
            runs[side].append(run)
            seconds = " ".join(f"{step:.2f}" for step in run.seconds)
            print(f"round {round + 1}: {SIDES[side]}: {seconds} s, peak {run.peak / 2**30:.2f} GiB", file=sys.stderr, flush=True)
    for side in options.sides:
        show(side, runs)


def one(side: str, base: Path, pairs: list[dict], scratch: Path) -> Run:
    if side == "whetstone":
        return whetstone(base, pairs, scratch)
    return in_child(trl, base, pairs, scratch, side == "precomputed")


def imported(model: str) -> Path:
    """The directory of a model, which is fetched and imported first if necessary."""
    if weights(Path(model)):
        return Path(model)
    home = Path(os.environ.get("WHETSTONE_HOME", ROOT / "data"))
    directory = home / "models" / model
    if not weights(directory):
        subprocess.run([ROOT / "whetstone", "import", model], check=True, stdout=sys.stderr)
    return directory


def weights(directory: Path) -> Path | None:
    return next((directory / name for name in ("weights.gguf", "weights.safetensors") if (directory / name).exists()), None)


def vocabulary(base: Path) -> int:
    """Ids that the tokenizer has; a model may have rows for more."""
    tokenizer = json.loads((base / "tokenizer.json").read_text())
    return len({*tokenizer["model"]["vocab"].values(), *(token["id"] for token in tokenizer["added_tokens"])})


def random_pairs(vocabulary: int, steps: int) -> list[dict]:
    """Random tokens, because the cost of a step does not depend on which tokens it has."""
    draw = random.Random(1)
    return [
        {
            "prompt_ids": draw.choices(range(10, vocabulary), k=PROMPT),
            "chosen_ids": draw.choices(range(10, vocabulary), k=COMPLETION),
            "rejected_ids": draw.choices(range(10, vocabulary), k=COMPLETION),
        }
        for _ in range(PAIRS_A_STEP * steps)
    ]


def whetstone(base: Path, pairs: list[dict], scratch: Path) -> Run:
    steps = len(pairs) // PAIRS_A_STEP
    (scratch / "pairs.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in pairs))
    settings = {
        "loss_type": "sigmoid", "beta": 0.1, "learning_rate": 1e-4, "lr_scheduler": "constant",
        "lora_rank": RANK, "lora_alpha": 2 * RANK, "batch_size": PAIRS_A_STEP, "steps": steps,
    }
    (scratch / "train.json").write_text(json.dumps(settings))
    process = subprocess.Popen(
        [ROOT / "whetstone", "train", "--model", base, "--pairs", scratch / "pairs.jsonl",
         "--config", scratch / "train.json", "--out", scratch / "run"],
        stdout=subprocess.PIPE, text=True,
    )
    references, trained = [], 0
    for line in process.stdout:
        if found := re.match(r"reference log-probs of (\d+) of", line):
            references.append((time.perf_counter(), int(found[1])))
        if f" {steps}/{steps} " in line:
            trained = high_water(process.pid)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit("whetstone train failed")
    (begun, first), (ended, last) = references[0], references[-1]
    if last > first:
        seconds = (ended - begun) / (last - first) * PAIRS_A_STEP
        print(f"whetstone's reference, computed once before the steps: {seconds:.3f} s for {PAIRS_A_STEP} pairs", file=sys.stderr)
    print(f"whetstone's peak with the export check after training: {usage.ru_maxrss / 2**20:.2f} GiB", file=sys.stderr)
    lines = (scratch / "run" / "metrics.jsonl").read_text().splitlines()
    return Run([json.loads(line)["step_time"] for line in lines], trained)


def high_water(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def in_child(function, *arguments) -> Run:
    """Runs a function in a new process, so that the peak memory is only that of the function."""
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    child = context.Process(target=report, args=(results, function, arguments))
    child.start()
    times, peak = results.get(timeout=600)
    child.join()
    return Run(times, peak)


def report(results, function, arguments) -> None:
    with contextlib.redirect_stdout(sys.stderr):
        times = function(*arguments)
    results.put((times, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))


def tokenised() -> type:
    """TRL's trainer of pairs that are token ids already."""
    from trl import DPOTrainer

    class Tokenised(DPOTrainer):
        """Uses the token ids of the dataset unchanged."""

        def _prepare_dataset(self, dataset, *_):
            return dataset

    return Tokenised


def model(base: Path, scratch: Path):
    """An imported model, as Transformers loads it in float32."""
    import torch
    from transformers import AutoModelForCausalLM

    file = weights(base)
    if file.suffix == ".gguf":
        loaded = AutoModelForCausalLM.from_pretrained(base, gguf_file=file.name, dtype=torch.float32)
        # The weights are float32 by now, but the mark of a quantised file makes the trainer refuse them.
        loaded.is_quantized, loaded.hf_quantizer = False, None
        return loaded
    folder = scratch / "hf"
    folder.mkdir(exist_ok=True)
    for name, link in {file.name: "model.safetensors", "config.json": "config.json"}.items():
        if not (folder / link).exists():
            (folder / link).symlink_to((base / name).resolve())
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def trl(base: Path, pairs: list[dict], scratch: Path, precompute: bool) -> list[float]:
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoTokenizer, TrainerCallback
    from trl import DPOConfig

    torch.set_num_threads(THREADS)

    class Clock(TrainerCallback):
        def __init__(self):
            self.times = []

        def on_step_begin(self, *_, **__):
            self.began = time.perf_counter()

        def on_step_end(self, *_, **__):
            self.times.append(time.perf_counter() - self.began)

    clock = Clock()
    trainer = tokenised()(
        model=model(base, scratch),
        args=DPOConfig(
            output_dir=str(scratch / "trl"), per_device_train_batch_size=PAIRS_A_STEP, max_steps=len(pairs) // PAIRS_A_STEP,
            learning_rate=1e-4, lr_scheduler_type="constant", beta=0.1, use_cpu=True, bf16=False,
            gradient_checkpointing=False, precompute_ref_log_probs=precompute, report_to=[],
            save_strategy="no", disable_tqdm=True,
        ),
        train_dataset=Dataset.from_list(pairs),
        processing_class=AutoTokenizer.from_pretrained(base),
        peft_config=LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules="all-linear", task_type="CAUSAL_LM"),
        callbacks=[clock],
    )
    trainer.train()
    return clock.times


def show(side: str, runs: dict[str, list[Run]]) -> None:
    step, peak = typical(runs[side])
    beside = ""
    if "whetstone" in runs and side != "whetstone":
        ours, memory = typical(runs["whetstone"])
        shares = [typical([mine])[0] / typical([its])[0] for mine, its in zip(runs["whetstone"], runs[side])]
        rounds = " ".join(f"{share:.2f}" for share in shares)
        beside = f"   whetstone's share: {ours / step:.2f} of the time ({rounds}), {memory / peak:.2f} of the memory"
    print(f"{SIDES[side]:28}{step:8.3f} s a step, peak {peak / 2**30:.2f} GiB{beside}", flush=True)


def typical(runs: list[Run]) -> tuple[float, int]:
    """The median step time of all runs, and their highest memory peak."""
    return statistics.median(step for run in runs for step in run.counted()), max(run.peak for run in runs)


def cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))


if __name__ == "__main__":
    main(parser().parse_args())
