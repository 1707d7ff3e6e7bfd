package dev.whetstone.engine;

import dev.whetstone.policy.Policy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Work that waits in line for slots. */
sealed interface Task permits GenerationTask, ScoreTask {
  /** Slots it needs at once. */
  int slots();

  /** Tokens whose prefill it asks for. */
  int promptTokens();

  RequestTimer timeline();

  Duration timeout();

  default Instant deadline() {
    return timeline().submitted().plus(timeout());
  }

  /** Whether whoever asked has lost interest; any thread. */
  boolean cancelled();

  /** Versions it uses, one per use. */
  List<Policy> policies();

  /** Ends whatever has not ended; engine thread. */
  void abort(FinishReason reason, String error);
}
