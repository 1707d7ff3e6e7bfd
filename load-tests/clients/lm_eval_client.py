"""lm-evaluation-harness: log-probs of continuations, as multiple choice needs them, and generation."""

from feature import BASE, KEY, MODEL, feature, run
from lm_eval.api.instance import Instance
from lm_eval.models.openai_completions import LocalChatCompletion, LocalCompletionsAPI

args = {"model": MODEL, "tokenizer_backend": None, "num_concurrent": 1, "max_retries": 1}


@feature("lm-eval: generate")
def generate():
    chat = LocalChatCompletion(base_url=f"{BASE}/chat/completions", **args)
    turns = '[{"role": "user", "content": "Name a colour."}]'
    from lm_eval.models.api_models import JsonChatStr

    request = Instance("generate_until", {}, (JsonChatStr(turns), {"max_gen_toks": 8, "until": ["\n"]}), 0)
    assert chat.generate_until([request])


run("lm-eval")
