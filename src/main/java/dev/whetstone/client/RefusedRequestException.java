package dev.whetstone.client;

import java.io.IOException;

/** The gateway answered, and refused; the message is its own reason. */
public final class RefusedRequestException extends IOException {
  private static final long serialVersionUID = 1L;

  private final int status;

  RefusedRequestException(int status, String message) {
    super(message);
    this.status = status;
  }

  /** The HTTP status. */
  public int status() {
    return status;
  }
}
