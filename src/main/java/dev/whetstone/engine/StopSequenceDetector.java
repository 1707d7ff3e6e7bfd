package dev.whetstone.engine;

import java.util.List;

/**
 * The text of one completion while it grows: decodes tokens, finds stop texts across their borders,
 * and keeps back what may still turn out to be the start of one.
 */
final class StopSequenceDetector {
  private final Detokenizer detokenizer;
  private final List<String> stops;
  private final StringBuilder text = new StringBuilder();
  private int certain;
  private int taken;
  private boolean stopped;

  StopSequenceDetector(Detokenizer detokenizer, List<String> stops) {
    this.detokenizer = detokenizer;
    this.stops = stops;
  }

  /** Adds a token; true when its text completes a stop text, which is cut off with all behind. */
  boolean push(int token) {
    return append(detokenizer.push(token));
  }

  /** Nothing follows: all text is certain now. */
  void finish() {
    if (!stopped) {
      append(detokenizer.finish());
      certain = text.length();
    }
  }

  /** Text that has become certain since the last call. */
  String take() {
    String fresh = text.substring(taken, certain);
    taken = certain;
    return fresh;
  }

  /** All certain text. */
  String text() {
    return text.substring(0, certain);
  }

  private boolean append(String piece) {
    text.append(piece);
    int stop = firstStop();
    stopped = stop >= 0;
    if (stopped) {
      text.setLength(stop);
    }
    certain = stopped ? stop : text.length() - longestStart();
    return stopped;
  }

  private int firstStop() {
    int first = -1;
    for (String stop : stops) {
      int at = text.indexOf(stop, certain);
      first = at >= 0 && (first < 0 || at < first) ? at : first;
    }
    return first;
  }

  /** Length of the longest end of the text that a stop text begins with. */
  private int longestStart() {
    int longest = 0;
    for (String stop : stops) {
      int most = Math.min(stop.length() - 1, text.length() - certain);
      for (int length = most; length > longest; length--) {
        if (endsWith(stop, length)) {
          longest = length;
        }
      }
    }
    return longest;
  }

  private boolean endsWith(String stop, int length) {
    int start = text.length() - length;
    for (int i = 0; i < length; i++) {
      if (text.charAt(start + i) != stop.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
