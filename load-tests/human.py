"""Trains on people's choices by ./whetstone train and by TRL; see human."""

import argparse
import gzip
import hashlib
import json
import math
import random
import re
import subprocess
import sys
import time
from pathlib import Path

from train_beside_trl import RANK, ROOT, THREADS, cpu, imported, model, tokenised

SIDES = {"whetstone": "./whetstone train", "trl": "TRL's DPOTrainer"}
TURN = re.compile(r"\n\n(Human|Assistant): ?")
ROLES = {"Human": "user", "Assistant": "assistant"}
HELD_OUT = 5
BATCH = 8
BETA = 0.1
NORMAL = 1.96


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="load-tests/human", usage=argparse.SUPPRESS)
    options.add_argument("file", type=Path, help="lines of chosen and rejected, each a whole dialogue of Human and Assistant; .gz or not")
    options.add_argument("--model", default="smollm2-135m-instruct", help="a name from models/manifest.json or an imported directory (default %(default)s)")
    options.add_argument("--pairs", type=int, default=400, help="how many of the file's pairs, drawn by the seed; 0 for all (default %(default)s)")
    options.add_argument("--max-tokens", type=int, default=384, help="pairs with a longer side are left out (default %(default)s)")
    options.add_argument("--rate", type=float, default=1e-4, help="the learning rate of both (default %(default)s)")
    options.add_argument("--epochs", type=int, default=1, help="passes over the pairs of both (default %(default)s)")
    options.add_argument("--seed", type=int, default=1, help="which pairs are drawn, and the order in which they are trained on (default %(default)s)")
    options.add_argument("--out", type=Path, default=Path("human"), help="a folder for adapters and results (default %(default)s)")
    return options


def main(options: argparse.Namespace) -> None:
    from transformers import AutoTokenizer

    base = imported(options.model)
    pairs, unfit = dialogues(options.file)
    tokenizer = AutoTokenizer.from_pretrained(base)
    train, held_out, long = split(options, [encoded(tokenizer, pair) for pair in drawn(options, pairs)])
    print(f"CPU: {cpu()}, {THREADS} threads; {options.model}, seed {options.seed}, {options.epochs} epochs at rate {options.rate}, beta {BETA}, rank {RANK}")
    print(f"{len(train)} pairs to train on and {len(held_out)} held out, by their first user message; {long} too long, {unfit} not of one prompt", flush=True)
    if not train or not held_out:
        sys.exit("there are too few pairs for a split; give more by --pairs or --max-tokens")
    folder = options.out
    folder.mkdir(parents=True, exist_ok=True)
    same_task(folder, {**vars(options), "file": options.file.name, "out": ""})
    (folder / "train.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in train))
    print("| side | held-out accuracy | held-out loss (nats) | training (s) |\n|---|---|---|---|", flush=True)
    for side in SIDES:
        result = folder / f"{side}.json"
        if not result.exists():
            seconds = trained(side, options, base, train, folder)
            write(result, {"side": side, **measured(base, folder, side, held_out), "seconds": seconds})
        show(json.loads(result.read_text()))
    print(f"An untrained policy ranks none: 0.5 by a coin, and a loss of ln 2 = {math.log(2):.3f}. In brackets 95 % intervals over pairs.")


def same_task(folder: Path, options: dict) -> None:
    """Results of other settings are not mixed with these."""
    file, text = folder / "settings.json", json.dumps(options, default=str, indent=1)
    if file.exists() and file.read_text() != text:
        sys.exit(f"{folder} has results of other settings; give another --out")
    write(file, json.loads(text))


def write(file: Path, content: dict) -> None:
    part = file.with_suffix(".part")
    part.write_text(json.dumps(content, indent=1))
    part.rename(file)


def dialogues(file: Path) -> tuple[list[dict], int]:
    """Pairs of answers to one prompt, and the number of lines that are none."""
    opened = gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8")
    pairs, unfit = [], 0
    with opened as lines:
        for line in lines:
            chosen, rejected = (turns(json.loads(line)[side]) for side in ("chosen", "rejected"))
            if fits(chosen, rejected):
                pairs.append({"prompt": chosen[:-1], "chosen": chosen[-1]["content"], "rejected": rejected[-1]["content"]})
            else:
                unfit += 1
    return pairs, unfit


def turns(text: str) -> list[dict]:
    parts = TURN.split(text)
    return [{"role": ROLES[who], "content": said.strip()} for who, said in zip(parts[1::2], parts[2::2])]


def fits(chosen: list[dict], rejected: list[dict]) -> bool:
    both = [chosen, rejected]
    if any(len(side) < 2 or side[-1]["role"] != "assistant" or not side[-1]["content"] for side in both):
        return False
    return chosen[:-1] == rejected[:-1] and chosen[0]["role"] == "user" and chosen != rejected


def drawn(options: argparse.Namespace, pairs: list[dict]) -> list[dict]:
    shuffled = random.Random(options.seed).sample(pairs, len(pairs))
    return shuffled[: options.pairs] if options.pairs else shuffled


def encoded(tokenizer, pair: dict) -> dict:
    def answer(text: str) -> list[int]:
        return tokenizer.encode(text, add_special_tokens=False) + [tokenizer.eos_token_id]

    return {
        "first": pair["prompt"][0]["content"],
        "prompt_ids": tokenizer.apply_chat_template(pair["prompt"], add_generation_prompt=True, return_dict=False),
        "chosen_ids": answer(pair["chosen"]),
        "rejected_ids": answer(pair["rejected"]),
    }


def split(options: argparse.Namespace, pairs: list[dict]) -> tuple[list[dict], list[dict], int]:
    """Four of five to train on, one held out: all dialogues that begin alike are on one side."""
    train, held_out, long = [], [], 0
    for pair in pairs:
        first = pair.pop("first")
        if len(pair["prompt_ids"]) + max(len(pair["chosen_ids"]), len(pair["rejected_ids"])) > options.max_tokens:
            long += 1
        elif int(hashlib.sha256(first.encode()).hexdigest(), 16) % HELD_OUT == 0:
            held_out.append(pair)
        else:
            train.append(pair)
    return train, held_out, long


def trained(side: str, options: argparse.Namespace, base: Path, pairs: list[dict], folder: Path) -> float:
    print(f"{SIDES[side]} ...", file=sys.stderr, flush=True)
    began = time.perf_counter()
    (by_whetstone if side == "whetstone" else by_trl)(options, base, pairs, folder)
    return time.perf_counter() - began


def by_whetstone(options: argparse.Namespace, base: Path, pairs: list[dict], folder: Path) -> None:
    out = folder / "whetstone"
    settings = {
        "loss_type": "sigmoid", "beta": BETA, "learning_rate": options.rate, "lr_scheduler": "linear", "lora_rank": RANK, "lora_alpha": 2 * RANK,
        "batch_size": BATCH, "epochs": options.epochs, "seed": options.seed, "shuffle": True, "max_length": options.max_tokens,
    }
    (folder / "train.json").write_text(json.dumps(settings))
    command = [ROOT / "whetstone", "train", "--model", base, "--pairs", folder / "train.jsonl", "--config", folder / "train.json", "--out", out]
    if out.exists():
        command.append("--resume")
    subprocess.run(command, check=True, stdout=sys.stderr)


def by_trl(options: argparse.Namespace, base: Path, pairs: list[dict], folder: Path) -> None:
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoTokenizer
    from trl import DPOConfig

    torch.set_num_threads(THREADS)
    scratch = folder / "trl"
    scratch.mkdir(exist_ok=True)
    trainer = tokenised()(
        model=model(base, scratch),
        args=DPOConfig(
            output_dir=str(scratch), per_device_train_batch_size=BATCH, num_train_epochs=options.epochs, learning_rate=options.rate,
            lr_scheduler_type="linear", max_grad_norm=1.0, beta=BETA, loss_type="sigmoid", seed=options.seed, use_cpu=True, bf16=False,
            max_length=options.max_tokens, gradient_checkpointing=False, report_to=[], save_strategy="no", disable_tqdm=True,
        ),
        train_dataset=Dataset.from_list(pairs),
        processing_class=AutoTokenizer.from_pretrained(base),
        peft_config=LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules="all-linear", task_type="CAUSAL_LM"),
    )
    trainer.train()
    trainer.model.save_pretrained(scratch)


