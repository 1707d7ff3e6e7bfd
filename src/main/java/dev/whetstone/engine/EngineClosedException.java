package dev.whetstone.engine;

/** The engine is draining or closed and takes no more work. */
public final class EngineClosedException extends RuntimeException {
  public EngineClosedException(String message) {
    super(message);
  }
}
