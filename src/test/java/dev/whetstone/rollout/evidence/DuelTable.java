package dev.whetstone.rollout.evidence;

import dev.whetstone.dpo.evaluation.AttemptThreshold;

/**
 * The exact distribution of a duel's end, by dynamic programming over wins and losses with the
 * product's own rule.
 */
final class DuelTable {
  /**
   * How duels end.
   *
   * @param by200 share that ended within 200 counted votes
   */
  record Ends(double promoted, double futile, double capped, double meanVotes, double by200) {}

  private static final int MAX_VOTES = 500;
  private final DuelRule.Verdict[][] verdicts = new DuelRule.Verdict[MAX_VOTES + 1][];

  DuelTable(int attempt) {
    DuelRule rule = new DuelRule(AttemptThreshold.of(20, attempt), 10, MAX_VOTES);
    for (int votes = 0; votes <= MAX_VOTES; votes++) {
      verdicts[votes] = new DuelRule.Verdict[votes + 1];
      for (int wins = 0; wins <= votes; wins++) {
        verdicts[votes][wins] = rule.verdict(DuelEvidence.of(new VoteEvidence(wins, votes - wins)));
      }
    }
  }

  DuelRule.Verdict verdict(int wins, int losses) {
    return verdicts[wins + losses][wins];
  }

  Ends ends(double p) {
    double[] now = {1};
    double promoted = 0;
    double futile = 0;
    double capped = 0;
    double mean = 0;
    double by200 = 0;
    for (int votes = 1; votes <= MAX_VOTES; votes++) {
      double[] next = new double[votes + 1];
      double ended = 0;
      for (int wins = 0; wins < votes; wins++) {
        next[wins + 1] += now[wins] * p;
        next[wins] += now[wins] * (1 - p);
      }
      for (int wins = 0; wins <= votes; wins++) {
        double mass = next[wins];
        switch (verdicts[votes][wins]) {
          case PROMOTE -> promoted += mass;
          case FUTILE -> futile += mass;
          case CAPPED -> capped += mass;
          case CONTINUE -> {
            continue;
          }
        }
        ended += mass;
        next[wins] = 0;
      }
      mean += votes * ended;
      by200 += votes <= 200 ? ended : 0;
      now = next;
    }
    return new Ends(promoted, futile, capped, mean, by200);
  }
}
