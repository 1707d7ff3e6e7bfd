package dev.whetstone.rollout.evidence;

import java.util.HashSet;
import java.util.Set;

/**
 * Whether a candidate predicts votes better than the champion does, by votes that neither was
 * trained on. Each vote is admitted or not when it arrives, and its gain is taken once and in that
 * order: the e-process may then be looked at after every vote, however long it runs.
 */
public final class ForecastEvidence {
  private final VoteAdmission admission = new VoteAdmission();
  private final ScoreEvidence better = new ScoreEvidence();
  private final ScoreEvidence worse = new ScoreEvidence();
  private final Set<String> conversations = new HashSet<>();

  /**
   * A vote and what it told.
   *
   * @param voter number of the voter within this comparison
   * @param prompt what the answers answer
   * @param pair the two answers
   * @param gain score of the candidate's forecast less the champion's, in [-1, 1]
   */
  public record Forecast(int voter, String prompt, String pair, String conversation, double gain) {}

  /** Takes the next vote, in the order of arrival; says whether it counts. */
  public VoteAdmission.Reason add(Forecast vote) {
    VoteAdmission.Reason reason = admission.admit(vote.voter(), vote.prompt(), vote.pair());
    if (reason == VoteAdmission.Reason.COUNTED) {
      count(vote);
    }
    return reason;
  }

  /** Takes a vote that was added before, when the state is read back in the same order. */
  public void restore(Forecast vote, boolean wasCounted) {
    admission.restore(vote.voter(), vote.prompt(), vote.pair(), wasCounted);
    if (wasCounted) {
      count(vote);
    }
  }

  private void count(Forecast vote) {
    better.add(vote.gain());
    worse.add(-vote.gain());
    conversations.add(vote.conversation());
  }

  /** The largest e-value so far against "the candidate predicts no better". */
  public double eValue() {
    return better.highest();
  }

  /** The largest e-value so far against "the candidate predicts no worse". */
  public double mirrored() {
    return worse.highest();
  }

  /** Number of conversations behind the counted votes. */
  public int conversations() {
    return conversations.size();
  }
}
