package dev.whetstone.rollout.duel;

import dev.whetstone.settings.Labelled;

/** What a candidate must not serve clearly worse than the champion. */
public enum Guardrail implements Labelled {
  EMPTY_COMPLETIONS,
  UNENDED_COMPLETIONS,
  ERROR_RATE,
  LENGTH_RATIO,
  LATENCY_RATIO
}
