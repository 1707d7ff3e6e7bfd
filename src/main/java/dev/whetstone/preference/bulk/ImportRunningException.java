package dev.whetstone.preference.bulk;

/** Another import is running; two at once would count each other's lines as already present. */
public final class ImportRunningException extends RuntimeException {
  ImportRunningException() {
    super("another import is under way");
  }
}
