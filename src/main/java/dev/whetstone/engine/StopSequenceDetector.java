package dev.whetstone.engine;

import java.util.List;

/**
 * Decodes the tokens of one completion and finds stop sequences, which may span tokens. Text that
 * could still be the start of a stop sequence is held back.
 */
final class StopSequenceDetector {
  private final Detokenizer detokenizer;
  private final List<String> stops;
  private final StringBuilder text = new StringBuilder();
  private int releasedLength;
  private int takenLength;
  private boolean stopped;

  StopSequenceDetector(Detokenizer detokenizer, List<String> stops) {
    this.detokenizer = detokenizer;
    this.stops = stops;
  }

  /** Appends a token; true if it completes a stop sequence, which is cut off with all after it. */
  boolean push(int token) {
    return append(detokenizer.push(token));
  }

  /** Releases the text held back, since no token follows. */
  void finish() {
    if (!stopped) {
      append(detokenizer.finish());
      releasedLength = text.length();
    }
  }

  /** Text released since the last call. */
  String take() {
    String newText = text.substring(takenLength, releasedLength);
    takenLength = releasedLength;
    return newText;
  }

  /** All text released so far. */
  String text() {
    return text.substring(0, releasedLength);
  }

  private boolean append(String piece) {
    text.append(piece);
    int stop = firstStopIndex();
    stopped = stop >= 0;
    if (stopped) {
      text.setLength(stop);
    }
    releasedLength = stopped ? stop : text.length() - longestPartialMatch();
    return stopped;
  }

  private int firstStopIndex() {
    int first = -1;
    for (String stop : stops) {
      int index = text.indexOf(stop, releasedLength);
      first = index >= 0 && (first < 0 || index < first) ? index : first;
    }
    return first;
  }

  /** Length of the longest suffix of the text that is a prefix of a stop sequence. */
  private int longestPartialMatch() {
    int longest = 0;
    for (String stop : stops) {
      int max = Math.min(stop.length() - 1, text.length() - releasedLength);
      for (int length = max; length > longest; length--) {
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
