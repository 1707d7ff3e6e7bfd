package dev.whetstone.gateway.state;

import dev.whetstone.gateway.http.ProblemException;
import jakarta.inject.Singleton;

/** Whether requests can be answered. */
@Singleton
public final class GatewayState {
  /** Where the gateway is in its life. */
  public sealed interface State {
    record Loading() implements State {}

    /** Requests are answered by this model. */
    record Ready(ServedModel model) implements State {}

    /** This process works, but not for clients: it is the trainer. */
    record Elsewhere() implements State {}

    /** The model could not be loaded. */
    record Failed(String reason) implements State {}

    /** Told to stop: running requests finish, new ones are refused. */
    record Draining() implements State {}
  }

  private static final int RETRY_SECONDS = 2;

  private volatile State state = new State.Loading();

  public State state() {
    return state;
  }

  /** The next stage of the gateway's life. */
  public void become(State next) {
    state = next;
  }

  /**
   * The model that answers.
   *
   * @throws ProblemException 503 when there is none
   */
  public ServedModel model() {
    return switch (state) {
      case State.Ready ready -> ready.model();
      case State.Elsewhere _ ->
          throw ProblemException.of(404, "not_found", "a trainer has no routes");
      case State.Loading _ -> throw unavailable("loading", "the model is being loaded");
      case State.Draining _ -> throw unavailable("draining", "the gateway is shutting down");
      case State.Failed _ -> throw unavailable("model_failed", "the model could not be loaded");
    };
  }

  private static ProblemException unavailable(String code, String detail) {
    return ProblemException.retryLater(503, code, detail, RETRY_SECONDS);
  }
}
