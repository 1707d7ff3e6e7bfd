package dev.whetstone.lab;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one start of a scenario came to. Its components, in snake case, are the fields of a line in
 * the file.
 *
 * @param commit the build that was measured
 * @param settings environment variables that differ from those of {@code ./run}
 * @param startedAt ISO 8601
 * @param seconds from the gateway's readiness to the end
 * @param votes all votes
 * @param usable votes for one side of two different answers
 * @param champion the champion at chosen numbers of votes, and at the end
 * @param runs training runs by how they ended
 * @param failures reasons of failed runs
 * @param rollouts rollouts by their status
 * @param extra what this scenario alone measures
 * @param failed why the start ended early; null when it did not
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record LabRow(
    String scenario,
    long seed,
    String commit,
    String cpu,
    Map<String, String> settings,
    String startedAt,
    double seconds,
    int votes,
    int usable,
    List<Promotion> promotions,
    List<Look> champion,
    List<Candidate> candidates,
    Map<String, Integer> runs,
    List<String> failures,
    Map<String, Integer> rollouts,
    Map<String, Double> extra,
    @Nullable String failed) {
  /**
   * A candidate that became champion.
   *
   * @param votes all votes until then
   * @param seconds since the gateway was ready
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Promotion(String version, int votes, int usable, double seconds) {}

  /**
   * A look at 200 answers of a champion.
   *
   * @param label the number of votes, or "end"
   * @param praise mean of {@link SentimentScore#of}
   * @param kl mean of log p - log p of v0, nats an answer
   * @param trimmedKl the same without the 2 % at either end
   * @param distinct share of different answers
   * @param ended share of answers that ended by themselves
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Look(
      String label,
      String version,
      double praise,
      double kl,
      double trimmedKl,
      double words,
      double distinct,
      double ended) {}

  /**
   * A candidate and how good it is in truth: how often the users' taste, without errors, prefers
   * its answers to those of the champion it was judged against.
   *
   * @param status how its rollout ended
   * @param reason why
   * @param duelWins counted votes for it
   * @param truth fresh pairs; null where users have no taste
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Candidate(
      String version,
      String champion,
      String status,
      @Nullable String reason,
      int votes,
      int duelWins,
      int duelLosses,
      @Nullable Match truth) {}

  /** Fresh pairs of two versions, judged by a taste. */
  public record Match(int wins, int losses, int ties) {
    /** Share of wins among the pairs with a better side; one half when there are none. */
    public double rate() {
      return wins + losses == 0 ? 0.5 : (double) wins / (wins + losses);
    }
  }
}
