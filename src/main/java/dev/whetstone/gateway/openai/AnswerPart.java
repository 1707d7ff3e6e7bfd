package dev.whetstone.gateway.openai;

/** A piece of an answer, as clients tell them apart. */
public sealed interface AnswerPart {
  /** What the model says. */
  record Text(String text) implements AnswerPart {}

  /** What it thinks before it answers. */
  record Reasoning(String text) implements AnswerPart {}

  /**
   * A whole call of a tool.
   *
   * @param arguments as JSON
   */
  record Call(String function, String arguments) implements AnswerPart {}
}
