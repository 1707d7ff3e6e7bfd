package dev.whetstone.rollout.evidence;

import dev.whetstone.settings.Labelled;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Decides at its arrival whether a vote is counted as evidence, by the votes before it alone:
 * Ville's inequality needs a rule that does not look ahead, so nothing is ever weighted or left out
 * later.
 *
 * <p>Two answers are counted once, and a voter has at most three counted votes on one prompt.
 * Beyond three in all a voter is counted while its votes are no more than its share, one fifth or
 * an equal part where there are fewer than five voters, of those counted so far. Some voter is
 * always within that, so that no set of voters can bring the evidence to a stop among themselves.
 */
public final class VoteAdmission {
  private static final int PER_PROMPT = 3;
  private static final int FREE = 3;
  private static final double MIN_SHARE = 0.2;

  private record VoterPrompt(int voter, String prompt) {}

  private final Map<Integer, Integer> byVoter = new HashMap<>();
  private final Map<VoterPrompt, Integer> byPrompt = new HashMap<>();
  private final Set<String> pairs = new HashSet<>();
  private final Set<Integer> seen = new HashSet<>();
  private int counted;

  /** Why a vote is counted or not. */
  public enum Reason implements Labelled {
    COUNTED,
    VOTER_SHARE,
    VOTER_PROMPT,
    /** Another vote on the same two answers counts already: this one is no fresh draw. */
    SAME_PAIR
  }

  /**
   * Takes the next vote, in the order of arrival.
   *
   * @param voter number of the voter within this comparison
   * @param prompt what the answers answer
   * @param pair the two answers
   */
  public Reason admit(int voter, String prompt, String pair) {
    seen.add(voter);
    Reason reason = pairs.contains(pair) ? Reason.SAME_PAIR : reason(voter, prompt);
    if (reason == Reason.COUNTED) {
      record(voter, prompt, pair);
    }
    return reason;
  }

  /** Takes a vote that was admitted before, when the state is read back. */
  public void restore(int voter, String prompt, String pair, boolean wasCounted) {
    seen.add(voter);
    if (wasCounted) {
      record(voter, prompt, pair);
    }
  }

  private Reason reason(int voter, String prompt) {
    if (byPrompt.getOrDefault(new VoterPrompt(voter, prompt), 0) >= PER_PROMPT) {
      return Reason.VOTER_PROMPT;
    }
    int own = byVoter.getOrDefault(voter, 0);
    double share = Math.max(MIN_SHARE, 1.0 / seen.size());
    return own < FREE || own <= share * counted ? Reason.COUNTED : Reason.VOTER_SHARE;
  }

  private void record(int voter, String prompt, String pair) {
    pairs.add(pair);
    byVoter.merge(voter, 1, Integer::sum);
    byPrompt.merge(new VoterPrompt(voter, prompt), 1, Integer::sum);
    counted++;
  }
}
