package dev.whetstone.preference.feedback;

import dev.whetstone.preference.TrainingVote;

/**
 * A rating that can be trained on by itself.
 *
 * @param answer who rated what, as a vote for the answer against nothing
 * @param desirable whether the rating was good
 */
public record TrainingRating(TrainingVote answer, boolean desirable) {
  /** Id of the rating. */
  public String feedbackId() {
    return answer.preferenceId();
  }

  /** The same rating with another weight. */
  public TrainingRating withWeight(double other) {
    return new TrainingRating(answer.withWeight(other), desirable);
  }
}
