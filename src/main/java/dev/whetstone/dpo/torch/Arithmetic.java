package dev.whetstone.dpo.torch;

/** How matrices are multiplied; they are float32 before and after. */
public enum Arithmetic {
  FLOAT32,
  /** Inputs are rounded to bfloat16, products are summed in float32. */
  BFLOAT16
}
