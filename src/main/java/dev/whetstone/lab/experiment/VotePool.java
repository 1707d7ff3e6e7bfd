package dev.whetstone.lab.experiment;

import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.preference.Part;
import dev.whetstone.preference.TrainingVote;
import dev.whetstone.training.worker.VoteSelection;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** Votes of several voters, from which the trainer's own rules select those of a run. */
final class VotePool {
  /**
   * The trainer's defaults: a voter's and a prompt's share, the votes of a run, their half-life.
   */
  static final VoteSelection CAPS = new VoteSelection(0.2, 0.2, 5_000, 500);

  // apart from the seeds of other draws
  private static final long VOTERS = 1L << 46;

  private final List<TrainingVote> votes = new ArrayList<>();

  /** A vote, newer than those before. */
  void add(TokenPair pair, String voter) {
    int seq = votes.size();
    votes.add(
        new TrainingVote(
            "vote " + seq,
            seq,
            "chat",
            voter,
            "",
            Part.TRAIN,
            false,
            pair.weight(),
            pair.prompt(),
            pair.chosen(),
            pair.rejected()));
  }

  /** What a run would be trained on, the oldest first. */
  List<TokenPair> select(VoteSelection selection) {
    return selection.select(votes, Long.MAX_VALUE).stream()
        .map(
            vote ->
                new TokenPair(
                    vote.preferenceId(),
                    vote.prompt(),
                    vote.chosen(),
                    vote.rejected(),
                    vote.weight()))
        .toList();
  }

  /** Pairs of one taste, some of them replaced by those of another; more at a larger share. */
  static List<TokenPair> mixed(List<TokenPair> of, List<TokenPair> by, double share, long seed) {
    RandomGenerator random = new SplittableRandom(VOTERS + seed);
    List<TokenPair> mixed = new ArrayList<>();
    for (int i = 0; i < of.size(); i++) {
      mixed.add((random.nextDouble() < share ? by : of).get(i));
    }
    return mixed;
  }
}
