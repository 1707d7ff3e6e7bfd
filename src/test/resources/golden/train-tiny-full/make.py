"""Makes run.json: TRL's DPOTrainer over all weights of the tiny model. Run at the root of the repository with TRL installed."""

import json
import tempfile
from pathlib import Path

import torch
import trl
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback

HERE = Path("src/test/resources/golden")
MODEL = "models/tiny-reviews"
KEPT = ("loss", "grad_norm", "learning_rate")


class InOrder(trl.DPOTrainer):
    """Takes token ids as they are and pairs in their order."""

    def _prepare_dataset(self, dataset, *_):
        return dataset

    def _get_train_sampler(self, *_):
        return torch.utils.data.SequentialSampler(self.train_dataset)


class Log(TrainerCallback):
    def __init__(self):
        self.steps = []

    def on_log(self, args, state, control, logs=None, **_):
        if "loss" in logs:
            self.steps.append({
                "lr" if name == "learning_rate" else name: float(value)
                for name, value in logs.items()
                if name in KEPT or name.startswith(("rewards/", "logps/"))
            })


pairs = json.loads((HERE / "train-tiny-sigmoid/run.json").read_text())["pairs"]
model, reference = (AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float32) for _ in range(2))
log = Log()
settings = {"learning_rate": 2e-4, "beta": 0.1, "max_grad_norm": 1.0, "weight_decay": 0.0}
InOrder(
    model=model, ref_model=reference, train_dataset=Dataset.from_list(pairs),
    processing_class=AutoTokenizer.from_pretrained(MODEL), callbacks=[log],
    args=trl.DPOConfig(
        output_dir=tempfile.mkdtemp(), per_device_train_batch_size=8, max_steps=6, lr_scheduler_type="constant",
        use_cpu=True, bf16=False, gradient_checkpointing=False, report_to=[], save_strategy="no", logging_steps=1,
        **settings,
    ),
).train()
moved = {
    name: float((after.detach().double() - before.double()).norm())
    for (name, after), before in zip(model.named_parameters(), reference.parameters())
}
run = {
    "source": f"TRL {trl.__version__} DPOTrainer, no PEFT, reference = a frozen copy, float32 CPU, sequential order,"
              " pairs of train-tiny-sigmoid; made by make.py",
    "full_fine_tuning": True, "loss_type": "sigmoid", "lr_scheduler": "constant", "warmup_steps": 0, "batch_size": 8,
    "steps": 6, **settings, "per_step": log.steps, "moved": moved,
}
(HERE / "train-tiny-full/run.json").write_text(json.dumps(run, indent=1) + "\n")
