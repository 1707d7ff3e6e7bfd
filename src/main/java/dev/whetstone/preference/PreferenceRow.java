package dev.whetstone.preference;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stored vote with its pair.
 *
 * @param seq the vote's position in the log
 * @param keyId the key it was cast with
 * @param confidence in [0, 1]
 */
public record PreferenceRow(
    long seq,
    String preferenceId,
    String pairId,
    Choice choice,
    String user,
    String keyId,
    Instant recordedAt,
    @Nullable String comment,
    List<String> tags,
    @Nullable Double confidence,
    boolean imported,
    VoteSource source,
    JudgedPair pair) {
  /**
   * The pair that was voted on, and the versions that wrote its sides.
   *
   * @param messages the stored conversation as JSON; null where the prompt was plain text
   * @param expiresAt from then on nobody is given the pair to judge
   */
  public record JudgedPair(
      String prompt,
      @Nullable String messages,
      Answer a,
      Answer b,
      String policyA,
      String policyB,
      Instant expiresAt) {}

  /** One side's text. */
  public record Answer(String text, String finishReason) {}
}
