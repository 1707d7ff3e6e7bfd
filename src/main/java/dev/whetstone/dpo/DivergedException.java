package dev.whetstone.dpo;

import java.io.Serial;
import java.util.List;

/**
 * The loss or the gradient of a run is no longer finite; the message names the step and the pairs.
 */
public final class DivergedException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  DivergedException(int step, String what, List<String> pairs) {
    super("step %d: the %s is not finite for %s".formatted(step, what, String.join(", ", pairs)));
  }
}
