"""Writes tokens.json, forward.json and tensors.sha256 for Qwen2.5-Coder-0.5B-Instruct, Q4_K_M.

tokens.json: texts and their ids by Transformers from the file's own vocabulary, normalised to NFC as the
publisher's tokenizer does; llama.cpp gives the same ids for all texts that are in NFC already.
forward.json: conversations as Transformers renders them, and what llama.cpp continues greedily with the
same weights in F16 (llama-quantize --allow-requantize IN OUT F16), with the log-prob of each token.
tensors.sha256: the hash of each tensor as little-endian float32, by gguf.quants.dequantize.

Made with gguf 0.19.0, transformers 5.24.0, llama-cpp-python 0.3.36.
Usage: python make.py FILE F16_FILE
"""

import hashlib
import json
import pathlib
import sys
import unicodedata

import gguf
import llama_cpp.llama_cpp as llama
import numpy as np
import tokenizers
import transformers
from gguf import quants

HERE = pathlib.Path(__file__).parent
CODE = '''#include <stdio.h>
// Greatest common divisor
static int gcd(int a, int b) {
\tfor (; b != 0;) { int t = a % b; a = b; b = t; }
\treturn a;
}

class Stack<T extends Comparable<? super T>> implements Iterable<T> {
    private final List<T> items = new ArrayList<>();   // 0x1F, 1_000_000, 3.14e-10f

    @Override public String toString() { return "[" + String.join(", ", items) + "]\\n"; }
}

def main(argv: list[str]) -> int:
    if __name__ == "__main__" and len(argv) >= 2:
        print(f"{argv[1]!r:>20} costs {12345.678:,.2f} €")
    return 0 if not argv else -1

SELECT u.id, COUNT(*) AS n FROM users u LEFT JOIN votes v ON v.user_id = u.id WHERE u.name LIKE 'O''Hara%' GROUP BY 1;
'''
TEXTS = {
    "code": CODE,
    "german": "Übermäßig große Köpfe fröhlicher Füchse jagen quer durch Bad Säckingen; die Straßenbahn 7 fährt um 18:45 Uhr "
    "(außer sonntags). »Daß du's weißt«, sagte Jürgen, „Fußball ist's!“ Donaudampfschifffahrtsgesellschaftskapitän.",
    "chinese": "今天天气很好，我们一起去北京的颐和园吧！他说：“学而时习之，不亦说乎？”２０２４年１２月３１日，共计１２３４５元。繁體中文：臺灣、龍鬚麵。",
    "emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🤷🏻‍♀️ 1️⃣ 🇩🇪🇫🇷 ❤️ 😂😂😂 ☃ 🦄ok🦄",
    "white space": "  two\n\n\nthree\r\n\r\n \t mixed \t\ttabs\u00a0no-break\u3000wide\u2003em\u200bzero \n  \n   end   ",
    "decomposed": "e\u0301 a\u0308 n\u0303 \u1112\u1161\u11ab \u212b A\u030a",
    "scripts": "नमस्ते दुनिया สวัสดี مرحبا עברית Привет ελληνικά 日本語テキスト 한국어 𝒜𝓑 ﷺ Ⅷ ½ ²",
    "contractions": "I'm you'RE we'll 'tis DON'T it'd'nt o'clock 's",
    "special": "<|im_start|>user\nhi<|im_end|>\n<|endoftext|><tool_call>{}</tool_call><|fim_prefix|><|im_end >[PAD151670]",
    "controls": "\x00\x01\x1b[31mred\x7f\ufeffbom\ufffd",
}
CONVERSATIONS = [
    [{"role": "user", "content": "What is the capital of France?"}],
    [
        {"role": "system", "content": "Answer in one short sentence."},
        {"role": "user", "content": "Why is the sky blue?"},
        {"role": "assistant", "content": "Because air scatters blue light more than red."},
        {"role": "user", "content": "And why are sunsets red?"},
    ],
    [{"role": "user", "content": "Write a Python function that reverses a string."}],
]
TOKENS = 40


def tokenizer_of(path):
    tokenizer = transformers.AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    tokenizer.backend_tokenizer.normalizer = tokenizers.normalizers.NFC()
    return tokenizer


class Llama:
    def __init__(self, path):
        llama.llama_backend_init()
        self.model = llama.llama_model_load_from_file(str(path).encode(), llama.llama_model_default_params())
        parameters = llama.llama_context_default_params()
        parameters.n_ctx, parameters.n_batch, parameters.n_threads = 512, 512, 2
        self.context = llama.llama_init_from_model(self.model, parameters)
        self.vocabulary = llama.llama_model_get_vocab(self.model)
        self.size = llama.llama_vocab_n_tokens(self.vocabulary)

    def encode(self, text):
        raw, ids = text.encode(), (llama.llama_token * 4096)()
        return ids[: llama.llama_tokenize(self.vocabulary, raw, len(raw), ids, len(ids), False, True)]

    def next(self, ids):
        """Log-probs of the token after some more ids."""
        array = (llama.llama_token * len(ids))(*ids)
        assert llama.llama_decode(self.context, llama.llama_batch_get_one(array, len(ids))) == 0
        logits = np.ctypeslib.as_array(llama.llama_get_logits_ith(self.context, -1), (self.size,)).astype(np.float64)
        top = logits.max()
        return logits - top - np.log(np.exp(logits - top).sum())

    def greedy(self, prompt):
        llama.llama_memory_clear(llama.llama_get_memory(self.context), True)
        logps, ids, chosen, margins = self.next(prompt), [], [], []
        while len(ids) < TOKENS:
            best, second = np.sort(logps)[:-3:-1]
            ids.append(int(logps.argmax()))
            chosen.append(round(float(best), 5))
            margins.append(round(float(best - second), 5))
            if llama.llama_vocab_is_eog(self.vocabulary, ids[-1]):
                break
            logps = self.next(ids[-1:])
        return ids, chosen, margins


def write(name, value):
    (HERE / name).write_text(json.dumps(value, ensure_ascii=True, indent=1).replace("\n   ", "") + "\n")


def main():
    path, f16 = (pathlib.Path(argument) for argument in sys.argv[1:3])
    tokenizer, model = tokenizer_of(path), Llama(f16)
    tokens = []
    for name, text in TEXTS.items():
        ids = tokenizer(text).input_ids
        same = ids == model.encode(text)
        print(name, len(ids), "as llama.cpp" if same else "NOT as llama.cpp")
        assert same or unicodedata.normalize("NFC", text) != text, name
        tokens.append({"name": name, "text": text, "ids": ids})
    write("tokens.json", tokens)

    forward = []
    for messages in CONVERSATIONS:
        rendered = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        prompt = tokenizer(rendered).input_ids
        ids, logps, margins = model.greedy(prompt)
        text = tokenizer.decode(ids, skip_special_tokens=True)
        print(repr(text), "least margin", min(margins))
        forward.append({"messages": messages, "rendered": rendered, "prompt_ids": prompt, "greedy_ids": ids,
                        "greedy_logps": logps, "greedy_text": text})
    write("forward.json", forward)

    with open(HERE / "tensors.sha256", "w") as out:
        for tensor in gguf.GGUFReader(path).tensors:
            digest, data = hashlib.sha256(), np.atleast_2d(tensor.data)
            for row in range(0, len(data), 4096):
                digest.update(quants.dequantize(data[row : row + 4096], tensor.tensor_type).astype("<f4").tobytes())
            print(digest.hexdigest(), tensor.name, file=out)


main()