def measured(base: Path, folder: Path, side: str, pairs: list[dict]) -> dict:
    """Both adapters by the same program, in float32."""
    import torch
    from peft import PeftModel

    torch.set_num_threads(THREADS)
    policy = PeftModel.from_pretrained(model(base, folder), folder / side).eval()

    def log_ratio(prompt: list[int], answer: list[int]) -> float:
        ids = torch.tensor([prompt + answer])

        def logp() -> float:
            logps = policy(input_ids=ids).logits[0, len(prompt) - 1 : -1].log_softmax(-1)
            return logps.gather(1, ids[0, len(prompt) :, None]).sum().item()

        with torch.inference_mode():
            trained = logp()
            with policy.disable_adapter():
                return trained - logp()

    margins = [
        BETA * (log_ratio(pair["prompt_ids"], pair["chosen_ids"]) - log_ratio(pair["prompt_ids"], pair["rejected_ids"])) for pair in pairs
    ]
    losses = [math.log1p(math.exp(-margin)) if margin > 0 else math.log1p(math.exp(margin)) - margin for margin in margins]
    accuracy, loss = sum(margin > 0 for margin in margins) / len(margins), sum(losses) / len(losses)
    error = math.sqrt(sum((value - loss) ** 2 for value in losses) / max(1, len(losses) - 1) / len(losses))
    return {
        "accuracy": accuracy, "accuracy_interval": wilson(accuracy, len(margins)), "loss": loss,
        "loss_interval": [loss - NORMAL * error, loss + NORMAL * error], "pairs": len(margins),
    }


def wilson(share: float, number: int) -> list[float]:
    """The 95 % interval of a share."""
    middle = (share + NORMAL**2 / (2 * number)) / (1 + NORMAL**2 / number)
    half = NORMAL / (1 + NORMAL**2 / number) * math.sqrt(share * (1 - share) / number + NORMAL**2 / (4 * number**2))
    return [middle - half, middle + half]


def show(result: dict) -> None:
    def cell(name: str) -> str:
        low_high = result.get(f"{name}_interval")
        return f"{result[name]:.3f}" + (f" ({low_high[0]:.3f} to {low_high[1]:.3f})" if low_high else "")

    print(f"| {SIDES[result['side']]} | {cell('accuracy')} | {cell('loss')} | {result['seconds']:.0f} |", flush=True)


if __name__ == "__main__":
    main(parser().parse_args())
