package dev.whetstone.gateway.openai;

import dev.whetstone.grammar.schema.CallStyle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tells thoughts, calls of tools and text in one answer apart, as it is written. */
public final class AnswerReader {
  /**
   * What an answer may have besides text.
   *
   * @param thinking whether it may begin with thoughts between tags
   * @param thought whether the prompt ends within such thoughts
   * @param calls how calls are written; null if there may be none
   */
  public record Form(boolean thinking, boolean thought, @Nullable CallStyle calls) {
    /** Text alone. */
    public static final Form TEXT = new Form(false, false, null);

    /** Whether it may have nothing but text. */
    boolean isPlain() {
      return !thinking && calls == null;
    }
  }

  private final @Nullable ThinkingReader thoughts;
  private final @Nullable CallReader calls;

  public AnswerReader(Form form) {
    thoughts = form.thinking() ? new ThinkingReader(form.thought()) : null;
    calls = form.calls() == null ? null : CallReader.of(form.calls());
  }

  /** Adds text; the parts that are certain now. */
  public List<AnswerPart> push(String text) {
    List<AnswerPart> parts = new ArrayList<>();
    if (thoughts == null) {
      say(text, parts);
    } else {
      thoughts.push(text).forEach(part -> pass(part, parts));
    }
    return parts;
  }

  /** The rest, when no text follows. */
  public List<AnswerPart> finish() {
    List<AnswerPart> parts = new ArrayList<>();
    if (thoughts != null) {
      thoughts.finish().forEach(part -> pass(part, parts));
    }
    if (calls != null) {
      parts.addAll(calls.finish());
    }
    return parts;
  }

  /** The parts of a whole answer. */
  public static List<AnswerPart> read(Form form, String text) {
    AnswerReader reader = new AnswerReader(form);
    List<AnswerPart> parts = new ArrayList<>(reader.push(text));
    parts.addAll(reader.finish());
    return parts;
  }

  /** How many calls were found. */
  public int calls() {
    return calls == null ? 0 : calls.calls();
  }

  private void pass(AnswerPart part, List<AnswerPart> parts) {
    if (part instanceof AnswerPart.Text(String text)) {
      say(text, parts);
    } else {
      parts.add(part);
    }
  }

  private void say(String text, List<AnswerPart> parts) {
    if (calls != null) {
      parts.addAll(calls.push(text));
    } else if (!text.isEmpty()) {
      parts.add(new AnswerPart.Text(text));
    }
  }
}
