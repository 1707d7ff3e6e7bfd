package dev.whetstone.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decodes the tokens of one completion and finds stop sequences, which may span tokens. Text that
 * could still be the start of a stop sequence is held back. In the first tokens, as many as {@link
 * Ending#minTokens}, none is looked for.
 */
final class StopSequenceDetector {
  private final Detokenizer detokenizer;
  private final List<String> stops;
  private final boolean includeStop;
  private final boolean specialTokens;
  private final StringBuilder text = new StringBuilder();
  private int releasedLength;
  private int takenLength;
  private int unsearchedTokens;
  private boolean stopped;

  StopSequenceDetector(Detokenizer detokenizer, Ending ending, boolean specialTokens) {
    this.detokenizer = detokenizer;
    this.stops = ending.stops();
    this.includeStop = ending.includeStop();
    this.unsearchedTokens = ending.minTokens();
    this.specialTokens = specialTokens;
  }

  /** Appends a token; true if it completes a stop sequence, behind which the text is cut off. */
  boolean push(int token) {
    String piece = detokenizer.push(token);
    String whole = specialTokens ? piece + detokenizer.special(token) : piece;
    if (unsearchedTokens > 0) {
      unsearchedTokens--;
      text.append(whole);
      releasedLength = text.length();
      return false;
    }
    return append(whole);
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
    String stop = firstStop();
    stopped = stop != null;
    if (stop != null) {
      text.setLength(text.indexOf(stop, releasedLength) + (includeStop ? stop.length() : 0));
    }
    releasedLength = text.length() - (stopped ? 0 : longestPartialMatch());
    return stopped;
  }

  private @Nullable String firstStop() {
    String first = null;
    int start = Integer.MAX_VALUE;
    for (String stop : stops) {
      int index = text.indexOf(stop, releasedLength);
      if (index >= 0 && index < start) {
        first = stop;
        start = index;
      }
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
