"""Trains a policy by TRL's RLOOTrainer against a reward model or the true reward; see beside-ppo."""

import argparse
import contextlib
import json
import os
import re
import sys
from pathlib import Path

from train_beside_trl import RANK, THREADS, model

MAX_TOKENS = 96
BATCH = 64
ANSWERS_A_PROMPT = 4
REWARD_BATCH = 16


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="load-tests/beside-ppo", usage=argparse.SUPPRESS)
    options.add_argument("--model", type=Path, required=True, help="an imported model's directory, of a model in float32")
    options.add_argument("--questions", type=Path, required=True, help="a list of questions as JSON, on which the policy is trained")
    options.add_argument("--reward", choices=["model", "true"], required=True, help="a reward model of --pairs, or the share that --words give")
    options.add_argument("--pairs", type=Path, help="lines of prompt_ids, chosen_ids, rejected_ids: the votes of the reward model")
    options.add_argument("--held-out", type=Path, help="the same, on which the reward model's accuracy is measured")
    options.add_argument("--words", type=Path, help="words with their values as a JSON object; the true reward is the mean of those in an answer")
    options.add_argument("--episodes", type=int, default=2048, help="answers that the policy is trained on (default %(default)s)")
    options.add_argument("--beta", type=float, default=0.05, help="the KL's coefficient (default %(default)s)")
    options.add_argument("--rate", type=float, default=1e-3, help="the policy's learning rate (default %(default)s)")
    options.add_argument("--reward-rate", type=float, default=1e-3, help="the reward model's learning rate (default %(default)s)")
    options.add_argument("--reward-epochs", type=int, default=3, help="the reward model's passes over the pairs (default %(default)s)")
    options.add_argument("--seed", type=int, default=1, help="of adapters and samples (default %(default)s)")
    options.add_argument("folder", type=Path, help="an empty folder, where the adapter goes")
    return options


def main(options: argparse.Namespace) -> None:
    with contextlib.redirect_stdout(sys.stderr):
        result = train(options)
    print(json.dumps(result), flush=True)


def train(options: argparse.Namespace) -> dict:
    import torch
    from transformers import AutoTokenizer

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", THREADS)))
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    policy = model(options.model, options.folder)
    result = {"tokens": 0}
    if options.reward == "model":
        reward, result["accuracy"], result["tokens"] = reward_model(options, tokenizer)
    else:
        reward = true_reward(json.loads(options.words.read_text()))
    result["tokens"] += train_policy(options, policy, tokenizer, reward)
    result["adapter"] = str(options.folder / "adapter")
    return result


def reward_model(options: argparse.Namespace, tokenizer):
    """The reward by a model of the pairs; its accuracy on the held-out ones, and the tokens that it was trained on."""
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForSequenceClassification
    from trl import RewardConfig, RewardTrainer

    trainer = RewardTrainer(
        model=AutoModelForSequenceClassification.from_pretrained(options.folder / "hf", num_labels=1, dtype=torch.float32),
        args=RewardConfig(
            learning_rate=options.reward_rate, num_train_epochs=options.reward_epochs, per_device_train_batch_size=REWARD_BATCH,
            max_length=None, **common(options, "reward"),
        ),
        train_dataset=Dataset.from_list(sequences(options.pairs)),
        processing_class=tokenizer,
        peft_config=LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules="all-linear", modules_to_save=["score"], task_type="SEQ_CLS"),
    )
    trainer.train()
    judge = trainer.model.eval()

    def scores(rows: list[list[int]]) -> list[float]:
        width = max(map(len, rows))
        ids = torch.tensor([row + [tokenizer.pad_token_id] * (width - len(row)) for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
        with torch.inference_mode():
            return judge(input_ids=ids, attention_mask=mask).logits[:, 0].tolist()

    held_out = sequences(options.held_out)
    chosen, rejected = (scores([pair[side] for pair in held_out]) for side in ("chosen_ids", "rejected_ids"))
    accuracy = sum(better > worse for better, worse in zip(chosen, rejected)) / len(held_out)
    known = {tuple(json.loads(line)["prompt_ids"]) for line in options.pairs.read_text().splitlines()}

    def reward(prompts, completion_ids, **_):
        asked = [tokenizer.apply_chat_template(prompt, add_generation_prompt=True, return_dict=False) for prompt in prompts]
        if not known & set(map(tuple, asked)):
            raise SystemExit("the model's chat template gives none of the pairs' prompts")
        return scores([prompt + list(completion) for prompt, completion in zip(asked, completion_ids)])

    return reward, accuracy, tokens(trainer)


def sequences(file: Path) -> list[dict]:
    """Both sides of each pair behind its prompt."""
    pairs = [json.loads(line) for line in file.read_text().splitlines()]
    return [{side: pair["prompt_ids"] + pair[side] for side in ("chosen_ids", "rejected_ids")} for pair in pairs]


def true_reward(words: dict[str, int]):
    def reward(completions, **_):
        return [share([words[word] for word in re.findall("[a-z]+", answer[0]["content"].lower()) if word in words]) for answer in completions]

    return reward


def share(values: list[int]) -> float:
    return sum(values) / len(values) if values else 0.0


def train_policy(options: argparse.Namespace, policy, tokenizer, reward) -> int:
    """Returns the tokens of all answers with their prompts: sampled once, scored by the base once, and trained on once."""
    from datasets import Dataset
    from peft import LoraConfig
    from trl import RLOOConfig, RLOOTrainer

    # a batch is drawn from the rows that are left of a pass, so that there must be many
    questions = json.loads(options.questions.read_text()) * BATCH
    trainer = RLOOTrainer(
        model=policy,
        reward_funcs=reward,
        args=RLOOConfig(
            learning_rate=options.rate, beta=options.beta, max_steps=max(1, options.episodes // BATCH), per_device_train_batch_size=BATCH,
            num_generations=ANSWERS_A_PROMPT, max_completion_length=MAX_TOKENS, temperature=1.0, **common(options, "policy"),
        ),
        train_dataset=Dataset.from_list([{"prompt": [{"role": "user", "content": question}]} for question in questions]),
        processing_class=tokenizer,
        peft_config=LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules="all-linear", task_type="CAUSAL_LM"),
    )
    trainer.train()
    trainer.model.save_pretrained(options.folder / "adapter")
    return tokens(trainer)


def common(options: argparse.Namespace, name: str) -> dict:
    return {
        "output_dir": str(options.folder / name), "lr_scheduler_type": "linear", "max_grad_norm": 1.0, "seed": options.seed, "use_cpu": True,
        "bf16": False, "gradient_checkpointing": False, "report_to": [], "save_strategy": "no", "disable_tqdm": True, "logging_steps": 1,
    }


def tokens(trainer) -> int:
    """Tokens as TRL counts them: of prompts and answers, each time that they are trained on."""
    return int(max(entry.get("num_tokens", 0) for entry in trainer.state.log_history))


if __name__ == "__main__":
    main(parser().parse_args())
