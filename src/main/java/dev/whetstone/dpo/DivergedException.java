package dev.whetstone.dpo;

import java.io.Serial;
import java.util.List;

/** A run whose loss or gradient is no number any more; the message names the pairs. */
public final class DivergedException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  DivergedException(int step, String what, List<String> pairs) {
    super("step %d: the %s is not finite for %s".formatted(step, what, String.join(", ", pairs)));
  }
}
