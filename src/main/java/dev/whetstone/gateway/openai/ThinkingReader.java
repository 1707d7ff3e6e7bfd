package dev.whetstone.gateway.openai;

import java.util.ArrayList;
import java.util.List;

/**
 * Tells what a model thinks, between {@code think} tags at the start of an answer, from what it
 * says, as the answer is written. The white space around the tags belongs to neither.
 */
final class ThinkingReader {
  static final String OPENING = "<think>";
  static final String CLOSING = "</think>";

  private enum Place {
    START,
    THOUGHT,
    AFTER,
    ANSWER
  }

  private final StringBuilder pending = new StringBuilder();
  private Place place;
  private boolean thought;

  /**
   * @param begun whether the prompt has the opening tag already
   */
  ThinkingReader(boolean begun) {
    place = begun ? Place.THOUGHT : Place.START;
  }

  /** Adds text; the parts that are certain now, of which none is a call. */
  List<AnswerPart> push(String text) {
    pending.append(text);
    List<AnswerPart> parts = new ArrayList<>();
    Place before;
    do {
      before = place;
      read(parts);
    } while (place != before);
    return parts;
  }

  /** The rest, when no text follows. */
  List<AnswerPart> finish() {
    List<AnswerPart> parts = new ArrayList<>();
    if (place == Place.THOUGHT) {
      think(pending.toString().stripTrailing(), parts);
    } else if (place == Place.START) {
      answer(pending.toString(), parts);
    }
    pending.setLength(0);
    return parts;
  }

  private void read(List<AnswerPart> parts) {
    switch (place) {
      case START -> {
        String text = pending.toString().stripLeading();
        if (text.startsWith(OPENING)) {
          skip(pending.indexOf(OPENING) + OPENING.length(), Place.THOUGHT);
        } else if (!OPENING.startsWith(text)) {
          place = Place.ANSWER;
        }
      }
      case THOUGHT -> {
        int end = pending.indexOf(CLOSING);
        int certain = end < 0 ? Tags.certain(pending, CLOSING) : end;
        think(pending.substring(0, certain).stripTrailing(), parts);
        skip(end < 0 ? certain : end + CLOSING.length(), end < 0 ? place : Place.AFTER);
      }
      case AFTER -> {
        String text = pending.toString().stripLeading();
        skip(pending.length() - text.length(), text.isEmpty() ? place : Place.ANSWER);
      }
      case ANSWER -> {
        answer(pending.toString(), parts);
        pending.setLength(0);
      }
    }
  }

  private void skip(int characters, Place next) {
    pending.delete(0, characters);
    place = next;
  }

  private void think(String text, List<AnswerPart> parts) {
    String kept = thought ? text : text.stripLeading();
    if (!kept.isEmpty()) {
      thought = true;
      parts.add(new AnswerPart.Reasoning(kept));
    }
  }

  private static void answer(String text, List<AnswerPart> parts) {
    if (!text.isEmpty()) {
      parts.add(new AnswerPart.Text(text));
    }
  }
}
