package dev.whetstone.policy;

/** A version that cannot be had or used; the message says why. */
public abstract sealed class PolicyException extends RuntimeException {
  private PolicyException(String message) {
    super(message);
  }

  /** There is no such version. */
  public static final class Unknown extends PolicyException {
    public Unknown(String name) {
      super("there is no policy '" + name + "'");
    }
  }

  /** Its content is not what it should be, or does not fit the base. */
  public static final class Refused extends PolicyException {
    public Refused(String version, String reason) {
      super(version + " is refused: " + reason);
    }
  }

  /** It could not be made ready in time; trying again may help. */
  public static final class NotInTime extends PolicyException {
    public NotInTime(String version, String reason) {
      super(version + " is not ready: " + reason);
    }
  }

  /** No earlier version is left to go back to. */
  public static final class NothingEarlier extends PolicyException {
    public NothingEarlier(String champion) {
      super("nothing was served before " + champion + "; name a version to go back to");
    }
  }
}
