package dev.whetstone.preference;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A vote with its pair, as read back.
 *
 * @param seq its place in the log
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
    Shown shown) {
  /**
   * What was voted on, and who had written it.
   *
   * @param messages the conversation as it was kept; null where the prompt was plain text
   */
  public record Shown(
      String prompt,
      @Nullable String messages,
      Answer a,
      Answer b,
      String policyA,
      String policyB) {}

  /** One side's text. */
  public record Answer(String text, String finishReason) {}
}
