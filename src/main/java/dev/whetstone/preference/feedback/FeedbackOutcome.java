package dev.whetstone.preference.feedback;

import dev.whetstone.preference.Unusable;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The result of rating an answer. */
public sealed interface FeedbackOutcome {
  /**
   * The rating is committed.
   *
   * @param repeated whether the answer was rated before: the same, or this replaced it
   * @param pairId the pair that an edit or an opposite rating made; null where there is none
   * @param unusable why it is not trained on; null where it is
   */
  record Recorded(
      String feedbackId,
      String user,
      Instant at,
      boolean repeated,
      @Nullable String pairId,
      @Nullable Unusable unusable)
      implements FeedbackOutcome {}

  /** There is no such answer, or it was given to another key or user. */
  record Unknown() implements FeedbackOutcome {}

  /** The answer can no longer be rated. */
  record Expired() implements FeedbackOutcome {}
}
