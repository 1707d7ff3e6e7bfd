package dev.whetstone.dpo.config;

/** How the learning rate decays after its warm-up; linear and cosine reach 0 at the last step. */
public enum LrScheduler {
  CONSTANT,
  LINEAR,
  COSINE
}
