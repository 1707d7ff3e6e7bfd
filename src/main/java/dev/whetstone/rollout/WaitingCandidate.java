package dev.whetstone.rollout;

/**
 * A version of a succeeded run that waits for its rollout.
 *
 * @param champion that it will be compared with as things stand
 * @param reason what it waits for
 */
public record WaitingCandidate(Candidate candidate, String champion, String reason) {
  /** What stands in the place of a {@link RolloutStatus}, which it has not got yet. */
  public static final String STATUS = "queued";
}
