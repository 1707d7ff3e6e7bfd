package dev.whetstone.engine;

/** Why a completion ended. */
public enum FinishReason {
  STOP,
  LENGTH,
  CANCELLED,
  ERROR
}
