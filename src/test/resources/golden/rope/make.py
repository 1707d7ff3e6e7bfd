"""Writes rope.json: frequencies and attention factors of rotary embeddings, as Transformers computes them from config.json."""

import json
import pathlib

import transformers
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

BASE = {
    "hidden_size": 128, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1,
    "vocab_size": 16, "max_position_embeddings": 8192, "rms_norm_eps": 1e-5, "bos_token_id": 1, "eos_token_id": 2,
}
SHORT = [1 + 0.02 * i for i in range(32)]
LONG = [1 + 0.7 * i for i in range(32)]
LONGROPE = {"short_factor": SHORT, "long_factor": LONG}

# as files have them: today's rope_parameters, and rope_scaling beside rope_theta of some years ago
CASES = {
    "linear": ("llama", {"rope_theta": 10000.0, "rope_scaling": {"type": "linear", "factor": 4.0}}),
    "linear, today's form": ("llama", {"rope_parameters": {"rope_type": "linear", "rope_theta": 500000.0, "factor": 2.5}}),
    "llama3": ("llama", {"rope_theta": 500000.0, "rope_scaling": {
        "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 1024}}),
    "yarn": ("qwen2", {"rope_theta": 1000000.0, "rope_scaling": {
        "type": "yarn", "factor": 4.0, "original_max_position_embeddings": 2048}}),
    "yarn with its own limits": ("llama", {"rope_theta": 10000.0, "rope_scaling": {
        "rope_type": "yarn", "factor": 8.0, "beta_fast": 16.0, "beta_slow": 2.0, "original_max_position_embeddings": 1024}}),
    "yarn, not truncated": ("llama", {"rope_parameters": {
        "rope_type": "yarn", "rope_theta": 150000.0, "factor": 32.0, "beta_fast": 32.0, "beta_slow": 1.0, "truncate": False,
        "original_max_position_embeddings": 4096}}),
    "yarn with an attention factor": ("llama", {"rope_parameters": {
        "rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "attention_factor": 1.25,
        "original_max_position_embeddings": 2048}}),
    "yarn with mscales": ("llama", {"rope_parameters": {
        "rope_type": "yarn", "rope_theta": 10000.0, "factor": 40.0, "mscale": 0.707, "mscale_all_dim": 1.0,
        "original_max_position_embeddings": 4096}}),
    "longrope": ("phi3", {
        "rope_theta": 10000.0, "original_max_position_embeddings": 1024, "rope_scaling": {"type": "longrope", **LONGROPE}}),
    "longrope with an attention factor": ("phi3", {"original_max_position_embeddings": 1024, "rope_parameters": {
        "rope_type": "longrope", "rope_theta": 10000.0, "attention_factor": 1.5,
        "original_max_position_embeddings": 1024, **LONGROPE}}),
    "longrope by a factor": ("llama", {"max_position_embeddings": 2048, "rope_parameters": {
        "rope_type": "longrope", "rope_theta": 10000.0, "factor": 16.0, **LONGROPE}}),
}


def case(name, architecture, fields):
    config = {**BASE, "model_type": architecture, **fields}
    if architecture == "phi3":
        config["pad_token_id"] = 0
    read = transformers.AutoConfig.for_model(**json.loads(json.dumps(config)))
    frequencies, factor = ROPE_INIT_FUNCTIONS[read.rope_parameters["rope_type"]](read, "cpu", seq_len=1)
    return {"name": name, "config": config, "frequencies": [float(f) for f in frequencies], "attention_factor": float(factor)}


rows = [case(name, *of) for name, of in CASES.items()]
text = "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n"
pathlib.Path(__file__).with_name("rope.json").write_text(text)
print(transformers.__version__, len(rows))
