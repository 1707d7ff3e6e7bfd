"""DSPy, with the adapter that asks for JSON."""

from typing import Literal

import dspy
from feature import BASE, KEY, MODEL, feature, run

dspy.configure(
    lm=dspy.LM(f"openai/{MODEL}", api_base=BASE, api_key=KEY, max_tokens=100, cache=False),
    adapter=dspy.JSONAdapter())


class Name(dspy.Signature):
    """Name a colour."""

    question: str = dspy.InputField()
    colour: Literal["red", "green", "blue"] = dspy.OutputField()


@feature("structured output")
def structured():
    assert dspy.Predict(Name)(question="Which colour?").colour


run("DSPy")
