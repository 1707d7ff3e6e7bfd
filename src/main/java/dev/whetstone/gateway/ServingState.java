package dev.whetstone.gateway;

import jakarta.inject.Singleton;

/** Whether requests can be answered. */
@Singleton
public final class ServingState {
  /** Where the gateway is in its life. */
  public sealed interface State {
    record Loading() implements State {}

    record Ready() implements State {}

    /** The model could not be loaded. */
    record Failed(String reason) implements State {}

    /** Told to stop: running requests finish, new ones are refused. */
    record Draining() implements State {}
  }

  private volatile State state = new State.Loading();

  public State state() {
    return state;
  }
}
