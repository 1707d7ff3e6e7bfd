package dev.whetstone.grammar.schema;

/** How a model's family writes calls of tools. */
public enum CallStyle {
  /** Hermes and Qwen: an object between {@code tool_call} tags, each on a line of its own. */
  HERMES("arguments"),

  /** Llama 3: the whole answer is one object, with {@code parameters}. */
  LLAMA("parameters"),

  /** Mistral: {@code [TOOL_CALLS]}, a token of its own, then a list of objects. */
  MISTRAL("arguments");

  /** What precedes the calls of Mistral. */
  public static final String MISTRAL_MARK = "[TOOL_CALLS]";

  /** Stands in grammars for that mark as a token: no text in UTF-8 has this byte. */
  public static final int MARK_BYTE = 0xff;

  private final String arguments;

  CallStyle(String arguments) {
    this.arguments = arguments;
  }

  /** The property of a call that holds its arguments. */
  public String arguments() {
    return arguments;
  }
}
