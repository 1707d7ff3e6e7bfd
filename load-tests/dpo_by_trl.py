"""Trains adapters by TRL's DPOTrainer on files of pairs; see dpo-by-trl."""

import argparse
import contextlib
import json
import sys
import time
from pathlib import Path

from train_beside_trl import RANK, THREADS, model, tokenised


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="load-tests/dpo-by-trl", usage=argparse.SUPPRESS)
    options.add_argument("--model", type=Path, required=True, help="an imported model's directory")
    options.add_argument("--seed", type=int, default=1, help="of the adapter and the order of pairs (default %(default)s)")
    options.add_argument("--rate", type=float, default=1e-3, help="the learning rate (default %(default)s)")
    options.add_argument("--epochs", type=int, default=3, help="passes over the pairs (default %(default)s)")
    options.add_argument("pairs", type=Path, nargs="+", help="lines of prompt_ids, chosen_ids, rejected_ids; the adapter goes to a folder beside each file")
    return options


def main(options: argparse.Namespace) -> None:
    for file in options.pairs:
        pairs = [json.loads(line) for line in file.read_text().splitlines()]
        began = time.perf_counter()
        with contextlib.redirect_stdout(sys.stderr):
            adapter, tokens = train(options, pairs, file.with_suffix(""))
        print(json.dumps({"pairs": len(pairs), "adapter": str(adapter), "tokens": tokens, "seconds": time.perf_counter() - began}), flush=True)


def train(options: argparse.Namespace, pairs: list[dict], folder: Path) -> tuple[Path, int]:
    """Plain DPO at beta 0.1; returns the folder with PEFT's files, and the tokens that were trained on."""
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoTokenizer
    from trl import DPOConfig

    torch.set_num_threads(THREADS)
    folder.mkdir()
    trainer = tokenised()(
        model=model(options.model, folder),
        args=DPOConfig(
            output_dir=str(folder / "trl"), per_device_train_batch_size=16, num_train_epochs=options.epochs, learning_rate=options.rate,
            lr_scheduler_type="linear", max_grad_norm=1.0, beta=0.1, loss_type="sigmoid", seed=options.seed, use_cpu=True, bf16=False,
            gradient_checkpointing=False, precompute_ref_log_probs=False, report_to=[], save_strategy="no", disable_tqdm=True, logging_steps=1,
        ),
        train_dataset=Dataset.from_list(pairs),
        processing_class=AutoTokenizer.from_pretrained(options.model),
        peft_config=LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules="all-linear", task_type="CAUSAL_LM"),
    )
    trainer.train()
    trainer.model.save_pretrained(folder / "adapter")
    return folder / "adapter", int(max(entry.get("num_tokens", 0) for entry in trainer.state.log_history))


if __name__ == "__main__":
    main(parser().parse_args())
