package dev.whetstone.preference;

import static dev.whetstone.settings.Checks.require;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A vote to cast: by which key and user, on which pair.
 *
 * @param user who chose; null for the user that the pair was shown to
 * @param confidence in [0, 1]
 */
public record VoteRequest(
    String preferenceId,
    String pairId,
    String keyId,
    @Nullable String user,
    Choice choice,
    @Nullable String comment,
    List<String> tags,
    @Nullable Double confidence,
    VoteSource source) {
  public static final int MAX_COMMENT_LENGTH = 4_000;
  public static final int MAX_TAGS = 16;
  public static final int MAX_TAG_LENGTH = 64;

  /** A person's vote. */
  public VoteRequest(
      String preferenceId,
      String pairId,
      String keyId,
      @Nullable String user,
      Choice choice,
      @Nullable String comment,
      List<String> tags,
      @Nullable Double confidence) {
    this(preferenceId, pairId, keyId, user, choice, comment, tags, confidence, VoteSource.HUMAN);
  }

  /** Checks the limits; an IllegalArgumentException names the field that breaks its limit. */
  public VoteRequest {
    tags = List.copyOf(tags);
    requireRemarks(comment, tags);
    require(
        confidence == null || (confidence >= 0 && confidence <= 1), "confidence is from 0 to 1");
  }

  /**
   * Checks what a person adds to a judgement.
   *
   * @throws IllegalArgumentException naming the field that breaks its limit
   */
  public static void requireRemarks(@Nullable String comment, List<String> tags) {
    require(
        comment == null || comment.length() <= MAX_COMMENT_LENGTH,
        "comment has at most " + MAX_COMMENT_LENGTH + " characters");
    require(
        tags.size() <= MAX_TAGS && tags.stream().allMatch(VoteRequest::isValidTag),
        "tags are at most %d lines of 1 to %d characters".formatted(MAX_TAGS, MAX_TAG_LENGTH));
  }

  private static boolean isValidTag(String tag) {
    return !tag.isBlank() && tag.length() <= MAX_TAG_LENGTH && tag.indexOf('\n') < 0;
  }
}
