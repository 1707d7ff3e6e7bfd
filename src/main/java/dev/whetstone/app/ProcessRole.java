package dev.whetstone.app;

/** Which of the two processes this one is; the same application runs as either. */
public enum ProcessRole {
  GATEWAY,
  TRAINER;

  private static final String PROPERTY = "whetstone.process";

  /** Sets the role of this process. Must be called before the application starts. */
  public void declare() {
    System.setProperty(PROPERTY, name());
  }

  /** The role of this process; the gateway unless another was declared. */
  static ProcessRole current() {
    return valueOf(System.getProperty(PROPERTY, GATEWAY.name()));
  }
}
