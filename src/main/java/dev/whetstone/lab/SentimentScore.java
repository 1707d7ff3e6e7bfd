package dev.whetstone.lab;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** How positive a review of the tiny model is, which is what most simulated users prefer. */
public final class SentimentScore {
  private static final Set<String> GOOD_ADJECTIVES =
      Set.of("charming warm great superb clever brilliant lovely delightful".split(" "));
  private static final Set<String> BAD_ADJECTIVES =
      Set.of("clumsy boring dreadful lazy cold dull awful tedious".split(" "));
  private static final Set<String> NEUTRAL_ADJECTIVES =
      Set.of("late early plain quiet simple long short loud".split(" "));
  private static final Set<String> GOOD = union(GOOD_ADJECTIVES, "loved", "enjoyed");
  private static final Set<String> BAD = union(BAD_ADJECTIVES, "hated", "regretted");
  private static final Pattern WORD = Pattern.compile("[a-z]+");

  private SentimentScore() {}

  /** {@code (good - bad) / (good + bad)}, counted in words, in [-1, 1]; 0 without such words. */
  static double of(String review) {
    List<String> words = words(review);
    int good = count(words, GOOD);
    int bad = count(words, BAD);
    return good + bad == 0 ? 0 : (double) (good - bad) / (good + bad);
  }

  /** Good less bad adjectives: unlike {@link #of}, more of the same praise counts for more. */
  static int balance(String review) {
    List<String> words = words(review);
    return count(words, GOOD_ADJECTIVES) - count(words, BAD_ADJECTIVES);
  }

  /** {@code (good - bad) / adjectives}, in [-1, 1]; 0 without adjectives. */
  static double share(String review) {
    List<String> words = words(review);
    int good = count(words, GOOD_ADJECTIVES);
    int bad = count(words, BAD_ADJECTIVES);
    int all = good + bad + count(words, NEUTRAL_ADJECTIVES);
    return all == 0 ? 0 : (double) (good - bad) / all;
  }

  /** The adjectives, each with what it adds to the mean that {@link #share} is: 1, -1 or 0. */
  public static Map<String, Integer> adjectives() {
    Map<String, Integer> values = new TreeMap<>();
    GOOD_ADJECTIVES.forEach(word -> values.put(word, 1));
    BAD_ADJECTIVES.forEach(word -> values.put(word, -1));
    NEUTRAL_ADJECTIVES.forEach(word -> values.put(word, 0));
    return values;
  }

  /** The vote of a user who prefers the more positive answer: a, b or tie. */
  public static String choice(String a, String b) {
    int compared = Double.compare(of(a), of(b));
    return compared > 0 ? "a" : compared < 0 ? "b" : "tie";
  }

  /** The mean score of reviews; 0 without any. */
  static double mean(List<String> reviews) {
    return reviews.stream().mapToDouble(SentimentScore::of).average().orElse(0);
  }

  private static List<String> words(String review) {
    return WORD.matcher(review.toLowerCase(Locale.ROOT)).results().map(m -> m.group()).toList();
  }

  private static int count(List<String> words, Set<String> counted) {
    return (int) words.stream().filter(counted::contains).count();
  }

  private static Set<String> union(Set<String> words, String... more) {
    Set<String> all = new HashSet<>(words);
    all.addAll(Set.of(more));
    return Set.copyOf(all);
  }
}
