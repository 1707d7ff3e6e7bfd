package dev.whetstone.gateway.state;

import dev.whetstone.gateway.http.ProblemException;
import jakarta.inject.Singleton;

/** Whether this gateway can serve requests, and with which model. */
@Singleton
public final class GatewayState {
  /** A stage of the process's life. */
  public sealed interface State {
    /** The model is being loaded. */
    record Loading() implements State {}

    /** This model serves requests. */
    record Ready(ServedModel model) implements State {}

    /** The model could not be loaded. */
    record Failed(String reason) implements State {}

    /** The gateway is shutting down: running requests finish, new ones are refused. */
    record Draining() implements State {}
  }

  private static final int RETRY_SECONDS = 2;

  private volatile State state = new State.Loading();

  public State state() {
    return state;
  }

  /** Moves to another stage. */
  public void setState(State next) {
    state = next;
  }

  /**
   * The model that serves requests.
   *
   * @throws ProblemException 503 when there is none yet or any more
   */
  public ServedModel model() {
    return switch (state) {
      case State.Ready ready -> ready.model();
      case State.Loading _ -> throw unavailable("loading", "the model is being loaded");
      case State.Draining _ -> throw unavailable("draining", "the gateway is shutting down");
      case State.Failed _ -> throw unavailable("model_failed", "the model could not be loaded");
    };
  }

  private static ProblemException unavailable(String code, String detail) {
    return ProblemException.retryLater(503, code, detail, RETRY_SECONDS);
  }
}
