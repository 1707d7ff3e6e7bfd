package dev.whetstone.training.worker;

import dev.whetstone.database.Sql;
import dev.whetstone.dpo.data.RatedCompletion;
import dev.whetstone.io.Sha256;
import dev.whetstone.preference.TrainingVote;
import dev.whetstone.preference.feedback.TrainingRating;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Selects the ratings of a run by the rules for votes, and freezes them. */
final class RatingSelection {
  private RatingSelection() {}

  /**
   * Selects ratings; the result is in the order of their positions.
   *
   * @param pool usable ratings in the order they were recorded
   * @param maxTokens maximum of the tokens of all ratings, newest first; none fit in 0
   */
  static List<TrainingRating> select(
      VoteSelection rules, List<TrainingRating> pool, long maxTokens) {
    if (maxTokens <= 0) {
      return List.of();
    }
    Map<String, TrainingRating> byId =
        pool.stream().collect(Collectors.toMap(TrainingRating::feedbackId, Function.identity()));
    return rules.select(pool.stream().map(TrainingRating::answer).toList(), maxTokens).stream()
        .sorted(Comparator.comparingLong(TrainingVote::seq))
        .map(
            vote ->
                new TrainingRating(
                    vote, Objects.requireNonNull(byId.get(vote.preferenceId())).desirable()))
        .toList();
  }

  /** Stores what a run trains on. */
  static void freeze(Connection connection, String runId, List<TrainingRating> ratings)
      throws SQLException {
    for (TrainingRating rating : ratings) {
      Sql.update(
          connection,
          "INSERT INTO run_ratings (run_id, feedback_id, user_id, desirable, weight)"
              + " VALUES (?, ?, ?, ?, ?)",
          runId,
          rating.feedbackId(),
          rating.answer().user(),
          rating.desirable(),
          (float) rating.answer().weight());
    }
  }

  /** The hash of a run's data; without ratings, that of its votes. */
  static String hash(String votes, List<TrainingRating> ratings) {
    if (ratings.isEmpty()) {
      return votes;
    }
    MessageDigest digest = Sha256.digest();
    digest.update(votes.getBytes(StandardCharsets.UTF_8));
    for (TrainingRating rating : ratings) {
      digest.update(
          VoteSelection.line(rating.answer(), rating.desirable() + " " + rating.answer().weight()));
    }
    return Sha256.hex(digest);
  }

  /** Ratings as the trainer takes them. */
  static List<RatedCompletion> examples(List<TrainingRating> ratings) {
    return ratings.stream()
        .map(
            rating ->
                new RatedCompletion(
                    rating.feedbackId(),
                    rating.answer().prompt(),
                    rating.answer().chosen(),
                    rating.desirable(),
                    rating.answer().weight()))
        .toList();
  }
}
