package dev.whetstone.dpo;

/** How the learning rate goes after its warm-up. */
public enum LrScheduler {
  CONSTANT,
  LINEAR,
  COSINE
}
