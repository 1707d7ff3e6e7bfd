"""OpenAI's agents, whose default is the Responses API."""

import agents
from agents import Agent, ModelSettings, Runner, function_tool
from feature import MODEL, feature, run

agents.set_tracing_disabled(True)


@function_tool
def paint(colour: str) -> str:
    """Paints the wall."""
    return "done"


@feature("responses")
def responses():
    agent = Agent(name="painter", instructions="Be brief.", model=MODEL, model_settings=ModelSettings(max_tokens=8))
    assert Runner.run_sync(agent, "Name a colour.").final_output


@feature("responses: tools and their answer")
def tools():
    settings = ModelSettings(tool_choice="required", max_tokens=200, parallel_tool_calls=False)
    agent = Agent(
        name="painter", model=MODEL, tools=[paint], model_settings=settings,
        tool_use_behavior="stop_on_first_tool")
    assert Runner.run_sync(agent, "Paint the wall red.").final_output == "done"


run("openai-agents")
