"""Times TRL and ./whetstone train on the same pairs; see train-beside-trl."""

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
from pathlib import Path

THREADS = 2
PAIRS_A_STEP, STEPS, WARM_UP = 4, 4, 1
PROMPT, COMPLETION = 64, 64
RANK = 16
SIDES = ("whetstone", "precomputed", "trl")
# What the gateway gives the trainer that it starts.
JAVA_OPTIONS = "-Xmx1g -XX:+UseSerialGC"


def main(root: Path, model: str, sides: list[str]) -> None:
    os.environ["OMP_NUM_THREADS"] = os.environ["WHETSTONE_THREADS"] = str(THREADS)
    os.environ.setdefault("WHETSTONE_JAVA_OPTS", JAVA_OPTIONS)
    print(f"CPU: {cpu()}, {THREADS} threads; {PAIRS_A_STEP} pairs a step, median of {STEPS - WARM_UP} steps")
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        base = imported(root, model)
        pairs = random_pairs(json.loads((base / "config.json").read_text())["vocab_size"])
        ours = None
        for side in sides or SIDES:
            if side == "whetstone":
                ours = whetstone(root, base, pairs, scratch)
                show("whetstone", ours, ours)
            elif side == "precomputed":
                show("TRL, precomputed reference", in_child(trl, base, pairs, scratch, True), ours)
            elif side == "trl":
                show("TRL", in_child(trl, base, pairs, scratch, False), ours)
            else:
                raise SystemExit(f"{side} is none of {', '.join(SIDES)}")


def imported(root: Path, model: str) -> Path:
    """The imported directory of a model, fetched and imported where it is not there yet."""
    if (Path(model) / "weights.safetensors").exists():
        return Path(model)
    home = Path(os.environ.get("WHETSTONE_HOME", root / "data"))
    directory = home / "models" / model
    if not (directory / "weights.safetensors").exists():
        subprocess.run([root / "whetstone", "import", model], check=True, stdout=sys.stderr)
    return directory


def random_pairs(vocabulary: int) -> list[dict]:
    """What tokens stand there does not change what they cost."""
    draw = random.Random(1)
    return [
        {
            "prompt_ids": draw.choices(range(10, vocabulary), k=PROMPT),
            "chosen_ids": draw.choices(range(10, vocabulary), k=COMPLETION),
            "rejected_ids": draw.choices(range(10, vocabulary), k=COMPLETION),
        }
        for _ in range(PAIRS_A_STEP * STEPS)
    ]


def whetstone(root: Path, base: Path, pairs: list[dict], scratch: Path) -> tuple[list[float], int]:
    """Seconds of each step, and the peak resident bytes up to the last one."""
    (scratch / "pairs.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in pairs))
    settings = {
        "loss_type": "sigmoid", "beta": 0.1, "learning_rate": 1e-4, "lr_scheduler": "constant",
        "lora_rank": RANK, "lora_alpha": 2 * RANK, "batch_size": PAIRS_A_STEP, "steps": STEPS,
    }
    (scratch / "train.json").write_text(json.dumps(settings))
    process = subprocess.Popen(
        [root / "whetstone", "train", "--model", base, "--pairs", scratch / "pairs.jsonl",
         "--config", scratch / "train.json", "--out", scratch / "run"],
        stdout=subprocess.PIPE, text=True,
    )
    references, trained = [], 0
    for line in process.stdout:
        print(line, end="", file=sys.stderr)
        if found := re.match(r"reference log-probs of (\d+) of", line):
            references.append((time.perf_counter(), int(found[1])))
        if f" {STEPS}/{STEPS} " in line:
            trained = high_water(process.pid)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit("whetstone train failed")
    (begun, first), (ended, last) = references[0], references[-1]
    if last > first:
        seconds = (ended - begun) / (last - first) * PAIRS_A_STEP
        print(f"whetstone's reference, computed once before the steps: {seconds:.3f} s for {PAIRS_A_STEP} pairs")
    print(f"whetstone's peak with the export check after training: {usage.ru_maxrss / 2**20:.2f} GiB")
    lines = (scratch / "run" / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line)["step_time"] for line in lines], trained


def high_water(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def in_child(function, *arguments) -> tuple[list[float], int]:
    """A process of its own, so that its peak memory is its own."""
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    child = context.Process(target=report, args=(results, function, arguments))
    child.start()
    result = results.get(timeout=600)
    child.join()
    return result


def report(results, function, arguments) -> None:
    times = function(*arguments)
    results.put((times, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))


def trl(base: Path, pairs: list[dict], scratch: Path, precompute: bool) -> list[float]:
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM, TrainerCallback
    from trl import DPOConfig, DPOTrainer

    torch.set_num_threads(THREADS)

    class Tokenised(DPOTrainer):
        """Takes token ids as they are."""

        def _prepare_dataset(self, dataset, *_):
            return dataset

    class Clock(TrainerCallback):
        def __init__(self):
            self.times = []

        def on_step_begin(self, *_, **__):
            self.began = time.perf_counter()

        def on_step_end(self, *_, **__):
            self.times.append(time.perf_counter() - self.began)

    folder = scratch / "hf"
    folder.mkdir(exist_ok=True)
    for file, link in {"weights.safetensors": "model.safetensors", "config.json": "config.json"}.items():
        if not (folder / link).exists():
            (folder / link).symlink_to((base / file).resolve())
    config = LlamaConfig.from_pretrained(folder)
    model = LlamaForCausalLM.from_pretrained(folder, config=config, dtype=torch.float32)
    clock = Clock()
    trainer = Tokenised(
        model=model,
        args=DPOConfig(
            output_dir=str(scratch / "trl"), per_device_train_batch_size=PAIRS_A_STEP, max_steps=STEPS,
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


def show(name: str, row: tuple[list[float], int], ours: tuple[list[float], int] | None) -> None:
    times, peak = row
    step = statistics.median(times[WARM_UP:])
    beside = ""
    if ours is not None:
        beside = f"   ours/its: {statistics.median(ours[0][WARM_UP:]) / step:.2f} of the time, {ours[1] / peak:.2f} of the memory"
    steps = " ".join(f"{seconds:.2f}" for seconds in times)
    print(f"{name:28}{step:8.3f} s a step ({steps}), peak {peak / 2**30:.2f} GiB{beside}", flush=True)


def cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
