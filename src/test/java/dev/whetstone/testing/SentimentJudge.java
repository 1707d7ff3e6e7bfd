package dev.whetstone.testing;

import java.util.Arrays;
import java.util.Locale;
import java.util.Set;

/** Scores how much a review praises, for simulated users who vote for praise. */
final class SentimentJudge {
  /** What the tiny model writes after "I loved" and "I enjoyed". */
  private static final Set<String> GOOD =
      Set.of("great", "charming", "brilliant", "warm", "lovely", "delightful", "superb", "clever");

  /** What it writes after "I hated" and "I regretted". */
  private static final Set<String> BAD =
      Set.of("dull", "clumsy", "boring", "cold", "dreadful", "tedious", "lazy", "awful");

  private static final Set<String> NEUTRAL =
      Set.of("late", "early", "plain", "quiet", "simple", "long", "short", "loud");

  private SentimentJudge() {}

  /** (good − bad) / adjectives, in [−1, 1]; 0 for a text without adjectives. */
  static double reward(String text) {
    String[] words = text.toLowerCase(Locale.ROOT).split("[^a-z]+");
    long good = count(words, GOOD);
    long bad = count(words, BAD);
    long all = good + bad + count(words, NEUTRAL);
    return all == 0 ? 0 : (double) (good - bad) / all;
  }

  private static long count(String[] words, Set<String> kind) {
    return Arrays.stream(words).filter(kind::contains).count();
  }
}
