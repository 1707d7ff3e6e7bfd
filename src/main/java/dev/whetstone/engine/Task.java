package dev.whetstone.engine;

import dev.whetstone.policy.Policy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** A request in the engine: waiting for slots, or running. */
sealed interface Task permits GenerationTask, ScoreTask {
  /** KV slots it needs to start; the rest of its branches may start later. */
  int slots();

  /** For whom it is. */
  Requester requester();

  /** Tokens to prefill, counted against the queue's limit. */
  int promptTokens();

  RequestTimer timer();

  Duration timeout();

  default Instant deadline() {
    return timer().submitted().plus(timeout());
  }

  /** Whether the client has cancelled it; any thread. */
  boolean cancelled();

  /** The version of each branch; a version appears once a use. */
  List<Policy> policies();

  /** Ends the branches that have not ended; engine thread. */
  void abort(FinishReason reason, String error);
}
