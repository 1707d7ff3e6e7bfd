package dev.whetstone.rollout;

import org.jspecify.annotations.Nullable;

/** How many votes on pairs of two versions were ties, and how many found both answers bad. */
public record ChoiceCounts(long votes, long ties, long bothBad) {
  /** Share of ties; null without votes. */
  public @Nullable Double tieRate() {
    return votes == 0 ? null : (Double) ((double) ties / votes);
  }

  /** Share of votes that both answers are bad; null without votes. */
  public @Nullable Double bothBadRate() {
    return votes == 0 ? null : (Double) ((double) bothBad / votes);
  }
}
