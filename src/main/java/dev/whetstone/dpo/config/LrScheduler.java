package dev.whetstone.dpo.config;

/** How the learning rate goes after its warm-up. */
public enum LrScheduler {
  CONSTANT,
  LINEAR,
  COSINE
}
