package dev.whetstone.lab;

import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Users who see single answers only, and press a thumb: down for an answer that they like less than
 * those they were given so far, on the mean, up for any other.
 */
public final class Thumbs {
  private final Taste taste;
  private final int users;
  private final Map<String, Mean> given = new HashMap<>();

  private record Mean(double sum, int count) {
    double value() {
      return count == 0 ? 0 : sum / count;
    }
  }

  /** A question of one of the users. */
  public record Turn(String question, String user) {}

  /** Users of one taste. */
  public Thumbs(Taste taste, int users) {
    this.taste = taste;
    this.users = users;
  }

  /** Who asks next, and what. */
  public Turn next(RandomGenerator random) {
    return new Turn(
        Crowd.REVIEW_QUESTIONS.get(random.nextInt(Crowd.REVIEW_QUESTIONS.size())),
        "user-" + random.nextInt(users));
  }

  /** What a user presses on an answer: up or down. */
  public synchronized String press(String user, String answer) {
    Mean before = given.getOrDefault(user, new Mean(0, 0));
    double score = taste.score(answer);
    given.put(user, new Mean(before.sum() + score, before.count() + 1));
    return score < before.value() ? "down" : "up";
  }
}
