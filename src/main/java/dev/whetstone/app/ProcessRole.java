package dev.whetstone.app;

/** Which of the two processes this one is: the same application is started as either. */
public enum ProcessRole {
  GATEWAY,
  TRAINER;

  private static final String PROPERTY = "whetstone.process";

  /** To be called before the application starts. */
  public void declare() {
    System.setProperty(PROPERTY, name());
  }

  /** The gateway, unless declared otherwise. */
  static ProcessRole current() {
    return valueOf(System.getProperty(PROPERTY, GATEWAY.name()));
  }
}
