package dev.whetstone.dpo.config;

/** In what arithmetic a run multiplies while it trains. */
public enum ComputeDtype {
  /** Repeatable anywhere, and what TRL's numbers are compared with. */
  FLOAT32,
  /** Products round their inputs; scores of the reference and of held-out pairs do not. */
  BFLOAT16,
  /** Whichever this machine is clearly faster in with this model, measured when a run begins. */
  AUTO
}
