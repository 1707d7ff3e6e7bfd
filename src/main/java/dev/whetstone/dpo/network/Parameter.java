package dev.whetstone.dpo.network;

import java.util.Arrays;

/** A trainable tensor's values and accumulated gradient, row-major. */
public final class Parameter {
  private final String name;
  private final long[] shape;
  private final float[] values;
  private final float[] gradient;

  Parameter(String name, float[] values, long... shape) {
    this.name = name;
    this.shape = shape;
    this.values = values;
    this.gradient = new float[values.length];
  }

  /** Canonical name of the tensor, as in "model.layers.0.self_attn.q_proj.lora_A.weight". */
  public String name() {
    return name;
  }

  public long[] shape() {
    return shape.clone();
  }

  /** The live array, not a copy; a change takes effect after {@link Network#upload}. */
  public float[] values() {
    return values;
  }

  /** The live array, not a copy; backward passes add to it. */
  public float[] gradient() {
    return gradient;
  }

  public void clearGradient() {
    Arrays.fill(gradient, 0);
  }
}
