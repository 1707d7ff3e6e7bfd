"""Compares lm-eval's judgement over HTTP with that of Hugging Face's backend on the same weights; load-tests/lm-eval runs it."""

import json
import sys
import tempfile
from pathlib import Path

import lm_eval

TOLERANCE = 1e-3  # nats of a whole choice
QUESTIONS = [
    ("Which animal lays eggs?", ["hen", "cow", "horse", "dog"], 0),
    ("What do bees make?", ["milk", "honey", "wool", "silk"], 1),
    ("Which of these is a fruit?", ["carrot", "potato", "apple", "onion"], 2),
    ("How many legs does a spider have?", ["two", "four", "six", "eight"], 3),
    ("What is frozen water called?", ["ice", "steam", "dew", "fog"], 0),
    ("Which season follows winter?", ["autumn", "spring", "summer", "winter"], 1),
    ("Which of these is a metal?", ["wood", "glass", "iron", "paper"], 2),
    ("What do plants need to grow?", ["sand", "noise", "smoke", "light"], 3),
    ("What is the opposite of hot?", ["cold", "warm", "dry", "soft"], 0),
    ("Which tool cuts paper?", ["hammer", "scissors", "spoon", "brush"], 1),
    ("Which planet do people live on?", ["Mars", "Venus", "Earth", "Saturn"], 2),
    ("Which is the largest?", ["mouse", "cat", "goat", "elephant"], 3),
    ("What do you read?", ["a book", "a shoe", "a cup", "a chair"], 0),
    ("What comes after Monday?", ["Sunday", "Tuesday", "Friday", "Saturday"], 1),
    ("What colour is grass?", ["red", "blue", "green", "black"], 2),
    ("Which of these can fly?", ["a stone", "a fish", "a snake", "an eagle"], 3),
    ("What is two plus two?", ["four", "five", "six", "seven"], 0),
    ("Where do fish live?", ["in trees", "in water", "in fire", "in clouds"], 1),
    ("What shines at night?", ["the sun", "the grass", "the moon", "the sand"], 2),
    ("What do you wear on your feet?", ["hats", "gloves", "scarves", "shoes"], 3),
]


def tasks(folder):
    """The task configurations; lm-eval reads the questions from a file."""
    file = Path(folder) / "questions.jsonl"
    rows = [{"question": q, "choices": c, "answer": a} for q, c, a in QUESTIONS]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    common = {
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(file)}},
        "test_split": "test",
        "num_fewshot": 0,
        "doc_to_text": "Question: {{question}}\nAnswer:",
    }
    choice = {
        **common,
        "task": "whetstone_choice",
        "output_type": "multiple_choice",
        "doc_to_choice": "{{choices}}",
        "doc_to_target": "{{answer}}",
        "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
    }
    text = {
        **common,
        "task": "whetstone_text",
        "output_type": "generate_until",
        "doc_to_target": "{{choices[answer]}}",
        "generation_kwargs": {"until": ["\n\n"], "do_sample": False, "max_gen_toks": 12},
        "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
    }
    return [choice, text]


def evaluate(model, arguments, batch, configs):
    """Accuracy, the log-likelihood of each choice of each question, and the texts."""
    done = lm_eval.simple_evaluate(
        model=model, model_args=arguments, batch_size=batch, tasks=configs, log_samples=True, bootstrap_iters=0
    )
    choice = sorted(done["samples"]["whetstone_choice"], key=lambda sample: sample["doc_id"])
    text = sorted(done["samples"]["whetstone_text"], key=lambda sample: sample["doc_id"])
    return (
        done["results"]["whetstone_choice"]["acc,none"],
        [[float(answer[0]) for answer in sample["filtered_resps"]] for sample in choice],
        [sample["filtered_resps"][0] for sample in text],
    )


def main(base, folder):
    gateway = {
        "model": "champion",
        "base_url": base + "/v1/completions",
        "tokenizer": folder,
        "max_retries": 1,
        "max_length": 1024,
    }
    with tempfile.TemporaryDirectory() as data:
        configs = tasks(data)
        weights = {"pretrained": folder, "dtype": "float32", "device": "cpu"}
        if (Path(folder) / "weights.gguf").exists():
            weights |= {"gguf_file": "weights.gguf", "tokenizer": folder}
        reference = evaluate("hf", weights, 1, configs)
        arms = {
            "one at a time": evaluate("local-completions", {**gateway, "num_concurrent": 1}, 1, configs),
            "batches of 16": evaluate("local-completions", {**gateway, "num_concurrent": 1}, 16, configs),
            "texts, not ids": evaluate("local-completions", {**gateway, "tokenized_requests": False}, 8, configs),
        }
    print(f"\n| backend | accuracy | largest difference of a choice, nats | texts that equal |\n|---|---|---|---|")
    print(f"| Hugging Face, float32 | {reference[0]:.3f} | | |")
    good = True
    for name, (accuracy, scores, texts) in arms.items():
        difference = max(abs(a - b) for own, theirs in zip(scores, reference[1]) for a, b in zip(own, theirs))
        equal = sum(a == b for a, b in zip(texts, reference[2]))
        print(f"| gateway, {name} | {accuracy:.3f} | {difference:.1e} | {equal} of {len(texts)} |")
        good &= difference <= TOLERANCE and accuracy == reference[0] and equal == len(texts)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
