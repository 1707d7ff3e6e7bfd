package dev.whetstone.engine;

/** The engine is draining or closed and takes no more requests. */
public final class EngineClosedException extends RuntimeException {
  public EngineClosedException(String message) {
    super(message);
  }
}
