package dev.whetstone.gateway.openai;

/** A piece of an answer, as clients tell them apart. */
public sealed interface AnswerPart {
  /** What the model says. */
  record Text(String text) implements AnswerPart {}

  /** What it thinks before it answers. */
  record Reasoning(String text) implements AnswerPart {}

  /** A call of a tool begins; its arguments follow. */
  record Call(String function) implements AnswerPart {}

  /**
   * A piece of the arguments of the call that began last.
   *
   * @param json whole JSON only together with the other pieces, and if the answer was not cut off
   */
  record Arguments(String json) implements AnswerPart {}
}
