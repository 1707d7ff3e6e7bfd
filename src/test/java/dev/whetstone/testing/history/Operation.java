package dev.whetstone.testing.history;

import org.jspecify.annotations.Nullable;

/**
 * A call of one client and its answer.
 *
 * @param begun when it was sent, on one clock for all
 * @param ended when the answer was there; {@code Long.MAX_VALUE} where none came
 * @param output the answer; null where none came, so that it may have taken effect or not
 */
public record Operation<I, O>(long begun, long ended, I input, @Nullable O output) {
  /** A call that got no answer: it may take effect at any time, or never. */
  public static <I, O> Operation<I, O> unanswered(long begun, I input) {
    return new Operation<>(begun, Long.MAX_VALUE, input, null);
  }
}
