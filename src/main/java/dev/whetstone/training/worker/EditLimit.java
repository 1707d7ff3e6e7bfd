package dev.whetstone.training.worker;

import dev.whetstone.preference.TrainingVote;
import java.util.ArrayList;
import java.util.List;

/**
 * How many edits a run takes: what a person wrote is unlike what the policy writes, and many of
 * them would teach that difference.
 */
final class EditLimit {
  /** Of a run's pairs and ratings. */
  static final double SHARE = 0.05;

  private EditLimit() {}

  /**
   * Drops the oldest edits beyond the share.
   *
   * @param votes in the order they were cast, which stays
   * @param ratings that are trained on beside them
   */
  static List<TrainingVote> apply(List<TrainingVote> votes, int ratings) {
    long edits = count(votes);
    long others = votes.size() - edits + ratings;
    long most = (long) Math.floor(others * SHARE / (1 - SHARE) + 1e-9);
    long dropped = edits - most;
    if (dropped <= 0) {
      return votes;
    }
    List<TrainingVote> kept = new ArrayList<>();
    for (TrainingVote vote : votes) {
      if (!vote.edit() || dropped-- <= 0) {
        kept.add(vote);
      }
    }
    return List.copyOf(kept);
  }

  /** How many of some votes are edits. */
  static long count(List<TrainingVote> votes) {
    return votes.stream().filter(TrainingVote::edit).count();
  }
}
