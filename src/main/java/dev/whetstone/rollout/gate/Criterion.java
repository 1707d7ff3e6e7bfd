package dev.whetstone.rollout.gate;

import dev.whetstone.settings.Labelled;

/** What the gate judges a candidate by; {@link GateCriteria} says how. */
public enum Criterion implements Labelled {
  QUALITY,
  HELD_OUT_ACCURACY,
  HELD_OUT_MARGIN,
  AUTOMATIC_EVIDENCE,
  KL_TO_REFERENCE,
  LENGTH_RATIO,
  CANARY_PERPLEXITY,
  ENDED_PROPERLY,
  EMPTY_ANSWERS,
  EXPORT_DIFFERENCE,
  OPERATOR_CHECKS
}
