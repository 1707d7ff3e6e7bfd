package dev.whetstone.demo;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** How positive a review of the tiny model is, which is what the demo's users prefer. */
public final class SentimentScore {
  private static final Set<String> GOOD =
      Set.of(
          "loved enjoyed charming warm great superb clever brilliant lovely delightful".split(" "));
  private static final Set<String> BAD =
      Set.of("hated regretted clumsy boring dreadful lazy cold dull awful tedious".split(" "));
  private static final Pattern WORD = Pattern.compile("[a-z]+");

  private SentimentScore() {}

  /** {@code (good - bad) / (good + bad)}, counted in words, in [-1, 1]; 0 without such words. */
  static double of(String review) {
    int good = 0;
    int bad = 0;
    for (String word :
        WORD.matcher(review.toLowerCase(Locale.ROOT)).results().map(m -> m.group()).toList()) {
      good += GOOD.contains(word) ? 1 : 0;
      bad += BAD.contains(word) ? 1 : 0;
    }
    return good + bad == 0 ? 0 : (double) (good - bad) / (good + bad);
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
}
