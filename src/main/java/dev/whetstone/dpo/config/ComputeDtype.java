package dev.whetstone.dpo.config;

/** The arithmetic of matrix products in training; trained values and sums are float32 in each. */
public enum ComputeDtype {
  /** Available and repeatable on every machine; TRL's numbers are compared with this one. */
  FLOAT32,
  /**
   * Products round their inputs. Where the CPU multiplies bfloat16 numbers, a frozen base is stored
   * in them, and every score of a run is that of the rounded base but for the export's probes.
   */
  BFLOAT16,
  /** The one that is clearly faster on this machine with this model, measured when a run begins. */
  AUTO
}
