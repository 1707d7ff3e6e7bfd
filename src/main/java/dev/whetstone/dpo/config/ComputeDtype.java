package dev.whetstone.dpo.config;

/** The arithmetic of matrix products in training; weights and sums are float32 in each. */
public enum ComputeDtype {
  /** Available and repeatable on every machine; TRL's numbers are compared with this one. */
  FLOAT32,
  /** Products round their inputs; scores of the reference and of validation pairs do not. */
  BFLOAT16,
  /** The one that is clearly faster on this machine with this model, measured when a run begins. */
  AUTO
}
