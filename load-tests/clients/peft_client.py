"""PEFT and Transformers: adapters go up, come back and find their base."""

import json
import os
import pathlib
import subprocess
import tempfile

import torch
from feature import BASE, OPERATOR_KEY, feature, run
from peft import AutoPeftModelForCausalLM, LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

ROOT = BASE.removesuffix("/v1")
MODEL_DIR = pathlib.Path(os.environ["WHETSTONE_HOME"], "models", os.environ["WHETSTONE_MODEL"])
HOME = pathlib.Path(tempfile.mkdtemp())
IDS = torch.tensor([[5, 6, 7, 8, 9, 10, 11, 12]])


def call(path, *arguments):
    # urllib has no multipart forms
    command = ["curl", "-sS", "--fail-with-body", "-H", f"Authorization: Bearer {OPERATOR_KEY}", *arguments, ROOT + path]
    return subprocess.run(command, check=True, capture_output=True, timeout=120).stdout


def options(folder):
    """A model that was imported from a GGUF file is one still."""
    gguf = pathlib.Path(folder, "weights.gguf")
    return {"gguf_file": gguf.name} if gguf.exists() else {}


@feature("the imported model opens")
def base():
    global model
    model = AutoModelForCausalLM.from_pretrained(MODEL_DIR, dtype=torch.float32, **options(MODEL_DIR))
    assert torch.isfinite(model(IDS).logits).all()


@feature("an adapter goes up and comes back")
def roundtrip():
    torch.manual_seed(1)
    peft = get_peft_model(model, LoraConfig(r=8, lora_alpha=16, target_modules=["q_proj", "v_proj"]))
    for name, values in peft.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(values, std=0.02)
    peft.save_pretrained(HOME / "up")
    global expected
    with torch.no_grad():
        expected = peft(IDS).logits
    up = HOME / "up"
    row = json.loads(call(
        "/policies", "-F", f"adapter_model=@{up}/adapter_model.safetensors", "-F", f"adapter_config=@{up}/adapter_config.json"))
    (HOME / "down").mkdir()
    for path, name in [("", "adapter_model.safetensors"), ("/config", "adapter_config.json")]:
        (HOME / "down" / name).write_bytes(call(f"/policies/{row['version']}/adapter{path}"))


@feature("AutoPeftModelForCausalLM finds its base")
def auto():
    folder = json.loads((HOME / "down" / "adapter_config.json").read_text())["base_model_name_or_path"]
    peft = AutoPeftModelForCausalLM.from_pretrained(HOME / "down", dtype=torch.float32, **options(folder))
    with torch.no_grad():
        assert torch.allclose(peft(IDS).logits, expected, atol=1e-4)


run("PEFT")
