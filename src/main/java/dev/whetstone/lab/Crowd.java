package dev.whetstone.lab;

import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Who asks next, what, and how they vote. */
@FunctionalInterface
public interface Crowd {
  /** Questions that the tiny model understands. */
  List<String> REVIEW_QUESTIONS =
      Stream.of("film", "book", "song", "meal", "hotel", "game")
          .flatMap(
              thing ->
                  Stream.of(
                      "How was the " + thing + "?",
                      "What did you think of the " + thing + "?",
                      "Tell me about the " + thing + ".",
                      "Please review the " + thing + "."))
          .toList();

  int USERS = 40;

  /** How a user votes on two answers: a, b, tie or both_bad. */
  @FunctionalInterface
  interface Ballot {
    String choose(String a, String b, RandomGenerator random);
  }

  /**
   * One question and the vote on its answers.
   *
   * @param user null for a personal key's own user
   * @param key the role in keys.json whose key asks, or a key itself
   */
  record Turn(String question, @Nullable String user, String key, Ballot ballot) {}

  Turn next(RandomGenerator random);

  /** Users of one taste who err in this share of their votes. */
  static Crowd of(Taste taste, double flips) {
    return of(REVIEW_QUESTIONS, taste, flips);
  }

  static Crowd of(List<String> questions, Taste taste, double flips) {
    Ballot ballot = (a, b, random) -> flipped(taste.choose(a, b), flips, random);
    return random -> turn(questions, "user-" + random.nextInt(USERS), "chat", ballot, random);
  }

  /** Users who toss a coin. */
  static Crowd coins() {
    Ballot ballot = (a, b, random) -> random.nextBoolean() ? "a" : "b";
    return random ->
        turn(REVIEW_QUESTIONS, "user-" + random.nextInt(USERS), "chat", ballot, random);
  }

  /**
   * These users, among whom another key casts this share of the votes.
   *
   * @param names under which the key votes; 0 for a personal key, which has none
   */
  static Crowd poisoned(Crowd honest, Taste poison, double share, int names, String key) {
    Ballot ballot = (a, b, random) -> poison.choose(a, b);
    return random ->
        random.nextDouble() < share
            ? turn(
                REVIEW_QUESTIONS,
                names == 0 ? null : "ghost-" + random.nextInt(names),
                key,
                ballot,
                random)
            : honest.next(random);
  }

  private static Turn turn(
      List<String> questions,
      @Nullable String user,
      String key,
      Ballot ballot,
      RandomGenerator random) {
    return new Turn(questions.get(random.nextInt(questions.size())), user, key, ballot);
  }

  private static String flipped(String choice, double flips, RandomGenerator random) {
    boolean flip = random.nextDouble() < flips;
    return switch (choice) {
      case "a" -> flip ? "b" : "a";
      case "b" -> flip ? "a" : "b";
      default -> choice;
    };
  }
}
