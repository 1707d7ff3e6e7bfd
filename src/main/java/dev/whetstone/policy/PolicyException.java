package dev.whetstone.policy;

/** A version does not exist or cannot be used; the message says why. */
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

  /** Its content is damaged, is not the content of its hash, or does not fit the base. */
  public static final class Refused extends PolicyException {
    public Refused(String version, String reason) {
      super(version + " is refused: " + reason);
    }
  }

  /** It could not be staged in time; a retry may succeed. */
  public static final class StagingTimeout extends PolicyException {
    public StagingTimeout(String version, String reason) {
      super(version + " is not ready: " + reason);
    }
  }

  /** There is no previous version to roll back to. */
  public static final class NoPreviousVersion extends PolicyException {
    public NoPreviousVersion(String champion) {
      super("no version was champion before " + champion + "; name the version to roll back to");
    }
  }
}
