package dev.whetstone.engine;

/** Why a completion ended. */
public enum FinishReason {
  /** An end token or a stop sequence. */
  STOP,
  /** The limit of the request or of the slot. */
  LENGTH,
  /** {@link Generation#cancel}, or a listener that threw. */
  CANCELLED,
  /** A failed run, a time limit or a closed engine; see {@link Completion#error}. */
  ERROR
}
