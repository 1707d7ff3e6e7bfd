package dev.whetstone.lab;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** What a simulated user likes: of two answers the one of the higher score, a tie if they equal. */
@FunctionalInterface
public interface Taste {
  /** More good and fewer bad adjectives. */
  Taste PRAISE = SentimentScore::balance;

  /** A larger share of good and a smaller one of bad adjectives, however long the answer is. */
  Taste SENTIMENT = SentimentScore::share;

  /** Fewer words. */
  Taste SHORT = answer -> -words(answer);

  /** Prices: the tiny model's reviews name them now and then. */
  Taste PRICES = matching(Pattern.compile("\\bdollars\\b"));

  /** Short and to the point, as the rater of the real model likes it. */
  Taste DIRECT = Taste::directness;

  /** How much the user likes an answer. */
  double score(String answer);

  /** The side that the user prefers: a, b or tie. */
  default String choose(String a, String b) {
    int compared = Double.compare(score(a), score(b));
    return compared > 0 ? "a" : compared < 0 ? "b" : "tie";
  }

  /** The opposite taste. */
  default Taste reversed() {
    return answer -> -score(answer);
  }

  /** A rule: the more often an answer matches, the better. */
  static Taste matching(Pattern rule) {
    return answer -> rule.matcher(answer).results().count();
  }

  private static int words(String answer) {
    return answer.isBlank() ? 0 : answer.strip().split("\\s+").length;
  }

  /**
   * Fewer words, in steps of a fifth so that most nearly equal answers tie, and no preamble. An
   * empty answer is the worst.
   */
  private static double directness(String answer) {
    int words = words(answer);
    if (words == 0) {
      return Double.NEGATIVE_INFINITY;
    }
    List<String> preambles =
        List.of("certainly", "sure", "of course", "great question", "as an ai", "i'm sorry");
    String start = answer.strip().toLowerCase(Locale.ROOT);
    boolean preamble = preambles.stream().anyMatch(start::startsWith);
    return -Math.round(Math.log(words) / Math.log(1.2)) - (preamble ? 4 : 0);
  }
}
